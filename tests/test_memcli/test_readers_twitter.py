"""Direct messages in the archive of X."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from memcli.ingest.readers import twitter
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Skipped, Source


def said(number: int, text: str, **more: Any) -> dict[str, Any]:
    fields = {"id": str(number), "senderId": "1", "createdAt": f"2024-04-06T15:30:0{number}.000Z", "text": text}
    return {"messageCreate": fields | more}


def archive(*conversations: tuple[str, list[dict[str, Any]]], name: str = "direct_messages") -> str:
    value = [{"dmConversation": {"conversationId": key, "messages": messages}} for key, messages in conversations]
    return f"window.YTD.{name}.part0 = " + json.dumps(value, indent=2)


def read(tmp_path: Path, text: str, name: str = "direct-messages.js") -> list[Item]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return list(twitter.READER.read(Source(uri=str(path), path=path)))


def turns(items: list[Item]) -> list[RawTurn]:
    return [item for item in items if isinstance(item, RawTurn)]


def test_conversations(tmp_path: Path) -> None:
    items = read(tmp_path, archive(("1-2", [said(2, "ho", senderId="2"), said(1, "hi")]), ("1-3", [said(3, "x")])))
    assert items[0] == RawSession(native_id="1-2")
    assert items[1] == RawTurn(
        speaker="2",
        speaker_key="2",
        text="ho",
        said_at=datetime(2024, 4, 6, 15, 30, 2, tzinfo=UTC),
        line=6,
        native_id="2",
    )
    assert [type(item) for item in items] == [RawSession, RawTurn, RawTurn, RawSession, RawTurn]


def test_the_account_names_its_owner(tmp_path: Path) -> None:
    account = {"account": {"accountId": "1", "username": "ann", "accountDisplayName": "Ann Lee"}}
    (tmp_path / "account.js").write_text("window.YTD.account.part0 = " + json.dumps([account]))
    found = turns(read(tmp_path, archive(("1-2", [said(1, "hi"), said(2, "ho", senderId="2")]))))
    assert [(turn.speaker, turn.speaker_key) for turn in found] == [("Ann Lee", "1"), ("2", "2")]


def test_links_are_written_out_and_pictures_named(tmp_path: Path) -> None:
    urls = [
        {"url": "https://t.co/a", "expanded": "https://example.com/page", "display": "example.com/page"},
        {"url": "https://t.co/b", "expanded": "https://twitter.com/messages/media/9"},
    ]
    message = said(1, "see https://t.co/a https://t.co/b", urls=urls, mediaUrls=["https://ton.twitter.com/x/pic.jpg"])
    (turn,) = turns(read(tmp_path, archive(("1-2", [message]))))
    assert (turn.text, turn.metadata) == ("see https://example.com/page", {"attachments": ["pic.jpg"]})


def test_reactions(tmp_path: Path) -> None:
    message = said(1, "hi", reactions=[{"senderId": "2", "reactionKey": "like"}])
    (turn,) = turns(read(tmp_path, archive(("1-2", [message]))))
    assert turn.metadata == {"reactions": {"like": ["2"]}}


def test_groups_and_what_is_no_utterance(tmp_path: Path) -> None:
    messages = [
        {"joinConversation": {"initiatingUserId": "1"}},
        said(1, "", mediaUrls=["x"]),
        said(2, " "),
        said(3, "a"),
    ]
    items = read(tmp_path, archive(("77", messages), name="direct_messages_group"))
    assert [item.reason for item in items if isinstance(item, Ignored)] == [
        "system line",
        "media without words",
        "empty message",
    ]
    assert [turn.text for turn in turns(items)] == ["a"]


@pytest.mark.parametrize(
    "text",
    [
        'window.YTD.account.part0 = [ {"account": {}} ]',
        'window.YTD.tweets.part0 = [ {"tweet": {"full_text": "hi"}} ]',
        'window.YTD.direct_message_headers.part0 = [ {"dmConversation": {}} ]',
    ],
)
def test_other_files_of_the_archive_are_known(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.js"
    path.write_text(text)
    source = Source(uri="x.js", path=path)
    assert twitter.READER.sniff(source) > 0.9
    (item,) = twitter.READER.read(source)
    assert isinstance(item, Ignored)
    assert item.reason.startswith("no conversation: ")


def test_what_cannot_be_read_is_skipped(tmp_path: Path) -> None:
    messages = [said(1, "a", createdAt="soon"), {"messageCreate": {"id": "1"}}, {}, said(2, "b")]
    items = read(tmp_path, archive(("1-2", messages)))
    assert len([item for item in items if isinstance(item, Skipped)]) == 3
    assert [turn.text for turn in turns(items)] == ["b"]


def test_a_cut_off_archive_keeps_what_is_whole(tmp_path: Path) -> None:
    text = archive(("1-2", [said(1, "a"), said(2, "b")]))
    items = read(tmp_path, text[: text.index('"text": "b"')])
    assert [turn.text for turn in turns(items)] == ["a"]
    assert any(isinstance(item, Skipped) for item in items)


def test_a_newer_archive_has_the_same_turns(tmp_path: Path) -> None:
    def plain(items: list[Item]) -> list[tuple[Any, ...]]:
        return [(item.native_id, item.text, item.said_at) for item in items if isinstance(item, RawTurn)]

    older = read(tmp_path, archive(("1-2", [said(1, "a")])))
    newer = read(tmp_path, archive(("1-2", [said(2, "b"), said(1, "a")])))
    assert older[0] == newer[0]
    assert set(plain(older)) < set(plain(newer))
