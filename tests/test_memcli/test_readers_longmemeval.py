"""LongMemEval: haystacks and evidence, sessions that many questions share, dates."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from memcli.ingest.readers import longmemeval
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Skipped, Source

DATE = "2023/05/30 (Tue) 04:10"
SAID: list[Any] = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!", "has_answer": True}]


def question(*sessions: Any, **more: Any) -> dict[str, Any]:
    ids = [f"s{number}" for number in range(1, len(sessions) + 1)]
    fields = {
        "haystack_session_ids": ids,
        "haystack_dates": [DATE] * len(sessions),
        "haystack_sessions": list(sessions),
    }
    return {"question_id": "q1", "question_type": "x", "question": "?", "answer": 1} | fields | more


def read(tmp_path: Path, *questions: object, indent: int | None = None) -> list[Item]:
    path = tmp_path / "longmemeval.json"
    path.write_text(json.dumps(questions, indent=indent))
    return list(longmemeval.READER.read(Source(uri=str(path), path=path)))


def test_a_haystack(tmp_path: Path) -> None:
    items = read(tmp_path, question(SAID, SAID))
    then = datetime(2023, 5, 30, 4, 10, tzinfo=UTC)
    assert items[:3] == [
        RawSession(native_id=f"s1 {DATE}", title="s1"),
        RawTurn(speaker="user", text="Hi", said_at=then, line=1, role="user", native_id="s1:1"),
        RawTurn(speaker="assistant", text="Hello!", said_at=then, line=1, role="assistant", native_id="s1:2"),
    ]
    assert [item.native_id for item in items[3:]] == [f"s2 {DATE}", "s2:1", "s2:2"]  # type: ignore[union-attr]


def test_lines(tmp_path: Path) -> None:
    items = read(tmp_path, question(SAID, SAID), indent=1)
    lines = (tmp_path / "longmemeval.json").read_text().splitlines()
    found = [lines[(item.line or 0) - 1].strip() for item in items if isinstance(item, RawTurn)]
    assert found == ['"role": "user",', '"role": "assistant",'] * 2


def test_a_session_of_several_questions_is_read_once(tmp_path: Path) -> None:
    other = question(SAID, haystack_dates=["2023/06/01 (Thu) 10:00"])
    items = read(tmp_path, question(SAID), question(SAID), other)
    assert [item.native_id for item in items if isinstance(item, RawSession)] == [
        f"s1 {DATE}",
        "s1 2023/06/01 (Thu) 10:00",
    ]
    assert [item for item in items if isinstance(item, Ignored)] == [Ignored(reason="session read above")]


def test_evidence(tmp_path: Path) -> None:
    sessions = [{"date": DATE, "turns": SAID}, {"date": "2023/05/31", "turns": SAID[:1]}]
    items = read(
        tmp_path,
        {"question_id": "q7", "question": "?", "answer_session_ids": ["b", "a"], "evidence_sessions": sessions},
    )
    turns = [item for item in items if isinstance(item, RawTurn)]
    assert [turn.native_id for turn in turns] == ["q7/1:1", "q7/1:2", "q7/2:1"]
    assert turns[2].said_at == datetime(2023, 5, 31, tzinfo=UTC)


def test_ids_that_are_not_as_many_as_the_sessions_name_none(tmp_path: Path) -> None:
    items = read(tmp_path, question(SAID, haystack_session_ids=["a", "b"], haystack_dates=None))
    assert items[0] == RawSession(native_id="q1/1", title="q1/1")
    assert items[1].said_at is None  # type: ignore[union-attr]


@pytest.mark.parametrize("date", ["30 May 2023", "2023/13/01 (Mon) 10:00", "2023/05/30 (Tue) 24:10", 5])
def test_an_unreadable_time_is_reported_and_the_turns_are_kept(tmp_path: Path, date: object) -> None:
    items = read(tmp_path, question(SAID[:1], haystack_dates=[date]))
    assert [type(item) for item in items] == [RawSession, Skipped, RawTurn]
    assert str(date) in items[1].reason  # type: ignore[union-attr]


@pytest.mark.parametrize("bad", [5, {"role": "user"}, {"content": "x"}, {"role": 5, "content": "x"}])
def test_a_bad_turn_costs_only_itself(tmp_path: Path, bad: object) -> None:
    items = read(tmp_path, question([bad, *SAID, {"role": "user", "content": " "}]))
    assert [type(item) for item in items] == [RawSession, Skipped, RawTurn, RawTurn, Ignored]
    assert [item.native_id for item in items[2:4]] == ["s1:2", "s1:3"]  # type: ignore[union-attr]


@pytest.mark.parametrize("value", [5, {}, {"question_id": "q", "haystack_sessions": 5}])
def test_what_has_no_sessions_is_skipped(tmp_path: Path, value: object) -> None:
    assert [type(item) for item in read(tmp_path, value)] == [Skipped]
