"""Google Chat: dates in words, people by their address, groups by their folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from reading import ignored, kept, read, sessions, skipped, texts, turns, write

from memcli.ingest.readers.base import Item

ANN = {"name": "Ann", "email": "ann@example.org", "user_type": "Human"}


def message(second: int, text: str | None = None, **more: Any) -> dict[str, Any]:
    date = f"Tuesday, January 2, 2024 at 10:15:{second:02}\u202fAM UTC"
    said = {} if text is None else {"text": text}
    return {"creator": ANN, "created_date": date} | said | more


def items(tmp_path: Path, *messages: Any, name: str = "Groups/DM k6ox/messages.json") -> list[Item]:
    return read(write(tmp_path, name, {"messages": list(messages)}), "google-chat")


def test_a_message(tmp_path: Path) -> None:
    (turn,) = turns(items(tmp_path, message(0, "Hi", message_id="k6ox/t1/m1", topic_id="t1")))
    assert (turn.speaker, turn.speaker_key, turn.text, turn.native_id) == ("Ann", "ann@example.org", "Hi", "k6ox/t1/m1")
    assert turn.said_at == datetime(2024, 1, 2, 10, 15, 0, tzinfo=UTC)
    assert (turn.line, turn.metadata) == (3, {"topic": "t1"})


@pytest.mark.parametrize(
    "date",
    [
        "Tuesday, February 10, 2015 at 6:03:00 PM UTC",
        "Tuesday, 10 February 2015 at 18:03:00 UTC",
        "Dienstag, 10. Februar 2015 um 18:03:00 UTC",
        "mardi 10 février 2015 à 18:03:00 UTC",
        "martes, 10 de febrero de 2015, 18:03:00 UTC",
        "2015年2月10日火曜日 18時03分00秒 UTC",
        "2015-02-10T18:03:00Z",
    ],
)
def test_dates_in_the_language_of_the_account(tmp_path: Path, date: str) -> None:
    (turn,) = turns(items(tmp_path, message(0, "x", created_date=date)))
    assert turn.said_at == datetime(2015, 2, 10, 18, 3, 0, tzinfo=UTC)


def test_the_group_is_known_by_its_folder_or_by_its_messages(tmp_path: Path) -> None:
    one = message(0, "x", message_id="k6ox/t1/m1")
    assert sessions(items(tmp_path, one)) == [("k6ox", None)]
    assert sessions(items(tmp_path, one, name="messages.json")) == [("k6ox", None)]
    assert sessions(items(tmp_path, message(0, "x"), name="messages.json")) == [(None, None)]


def test_the_group_has_a_name_or_members(tmp_path: Path) -> None:
    members = [ANN, {"email": "bo@example.org"}]
    write(tmp_path, "Groups/DM k6ox/group_info.json", {"members": members})
    assert sessions(items(tmp_path, message(0, "x"))) == [("k6ox", "Ann, bo@example.org")]
    write(tmp_path, "Groups/DM k6ox/group_info.json", {"name": "Lake", "members": members})
    assert sessions(items(tmp_path, message(0, "x"))) == [("k6ox", "Lake")]


def test_the_other_files_are_no_messages(tmp_path: Path) -> None:
    for data in ({"members": [ANN]}, {"name": "Lake", "members": [ANN]}, {"user": ANN, "membership_info": []}):
        found = read(write(tmp_path, "info.json", data), "google-chat")
        assert [type(item).__name__ for item in found] == ["Ignored"]


def test_details(tmp_path: Path) -> None:
    (turn,) = turns(
        items(
            tmp_path,
            message(
                0,
                "see the doc",
                updated_date="Tuesday, January 2, 2024 at 10:16:00 AM UTC",
                attached_files=[{"original_name": "plan.pdf", "export_name": "File-plan.pdf"}],
                quoted_message_metadata={"creator": ANN, "text": "?", "message_id": "k6ox/t0/m0"},
                reactions=[{"emoji": {"unicode": "👍"}, "reactor_emails": ["bo@example.org"]}],
                annotations=[{"start_index": 4, "length": 7, "url_metadata": {"title": "Doc", "url": "https://a.org"}}],
            ),
        )
    )
    assert turn.metadata == {
        "edited": "Tuesday, January 2, 2024 at 10:16:00 AM UTC",
        "attachments": ["plan.pdf"],
        "reply_to": "k6ox/t0/m0",
        "reactions": ["👍 1"],
        "links": ["https://a.org"],
    }


def test_people_without_name_or_address(tmp_path: Path) -> None:
    found = items(
        tmp_path,
        message(0, "a", creator={"email": "x@example.org"}),
        message(1, "b", creator={"user_type": "Human"}),
        message(2, "c", creator={"name": "Meet", "user_type": "Bot"}),
    )
    assert [(turn.speaker, turn.speaker_key, turn.role) for turn in turns(found)] == [
        ("x@example.org", "x@example.org", "user"),
        ("unknown", None, "user"),
        ("Meet", None, "assistant"),
    ]


def test_what_is_no_utterance(tmp_path: Path) -> None:
    found = items(
        tmp_path,
        message(0, attached_files=[{"original_name": "a.png"}]),
        message(1, annotations=[{"video_call_metadata": {}}]),
        message(2, message_state="DELETED"),
        message(3, deletion_metadata={"deletion_type": "CREATOR"}),
        message(4),
    )
    assert ignored(found) == {"media without words": 2, "deleted message": 2, "empty message": 1}


@pytest.mark.parametrize(
    "bad",
    [
        7,
        {"text": "x"},
        message(0, "x", created_date="Monday, January 2, 2024 at 10:15:00 AM UTC"),
        message(0, "x", created_date="?"),
    ],
)
def test_what_cannot_be_read_is_skipped(tmp_path: Path, bad: Any) -> None:
    found = items(tmp_path, message(0, "a"), bad)
    assert texts(found) == ["a"]
    assert len(skipped(found)) == 1


def test_a_newer_export_holds_the_same_turns_and_more(tmp_path: Path) -> None:
    one = items(tmp_path, message(0, "a"), message(1, "b"))
    two = items(tmp_path, message(0, "a"), message(1, "b"), message(2, "c"))
    assert kept(two)[:2] == kept(one)
