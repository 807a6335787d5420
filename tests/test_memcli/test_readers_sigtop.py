"""Signal conversations as sigtop writes them to JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from reading import ignored, kept, read, sessions, skipped, texts, turns, write

from memcli.ingest.readers.base import Item


def message(second: int, body: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "id": f"m{second}",
        "conversationId": "c1",
        "type": "incoming",
        "sent_at": 1700000000000 + 1000 * second,
        "source": "+15550001111",
        "sourceServiceId": "aci-1",
        "body": body,
    } | more


def items(tmp_path: Path, *messages: Any, name: str = "Jane Doe (+15550001111).json") -> list[Item]:
    return read(write(tmp_path, name, list(messages)), "sigtop")


def test_messages_and_who_wrote_them(tmp_path: Path) -> None:
    found = items(tmp_path, message(0, "Hi"), message(1, "Ho", type="outgoing"))
    assert sessions(found) == [("c1", "Jane Doe")]
    assert [(turn.speaker, turn.speaker_key, turn.text, turn.native_id, turn.line) for turn in turns(found)] == [
        ("Jane Doe", "aci-1", "Hi", "m0", 2),
        ("Me", "self", "Ho", "m1", 11),
    ]
    assert turns(found)[0].said_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def test_in_a_group_people_are_known_by_their_number(tmp_path: Path) -> None:
    (turn,) = turns(items(tmp_path, message(0, "Hi"), name="Lake (group).json"))
    assert turn.speaker == "+15550001111"


def test_details_and_what_is_no_utterance(tmp_path: Path) -> None:
    found = items(
        tmp_path,
        message(
            0, "x", attachments=[{"fileName": "a.pdf"}], quote={"id": 5}, reactions=[{"emoji": "👍", "fromId": "1"}]
        ),
        message(1, attachments=[{"contentType": "image/jpeg"}]),
        message(2, type="call-history"),
        message(3, "", deletedForEveryone=True),
        message(4, ""),
    )
    assert turns(found)[0].metadata == {"reply_to": "5", "attachments": ["a.pdf"], "reactions": ["👍"]}
    assert ignored(found) == {
        "media without words": 1,
        "system message": 1,
        "deleted message": 1,
        "empty message": 1,
    }


@pytest.mark.parametrize(
    "bad", [7, {"conversationId": "c1"}, message(1, "x", sent_at="now"), message(1, "x", sent_at=True)]
)
def test_what_cannot_be_read_is_skipped(tmp_path: Path, bad: Any) -> None:
    found = items(tmp_path, message(0, "a"), bad)
    assert (texts(found), [one.line for one in skipped(found)]) == (["a"], [11])


def test_a_newer_export_holds_the_same_turns_and_more(tmp_path: Path) -> None:
    one = items(tmp_path, message(0, "a"))
    assert kept(items(tmp_path, message(0, "a"), message(1, "b")))[:1] == kept(one)
