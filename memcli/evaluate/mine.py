"""A private test made from the user's own memory: known items, and the questions that were asked of it before.

A known item is a turn that was really said; its question is half of its content words, every other one, as somebody
asks who remembers that much. What is asked before counts with the turns that its answer cited. The test is the same at
every run as long as its turns are there (they are picked by their ids, which are hashes), and stays in the memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from memcli.answer.pipeline import Budget
from memcli.evaluate.cases import Case, Dataset
from memcli.evaluate.run import Outcome, outcome
from memcli.recall.pipeline import Engines
from memcli.recall.query import content_words
from memcli.types import Channel
from store.rows import TurnRow
from store.store import Store

QUESTIONS = 200
"""Known items that a test has, if the memory holds so many turns that are fit."""

WORDS = (6, 40)
"""A turn is fit with at least and at most so many content words, no two alike."""

NAME = "evaluation.json"
"""The file that keeps the last run, in the memory's folder `cache`, which goes when anything is erased."""


def cases(store: Store, *, count: int = QUESTIONS) -> Dataset:
    """The test of this memory: at most `count` known items, and as many of the questions asked before."""
    with store.reading() as catalogue:
        rows = catalogue.turns_by_hash(limit=10 * count)
        asked = catalogue.answers(limit=count)
    asked += [record for record in store.spool.read() if record["kind"] == "answer"][:count]
    made = [case for row in rows if (case := known_item(row))][:count]
    documents = (json.loads(record["document"]) for record in asked)
    made += {case.id: case for one in documents if (case := asked_before(one))}.values()
    return Dataset(name="mine", level="turn", memories=(), cases=made)


def run(
    store: Store, dataset: Dataset, engines: Engines, budget: Budget, ablate: Iterable[Channel] = ()
) -> list[Outcome]:
    """Every case's outcome in the memory itself. Nothing is written to it: being tested is no use of a memory."""
    return [outcome(case, store, engines, lambda turn: turn.id, budget, ablate) for case in dataset.cases]


def known_item(row: TurnRow) -> Case | None:
    """The turn as a case, or None if it is too short or too long to be asked for."""
    words = list(dict.fromkeys(content_words(row.text)))
    if not WORDS[0] <= len(words) <= WORDS[1]:
        return None
    return Case(
        id=f"item/{row.id}",
        memory="mine",
        question=f"{row.speaker} {' '.join(words[::2])}",
        answers=(),
        evidence=frozenset({row.id}),
        category="known item",
    )


def asked_before(answer: dict[str, Any]) -> Case | None:
    """A document that `ask` printed as a case, or None if it was declined or cited nothing."""
    cited = frozenset(one["id"] for one in answer.get("citations", ()))
    if answer.get("abstained") or not cited:
        return None
    return Case(
        id=f"asked/{answer['question']}",
        memory="mine",
        question=answer["question"],
        answers=(),
        evidence=cited,
        category="asked before",
    )


def kept_run(store: Store) -> Path | None:
    """Where the last run of this memory's test is kept; None if it is encrypted: a run holds what was asked."""
    if store.seal:
        return None
    place = store.folder / "cache"
    place.mkdir(mode=0o700, exist_ok=True)
    return place / NAME
