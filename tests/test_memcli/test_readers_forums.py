"""Mattermost, Rocket.Chat, Gitter and Discourse."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from memcli.ingest.detect import detect
from memcli.ingest.readers import discourse, gitter, mattermost, rocketchat
from memcli.ingest.readers.base import UNEDITED, Ignored, Item, RawSession, RawTurn, Reader, Skipped, Source

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)
MS = int(NOON.timestamp() * 1000)


def read(tmp_path: Path, reader: Reader, *values: Any, indent: int | None = None) -> list[Item]:
    path = tmp_path / "export.json"
    path.write_text("\n".join(json.dumps(value, indent=indent) for value in values), encoding="utf-8")
    source = Source(uri=str(path), path=path)
    assert detect(source) is reader
    return list(reader.read(source))


def turns(items: list[Item]) -> list[RawTurn]:
    return [item for item in items if isinstance(item, RawTurn)]


def reasons(items: list[Item]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Ignored)]


def skipped(items: list[Item]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Skipped)]


BULK: list[dict[str, Any]] = [
    {"type": "version", "version": 1},
    {"type": "team", "team": {"name": "home", "display_name": "Home"}},
    {"type": "channel", "channel": {"team": "home", "name": "town", "display_name": "Town Square"}},
    {"type": "user", "user": {"username": "ann"}},
    {
        "type": "post",
        "post": {
            "team": "home",
            "channel": "town",
            "user": "ann",
            "message": "Lunch?",
            "create_at": MS,
            "reactions": [{"user": "bob", "emoji_name": "+1", "create_at": MS}],
            "replies": [{"user": "bob", "message": "Yes", "create_at": MS + 1000}],
        },
    },
    {"type": "direct_channel", "direct_channel": {"members": ["ann", "bob"]}},
    {
        "type": "direct_post",
        "direct_post": {"channel_members": ["bob", "ann"], "user": "bob", "message": "Psst", "create_at": MS},
    },
]


def test_a_bulk_export_of_mattermost(tmp_path: Path) -> None:
    items = read(tmp_path, mattermost.READER, *BULK)
    assert [item for item in items if isinstance(item, RawSession)] == [
        RawSession(native_id="home/town", title="Town Square"),
        RawSession(native_id="direct:ann,bob", title="ann, bob"),
    ]
    lunch, yes, psst = turns(items)
    assert lunch == RawTurn(
        speaker="ann",
        speaker_key="ann",
        text="Lunch?",
        said_at=NOON,
        line=5,
        metadata={"reactions": {"+1": ["bob"]}},
        worded_at=UNEDITED,
    )
    assert yes.metadata == {"reply_to": {"speaker": "ann", "time": MS}}
    assert (psst.speaker, psst.line) == ("bob", 7)
    assert reasons(items) == ["version", "team", "channel", "user", "direct channel"]


def post(number: int, **more: Any) -> dict[str, Any]:
    fields = {
        "id": f"p{number}",
        "create_at": MS + number,
        "user_id": "u1",
        "channel_id": "c1",
        "message": f"m{number}",
    }
    return fields | {"root_id": "", "type": "", "delete_at": 0, "edit_at": 0} | more


def page(*posts: dict[str, Any]) -> dict[str, Any]:
    return {"order": [one["id"] for one in posts], "posts": {one["id"]: one for one in posts}}


def test_posts_of_the_api_of_mattermost(tmp_path: Path) -> None:
    attached = {"attachments": [{"pretext": "Build", "text": "passed"}]}
    items = read(
        tmp_path,
        mattermost.READER,
        page(
            post(9, root_id="p1", edit_at=MS),
            post(8, type="system_join_channel"),
            post(7, delete_at=MS),
            post(6, message="", file_ids=["f"]),
            post(5, message="", props=attached),
            post(4, message=""),
            post(3, user_id=""),
            post(2, create_at="x"),
            post(1, metadata={"files": [{"name": "a.png"}]}),
        ),
        indent=2,
    )
    assert [(turn.native_id, turn.text, turn.metadata) for turn in turns(items)] == [
        ("p1", "m1", {"attachments": ["a.png"]}),
        ("p5", "Build\npassed", {}),
        ("p9", "m9", {"reply_to": "p1", "edited_at": NOON.isoformat()}),
    ]
    assert reasons(items) == ["system line", "deleted message", "media without words", "empty message"]
    assert skipped(items) == ["a post without a user", "'x' is no ISO 8601 time"]
    assert turns(items)[2].line == 15


def message(number: int, **more: Any) -> dict[str, Any]:
    user = {"_id": "u1", "username": "ann", "name": "Ann Lee"}
    fields = {"_id": f"m{number}", "rid": "r1", "msg": f"text {number}", "ts": f"2024-03-01T12:00:0{number}.000Z"}
    return fields | {"u": user} | more


def test_messages_of_the_api_of_rocketchat(tmp_path: Path) -> None:
    items = read(
        tmp_path,
        rocketchat.READER,
        {
            "messages": [
                message(9, ts={"$date": "2024-03-01T12:00:09.000Z"}, tmid="m1", editedAt="2024-03-01T12:01:00.000Z"),
                message(8, t="uj"),
                message(7, t="rm", msg=""),
                message(6, msg="", file={"name": "a.png"}),
                message(5, _hidden=True, parent="m9"),
                message(4, _hidden=True, parent="elsewhere"),
                message(3, u={}),
                message(2, rid="r2"),
                message(1, reactions={":+1:": {"usernames": ["bob"]}}),
            ],
            "success": True,
        },
    )
    assert [item for item in items if isinstance(item, RawSession)] == [
        RawSession(native_id="r1"),
        RawSession(native_id="r2"),
    ]
    assert [(turn.native_id, turn.metadata) for turn in turns(items)] == [
        ("m1", {"reactions": {":+1:": ["bob"]}}),
        ("m4", {"earlier_version_of": "elsewhere"}),
        ("m9", {"reply_to": "m1", "edited_at": "2024-03-01T12:01:00+00:00"}),
        ("m2", {}),
    ]
    assert reasons(items) == [
        "system line",
        "deleted message",
        "media without words",
        "earlier version of an edited message",
    ]
    assert skipped(items) == ["a message without a user"]


def test_an_exported_room_of_rocketchat(tmp_path: Path) -> None:
    items = read(
        tmp_path,
        rocketchat.READER,
        {"msg": "hi", "username": "ann", "ts": "2024-03-01T12:00:00.000Z"},
        {"msg": "User joined", "username": "bob", "ts": "2024-03-01T12:00:01.000Z", "type": "uj"},
        {"msg": "ho", "username": "bob", "ts": "2024-03-01T12:00:02.000Z"},
    )
    assert [(turn.speaker, turn.text, turn.line) for turn in turns(items)] == [("ann", "hi", 1), ("bob", "ho", 3)]
    assert items[0] == RawSession(native_id=None)


def test_a_room_of_gitter(tmp_path: Path) -> None:
    user = {"id": "u1", "username": "ann", "displayName": "Ann Lee"}
    sent = "2024-03-01T12:00:00.000Z"
    items = read(
        tmp_path,
        gitter.READER,
        [
            {"id": "m1", "text": "hi **you**", "html": "hi", "sent": sent, "fromUser": user},
            {"id": "m2", "text": "ho", "sent": sent, "fromUser": user, "parentId": "m1", "editedAt": sent},
            {"id": "m3", "text": "", "sent": sent, "fromUser": user},
            {"id": "m4", "text": "x", "sent": "soon", "fromUser": user},
            {"id": "m5", "text": "x", "sent": sent},
        ],
    )
    first, second = turns(items)
    assert first == RawTurn(
        speaker="Ann Lee",
        speaker_key="u1",
        text="hi **you**",
        said_at=NOON,
        line=1,
        native_id="m1",
        worded_at=UNEDITED,
    )
    assert second.metadata == {"reply_to": "m1", "edited_at": NOON.isoformat()}
    assert second.worded_at == NOON
    assert (reasons(items), len(skipped(items))) == (["deleted message"], 2)


def topic_post(number: int, **more: Any) -> dict[str, Any]:
    fields = {"id": 100 + number, "username": "ann", "name": "Ann Lee", "user_id": 7, "post_number": number}
    cooked = f"<aside class='quote'><p>old</p></aside><p>text {number}</p>"
    return fields | {"created_at": "2024-03-01T12:00:00.000Z", "cooked": cooked, "post_type": 1, "topic_id": 5} | more


def test_a_topic_of_discourse(tmp_path: Path) -> None:
    posts = [
        topic_post(1, actions_summary=[{"id": 2, "count": 3}]),
        topic_post(2, reply_to_post_number=1, name=""),
        topic_post(3, post_type=3, action_code="closed.enabled"),
        topic_post(4, cooked="<p><img src='a.png'></p>"),
        topic_post(5, raw='[quote="bob"]\nold\n[/quote]\nnew'),
        topic_post(6, username="", name=""),
    ]
    topic = {"post_stream": {"posts": posts}, "id": 5, "title": "Ovens", "created_at": "2024-03-01T12:00:00.000Z"}
    items = read(tmp_path, discourse.READER, topic, indent=1)
    assert [item for item in items if isinstance(item, RawSession)] == [
        RawSession(native_id="5 2024-03-01T12:00:00.000Z", title="Ovens")
    ]
    assert [(turn.native_id, turn.speaker, turn.text, turn.metadata) for turn in turns(items)] == [
        ("101", "Ann Lee", "text 1", {"reactions": {"like": 3}}),
        ("102", "ann", "text 2", {"reply_to": "1"}),
        ("105", "Ann Lee", "new", {}),
    ]
    assert [turn.line for turn in turns(items)] == [5, 22, 57]
    assert reasons(items) == ["system line", "media without words"]
    assert skipped(items) == ["not a post of Discourse"]


def test_latest_posts_of_discourse(tmp_path: Path) -> None:
    value = {"latest_posts": [topic_post(1, topic_title="Ovens"), topic_post(2, topic_id=6, topic_title="Bread")]}
    items = read(tmp_path, discourse.READER, value)
    assert [item for item in items if isinstance(item, RawSession)] == [
        RawSession(native_id="5", title="Ovens"),
        RawSession(native_id="6", title="Bread"),
    ]


@pytest.mark.parametrize(
    ("reader", "older", "newer"),
    [
        (mattermost.READER, page(post(1)), page(post(2), post(1))),
        (rocketchat.READER, {"messages": [message(1)]}, {"messages": [message(2), message(1)]}),
        (
            discourse.READER,
            {"post_stream": {"posts": [topic_post(1)]}, "id": 5, "created_at": "x"},
            {"post_stream": {"posts": [topic_post(1), topic_post(2)]}, "id": 5, "created_at": "x"},
        ),
    ],
)
def test_a_newer_export_has_the_same_turns(tmp_path: Path, reader: Reader, older: Any, newer: Any) -> None:
    before, after = read(tmp_path, reader, older), read(tmp_path, reader, newer)
    assert before[0] == after[0]
    key = [(turn.native_id, turn.speaker, turn.text, turn.said_at) for turn in turns(before)]
    assert key == [(turn.native_id, turn.speaker, turn.text, turn.said_at) for turn in turns(after)][: len(key)]
    assert len(turns(after)) == 2


@pytest.mark.parametrize("reader", [mattermost.READER, rocketchat.READER, gitter.READER, discourse.READER])
def test_foreign_json_is_skipped_with_a_reason(tmp_path: Path, reader: Reader) -> None:
    path = tmp_path / "x.json"
    path.write_text('[{"a": 1}, 2, null, {"messages": [3]}, {"posts": {"a": 4}}, {"latest_posts": [5]}]')
    items = list(reader.read(Source(uri="x.json", path=path)))
    assert not turns(items)
    assert skipped(items)
