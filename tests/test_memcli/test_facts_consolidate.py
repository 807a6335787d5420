"""From turns in a store to facts in it: incremental, resumable, the same whatever the order, and nothing made up."""

from __future__ import annotations

import random
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from memcli.ingest.pipeline import ingest
from memcli.memory import consolidate_facts as module
from memcli.memory.consolidate_facts import FactsReport, consolidate_facts
from memcli.progress import Unwatched
from store.store import Store

SAID = [
    {"session": "a", "speaker": "Ana", "time": "2024-01-01T10:00:00Z", "text": "I live in Rome."},
    {"session": "a", "speaker": "Bo", "time": "2024-01-01T10:01:00Z", "text": "My boss is Vera Novak."},
    {"session": "b", "speaker": "Ana", "time": "2024-03-01T10:00:00Z", "text": "I moved to Oslo last week."},
    {"session": "b", "speaker": "Bo", "time": "2024-03-01T10:01:00Z", "text": "Do you live in Oslo?"},
    {"session": "c", "speaker": "Ana", "time": "2024-05-01T10:00:00Z", "text": "We have a dog."},
]


def keep(folder: Path, *logs: Path) -> Store:
    from memcli.engines_in_use import built_in_embedder

    ingest(
        [str(log) for log in logs], folder=folder, wait_s=10, embedder=built_in_embedder, format_name="turns", zone=UTC,
        redacting=False, progress=Unwatched(),
    )  # fmt: skip
    return Store.open(folder, wait_s=10)


def run(store: Store, **options: Any) -> FactsReport:
    with store.locks.writer():
        return consolidate_facts(store, progress=Unwatched(), **options)


def known(store: Store) -> list[tuple[Any, ...]]:
    with store.reading() as catalogue:
        return [
            (
                one.subject,
                one.predicate,
                one.object,
                one.valid_from,
                one.valid_to,
                one.over,
                one.proofs,
                one.superseded_by,
            )
            for one in catalogue.facts.facts_of()
        ]


@pytest.fixture
def store(tmp_path, write_turns):
    return keep(tmp_path / "memory", write_turns("log.jsonl", *SAID))


def test_facts_are_kept_with_the_characters_that_say_them(store):
    report = run(store)
    assert (report.turns_read, report.counts) == (5, {"added": 3, "superseded": 1})
    with store.reading() as catalogue:
        facts = {one.object: one for one in catalogue.facts.facts_of()}
        (source,) = [one for one in catalogue.facts.sources_of([facts["Oslo"].id]) if one.role == "says"]
        (turn,) = catalogue.turns_by_id(source.turn_id)
    assert set(facts) == {"Rome", "Oslo", "Vera Novak", "a dog"}
    assert facts["Rome"].superseded_by == facts["Oslo"].id
    assert turn.text[source.start_at : source.end_at] == "I moved to Oslo last week."


def test_twice_is_once(store):
    run(store)
    before = known(store)
    again = run(store)
    assert (again.turns_read, again.changes) == (0, [])
    assert known(store) == before


def test_a_dry_run_tells_the_same_and_writes_nothing(store):
    told = run(store, dry_run=True)
    assert known(store) == []
    assert told.changes == run(store).changes


def test_a_run_that_is_cut_off_anywhere_is_finished_by_the_next(tmp_path, write_turns, store, monkeypatch):
    run(store)
    whole = known(store)
    log = write_turns("again.jsonl", *SAID)
    monkeypatch.setattr(module, "READ", 1)
    monkeypatch.setattr(module, "SUBJECTS", 1)
    for stops in range(1, 8):
        other = keep(tmp_path / f"memory-{stops}", log)
        asked = iter(range(100))
        first = run(other, enough=lambda asked=asked, stops=stops: next(asked) + 1 >= stops)
        assert not first.finished or stops > 6
        run(other)
        assert [row[:-1] for row in known(other)] == [row[:-1] for row in whole]


def test_the_order_of_logs_changes_nothing(tmp_path, write_turns):
    logs = [write_turns(f"{number}.jsonl", turn) for number, turn in enumerate(SAID)]
    results = []
    for number in range(4):
        order = logs[:]
        random.Random(number).shuffle(order)
        folder = tmp_path / f"memory-{number}"
        for log in order:
            store = keep(folder, log)
            run(store)
        results.append(known(store))
    assert all(result == results[0] for result in results)


def test_other_rules_read_everything_anew(store, monkeypatch):
    run(store)
    before = known(store)
    monkeypatch.setattr(module, "RULES_VERSION", "other")
    assert run(store).turns_read == 5
    assert known(store) == before


def test_what_an_assistant_says_is_nobodys_fact(tmp_path, write_turns):
    said = {"speaker": "assistant", "role": "assistant", "time": "2024-01-01T10:00:00Z", "text": "I live in Rome."}
    store = keep(tmp_path / "memory", write_turns("log.jsonl", said))
    assert run(store).claims == 0
