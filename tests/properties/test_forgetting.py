"""Forgetting holds its shape for every elapsed time and stability."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from memcli.memory.forgetting import retrievability

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
