"""How the cost of work grows with its input: a ratio within one run, which a slow or busy machine does not change."""

from __future__ import annotations

import time
from collections.abc import Callable

LINEAR = 24
"""Eight times the input costs 8 times as much where the cost is linear, 64 times where it is quadratic."""


def least(work: Callable[[], object], times: int = 2) -> float:
    """Processor time of the work in seconds: the least of so many runs."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def growth(work: Callable[[str], object], head: str, repeated: str, tail: str, count: int) -> float:
    """What the work costs with `count` repetitions of something in a text over what it does with an eighth of them."""
    few, many = (f"{head}{repeated * number}{tail}" for number in (count // 8, count))
    return least(lambda: work(many)) / least(lambda: work(few))
