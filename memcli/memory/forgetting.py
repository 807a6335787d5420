"""How a memory fades: the FSRS-6 power forgetting curve, over fractional days.

Source: FSRS-6 by open-spaced-repetition (https://github.com/open-spaced-repetition), with its default weights. FSRS
counts whole days because flashcards are reviewed daily; a conversation is recalled within minutes, so elapsed time
is a real number here and the curve has no steps.
"""

from __future__ import annotations

from typing import Final, Literal

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


def retrievability(elapsed_days: float, stability_days: float) -> float:
    """The chance, in (0, 1], of recalling now what was last recalled `elapsed_days` ago.

    R(t) = (1 + F*t/S)^(-w20), so R = 1 at t = 0 and R = 0.9 at t = S. A negative elapsed time counts as 0: clocks are
    set back, and a recall cannot lie in the future.

    Raises ValueError unless the stability is above 0.
    """
    if not stability_days > 0:  # written so that nan is refused too
        raise ValueError(f"stability must be above 0 days, not {stability_days}")
    return float((1 + FACTOR * max(elapsed_days, 0.0) / stability_days) ** -DECAY)


def initial_stability(rating: Literal[1, 2, 3, 4]) -> float:
    """The stability, in days, after the first rating: 1 again, 2 hard, 3 good, 4 easy. Raises ValueError for others."""
    if rating not in (1, 2, 3, 4):
        raise ValueError(f"a rating is 1, 2, 3 or 4, not {rating}")
    return WEIGHTS[rating - 1]
