"""Turns have the ids that they have if all that was said is remembered whole, however little of it is at hand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memcli.ids import content_id
from memcli.ingest import incremental, writing
from memcli.ingest.detect import reader_named
from memcli.ingest.incremental import part
from memcli.ingest.normalise import Normaliser
from memcli.ingest.readers.base import Source
from memcli.ingest.report import SourceReport
from memcli.ingest.said_before import SaidBefore
from memcli.ingest.writing import Writer
from store.store import Store

Said = tuple[str | None, str, int | None, str]
"""A session, who says it, how many half hours after midnight, and what."""

COUNTED, AT_HAND = 5, 6


def said(times: st.SearchStrategy[int | None]) -> st.SearchStrategy[list[Said]]:
    sessions = st.sampled_from(["a", "b", None])
    return st.lists(st.tuples(sessions, st.sampled_from(["Ann", "Bo"]), times, st.sampled_from("xyz")), max_size=60)


IN_ORDER = said(st.integers(0, 60)).map(lambda turns: sorted(turns, key=lambda turn: turn[2] or 0))


def read(turns: Sequence[Said], *, at_hand: int) -> tuple[list[tuple[Any, ...]], str]:
    """The turns as they are kept, committed seven at a time, and what the reading of the next part is to know."""
    lines = []
    for session, speaker, half_hours, text in turns:
        turn: dict[str, Any] = {"session": session, "speaker": speaker, "text": text}
        if half_hours is not None:
            turn["time"] = (datetime(2024, 2, 23) + timedelta(minutes=30 * half_hours)).isoformat()
        lines.append(json.dumps(turn) + "\n")
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(incremental, "COUNTED", COUNTED)
        patched.setattr(incremental, "AT_HAND", at_hand)
        patched.setattr(writing, "BATCH", 7)
        log = Path(folder, "log.jsonl")
        log.write_text("".join(lines))
        store = Store.create(Path(folder, "memory"), wait_s=0)
        writer, reader = Writer(store, Normaliser(UTC, redacting=True)), reader_named("turns")
        source = Source(uri="log.jsonl", path=log)
        report = SourceReport(uri=source.uri, format=reader.name)
        writer.read(part(source, reader, None, ""), reader, "", report)
        writer.finish(me=None)
        with store.reading() as catalogue:
            kept = catalogue.connection.execute("SELECT id, session, position, text, said_at FROM turns ORDER BY seq")
            rows = kept.fetchall()
            [(state,)] = catalogue.connection.execute("SELECT state FROM source_reads").fetchall()
    return rows, state


@settings(max_examples=10, deadline=None)
@given(IN_ORDER | said(st.integers(0, 60)) | said(st.none()) | said(st.integers(0, 60) | st.none()))
def test_what_is_kept_of_a_log_does_not_depend_on_how_much_of_it_is_at_hand(turns: list[Said]) -> None:
    assert read(turns, at_hand=AT_HAND) == read(turns, at_hand=1_000)


@pytest.mark.parametrize("times", [[0], [None], [0, 30, 1, 31], [0, 40, 80, 120]], ids=str)
def test_words_that_are_said_again_and_again_are_all_kept(times: list[int | None]) -> None:
    turns: list[Said] = [(f"s{number % 2}", "Ann", time, "Yes.") for number in range(10) for time in times]
    rows, _ = kept = read(turns, at_hand=AT_HAND)
    assert len(rows) == len(turns)
    assert kept == read(turns, at_hand=1_000)


def test_a_conversation_that_a_file_tells_twice_comes_in_once() -> None:
    """Each telling counts by itself, also when the first was said long before the second."""
    once: list[Said] = [(None, "Ann", 10 * number, f"{number}") for number in range(12)]
    turns = [*once, ("a", "Bo", 200, "Between."), *once]
    assert read(turns, at_hand=AT_HAND)[0] == read(turns, at_hand=1_000)[0]
    assert len(read(turns, at_hand=AT_HAND)[0]) == len(once) + 1


COUNTS = st.dictionaries(st.tuples(st.sampled_from("st"), st.integers(0, 30)), st.integers(1, 3), max_size=20)


@given(st.lists(COUNTS, max_size=12))
def test_how_often_something_was_said_before_is_the_last_count_of_it(added: list[dict[tuple[str, int], int]]) -> None:
    before, expected = SaidBefore(), Counter[tuple[str, str]]()
    for counts in filter(None, added):
        for (one, two), count in counts.items():
            expected[f"{ord(one):016x}", content_id(str(two))] += count
        before.add({key: expected[key] for key in ((f"{ord(one):016x}", content_id(str(two))) for one, two in counts)})
    asked = [(f"{ord(one):016x}", content_id(str(two))) for one in "st" for two in range(40)]
    assert before.counts(asked) == {key: expected[key] for key in asked if expected[key]}
