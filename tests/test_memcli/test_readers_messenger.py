"""Facebook Messenger and Instagram: broken text, newest first, several files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from reading import ignored, kept, read, sessions, skipped, texts, turns, write

from memcli.ingest.readers.base import Item


def broken(text: str) -> str:
    """As Facebook writes it: each byte of its UTF-8 as a character."""
    return text.encode().decode("latin-1")


def message(ms: int, content: str | None = None, **more: Any) -> dict[str, Any]:
    said = {} if content is None else {"content": broken(content)}
    return {"sender_name": broken("Zoë"), "timestamp_ms": ms, "type": "Generic"} | said | more


def thread(*messages: Any, **more: Any) -> dict[str, Any]:
    return {
        "participants": [{"name": broken("Zoë")}, {"name": "Bo"}],
        "messages": list(messages),
        "title": broken("Zoë ☕"),
        "thread_path": "inbox/zoe_aB3_x-9",
    } | more


def items(tmp_path: Path, *messages: Any, name: str = "message_1.json", **more: Any) -> list[Item]:
    return read(write(tmp_path, name, thread(*messages, **more)), "messenger")


def test_broken_text_is_repaired_and_the_oldest_comes_first(tmp_path: Path) -> None:
    found = items(tmp_path, message(1700000002000, "naïve ☕ 👍"), message(1700000001234, "café"))
    assert sessions(found) == [("aB3_x-9", "Zoë ☕")]
    assert [(turn.speaker, turn.text, turn.line) for turn in turns(found)] == [
        ("Zoë", "café", 17),
        ("Zoë", "naïve ☕ 👍", 11),
    ]
    assert turns(found)[0].said_at == datetime(2023, 11, 14, 22, 13, 21, 234000, tzinfo=UTC)


@pytest.mark.parametrize("text", ["plain", "caf\xe9 that was never broken", "☕ neither", ""])
def test_text_that_is_not_broken_stays(tmp_path: Path, text: str) -> None:
    found = items(tmp_path, message(1700000000000) | {"content": text})
    assert texts(found) == ([text] if text else [])


def test_what_is_no_utterance(tmp_path: Path) -> None:
    found = items(
        tmp_path,
        message(1700000000000, "You sent a photo.", photos=[{"uri": "a.jpg"}]),
        message(1700000000000, "Bo sent 3 photos.", photos=[{"uri": "a.jpg"}]),
        message(1700000000000, sticker={"uri": "a.png"}),
        message(1700000000000, "gone", is_unsent=True),
        message(1700000000000, "Bo missed your call.", type="Call", call_duration=0),
        message(1700000000000, "Bo added Cy.", type="Subscribe", users=[{"name": "Cy"}]),
        message(1700000000000, "Liked a message"),
        message(1700000000000, "Reacted ❤️ to your message "),
        message(1700000000000),
    )
    assert turns(found) == []
    assert ignored(found) == {
        "media without words": 3,
        "unsent message": 1,
        "call": 1,
        "system message": 1,
        "reaction": 2,
        "empty message": 1,
    }


def test_who_says_that_a_photo_was_sent_and_sends_none_is_heard(tmp_path: Path) -> None:
    assert texts(items(tmp_path, message(1700000000000, "You sent a photo."))) == ["You sent a photo."]


def test_links_photos_and_reactions(tmp_path: Path) -> None:
    found = items(
        tmp_path,
        message(1700000000000, "read this", type="Share", share={"link": "https://a.org", "share_text": "Not hers"}),
        message(1700000001000, "You sent a link.", type="Share", share={"link": "https://b.org"}),
        message(1700000002000, "us", photos=[{"uri": "a.jpg"}], reactions=[{"reaction": broken("😆"), "actor": "Bo"}]),
    )
    assert [(turn.text, turn.metadata) for turn in turns(found)] == [
        ("read this", {"links": ["https://a.org"]}),
        ("https://b.org", {}),
        ("us", {"attachments": ["photos"], "reactions": ["😆 Bo"]}),
    ]


def test_several_files_are_one_conversation(tmp_path: Path) -> None:
    newest = items(tmp_path, message(1700000003000, "c"))
    oldest = items(tmp_path, message(1700000001000, "a"), name="message_2.json")
    renamed = items(tmp_path, message(1700000001000, "a"), thread_path="archived_threads/other_aB3_x-9", title="New")
    assert sessions(newest)[0][0] == sessions(oldest)[0][0] == sessions(renamed)[0][0] == "aB3_x-9"


def test_a_newer_export_holds_the_same_turns_and_more(tmp_path: Path) -> None:
    older = [message(1700000002000, "b"), message(1700000001000, "a")]
    one, two = items(tmp_path, *older), items(tmp_path, message(1700000003000, "c"), *older)
    assert kept(two)[:2] == kept(one)


def test_conversations_with_end_to_end_encryption(tmp_path: Path) -> None:
    secure = {
        "participants": ["Zoë", "Bo"],
        "threadName": "Zoë_12",
        "messages": [
            {"isUnsent": False, "media": [], "senderName": "Zoë", "text": "café", "timestamp": 1700000000000},
            {"isUnsent": False, "media": [{"uri": "a"}], "senderName": "Bo", "text": "", "timestamp": 1700000001000},
        ],
    }  # fmt: skip
    found = read(write(tmp_path, "Zoë_12.json", secure), "messenger")
    assert sessions(found) == [("Zoë_12", "Zoë")]
    assert [(turn.speaker, turn.text) for turn in turns(found)] == [("Zoë", "café")]
    assert ignored(found) == {"media without words": 1}


@pytest.mark.parametrize(
    "bad", [7, {}, message(0, "x") | {"timestamp_ms": "soon"}, {"sender_name": "Bo", "content": "x"}]
)
def test_what_cannot_be_read_is_skipped(tmp_path: Path, bad: Any) -> None:
    found = items(tmp_path, message(1700000000000, "a"), bad)
    assert texts(found) == ["a"]
    assert [one.line for one in skipped(found)] == [17]
