"""How a memory fades: the FSRS-6 power forgetting curve, over fractional days.

Source: FSRS-6 by open-spaced-repetition (https://github.com/open-spaced-repetition), with its default weights. FSRS
counts whole days because flashcards are reviewed daily; a conversation is recalled within minutes, so elapsed time
is a real number here and the curve has no steps. That holds for what a recall does to the stability as well: FSRS has
one formula for recalls within a day of each other and another for all later ones, and this module goes over from the
one to the other in the course of that day. After no time and after a day or more the values are the published ones.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

from memcli.types import Rating

#: The 21 default weights of FSRS-6, w0 to w20, in its order.
WEIGHTS: Final = (
    0.212,
    1.2931,
    2.3065,
    8.2956,
    6.4133,
    0.8334,
    3.0194,
    0.001,
    1.8722,
    0.1666,
    0.796,
    1.4835,
    0.0614,
    0.2629,
    1.6483,
    0.6014,
    1.8729,
    0.5425,
    0.0912,
    0.0658,
    0.1542,
)

#: The exponent of the curve, w20.
DECAY: Final = WEIGHTS[20]

#: Makes retrievability exactly 0.9 when the elapsed time equals the stability.
FACTOR: Final = 0.9 ** (-1 / DECAY) - 1

AGAIN: Final[Rating] = 1
"""The rating of a memory that turned out to be wrong: a lapse."""

#: No memory is weaker than a minute and a half, and none lasts longer than a century.
LEAST_DAYS: Final = 0.001
MOST_DAYS: Final = 36_500.0


LONGEST = 1e300
"""So many times its stability is as long as any time: more may not be a number any more, and R would be 0."""


def retrievability(elapsed_days: float, stability_days: float) -> float:
    """The chance, in (0, 1], of recalling now what was last recalled `elapsed_days` ago.

    R(t) = (1 + F*t/S)^(-w20), so R = 1 at t = 0 and R = 0.9 at t = S. A negative elapsed time counts as 0: clocks are
    set back, and a recall cannot lie in the future.

    Raises ValueError unless the stability is above 0.
    """
    if not stability_days > 0:  # written so that nan is refused too
        raise ValueError(f"stability must be above 0 days, not {stability_days}")
    passed = min(max(elapsed_days, 0.0) / stability_days, LONGEST)
    return float((1 + FACTOR * passed) ** -DECAY)


class Strength(NamedTuple):
    """What a memory withstands: days until R is 0.9, resistance to gaining more (1 to 10), and when it was last used.

    last_recalled_at: when it was recalled, or said if it never was; None if nobody knows.
    """

    stability_days: float
    difficulty: float
    last_recalled_at: datetime | None
    recall_count: int = 0


class Recall(NamedTuple):
    """One use of a memory."""

    at: datetime
    rating: Rating


def initial_stability(rating: Rating) -> float:
    """The stability, in days, after the first rating: 1 again, 2 hard, 3 good, 4 easy. Raises ValueError for others."""
    _check(rating)
    return WEIGHTS[rating - 1]


def initial_difficulty(rating: Rating) -> float:
    """The difficulty, 1 to 10, after the first rating: D0(G) = w4 - e^(w5*(G-1)) + 1. Raises ValueError."""
    _check(rating)
    return _within_difficulty(_unbounded_difficulty(rating))


def next_stability(stability: float, difficulty: float, elapsed_days: float, rating: Rating) -> float:
    """The stability, in days, after a recall `elapsed_days` after the last one.

    A day or more later: S*(1 + e^w8*(11-D)*S^(-w9)*(e^(w10*(1-R)) - 1)*hard_or_easy), or after a lapse
    min(w11*D^(-w12)*((S+1)^w13 - 1)*e^(w14*(1-R)), S/e^(w17*w18)). At once: S*e^(w17*(G-3+w18))*S^(-w19), not below S
    unless it was a lapse. In between, the mean of both, weighted by the part of the day that has passed.

    Raises ValueError for an unknown rating, or a stability that is not above 0.
    """
    _check(rating)
    elapsed = max(elapsed_days, 0.0)
    recalled = retrievability(elapsed, stability)
    later = (
        _after_lapse(stability, difficulty, recalled)
        if rating == AGAIN
        else _after_success(stability, difficulty, recalled, rating)
    )
    passed = min(elapsed, 1.0)
    found = later if passed == 1 else (1 - passed) * _at_once(stability, rating) + passed * later
    return min(max(found, LEAST_DAYS), MOST_DAYS)


def next_difficulty(difficulty: float, rating: Rating) -> float:
    """The difficulty after a recall: damped the harder it is already, and drawn towards D0(easy). Raises ValueError.

    D' = w7*D0(4) + (1-w7)*(D - w6*(G-3)*(10-D)/9), within 1 and 10.
    """
    _check(rating)
    damped = difficulty - WEIGHTS[6] * (rating - 3) * (10 - difficulty) / 9
    return _within_difficulty(WEIGHTS[7] * _unbounded_difficulty(4) + (1 - WEIGHTS[7]) * damped)


def recalled(strength: Strength, recall: Recall) -> Strength:
    """The strength after one more recall. One that comes before the last is taken as of the same moment."""
    since = strength.last_recalled_at
    elapsed = 0.0 if since is None else days_between(since, recall.at)
    return Strength(
        next_stability(strength.stability_days, strength.difficulty, elapsed, recall.rating),
        next_difficulty(strength.difficulty, recall.rating),
        recall.at if since is None else max(since, recall.at),
        strength.recall_count + 1,
    )


def replay(first: Strength, recalls: Iterable[Recall]) -> Strength:
    """The strength after all these recalls, whatever their order: time orders them."""
    strength = first
    for one in sorted(recalls):
        strength = recalled(strength, one)
    return strength


def retained(strength: Strength, now: datetime) -> float:
    """The chance, in (0, 1], of recalling it now; 1 for what was said nobody knows when."""
    if strength.last_recalled_at is None:
        return 1.0
    return retrievability(days_between(strength.last_recalled_at, now), strength.stability_days)


def days_until(retrievability_wanted: float, stability_days: float) -> float:
    """After how many days without a recall R has come down to this: the curve, solved for t."""
    return float((retrievability_wanted ** (-1 / DECAY) - 1) * stability_days / FACTOR)


def days_between(earlier: datetime, later: datetime) -> float:
    """The days from one moment to another, with their fraction; negative if they are the other way round."""
    return (later - earlier).total_seconds() / 86400


def _at_once(stability: float, rating: Rating) -> float:
    growth = math.exp(WEIGHTS[17] * (rating - 3 + WEIGHTS[18])) * stability ** -WEIGHTS[19]
    return float(stability * (growth if rating == AGAIN else max(growth, 1.0)))


def _after_success(stability: float, difficulty: float, recalled: float, rating: Rating) -> float:
    factor = {2: WEIGHTS[15], 3: 1.0, 4: WEIGHTS[16]}[rating]
    surprise = math.exp(WEIGHTS[10] * (1 - recalled)) - 1
    growth = math.exp(WEIGHTS[8]) * (11 - difficulty) * stability ** -WEIGHTS[9] * surprise * factor
    return float(stability * (1 + growth))


def _after_lapse(stability: float, difficulty: float, recalled: float) -> float:
    regained = (stability + 1) ** WEIGHTS[13] - 1
    left = WEIGHTS[11] * difficulty ** -WEIGHTS[12] * regained * math.exp(WEIGHTS[14] * (1 - recalled))
    return float(min(left, stability / math.exp(WEIGHTS[17] * WEIGHTS[18])))


def _unbounded_difficulty(rating: Rating) -> float:
    return WEIGHTS[4] - math.exp(WEIGHTS[5] * (rating - 1)) + 1


def _within_difficulty(difficulty: float) -> float:
    return min(max(difficulty, 1.0), 10.0)


def _check(rating: int) -> None:
    if rating not in (1, 2, 3, 4):
        raise ValueError(f"a rating is 1, 2, 3 or 4, not {rating}")
