"""Ranking metrics, each by its definition, with a bootstrap interval."""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Sequence
from statistics import fmean


def recall_at(k: int, ranked: Sequence[str], relevant: Collection[str]) -> float:
    """Share of the relevant items among the first k."""
    return len(set(ranked[:k]) & set(relevant)) / len(relevant)


def ndcg_at(k: int, ranked: Sequence[str], relevant: Collection[str]) -> float:
    """Normalised discounted cumulative gain with gain 1 for a relevant item (Järvelin and Kekäläinen, 2002)."""
    gained = sum(1 / math.log2(rank + 1) for rank, item in enumerate(ranked[:k], start=1) if item in relevant)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(relevant)) + 1))
    return gained / ideal


def interval(values: Sequence[float], *, rounds: int = 1000, seed: int = 0) -> tuple[float, float, float]:
    """Mean, and the 2.5th and 97.5th percentile of the means of `rounds` resamples (percentile bootstrap)."""
    chance = random.Random(seed)
    means = sorted(fmean(chance.choices(values, k=len(values))) for _ in range(rounds))
    return fmean(values), means[round(0.025 * rounds)], means[round(0.975 * rounds) - 1]
