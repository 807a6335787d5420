"""An evaluation as a table for people to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_SHOWN = {
    "recall_at_10": "recall@10", "ndcg_at_10": "nDCG@10", "recall_at_50": "recall@50", "recall_all_at_5": "all@5",
    "any_hit_at_10": "any@10", "mrr": "MRR", "answer_f1": "F1", "exact_match": "exact", "date_accuracy": "date",
}  # fmt: skip
BAR = 20
"""Characters of a full bar in the plot of reliability."""


def evaluation(document: Mapping[str, Any]) -> None:
    """The figures by category, how well abstention works, and what changed."""
    print("\n".join(_lines(document)))


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    groups = {"all": document["all"]}
    if "without_label_errors" in document:
        groups["without label errors"] = document["without_label_errors"]
    groups |= document["by_category"]
    everything = document["all"]
    shown = [name for name in _SHOWN if any(name in one for one in groups.values())]
    wide = max(map(len, groups))
    without = f", without {', '.join(document['without'])}" if document["without"] else ""
    yield f"{document['dataset']}, {document['level']} level{without}; shares in %"
    yield f"{'':<{wide}} {'asked':>6} {''.join(f'{_SHOWN[name]:>10}' for name in shown)}  {'declined':>8}"
    for name, one in groups.items():
        told = [part for part in (one["abstention"]["wrong"], one["abstention"]["recall"]) if part is not None]
        cells = "".join(f"{_percent(one.get(metric)):>10}" for metric in shown)
        yield f"{name:<{wide}} {one['questions']:>6} {cells}  {' / '.join(f'{100 * part:.1f}' for part in told):>8}"
    if shown:
        intervals = (f"{_SHOWN[name]} {_range(everything[name])}" for name in shown if name in everything)
        yield f"95 % intervals: {', '.join(intervals)}"
    told, search, answered = everything["abstention"], everything["recall_ms"], everything["answer_ms"]
    yield (
        f"declined {_share(told['recall'])} of what has no answer, {_share(told['wrong'])} of what has one; "
        f"precision {_share(told['precision'])}"
    )
    yield (
        f"recall p50 {search['p50']:.0f} ms, p95 {search['p95']:.0f} ms; answer p50 {answered['p50']:.0f} ms, "
        f"p95 {answered['p95']:.0f} ms; {everything['context_tokens']:.0f} tokens of evidence"
    )
    if told.get("separable") is not None:
        yield f"confidence (rightly ordered in {_share(told['separable'])} of pairs) and the share that has an answer:"
        for row in document["reliability"]:
            bar = "#" * round(BAR * row["answerable"])
            yield f"  {row['confidence']:.2f} {bar:<{BAR}} {row['answerable']:.2f}  ({row['questions']:.0f})"
    if "judged" in document:
        told = document["judged"]
        groups = {"all": told["right"]} | told["by_category"]
        shares = ", ".join(f"{name} {_percent(share)}" for name, share in groups.items() if share)
        yield f"in the opinion of {told['model']}, of {told['questions']} answers are right: {shares or '-'}"
    for change in document.get("changes", ()):
        yield (
            f"{change['metric']:<16} {100 * change['before']:6.1f} -> {100 * change['now']:6.1f}   "
            f"change [{100 * change['change']['low']:+.1f}, {100 * change['change']['high']:+.1f}]"
        )


def _percent(interval: Mapping[str, float] | None) -> str:
    return "" if interval is None else f"{100 * interval['mean']:.1f}"


def _range(interval: Mapping[str, float]) -> str:
    return f"{100 * interval['low']:.1f} to {100 * interval['high']:.1f}"


def _share(part: float | None) -> str:
    return "-" if part is None else f"{100 * part:.1f} %"
