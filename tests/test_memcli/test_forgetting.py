"""Forgetting: values worked out by hand, and what is refused."""

from __future__ import annotations

import math

import pytest

from memcli.memory.forgetting import DECAY, FACTOR, WEIGHTS, initial_stability, retrievability


def test_the_weights_are_the_21_of_fsrs_6() -> None:
    assert len(WEIGHTS) == 21
    assert DECAY == 0.1542
    assert math.isclose(FACTOR, 0.9803465, abs_tol=1e-6)


@pytest.mark.parametrize(
    ("elapsed", "stability", "expected"),
    [
        (0, 2.3065, 1.0),
        (2.3065, 2.3065, 0.9),
        (10, 1, 0.692827),
        (1 / 24, 1, 0.993846),
        (365, 8.2956, 0.557667),
        (-3, 1, 1.0),
    ],
)
def test_retrievability(elapsed: float, stability: float, expected: float) -> None:
    assert math.isclose(retrievability(elapsed, stability), expected, abs_tol=1e-5)


def test_first_stability_grows_with_the_rating() -> None:
    assert [initial_stability(rating) for rating in (1, 2, 3, 4)] == [0.212, 1.2931, 2.3065, 8.2956]


@pytest.mark.parametrize("stability", [0, -1, math.nan])
def test_a_stability_that_is_not_above_zero_is_refused(stability: float) -> None:
    with pytest.raises(ValueError, match="stability"):
        retrievability(1, stability)


@pytest.mark.parametrize("rating", [0, 5, -1])
def test_an_unknown_rating_is_refused(rating: int) -> None:
    with pytest.raises(ValueError, match="rating"):
        initial_stability(rating)  # type: ignore[arg-type]
