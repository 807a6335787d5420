"""Forgetting holds its shape for every elapsed time and stability."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from memcli.memory.forgetting import LEAST_DAYS, MOST_DAYS, next_difficulty, next_stability, retrievability

DAYS = st.floats(min_value=0, max_value=40_000)
STABILITY = st.floats(min_value=0.001, max_value=40_000)


@given(elapsed=st.floats(allow_nan=False, allow_infinity=False), stability=STABILITY)
def test_it_is_a_chance_above_zero(elapsed: float, stability: float) -> None:
    assert 0 < retrievability(elapsed, stability) <= 1


@given(stability=STABILITY)
def test_it_is_nine_in_ten_when_the_stability_has_passed(stability: float) -> None:
    assert math.isclose(retrievability(stability, stability), 0.9, rel_tol=1e-12)


@given(early=DAYS, late=DAYS, stability=STABILITY)
def test_it_never_grows_with_time(early: float, late: float, stability: float) -> None:
    early, late = sorted((early, late))
    assert retrievability(early, stability) >= retrievability(late, stability)


@given(elapsed=DAYS, weak=STABILITY, strong=STABILITY)
def test_a_stronger_memory_is_never_harder_to_recall(elapsed: float, weak: float, strong: float) -> None:
    weak, strong = sorted((weak, strong))
    assert retrievability(elapsed, weak) <= retrievability(elapsed, strong)


@given(elapsed=st.floats(min_value=0, max_value=400), stability=st.floats(min_value=0.1, max_value=400))
def test_an_hour_is_felt_and_no_day_is_a_step(elapsed: float, stability: float) -> None:
    hour = 1 / 24
    drop = retrievability(elapsed, stability) - retrievability(elapsed + hour, stability)
    assert 0 < drop <= 1 - retrievability(hour, stability) + 1e-12


DIFFICULTY = st.floats(min_value=1, max_value=10)
RATING = st.sampled_from([1, 2, 3, 4])


@given(stability=STABILITY, difficulty=DIFFICULTY, elapsed=DAYS, rating=RATING)
def test_strength_and_difficulty_stay_within_bounds(stability, difficulty, elapsed, rating) -> None:
    assert LEAST_DAYS <= next_stability(stability, difficulty, elapsed, rating) <= MOST_DAYS
    assert 1 <= next_difficulty(difficulty, rating) <= 10


@given(stability=st.floats(0.01, 30_000), difficulty=DIFFICULTY, elapsed=DAYS, rating=st.sampled_from([2, 3, 4]))
def test_a_success_never_weakens_and_a_lapse_never_strengthens(stability, difficulty, elapsed, rating) -> None:
    assert next_stability(stability, difficulty, elapsed, rating) >= stability * (1 - 1e-12)
    assert next_stability(stability, difficulty, elapsed, 1) <= stability * (1 + 1e-12)


@given(stability=st.floats(0.1, 1000), difficulty=DIFFICULTY, early=DAYS, late=DAYS)
def test_the_longer_a_good_recall_waits_the_more_it_strengthens(stability, difficulty, early, late) -> None:
    early, late = sorted((early, late))
    first, second = (next_stability(stability, difficulty, at, 3) for at in (early, late))
    assert first <= second * (1 + 1e-9) or late <= 1  # within the first day the at-once formula may give more


@given(stability=st.floats(0.1, 1000), difficulty=DIFFICULTY, days=st.integers(0, 400), rating=RATING)
def test_no_second_makes_a_step(stability, difficulty, days, rating) -> None:
    second = 1 / 86400
    before, after = (next_stability(stability, difficulty, at, rating) for at in (days, days + second))
    assert math.isclose(before, after, rel_tol=5e-3)
    before = next_stability(stability, difficulty, max(0, days - second), rating)
    assert math.isclose(before, next_stability(stability, difficulty, days, rating), rel_tol=5e-3)
