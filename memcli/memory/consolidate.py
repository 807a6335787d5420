"""memcli consolidate: what a night's sleep does. New turns become episodes, scenes and their gist; what faded moves.

Each step does a batch at a time: read, close the catalogue, compute, write in one commit. It can be cut off anywhere
and goes on where it was; run again with nothing new, it changes nothing. Cost follows what is new.

Made from turns and recall events alone, so all of it could be made again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from memcli.memory.consolidate_step import Done, Step, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Consolidation:
    """What a run did, step by step. changed: whether it changed anything (or would, in a dry run)."""

    dry_run: bool
    steps: Mapping[str, Mapping[str, Any]]
    changed: bool
    finished: bool
    seconds: float


def steps() -> dict[str, Step]:
    """The steps in their order, by name."""
    from memcli.memory.consolidate_episodes import episodes
    from memcli.memory.consolidate_recalls import recalls
    from memcli.memory.consolidate_strengths import strengths
    from memcli.memory.consolidate_tiers import compact, tiers

    return {
        "recalls": recalls,
        "episodes": episodes,
        "facts": _facts,
        "strengths": strengths,
        "tiers": tiers,
        "vectors": _vectors,
        "index": compact,
    }


def _vectors(work: Work) -> Done:
    """Make the index anew if the user chose another embedder; it may take several runs."""
    from memcli.ingest.reembedding import reembed

    if work.chosen is None or work.dry_run:
        return Done(changes={})
    turns, finished = reembed(work.store, work.chosen(), work.progress, go_on=lambda: not work.out_of_time())
    return Done(changes={"embedded": turns}, finished=finished)


def _facts(work: Work) -> Done:
    """Bring what is known up to date."""
    from memcli.memory.consolidate_facts import consolidate_facts

    report = consolidate_facts(work.store, progress=work.progress, enough=work.out_of_time, dry_run=work.dry_run)
    return Done(changes={"turns": report.turns_read, **report.counts}, finished=report.finished)


def consolidate(work: Work, clock: Callable[[], float] = time.perf_counter) -> Consolidation:
    """Do all steps, in their order, until they are done or time is out.

    Only one command changes a store at a time: raises StoreLocked if another does beyond the store's patience.
    """
    from memcli.ingest.indexing import index_outbox
    from memcli.recall.knowledge import known

    began = clock()
    done: dict[str, Done] = {}
    with work.store.locks.writer():
        if not work.dry_run:
            work.store.fold_spool()
            index_outbox(work.store, work.indexing or work.embedder, work.progress)
        for name, step in steps().items():
            if work.out_of_time():
                done[name] = Done(changes={}, finished=False)
            else:
                done[name] = step(work)
        report = Consolidation(
            dry_run=work.dry_run,
            steps={name: one.changes for name, one in done.items()},
            changed=any(any(one.changes.values()) for one in done.values()),
            finished=all(one.finished for one in done.values()),
            seconds=0.0,
        )
        if report.changed and not work.dry_run:
            with work.store.writing() as catalogue:
                counts = {name: _counted(changes) for name, changes in report.steps.items()}
                catalogue.states.keep_run(work.now, work.now, json.dumps(counts))
        if not work.dry_run and not work.store.seal:  # an encrypted memory's is made by whoever asks
            known(work.store, work.embedder.id)  # so that no question has to wait for it
    return replace(report, seconds=clock() - began)


def _counted(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: len(value) if isinstance(value, list) else value for name, value in changes.items()}
