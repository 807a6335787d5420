"""From outcomes to figures: every metric over all cases and by category, and two runs compared. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from memcli.evaluate.metrics import (
    Abstention,
    Interval,
    abstention,
    any_hit_at,
    exact_match,
    interval,
    list_f1,
    ndcg_at,
    percentile,
    recall_all_at,
    recall_at,
    reciprocal_rank,
    reliability,
    right_date,
    token_f1,
)
from memcli.evaluate.run import Outcome

Value = Callable[[Outcome], float | None]


def _ranking(metric: Callable[[Sequence[str], frozenset[str]], float]) -> Value:
    def value(one: Outcome) -> float | None:
        asked = one.case.answerable and one.case.evidence
        return metric(one.ranked, one.case.evidence) if asked else None

    return value


def _best(metric: Callable[[str, str], float | None]) -> Value:
    """The best over the known answers; a declined question scores 0. None where there is nothing to compare with."""

    def value(one: Outcome) -> float | None:
        if not one.case.answerable:
            return None
        scores = [score for known in one.case.answers if (score := metric(one.answer, known)) is not None]
        return max(scores) if scores else None

    return value


def _f1(one: Outcome) -> float | None:
    return _best(list_f1 if one.case.several else token_f1)(one)


METRICS: Mapping[str, Value] = {
    "recall_at_5": _ranking(lambda ranked, known: recall_at(5, ranked, known)),
    "recall_at_10": _ranking(lambda ranked, known: recall_at(10, ranked, known)),
    "recall_at_50": _ranking(lambda ranked, known: recall_at(50, ranked, known)),
    "recall_all_at_5": _ranking(lambda ranked, known: recall_all_at(5, ranked, known)),
    "recall_all_at_10": _ranking(lambda ranked, known: recall_all_at(10, ranked, known)),
    "any_hit_at_5": _ranking(lambda ranked, known: any_hit_at(5, ranked, known)),
    "any_hit_at_10": _ranking(lambda ranked, known: any_hit_at(10, ranked, known)),
    "ndcg_at_10": _ranking(lambda ranked, known: ndcg_at(10, ranked, known)),
    "mrr": _ranking(reciprocal_rank),
    "answer_f1": _f1,
    "exact_match": _best(exact_match),
    "date_accuracy": _best(right_date),
}
"""Every metric by its name: its value for one outcome, or None if it does not apply. All go from 0 to 1."""


def figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The figures of a run as a document: over all cases, without the doubtful ones, and by category."""
    categories = sorted({one.case.category for one in outcomes})
    sound = [one for one in outcomes if not one.case.doubtful]
    document: dict[str, Any] = {"all": _figures(outcomes)}
    if len(sound) < len(outcomes):
        document["without_label_errors"] = _figures(sound)
    document["by_category"] = {name: _figures([o for o in outcomes if o.case.category == name]) for name in categories}
    answerable = [one.case.answerable for one in outcomes]
    table = reliability([one.confidence for one in outcomes], answerable)
    document["reliability"] = [{name: round(value, 4) for name, value in row._asdict().items()} for row in table]
    return document


def values(outcomes: Iterable[Outcome], metric: str) -> list[float]:
    """The metric's values where it applies."""
    return [value for one in outcomes if (value := METRICS[metric](one)) is not None]


class Difference(NamedTuple):
    """A metric in two runs, on the cases that both have, and the interval of the mean difference, case by case."""

    metric: str
    before: float
    now: float
    change: Interval


def compare(before: Mapping[str, Mapping[str, float]], now: Mapping[str, Mapping[str, float]]) -> list[Difference]:
    """What changed between two runs, from the values of their cases as {case: {metric: value}} (see `by_case`).

    A paired bootstrap: a change whose interval leaves out 0 is no accident of these questions.
    """
    differences = []
    for metric in [*METRICS, "right_to_answer"]:
        shared = [case for case in now if metric in now[case] and metric in before.get(case, {})]
        if shared:
            old, new = [before[case][metric] for case in shared], [now[case][metric] for case in shared]
            change = interval([n - o for n, o in zip(new, old, strict=True)])
            differences.append(Difference(metric, sum(old) / len(old), sum(new) / len(new), change))
    return differences


def by_case(outcomes: Iterable[Outcome]) -> dict[str, dict[str, float]]:
    """The values of every case, which a later run is compared with. `right_to_answer`: answered if and only if it was
    to be answered."""
    kept: dict[str, dict[str, float]] = {}
    for one in outcomes:
        scores = {name: value for name, metric in METRICS.items() if (value := metric(one)) is not None}
        kept[one.case.id] = scores | {
            "right_to_answer": float(one.abstained != one.case.answerable),
            "confidence": one.confidence,
        }
    return kept


def _figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    document: dict[str, Any] = {"questions": len(outcomes)}
    for name in METRICS:
        found = values(outcomes, name)
        if found:
            document[name] = {key: _rounded(value) for key, value in interval(found)._asdict().items()}
    kinds = {one.case.answerable for one in outcomes}
    told = abstention([one.abstained for one in outcomes], [one.case.answerable for one in outcomes])
    document["abstention"] = {name: _rounded(getattr(told, name)) for name in Abstention._fields}
    if kinds == {True, False}:
        document["abstention"]["separable"] = _rounded(_area(outcomes))
    document["recall_ms"] = _percentiles([one.recall_ms for one in outcomes])
    document["answer_ms"] = _percentiles([one.answer_ms for one in outcomes])
    document["context_tokens"] = _rounded(sum(one.context_tokens for one in outcomes) / len(outcomes))
    return document


def _area(outcomes: Sequence[Outcome]) -> float:
    """The chance that an answerable question has the higher confidence of a pair (area under the ROC curve)."""
    ranked = sorted(outcomes, key=lambda one: one.confidence)
    ranks: dict[float, list[int]] = {}
    for rank, one in enumerate(ranked, start=1):
        ranks.setdefault(one.confidence, []).append(rank)
    mean = {value: sum(places) / len(places) for value, places in ranks.items()}
    can = [mean[one.confidence] for one in outcomes if one.case.answerable]
    cannot = len(outcomes) - len(can)
    return (sum(can) - len(can) * (len(can) + 1) / 2) / (len(can) * cannot)


def _percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    return {"p50": round(percentile(milliseconds, 0.5), 2), "p95": round(percentile(milliseconds, 0.95), 2)}


def _rounded(value: float) -> float | int | None:
    """Four digits; None for what is no number (a share of nothing), which JSON does not know."""
    if isinstance(value, int):
        return value
    return None if math.isnan(value) else round(value, 4)
