"""Facts by a language model, beside those of the rules: batches of turns, each committed before the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from engines.errors import EngineFailed
from engines.protocols import Request
from memcli.memory.consolidate_facts import FactsReport, claim_row, keep_claims, reconcile_due, said_of
from memcli.memory.facts.by_model import GRAMMAR, SYSTEM, Line, prompt, verified

if TYPE_CHECKING:
    from engines.protocols import Generator
    from memcli.progress import Progress
    from store.facts import SaidRow
    from store.store import Store

LINES: Final = 8
"""Turns that the model is shown at a time."""

LONGEST: Final = 1_200
"""Characters of a turn that a model is shown; a longer turn is left out, and counted."""

MAX_TOKENS: Final = 700


@dataclass(slots=True)
class ModelReport:
    """What a run did. dropped: what the model wrote that did not hold up, and what it was not shown, by reason."""

    turns_read: int = 0
    claims: int = 0
    finished: bool = True
    dropped: Counter[str] = field(default_factory=Counter)
    facts: FactsReport = field(default_factory=FactsReport)


def consolidate_facts_by_model(
    store: Store,
    generator: Generator,
    model_id: str,
    *,
    seed: int,
    progress: Progress,
    enough: Callable[[], bool] = lambda: False,
) -> ModelReport:
    """Let the model read the turns that it has not read yet. Only under the writer lock.

    Resumable: how far this model (`model_id`) has read is committed with what it found. The database is closed while
    the model runs. What it writes counts for nothing until it is found in the turn that it names.
    """
    report = ModelReport()
    mark = f"facts_model_read_to {model_id}"
    with store.reading() as catalogue:
        read_to = int(catalogue.setting(mark) or 0)
        turns = catalogue.counts()["turns"]
    with progress.phase("model", max(turns - read_to, 0), "turns") as advance:
        while report.finished:
            with store.reading() as catalogue:
                rows = catalogue.facts.turns_after(read_to, LINES)
            if not rows:
                break
            read_to = rows[-1].seq
            claims = _read(rows, generator, seed, report)
            with store.writing() as catalogue:
                keep_claims(catalogue, claims, [], {mark: str(read_to)})
            report.turns_read += len(rows)
            report.claims += len(claims)
            advance(len(rows))
            report.finished = not enough()
    reconcile_due(store, report.facts, enough)
    return report


def _read(rows: list[SaidRow], generator: Generator, seed: int, report: ModelReport) -> list[dict[str, object]]:
    shown = [row for row in rows if row.role == "user" and len(row.text) <= LONGEST]
    report.dropped["turn is too long for the model"] += sum(row.role == "user" for row in rows) - len(shown)
    report.dropped += Counter()  # without zeros
    if not shown:
        return []
    lines = [Line(said_of(row), row.text) for row in shown]
    try:
        answer = "".join(
            generator.stream(
                Request(
                    system=SYSTEM,
                    user=prompt(lines),
                    max_tokens=MAX_TOKENS,
                    temperature=0.0,
                    seed=seed,
                    grammar=GRAMMAR,
                )
            )
        )
    except EngineFailed:
        if len(rows) == 1:
            report.dropped["the model failed"] += 1
            if report.dropped["the model failed"] >= LINES and not report.claims:
                raise  # it is not the turns that are at fault
            return []
        # The turns may be too long together: one by one, each gets its chance.
        return [claim for row in shown for claim in _read([row], generator, seed, report)]
    found = verified(answer, lines)
    report.dropped += found.dropped
    return [{**claim_row(shown[place].seq, claim), "method": "model"} for place, claim in found.claims]
