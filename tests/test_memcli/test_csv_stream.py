"""Rows of CSV, each with the line it starts on; and turns of formats that write the newest first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from reading import write

from memcli.ingest.readers import newest_first
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Skipped
from memcli.ingest.readers.csv_stream import Row, rows


def test_rows_know_their_lines(tmp_path: Path) -> None:
    text = '\ufeffa, b\n1,2\n"x\ny","say ""hi"", ok"\n\n3,4'
    found = list(rows(write(tmp_path, "t.csv", text)))
    assert found == [
        Row({"a": "1", "b": "2"}, 2),
        Row({"a": "x\ny", "b": 'say "hi", ok'}, 3),
        Row({"a": "3", "b": "4"}, 6),
    ]


def test_rows_that_do_not_fit_are_skipped(tmp_path: Path) -> None:
    found = list(rows(write(tmp_path, "t.csv", "a,b\n1\n1,2,3\n4,5\n")))
    assert [(one.line, type(one).__name__) for one in found] == [(2, "Skipped"), (3, "Skipped"), (4, "Row")]


def test_a_field_without_end_is_skipped(tmp_path: Path) -> None:
    found = list(rows(write(tmp_path, "t.csv", "a,b\n1,2\n" + '"' + "x" * 200_000 + "\n")))
    assert found[0] == Row({"a": "1", "b": "2"}, 2)
    assert all(isinstance(one, Skipped) for one in found[1:])
    assert len(found) > 1


def said(minute: int) -> RawTurn:
    moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    return RawTurn(speaker="Ann", text=str(minute), said_at=moment, line=1)


def order(items: list[Item]) -> list[str]:
    return [
        item.text if isinstance(item, RawTurn) else type(item).__name__ for item in newest_first.oldest_first(items)
    ]


def test_turns_are_turned_round_where_they_go_back_in_time() -> None:
    session = RawSession(native_id="s")
    assert order([session, said(3), Ignored(reason="x"), said(2), said(1)]) == ["RawSession", "Ignored", "1", "2", "3"]
    assert order([session, said(1), said(2)]) == ["RawSession", "1", "2"]
    assert order([session, said(2), said(1), session, said(5), said(4)]) == [
        "RawSession",
        "1",
        "2",
        "RawSession",
        "4",
        "5",
    ]


def test_a_long_list_is_turned_round_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest_first, "HELD", 2)
    assert order([said(5), said(4), said(3), said(2), said(1)]) == ["4", "5", "2", "3", "1"]
