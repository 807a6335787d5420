"""Episodes: where one thing ends and another begins in a stream of turns.

After EM-LLM (Fountas et al., 2024, "Human-inspired episodic memory for infinite context LLMs"), at the level of turns:
a cut is made where the next turn is surprising, more than is usual here, and is then moved to the place near it that
sets the two sides apart best. A long silence is a cut by itself. Surprise is 1 - cosine of a turn with the mean of its
episode so far, since the model that reads logs here is an embedder and gives no probabilities.

It streams: a cut depends only on the turns from the last one on and on 2 * AHEAD turns after it, so the episodes are
the same whether the turns come one by one or all at once, and a cut once made stays.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import fmean, pstdev
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

SILENCE: Final = timedelta(hours=4)
"""Whoever is silent for longer comes back to something else."""

GAMMA: Final = 1.0
"""How many standard deviations above the local mean surprise must be: EM-LLM's own value."""

LOCAL: Final = 32
"""Over so many turns of the episode the local mean goes at most."""

USUAL: Final = 6
"""Before so many surprises were seen, nobody knows what is usual."""

SHORTEST: Final = 4
"""An episode has at least so many turns, unless silence ends it."""

LONGEST: Final = 48
"""Here an episode is cut at the latest: a page, not a book."""

AHEAD: Final = 4
"""How many turns from a surprise the cut may move, and over how many turns the two sides of it are compared."""


def cuts(vectors: Vectors, times: Sequence[datetime | None]) -> list[int]:
    """The places (indices of turns) at which a new episode begins, ascending, without 0.

    vectors: (turns, dimension), rows of length 1, or 0 where a turn has no words; times: when each was said. The stream
    may go on: what follows the last cut is still open, and the next call begins there.
    """
    found = []
    stretch = 0
    for place in range(1, len(times) + 1):
        silent = place < len(times) and _silence(times[place - 1], times[place])
        if silent or place == len(times):
            found += _within(vectors, stretch, place, ended=silent)
            if silent:
                found.append(place)
            stretch = place
    return found


def _silence(one: datetime | None, other: datetime | None) -> bool:
    if one is None or other is None:
        return one is not other
    return other - one > SILENCE


def _within(vectors: Vectors, first: int, end: int, *, ended: bool) -> list[int]:
    """The cuts within a stretch first..end-1 that no silence interrupts. ended: a silence follows it."""
    import numpy as np

    found: list[int] = []
    start = place = first
    sum_so_far = np.zeros(vectors.shape[1], np.float64)
    seen: deque[float] = deque(maxlen=LOCAL)
    while place < end and (ended or place + 2 * AHEAD < end):
        vector = vectors[place]
        surprise = _surprise(sum_so_far, vector)
        cut = None
        if place - start >= SHORTEST and end - place >= SHORTEST:
            surprising = surprise is not None and len(seen) >= USUAL and surprise > fmean(seen) + GAMMA * pstdev(seen)
            if surprising or place - start >= LONGEST:
                cut = _refined(vectors, start, place, end)
        if cut is not None:
            found.append(cut)
            start = place = cut
            sum_so_far[:] = 0
            seen.clear()
            continue
        if surprise is not None:
            seen.append(surprise)
        sum_so_far += vector
        place += 1
    return found


def _surprise(sum_so_far: npt.NDArray[np.float64], vector: Vectors) -> float | None:
    """1 - cosine with the mean so far; None where there is nothing to compare."""
    import numpy as np

    length = float(np.sqrt(sum_so_far @ sum_so_far))
    if not length or not vector.any():
        return None
    return 1 - float(sum_so_far @ vector) / length


def _refined(vectors: Vectors, start: int, place: int, end: int) -> int:
    """The place near this one at which the turns before are least like those after; ties go to the nearest."""
    import numpy as np

    low, high = max(start + SHORTEST, place - AHEAD), min(end - SHORTEST, place + AHEAD)
    best, likeness = place, np.inf
    for at in sorted(range(low, high + 1), key=lambda at: (abs(at - place), at)):
        before, after = vectors[max(start, at - AHEAD) : at].sum(axis=0), vectors[at : min(end, at + AHEAD)].sum(axis=0)
        lengths = float(np.sqrt((before @ before) * (after @ after)))
        found = float(before @ after) / lengths if lengths else 1.0
        if found < likeness - 1e-9:
            best, likeness = at, found
    return best
