"""Recall with the real models on a real store."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from memcli import config
from memcli.engines_in_use import for_recall
from memcli.recall.pipeline import AT_A_TIME, LOOKED_TWICE, recall
from memcli.recall.time_budget import TimeBudget
from memcli.recall.token_vectors import packed, unpacked
from memcli.types import Query
from store.store import Store

NOW = datetime(2025, 1, 1, tzinfo=UTC)
QUESTION = "When was Maya's job interview?"


@pytest.fixture(scope="module")
def engines():
    return for_recall(config.load(None, {}, {}), None)


@pytest.fixture(scope="module")
def store(story):
    _, memory = story
    return Store.open(memory, wait_s=5)


def found(text, store, engines, limit=30):
    recalled = recall(Query(text=text, asked_at=NOW, limit=limit), store, engines)
    return [(one.turn.id, one.score, one.looks) for one in recalled.candidates]


def test_what_the_cache_holds_changes_nothing(store, engines):
    store.token_cache.forget()
    cold = found(QUESTION, store, engines)
    assert (store.folder / "cache" / "tokens.sqlite").stat().st_size > 10_000
    assert found(QUESTION, store, engines) == cold


def test_a_limit_only_cuts(store, engines):
    assert found(QUESTION, store, engines, limit=100)[:5] == found(QUESTION, store, engines, limit=5)


def test_two_looks_come_before_one_and_odds_fall(store, engines):
    ranked = found(QUESTION, store, engines, limit=LOOKED_TWICE + 50)
    looks = [looked for *_, looked in ranked]
    assert looks == sorted(looks, reverse=True)
    assert {1, 2} == set(looks)
    scores = [score for _, score, _ in ranked]
    assert scores == sorted(scores, reverse=True)


def test_a_question_of_two_things_finds_both(store, engines):
    ranked = recall(
        Query(text="Which came first, Maya's job interview or the death of Tomás's scooter?", asked_at=NOW, limit=8),
        store,
        engines,
    ).candidates
    said = " ".join(one.turn.text for one in ranked)
    assert "interview" in said
    assert "scooter" in said


def test_packing_keeps_the_directions(engines):
    for tokens in engines.token_encoder.encode(["Ana: The ferry leaves at nine.", ""]):
        again = unpacked(*packed(tokens), engines.token_encoder.dimension)
        assert again.ids.tolist() == tokens.ids.tolist()
        if len(tokens.ids):
            assert (again.vectors * tokens.vectors).sum(axis=1).min() > 0.999


class Clock:
    """A clock that goes on by one each time somebody looks at it."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 1
        return self.now


@pytest.mark.parametrize("portions", [0, 1, 3])
def test_what_there_is_no_time_for_is_left_out_and_named(store, engines, portions):
    query = Query(text=QUESTION, asked_at=NOW, limit=1000)
    whole = recall(query, store, engines).candidates
    budget = TimeBudget(until=portions + 1.5, clock=Clock())
    some = recall(query, store, engines, time_budget=budget).candidates
    assert {one.turn.id for one in some} <= {one.turn.id for one in whole}
    twice = sum(one.looks == 2 for one in whole)
    expected = portions * AT_A_TIME
    assert sum(one.looks == 2 for one in some) == expected < twice
    assert budget.left_out == [f"a second look at {twice - expected} of {twice} candidates"]
    assert [one.looks for one in some] == sorted((one.looks for one in some), reverse=True)


def test_parts_of_a_question_are_left_out_too(store, engines):
    budget = TimeBudget(until=0, clock=Clock())
    text = "Which came first, Maya's job interview or the death of Tomás's scooter?"
    assert recall(Query(text=text, asked_at=NOW, limit=8), store, engines, time_budget=budget).candidates
    assert len(budget.left_out) == 2
    assert "part" in budget.left_out[1]


def test_with_time_enough_nothing_changes(store, engines):
    query = Query(text=QUESTION, asked_at=NOW, limit=30)
    budget = TimeBudget.of(600_000)
    assert recall(query, store, engines, time_budget=budget).candidates == recall(query, store, engines).candidates
    assert budget.left_out == []
