"""Reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009): sum over the channels of 1 / (k + rank)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from memcli.types import Hit

K = 60
"""The paper's constant."""


def fuse(hits: Iterable[Hit]) -> list[tuple[int, float]]:
    """Items with their fused scores, scaled so that first place in one channel alone is 1; best first, ties by item."""
    scores: defaultdict[int, float] = defaultdict(float)
    for item, _, rank, _, _ in hits:
        scores[item] += (K + 1) / (K + rank)
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
