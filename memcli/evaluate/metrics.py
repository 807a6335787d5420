"""Metrics of ranking, of answers and of abstaining, each by its definition, with bootstrap intervals. Pure."""

from __future__ import annotations

import math
import random
import re
import string
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from statistics import fmean
from typing import NamedTuple

from memcli.memory.timex import find_time_expressions

_ARTICLES = re.compile(r"\b(?:a|an|the|and)\b")
_CITATION = re.compile(r"\s*\[\d+(?:\s*,\s*\d+)*\]")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")

DATE_SLACK_DAYS = 7
"""A stated date may be this many days coarser than the known one and still be right: "the week of" for a day in it."""


# ranking: `ranked` are distinct ids, best first; `relevant` at least one id


def recall_at(k: int, ranked: Sequence[str], relevant: Collection[str]) -> float:
    """Share of the relevant items among the first k."""
    return len(set(ranked[:k]) & set(relevant)) / len(set(relevant))


def recall_all_at(k: int, ranked: Sequence[str], relevant: Collection[str]) -> float:
    """1 if every relevant item is among the first k, else 0."""
    return float(set(relevant) <= set(ranked[:k]))


def any_hit_at(k: int, ranked: Sequence[str], relevant: Collection[str]) -> float:
    """1 if some relevant item is among the first k, else 0."""
    return float(bool(set(ranked[:k]) & set(relevant)))


def ndcg_at(k: int, ranked: Sequence[str], relevant: Collection[str]) -> float:
    """Normalised discounted cumulative gain with gain 1 for a relevant item (Järvelin and Kekäläinen, 2002)."""
    gained = sum(1 / math.log2(rank + 1) for rank, item in enumerate(ranked[:k], start=1) if item in relevant)
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(k, len(set(relevant))) + 1))
    return gained / ideal


def reciprocal_rank(ranked: Sequence[str], relevant: Collection[str]) -> float:
    """1 / the rank of the first relevant item, 0 if there is none. Its mean over questions is the MRR."""
    return next((1 / rank for rank, item in enumerate(ranked, start=1) if item in relevant), 0.0)


# answers


def normalised(text: str) -> str:
    """Lower case, without punctuation, the words a, an, the, and, and citations, as LoCoMo's own evaluation does it."""
    lowered = _CITATION.sub("", text).replace(",", "").lower()
    bare = "".join(letter for letter in lowered if letter not in string.punctuation)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def token_f1(said: str, known: str) -> float:
    """Harmonic mean of precision and recall of the words, stemmed after Porter (LoCoMo's `f1_score`)."""
    got, wanted = _stemmed(said), _stemmed(known)
    shared = sum((Counter(got) & Counter(wanted)).values())
    if not shared:
        return 0.0
    precision, recall = shared / len(got), shared / len(wanted)
    return 2 * precision * recall / (precision + recall)


def list_f1(said: str, known: str) -> float:
    """For answers that are lists: the mean over the known parts, split at commas, of the best F1 of a part that was
    said (LoCoMo's `f1`, used for its multi-hop questions)."""
    parts = said.split(",")
    return fmean(max(token_f1(part, wanted) for part in parts) for wanted in known.split(","))


def exact_match(said: str, known: str) -> float:
    """1 if both are the same once normalised, else 0."""
    return float(normalised(said) == normalised(known))


def dates_in(text: str) -> list[tuple[date, date]]:
    """The absolute days, months and years that a text names, each as its first and last day."""
    anchor = date(1900, 1, 1)  # an expression that needs a day of speaking resolves near it, and is told by that
    found = [(one.first, one.last) for one in find_time_expressions(text, anchor)]
    years = {int(year) for year in _YEAR.findall(text)}
    return [(first, last) for first, last in found if {first.year, last.year} & years]


def right_date(said: str, known: str) -> float | None:
    """1 if the first date that is said agrees with the known one; None if the known answer names no date.

    They agree if they share a day and the one said is at most as coarse as the known one, or as DATE_SLACK_DAYS allow.
    """
    wanted, got = dates_in(known), dates_in(said)
    if not wanted:
        return None
    if not got:
        return 0.0
    (first, last), (low, high) = got[0], wanted[0]
    shares = first <= high and low <= last
    return float(shares and (last - first).days <= max((high - low).days, DATE_SLACK_DAYS))


# abstaining


class Abstention(NamedTuple):
    """Of unanswerable questions: `recall`, the share that was declined. Of declined ones: `precision`, the share that
    was unanswerable. Of answerable ones: `wrong`, the share that was declined."""

    precision: float
    recall: float
    wrong: float


def abstention(declined: Sequence[bool], answerable: Sequence[bool]) -> Abstention:
    """How well the questions to decline were told from the others; a share of nothing is nan."""
    right = sum(no and not can for no, can in zip(declined, answerable, strict=True))
    wrong = sum(declined) - right
    can = sum(answerable)
    return Abstention(_share(right, sum(declined)), _share(right, len(answerable) - can), _share(wrong, can))


class Bin(NamedTuple):
    """Questions whose confidence lies from `low` to `high`: how many, their mean, and the share that was answerable."""

    low: float
    high: float
    questions: int
    confidence: float
    answerable: float


def reliability(confidences: Sequence[float], answerable: Sequence[bool], bins: int = 10) -> list[Bin]:
    """The reliability table of a confidence (Guo et al. 2017): bins of equal width that hold something."""
    table = []
    for place in range(bins):
        low, high = place / bins, (place + 1) / bins
        inside = [
            at for at, value in enumerate(confidences) if low <= value < high or (value == 1 and place == bins - 1)
        ]
        if inside:
            mean = fmean(confidences[at] for at in inside)
            table.append(Bin(low, high, len(inside), mean, fmean(float(answerable[at]) for at in inside)))
    return table


# sums


class Interval(NamedTuple):
    """A mean with the bounds of its 95 % interval, over `values` values."""

    mean: float
    low: float
    high: float
    values: int


def interval(values: Sequence[float], *, rounds: int = 1000, seed: int = 0) -> Interval:
    """Mean, and the 2.5th and 97.5th percentile of the means of `rounds` resamples (percentile bootstrap)."""
    chance = random.Random(seed)
    means = sorted(fmean(chance.choices(values, k=len(values))) for _ in range(rounds))
    return Interval(fmean(values), means[round(0.025 * rounds)], means[round(0.975 * rounds) - 1], len(values))


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which this share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def _stemmed(text: str) -> list[str]:
    from Stemmer import Stemmer

    return list(Stemmer("porter").stemWords(normalised(text).split()))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan
