"""Metrics against values worked out by hand, and the bounds that hold for any ranking."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcli.evaluate.metrics import (
    abstention,
    any_hit_at,
    exact_match,
    interval,
    list_f1,
    ndcg_at,
    percentile,
    recall_all_at,
    recall_at,
    reciprocal_rank,
    reliability,
    right_date,
    token_f1,
)

RANKED = ["a", "b", "c", "d"]


def test_ranking_by_hand():
    assert recall_at(2, RANKED, {"b", "d"}) == 0.5
    assert recall_all_at(2, RANKED, {"b", "d"}) == 0
    assert recall_all_at(4, RANKED, {"b", "d"}) == 1
    assert any_hit_at(2, RANKED, {"b", "d"}) == 1
    assert any_hit_at(1, RANKED, {"b", "d"}) == 0
    assert reciprocal_rank(RANKED, {"c", "d"}) == pytest.approx(1 / 3)
    assert reciprocal_rank(RANKED, {"z"}) == 0
    gained, ideal = 1 / math.log2(3) + 1 / math.log2(5), 1 + 1 / math.log2(3)
    assert ndcg_at(10, RANKED, {"b", "d"}) == pytest.approx(gained / ideal)


@given(st.permutations(list("abcdefgh")), st.sets(st.sampled_from("abcdefghxyz"), min_size=1), st.integers(1, 10))
def test_bounds_and_order(ranked, relevant, k):
    values = [metric(k, ranked, relevant) for metric in (recall_at, recall_all_at, any_hit_at, ndcg_at)]
    assert all(0 <= value <= 1 for value in values)
    recall, every, some, _ = values
    assert every <= recall <= some
    assert recall_at(k, ranked, relevant) <= recall_at(k + 1, ranked, relevant)


def test_answers_as_locomo_counts_them():
    assert token_f1("Running and the swimming", "runs, swim") == 1  # articles and "and" go, words are stemmed
    assert token_f1("in May", "7 May 2023") == pytest.approx(2 / 5)
    assert token_f1("nothing", "7 May 2023") == 0
    assert list_f1("pottery, hiking", "pottery, camping") == 0.5
    assert exact_match("The Ferry [2]", "ferry!") == 1


@pytest.mark.parametrize(
    ("said", "known", "right"),
    [
        ("7 May 2023", "7 May, 2023", 1),
        ("the week of 1 May 2023", "2 May 2023", 1),
        ("May 2023", "2 May 2023", 0),
        ("2 May 2023", "May 2023", 1),
        ("8 May 2023", "7 May 2023", 0),
        ("no idea", "7 May 2023", 0),
        ("7 May 2023", "four years", None),
    ],
)
def test_dates(said, known, right):
    assert right_date(said, known) == right


def test_abstention_by_hand():
    told = abstention([True, True, False, False, False], [False, True, False, True, True])
    assert told == (0.5, 0.5, pytest.approx(1 / 3))
    assert math.isnan(abstention([False], [True]).precision)


def test_a_confidence_that_keeps_its_word_lies_on_the_diagonal():
    (low, high) = reliability([0.1, 0.1, 0.9, 0.9, 1.0], [False, False, True, True, True])
    assert (low.questions, low.answerable) == (2, 0)
    assert (high.questions, high.answerable) == (3, 1)


def test_interval_holds_the_mean_and_is_the_same_every_time():
    values = [0.0] * 30 + [1.0] * 70
    found = interval(values)
    assert found == interval(values)
    assert found.low < 0.7 == found.mean < found.high
    assert 0.1 < found.high - found.low < 0.25


def test_percentile():
    assert percentile([3, 1, 2], 0.5) == 2
    assert percentile(range(1, 101), 0.95) == 95
