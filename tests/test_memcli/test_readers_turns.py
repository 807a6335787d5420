"""The exchange format: fields, defaults, sessions that alternate, and what is refused."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from memcli.ingest.readers import turns
from memcli.ingest.readers.base import UNEDITED, Ignored, Item, RawSession, RawTurn, Skipped, Source


def read(tmp_path: Path, text: str, name: str = "log.jsonl") -> list[Item]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return list(turns.READER.read(Source(uri=str(path), path=path)))


def test_all_fields(tmp_path: Path) -> None:
    line = {
        "session": "s1",
        "id": "m17",
        "speaker": "Maya",
        "role": "user",
        "time": "2024-03-01T09:30:00+01:00",
        "text": "Hi",
        "mood": "good",
    }
    assert read(tmp_path, json.dumps(line)) == [
        RawSession(native_id="s1"),
        RawTurn(
            speaker="Maya",
            text="Hi",
            said_at=datetime(2024, 3, 1, 9, 30, tzinfo=timezone(timedelta(hours=1))),
            line=1,
            role="user",
            native_id="m17",
            metadata={"mood": "good"},
            worded_at=UNEDITED,
        ),
    ]
    edited = read(tmp_path, json.dumps(line | {"edited_at": "2024-03-01T09:31:00Z"}))[1]
    assert isinstance(edited, RawTurn)
    assert edited.worded_at == datetime(2024, 3, 1, 9, 31, tzinfo=UTC)


def test_only_text(tmp_path: Path) -> None:
    session, turn = read(tmp_path, '\n{"text": "Hi"}\n')
    assert session == RawSession(native_id=None)
    assert turn == RawTurn(speaker="user", text="Hi", said_at=None, line=2, native_id="2")


def test_the_role_is_the_speaker_where_there_is_none(tmp_path: Path) -> None:
    turn = read(tmp_path, '{"text": "Hi", "role": "assistant"}')[1]
    assert isinstance(turn, RawTurn)
    assert (turn.speaker, turn.role) == ("assistant", "assistant")


def test_an_unknown_role_is_kept_as_metadata(tmp_path: Path) -> None:
    turn = read(tmp_path, '{"text": "Hi", "role": "moderator"}')[1]
    assert isinstance(turn, RawTurn)
    assert (turn.role, turn.metadata) == ("user", {"role": "moderator"})


def test_sessions_may_alternate(tmp_path: Path) -> None:
    text = "".join(f'{{"session": "{session}", "text": "x"}}\n' for session in "aabab")
    kinds = [item.native_id if isinstance(item, RawSession) else "-" for item in read(tmp_path, text)]
    assert kinds == ["a", "-", "-", "b", "-", "a", "-", "b", "-"]


def test_lines_without_a_session_belong_to_the_file(tmp_path: Path) -> None:
    items = read(tmp_path, '{"session": "a", "text": "x"}\n{"text": "y"}\n')
    assert [item.native_id for item in items if isinstance(item, RawSession)] == ["a", None]


def test_an_array_counts_its_records(tmp_path: Path) -> None:
    items = read(tmp_path, '[{"text": "a"}, {"text": "b"},\n{"text": "c", "id": 7}]')
    found = [(item.native_id, item.line) for item in items if isinstance(item, RawTurn)]
    assert found == [("1", 1), ("2", 1), ("7", 2)]


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2024-03-01T09:30:00Z", datetime(2024, 3, 1, 9, 30, tzinfo=UTC)),
        ("2024-03-01 09:30", datetime(2024, 3, 1, 9, 30)),
        ("2024-03-01", datetime(2024, 3, 1)),
        (1709285400, datetime(2024, 3, 1, 9, 30, tzinfo=UTC)),
        (1709285400.5, datetime(2024, 3, 1, 9, 30, 0, 500_000, tzinfo=UTC)),
        (1709285400_250, datetime(2024, 3, 1, 9, 30, 0, 250_000, tzinfo=UTC)),
        ("1709285400", datetime(2024, 3, 1, 9, 30, tzinfo=UTC)),
        (0, datetime(1970, 1, 1, tzinfo=UTC)),
        (None, None),
        ("", None),
    ],
)
def test_times(tmp_path: Path, time: object, expected: datetime | None) -> None:
    turn = read(tmp_path, json.dumps({"text": "x", "time": time}))[1]
    assert isinstance(turn, RawTurn)
    assert turn.said_at == expected


@pytest.mark.parametrize(
    "line",
    [
        '{"text": "x", "time": "yesterday"}',
        '{"text": "x", "time": true}',
        '{"text": "x", "time": 1e999}',
        '{"text": "x", "time": NaN}',
        '{"text": "x", "time": "0001-01-01T00:00:00+10:00"}',
        '{"text": "x", "time": {"a": 1}}',
        '{"speaker": "x"}',
        '{"text": 5}',
        '{"text": "x", "session": []}',
        '{"text": "x", "speaker": {}}',
        "[[1]]",
        '"text"',
        "5",
        '{"text": "x", "deep": ' + "[" * 50 + "]" * 50 + "}",
    ],
)
def test_what_cannot_be_read_is_skipped_with_its_line(tmp_path: Path, line: str) -> None:
    items = read(tmp_path, f'{{"text": "before"}}\n{line}\n{{"text": "after"}}\n')
    assert [item.text for item in items if isinstance(item, RawTurn)] == ["before", "after"]
    (skipped,) = [item for item in items if isinstance(item, Skipped)]
    assert skipped.line == 2
    assert skipped.reason
    assert skipped.excerpt


def test_empty_texts_are_ignored(tmp_path: Path) -> None:
    assert read(tmp_path, '{"text": " \\n"}') == [Ignored(reason="empty message")]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ('{"speaker": "Ann", "text": "x"}', 0.9, 1),
        ('[\n{"session": 1, "text": "x"}', 0.9, 1),
        ('broken\n{"speaker": "Ann", "text": "x"}', 0, 0),
        ('{"broken\n{"speaker": "Ann", "text": "x"}', 0.9, 1),
        ('{"text": "x"}', 0.3, 0.5),
        ('{"type": "message", "user": "U1", "text": "x", "ts": "1.2"}', 0, 0),
        ('{"speaker": "Ann", "text": "x" * 3}', 0, 0),
        ("Ann: hello", 0, 0),
        ("{\n" * 30_000, 0, 0),
    ],
)
def test_sniff(tmp_path: Path, text: str, low: float, high: float) -> None:
    path = tmp_path / "x"
    path.write_text(text)
    assert low <= turns.READER.sniff(Source(uri="x", path=path)) <= high
