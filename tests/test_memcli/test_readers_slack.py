"""Slack's export: markup, threads, bots, files, and the lists beside the channels."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from reading import ignored, kept, read, sessions, skipped, texts, turns, write

from memcli.ingest.readers.base import Item
from memcli.ingest.readers.slack_text import block_words, plain

USERS = [
    {
        "id": "U00000ANN",
        "team_id": "T00000001",
        "name": "ann.l",
        "profile": {"display_name": "Ann", "real_name": "Ann Lee"},
    },
    {"id": "U00000BOB", "team_id": "T00000001", "name": "bob", "profile": {"display_name": "", "real_name": "Bob Ray"}},
    {"id": "U00000BOT", "team_id": "T00000001", "name": "ci", "profile": {"bot_id": "B0000CI", "real_name": "CI"}},
]
CHANNELS = [{"id": "C00000001", "name": "general", "created": 1, "members": ["U00000ANN"], "topic": {"value": ""}}]
NAMES = {user["id"]: user["name"] for user in USERS}


def message(ts: str, text: str = "", **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U00000ANN", "text": text, "ts": ts} | more


def bot(ts: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "subtype": "bot_message", "ts": ts} | more


def export(tmp_path: Path, *messages: dict[str, Any], day: str = "general/2024-03-01.json") -> list[Item]:
    write(tmp_path, "users.json", USERS)
    write(tmp_path, "channels.json", CHANNELS)
    write(tmp_path, "dms.json", [{"id": "D00000001", "created": 1, "members": ["U00000ANN", "U00000BOB"]}])
    mpim = {"id": "G00000001", "name": "mpdm-ann--bob-1", "created": 1, "members": ["U00000ANN", "U00000BOB", "U9"]}
    write(tmp_path, "mpims.json", [mpim])
    return read(write(tmp_path, day, list(messages)), "slack")


def test_a_message(tmp_path: Path) -> None:
    found = export(
        tmp_path, message("1709280000.000100", "Good morning"), message("1709280060.123456", "Hi", user="U00000BOB")
    )
    assert sessions(found) == [("C00000001", "#general")]
    one, two = turns(found)
    assert (one.speaker, one.speaker_key, one.text, one.native_id) == (
        "Ann",
        "U00000ANN",
        "Good morning",
        "1709280000.000100",
    )
    assert one.said_at == datetime(2024, 3, 1, 8, 0, 0, 100, tzinfo=UTC)
    assert (two.speaker, two.said_at) == ("Bob Ray", datetime(2024, 3, 1, 8, 1, 0, 123456, tzinfo=UTC))
    assert (one.line, two.line) == (2, 8)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<@U00000ANN> hi", "@ann.l hi"),
        ("<@U9|zed>: hi", "@zed: hi"),
        ("<@U9>", "@U9"),
        ("see <#C1|general> and <#C2>", "see #general and #C2"),
        ("<!here> <!channel> <!everyone>", "@here @channel @everyone"),
        ("<!subteam^S1|@team> <!date^1392734382^{date}|Feb 18>", "@team Feb 18"),
        ("<https://a.org/b>", "https://a.org/b"),
        ("<https://a.org/b|the page>", "the page (https://a.org/b)"),
        ("<http://a.org|a.org>", "http://a.org"),
        ("<mailto:a@b.org|a@b.org> <tel:123|123>", "a@b.org 123"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("a < b", "a < b"),
        ("<", "<"),
    ],
)
def test_markup(written: str, shown: str) -> None:
    assert plain(written, lambda user: NAMES.get(user, "")) == shown


def test_a_thread(tmp_path: Path) -> None:
    found = export(
        tmp_path,
        message("1709280000.000100", "Where?", thread_ts="1709280000.000100", reply_count=1),
        message("1709280100.000100", "There", thread_ts="1709280000.000100"),
        message("1709280200.000100", "Here", thread_ts="1709280000.000100", subtype="thread_broadcast"),
    )
    assert [turn.metadata for turn in turns(found)] == [
        {},
        {"thread": "1709280000.000100"},
        {"thread": "1709280000.000100"},
    ]


def test_details(tmp_path: Path) -> None:
    (turn,) = turns(
        export(
            tmp_path,
            message(
                "1709280000.000100",
                "look",
                edited={"user": "U00000ANN", "ts": "1709280001.000000"},
                files=[{"id": "F1", "title": "Plan", "name": "plan.pdf"}],
                reactions=[{"name": "+1", "count": 2, "users": ["U00000ANN"]}],
                attachments=[{"from_url": "https://a.org", "title": "A", "text": "what A says of itself"}],
            ),
        )
    )
    assert turn.text == "look"
    assert turn.metadata == {
        "edited": "2024-03-01T08:00:01+00:00",
        "attachments": ["Plan"],
        "reactions": [":+1: 2"],
        "links": ["https://a.org"],
    }


def test_bots(tmp_path: Path) -> None:
    attachment = {"pretext": "1 new commit", "text": "<https://a.org/1|ab1>: fix", "fallback": "[x] 1 commit"}
    found = export(
        tmp_path,
        bot("1709280000.000100", bot_id="B1", text="", attachments=[attachment]),
        bot("1709280001.000100", username="deploy", text="done"),
        bot("1709280002.000100", bot_id="B0000CI", text="green"),
        message("1709280003.000100", "beep", user="U9", bot_id="B2", bot_profile={"id": "B2", "name": "Robot"}),
        bot("1709280004.000100", bot_id="B1", attachments=[{"fallback": "only this"}]),
    )
    assert [(turn.speaker, turn.text, turn.role) for turn in turns(found)] == [
        ("B1", "1 new commit\nab1 (https://a.org/1): fix", "assistant"),
        ("deploy", "done", "assistant"),
        ("CI", "green", "assistant"),
        ("Robot", "beep", "assistant"),
        ("B1", "only this", "assistant"),
    ]


def test_words_that_are_in_blocks_only(tmp_path: Path) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "*Lunch?* <@U00000BOB>"}}
    pieces = [
        {"type": "text", "text": "ask "},
        {"type": "user", "user_id": "U00000ANN"},
        {"type": "emoji", "name": "tada"},
    ]
    rich = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": pieces}]}
    (turn,) = turns(export(tmp_path, message("1709280000.000100", "", blocks=[section, rich])))
    assert turn.text == "*Lunch?* @Bob Ray\nask @Ann:tada:"


def test_blocks_that_are_very_deep_end() -> None:
    block: dict[str, Any] = {"type": "text", "text": "x"}
    for _ in range(900):
        block = {"type": "rich_text", "elements": [block]}
    assert block_words([block]) == ""


def test_files_of_old_exports(tmp_path: Path) -> None:
    uploaded = "<@U00000ANN> uploaded a file: <https://a.org/f|plan> and commented: have a look"
    commented = "<@U00000BOB> commented on <@U00000ANN>’s file <https://a.org/f|plan>: nice"
    found = export(
        tmp_path,
        message("1709280000.000100", uploaded, subtype="file_share",
                file={"title": "plan", "initial_comment": {"comment": "have a look", "user": "U00000ANN"}}),
        message("1709280001.000100", uploaded.partition(" and")[0], subtype="file_share", file={"title": "plan"}),
        {"type": "message", "subtype": "file_comment", "text": commented, "ts": "1709280002.000100",
         "comment": {"comment": "nice", "user": "U00000BOB"}, "file": {"title": "plan"}},
    )  # fmt: skip
    assert [(turn.speaker, turn.text, turn.metadata) for turn in turns(found)] == [
        ("Ann", "have a look", {"attachments": ["plan"]}),
        ("Bob Ray", "nice", {"attachments": ["plan"]}),
    ]
    assert ignored(found) == {"media without words": 1}


def test_what_is_no_utterance(tmp_path: Path) -> None:
    kinds = ["channel_join", "channel_topic", "group_leave", "pinned_item", "bot_add", "reminder_add", "huddle_thread"]
    found = export(
        tmp_path,
        *(message("1709280000.000100", "x", subtype=kind) for kind in kinds),
        message("1709280000.000100", "This message was deleted.", subtype="tombstone"),
        message("1709280000.000100", "", files=[{"name": "a.png"}]),
        message("1709280000.000100", ""),
    )
    assert turns(found) == []
    assert ignored(found) == {
        "system message": 7,
        "deleted message": 1,
        "media without words": 1,
        "empty message": 1,
    }


def test_me_messages_and_changed_messages(tmp_path: Path) -> None:
    changed = {"type": "message", "subtype": "message_changed", "ts": "1709280009.000100"}
    found = export(
        tmp_path,
        message("1709280000.000100", "waves", subtype="me_message"),
        changed | {"message": {"user": "U00000BOB", "text": "new words", "ts": "1709280000.000200"}},
    )
    assert [(turn.text, turn.metadata, turn.native_id) for turn in turns(found)] == [
        ("waves", {"action": True}, "1709280000.000100"),
        ("new words", {}, "1709280000.000200"),
    ]


def test_direct_messages_are_called_by_their_members(tmp_path: Path) -> None:
    one = message("1709280000.000100", "x")
    assert sessions(export(tmp_path, one, day="D00000001/2024-03-01.json")) == [("D00000001", "Ann, Bob Ray")]
    assert sessions(export(tmp_path, one, day="mpdm-ann--bob-1/2024-03-01.json")) == [("G00000001", "Ann, Bob Ray, U9")]
    assert sessions(export(tmp_path, one, day="other/2024-03-01.json")) == [("other", "other")]


def test_a_file_alone_has_the_names_that_are_in_it(tmp_path: Path) -> None:
    profile = {"display_name": "", "real_name": "Cy Wu", "name": "cy"}
    alone = [message("1709280000.000100", "x", user="U7", user_profile=profile)]
    found = read(write(tmp_path, "general/2024-03-01.json", alone), "slack")
    assert (sessions(found), turns(found)[0].speaker) == ([("general", "general")], "Cy Wu")
    assert sessions(read(write(tmp_path, "general/saved.json", alone), "slack")) == [(None, None)]


def test_the_lists_beside_the_channels_are_no_messages(tmp_path: Path) -> None:
    export(tmp_path)
    for name in ("users.json", "channels.json", "dms.json", "mpims.json"):
        found = read(write(tmp_path, name, (tmp_path / name).read_text()), "slack")
        assert [type(item).__name__ for item in found] == ["Ignored"]
    for name in ("groups.json", "canvases.json", "general/2024-03-09.json"):
        assert sum(ignored(read(write(tmp_path, name, []), "slack")).values()) == 1


def test_answers_of_the_api_are_turned_round(tmp_path: Path) -> None:
    answer = {"ok": True, "messages": [message("1709280060.000100", "later"), message("1709280000.000100", "sooner")]}
    found = read(write(tmp_path, "history.json", answer), "slack")
    assert texts(found) == ["sooner", "later"]


@pytest.mark.parametrize(
    "bad",
    [
        7,
        "x",
        {"type": "event"},
        message("yesterday", "x"),
        message("1709280000.0001001", "x"),
        {"type": "message", "text": "x"},
    ],
)
def test_what_cannot_be_read_is_skipped(tmp_path: Path, bad: Any) -> None:
    found = export(tmp_path, message("1709280000.000100", "a"), bad)
    assert texts(found) == ["a"]
    assert [one.line for one in skipped(found)] == [8]


def test_a_newer_export_holds_the_same_turns_and_more(tmp_path: Path) -> None:
    older = [message("1709280000.000100", "a"), message("1709280001.000100", "b")]
    one = export(tmp_path / "one", *older)
    two = export(tmp_path / "two", *older, message("1709280002.000100", "c"))
    assert kept(two)[:2] == kept(one)
