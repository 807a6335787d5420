"""Forgetting: values worked out by hand, and what is refused."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest

from memcli.memory.forgetting import (
    DECAY,
    FACTOR,
    WEIGHTS,
    Recall,
    Strength,
    days_until,
    initial_difficulty,
    initial_stability,
    next_stability,
    recalled,
    replay,
    retained,
    retrievability,
)
from memcli.types import Rating

START = datetime(2024, 1, 1, 9, tzinfo=UTC)


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


@pytest.mark.parametrize("ratings", [(3, 3, 3, 3), (3, 1, 3, 4), (2, 2, 3), (4, 1, 1, 3), (1, 3, 4, 2, 3)])
@pytest.mark.parametrize("days", [1, 3, 10, 180])
def test_the_published_algorithm_gives_the_same_where_whole_days_agree(ratings: tuple[Rating, ...], days: int) -> None:
    from fsrs import Card, Scheduler
    from fsrs import Rating as Theirs

    scheduler, card = Scheduler(enable_fuzzing=False), Card()
    at = START
    card, _ = scheduler.review_card(card, Theirs(ratings[0]), at)
    mine = Strength(initial_stability(ratings[0]), initial_difficulty(ratings[0]), at)
    for rating in ratings[1:]:
        at += timedelta(days=days)
        assert math.isclose(retained(mine, at), scheduler.get_card_retrievability(card, at), rel_tol=1e-9)
        card, _ = scheduler.review_card(card, Theirs(rating), at)
        mine = recalled(mine, Recall(at, rating))
        assert math.isclose(mine.stability_days, card.stability, rel_tol=1e-9)
        assert math.isclose(mine.difficulty, card.difficulty, rel_tol=1e-9)


@pytest.mark.parametrize("rating", [1, 2, 3, 4])
def test_a_recall_at_once_is_as_published(rating: Rating) -> None:
    from fsrs import Card, Scheduler
    from fsrs import Rating as Theirs

    card, _ = Scheduler(enable_fuzzing=False).review_card(Card(), Theirs.Good, START)
    card, _ = Scheduler(enable_fuzzing=False).review_card(card, Theirs(rating), START)
    assert math.isclose(next_stability(initial_stability(3), initial_difficulty(3), 0, rating), card.stability)


def test_four_spaced_recalls_outlast_twenty_in_one_day() -> None:
    new = Strength(initial_stability(3), initial_difficulty(3), START)
    spaced = replay(new, [Recall(START + timedelta(days=days), 3) for days in (2, 9, 30, 90)])
    massed = replay(new, [Recall(START + timedelta(hours=hour), 3) for hour in range(1, 21)])
    assert spaced.stability_days > 10 * massed.stability_days
    later = START + timedelta(days=730)
    assert retained(spaced, later) > 0.8 > 0.5 > retained(massed, later)


def test_what_was_recalled_in_any_order_is_as_strong() -> None:
    new = Strength(initial_stability(2), initial_difficulty(2), START)
    events = [Recall(START + timedelta(days=days), rating) for days, rating in ((3, 3), (5, 1), (80, 4))]
    assert replay(new, events) == replay(new, reversed(events))
    assert replay(new, events).recall_count == 3


def test_what_was_said_nobody_knows_when_does_not_fade_until_it_is_used() -> None:
    new = Strength(initial_stability(1), initial_difficulty(1), None)
    assert retained(new, START) == 1
    used = recalled(new, Recall(START, 3))
    assert used.last_recalled_at == START
    assert retained(used, START + timedelta(days=400)) < 0.5


@pytest.mark.parametrize("wanted", [0.9, 0.5, 0.4])
def test_the_curve_is_solved_for_time(wanted: float) -> None:
    assert math.isclose(retrievability(days_until(wanted, 7.5), 7.5), wanted)
