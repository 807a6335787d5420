"""Puts the cases of a data set to memories made of it, and keeps what came back."""

from __future__ import annotations

import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from memcli.answer.pipeline import Budget, Writing, answer
from memcli.evaluate.cases import Case, Dataset, Level, Memory
from memcli.ingest.pipeline import ingest
from memcli.progress import Progress, Unwatched
from memcli.recall.pipeline import Engines, recall
from memcli.recall.select import estimated_tokens
from memcli.types import Channel, Query, Turn
from store.store import Store

if TYPE_CHECKING:
    from engines.protocols import Embedder

DEEPEST = 50
"""How many turns are recalled for each case: the largest k of a metric."""


BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)
"""Earlier than what any of the data sets tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one case. `ranked` are native ids of turns or sessions, best first, each once."""

    case: Case
    ranked: Sequence[str]
    answer: str
    abstained: bool
    confidence: float
    recall_ms: float
    answer_ms: float
    context_tokens: int


def run(
    dataset: Dataset,
    engines: Engines,
    *,
    budget: Budget,
    ablate: Iterable[Channel] = (),
    writing: Writing | None = None,
    progress: Progress,
) -> list[Outcome]:
    """Every case's outcome, in the order of the data set. The memories are made in a scratch folder, and thrown away.

    They are consolidated, as those of people who have that done at night; so early that nothing has faded yet.
    ablate: channels that recall does without.
    """
    by_memory: defaultdict[str, list[Case]] = defaultdict(list)
    for case in dataset.cases:
        by_memory[case.memory].append(case)
    found: dict[int, Outcome] = {}
    key = native_key(dataset.level)
    with (
        tempfile.TemporaryDirectory(prefix="memcli-eval-") as scratch,
        progress.phase("ask", len(dataset.cases), "questions") as advance,
    ):
        for number, memory in enumerate(dataset.memories):
            store = made(memory, Path(scratch, str(number)), lambda: engines.embedder)
            consolidated(store, engines)
            for case in by_memory[memory.name]:
                found[id(case)] = outcome(case, store, engines, key, budget, ablate, writing)
                advance(1)
    return [found[id(case)] for case in dataset.cases]


def outcome(
    case: Case,
    store: Store,
    engines: Engines,
    key: Callable[[Turn], str],
    budget: Budget,
    ablate: Iterable[Channel] = (),
    writing: Writing | None = None,
) -> Outcome:
    """One case put to a store. `key`: the id of a turn as the case's evidence names it."""
    query = Query(text=case.question, asked_at=case.asked_at, limit=DEEPEST)
    began = time.perf_counter()
    recalled = recall(query, store, engines, without=frozenset(ablate))
    found_at = time.perf_counter()
    said = answer(query, recalled, store, engines, budget=budget, writing=writing, warn=lambda _: None)
    finished = time.perf_counter()
    return Outcome(
        case=case,
        ranked=list(dict.fromkeys(key(candidate.turn) for candidate in recalled.candidates)),
        answer="" if said.abstained else said.short,
        abstained=said.abstained,
        confidence=said.confidence,
        recall_ms=1000 * (found_at - began),
        answer_ms=1000 * (finished - found_at),
        context_tokens=sum(estimated_tokens(one.turn.text) for one in said.evidence),
    )


def consolidated(store: Store, engines: Engines) -> None:
    """Consolidate a memory, at a time at which nothing in it has faded."""
    from memcli.engines_in_use import built_in_embedder
    from memcli.memory.consolidate import consolidate
    from memcli.memory.consolidate_step import Work

    consolidate(
        Work(
            store=store, embedder=built_in_embedder(), indexing=engines.embedder, now=BEFORE_ALL, dry_run=False,
            progress=Unwatched(), out_of_time=lambda: False,
        )
    )  # fmt: skip


def native_key(level: Level) -> Callable[[Turn], str]:
    """The native id of a turn, or of its session: a turn's without what stands behind the last colon."""

    def key(turn: Turn) -> str:
        native = turn.native_id or turn.id
        return native if level == "turn" else native.rpartition(":")[0]

    return key


def made(memory: Memory, scratch: Path, embedder: Callable[[], Embedder]) -> Store:
    """A store in a new folder that holds what the memory is made of."""
    scratch.mkdir()
    log = scratch / f"{memory.format}.log"
    log.write_text(memory.log, encoding="utf-8")
    folder = scratch / "memory"
    ingest(
        [str(log)],
        folder=folder,
        wait_s=1,
        embedder=embedder,
        format_name=memory.format,
        zone=UTC,
        redacting=False,
        progress=Unwatched(),
    )
    log.unlink()
    return Store.open(folder, wait_s=1)
