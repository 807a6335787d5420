"""Plain transcripts: who speaks, what goes on, and what is not one."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from memcli.ingest.readers import plain_text
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Skipped, Source


def source(tmp_path: Path, text: str) -> Source:
    path = tmp_path / "talk.txt"
    path.write_text(text, encoding="utf-8")
    return Source(uri=str(path), path=path)


def read(tmp_path: Path, text: str) -> list[Item]:
    return list(plain_text.READER.read(source(tmp_path, text)))


def said(items: list[Item]) -> list[tuple[str, str, int | None]]:
    return [(item.speaker, item.text, item.line) for item in items if isinstance(item, RawTurn)]


def test_a_talk(tmp_path: Path) -> None:
    items = read(tmp_path, "Ann: Shall we meet?\nBob: Yes,\nat six.\n\nAnn: Good.\n")
    assert items[0] == RawSession(native_id=None, title="talk")
    assert said(items) == [("Ann", "Shall we meet?", 1), ("Bob", "Yes,\nat six.", 2), ("Ann", "Good.", 5)]


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("[2024-03-01 09:30] ", datetime(2024, 3, 1, 9, 30)),
        ("(2024-03-01 09:30:05) ", datetime(2024, 3, 1, 9, 30, 5)),
        ("2024-03-01 09:30 ", datetime(2024, 3, 1, 9, 30)),
        ("2024-03-01T09:30:00Z ", datetime(2024, 3, 1, 9, 30, tzinfo=UTC)),
        ("2024-03-01, 9:30 - ", datetime(2024, 3, 1, 9, 30)),
    ],
)
def test_times(tmp_path: Path, stamp: str, expected: datetime) -> None:
    assert read(tmp_path, f"{stamp}Ann: hi\n")[1] == RawTurn(speaker="Ann", text="hi", said_at=expected, line=1)


def test_a_time_without_a_date_is_kept(tmp_path: Path) -> None:
    turn = read(tmp_path, "[09:30] Ann: hi\n")[1]
    assert turn == RawTurn(speaker="Ann", text="hi", said_at=None, line=1, metadata={"clock": "09:30"})


def test_an_impossible_time_is_skipped(tmp_path: Path) -> None:
    items = read(tmp_path, "[2024-13-01 09:30] Ann: hi\n[2024-12-01 09:30] Ann: yo\n")
    assert [type(item) for item in items] == [RawSession, Skipped, RawTurn]


def test_with_times_only_known_names_start_an_utterance(tmp_path: Path) -> None:
    items = read(tmp_path, "[2024-03-01 09:30] Ann: Buy:\nMilk: two\nBread: one\nAnn: thanks\n")
    assert said(items) == [("Ann", "Buy:\nMilk: two\nBread: one", 1), ("Ann", "thanks", 4)]


def test_labels_and_addresses_are_no_speakers(tmp_path: Path) -> None:
    items = read(tmp_path, "Ann: look\nhttps://example.com\nNote: it is new\nBob: ok\nPS: bye\n")
    assert said(items) == [("Ann", "look\nhttps://example.com\nNote: it is new", 1), ("Bob", "ok\nPS: bye", 4)]


def test_a_small_name_must_come_twice(tmp_path: Path) -> None:
    items = read(tmp_path, "ann: one\nbob: two\nann: three\n")
    assert said(items) == [("ann", "one\nbob: two", 1), ("ann", "three", 3)]


def test_a_paragraph_is_another_utterance(tmp_path: Path) -> None:
    assert said(read(tmp_path, "Ann: one\n\ntwo\nthree\n")) == [("Ann", "one", 1), ("Ann", "two\nthree", 3)]


def test_what_is_no_utterance(tmp_path: Path) -> None:
    items = read(tmp_path, "A talk in March\n\nAnn: hi\n[laughs]\nBob:\nAnn: bye\n")
    assert [item.reason for item in items if isinstance(item, Ignored)] == [
        "text in front of the first speaker",
        "stage direction",
        "empty message",
    ]


def test_roles(tmp_path: Path) -> None:
    roles = [item.role for item in read(tmp_path, "User: hi\nAssistant: hello\nAnn: oh\n") if isinstance(item, RawTurn)]
    assert roles == ["user", "assistant", "user"]


def test_long_lines_are_skipped(tmp_path: Path) -> None:
    items = read(tmp_path, f"Ann: hi\n{'x' * 1_100_000}\nAnn: bye\n")
    assert [item.line for item in items if isinstance(item, Skipped)] == [2]
    assert [text for _, text, _ in said(items)] == ["hi", "bye"]


@pytest.mark.parametrize(
    "text",
    [
        "It was a dark night.\nAnd then: silence.\nNobody spoke.\n",
        "From: a@b.c\nTo: d@e.f\nSubject: x\nFrom: a@b.c\nTo: d@e.f\nSubject: y\n",
        "2024-03-01 09:30:00 INFO: start\n2024-03-01 09:30:01 ERROR: stop\n" * 3,
        "INFO: start\nERROR: stop\nINFO: start\nERROR: stop\n",
        "name: x\nversion: 1\nsteps:\n  - a: 1\n  - a: 2\n",
        "Ann: alone\n" * 5,
        "10: a\n11: b\n10: c\n11: d\n",
    ],
)
def test_other_text_is_not_claimed(tmp_path: Path, text: str) -> None:
    assert plain_text.READER.sniff(source(tmp_path, text)) == 0


def test_a_talk_is_claimed_with_little_confidence(tmp_path: Path) -> None:
    talk = "Ann: a\nBob: b\nAnn: c\nBob: d\n"
    assert 0 < plain_text.READER.sniff(source(tmp_path, talk)) < 0.5
    stamped = "".join(f"[2024-03-01 09:30] {line}\n" for line in talk.splitlines())
    assert plain_text.READER.sniff(source(tmp_path, stamped)) == 0.6
