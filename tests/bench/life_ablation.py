"""What forgetting and supersession buy, each switched off in turn: see life.py, which runs this with --ablate.

Half of the facts are used: somebody asks for them every quarter, and what the answer cites is recalled, the value of
the day each time. Supersession off leaves every value standing. Forgetting off leaves every turn in the fast search,
and lets no turn rank above another for being fresh or in use.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from life import Score, consolidate, judged, models, named_in_turns
from scripted_life import Life, Truth

from memcli.answer.beliefs import known
from memcli.memory.consolidate import Consolidation
from memcli.memory.consolidate import consolidate as sleep
from memcli.memory.consolidate_step import Work
from memcli.progress import Unwatched
from memcli.recall import pipeline
from memcli.types import GOOD, Query
from store.store import Store

EVERY_DAYS = 91
LATER = timedelta(days=730)


@dataclass(frozen=True)
class Ablation:
    """What one setting comes to. turns: how many the fast search goes through. ms: processor time a search."""

    name: str
    whole: Score
    from_turns: Score
    turns: int
    ms: float

    @property
    def row(self) -> str:
        """A row of a Markdown table."""
        shares = (f"{_share(one)} | {one.stale}" for one in (self.whole, self.from_turns))
        return f"| {self.name} | {' | '.join(shares)} | {self.turns:,} | {self.ms:.0f} |"


def ablate(life: Life, store: Store, asked: int) -> list[Ablation]:
    """All four settings, on a store that holds the life and nothing else yet. asked: questions put to turns alone."""
    consolidate(store)
    changed = [truth for truth in life.truths if len(truth.values) > 1]
    some = random.Random(5).sample(changed, min(asked, len(changed)))
    found = []
    with _nothing_forgotten():
        found += _both(life, changed, some, store, "forgetting off", "both off")
    use(life, store)
    sleep_at(store, life.last_day)
    found += _both(life, changed, some, store, "both on", "supersession off")
    return [found[2], found[0], found[3], found[1]]


def _both(life: Life, changed: Sequence[Truth], some: Sequence[Truth], store: Store, *names: str) -> Iterator[Ablation]:
    engines = models(store)
    from_turns = Score()
    for truth, question in _questions(some):
        values = named_in_turns(question, truth, life.last_day, store, engines)
        from_turns.add(question, values, *judged(truth, life.last_day))
    at = datetime.combine(life.last_day, datetime.min.time(), UTC)
    began = time.process_time()
    for _, question in _questions(some):  # once more, now that the caches are full
        pipeline.recall(Query(text=question, asked_at=at), store, engines)
    ms = 1000 * (time.process_time() - began) / max(1, len(some))
    for name, superseding in zip(names, (True, False), strict=True):
        whole = Score()
        for truth, question in _questions(changed):
            answer = known(question, store, asked_on=life.last_day, superseding=superseding)
            values = answer.values if answer else named_in_turns(question, truth, life.last_day, store, engines)
            whole.add(question, values, *judged(truth, life.last_day))
        yield Ablation(name, whole, from_turns, store.index.count(), ms)


def _questions(truths: Sequence[Truth]) -> Iterator[tuple[Truth, str]]:
    rng = random.Random(7)
    for truth in truths:
        yield truth, rng.choice(truth.slot.questions).format(p=truth.person)


@contextmanager
def _nothing_forgotten() -> Iterator[None]:
    nudge = pipeline.RETENTION_NUDGE
    pipeline.RETENTION_NUDGE = 0.0
    yield
    pipeline.RETENTION_NUDGE = nudge


def used(life: Life) -> list[Truth]:
    """The facts that somebody asks for: every second one."""
    return life.truths[::2]


def use(life: Life, store: Store) -> None:
    """Ask for the facts that are used every quarter, as they were then, and recall what the answers cite."""
    numbers = count()
    records: list[dict[str, Any]] = []
    for truth in used(life):
        day = truth.first_said + timedelta(days=14)
        while day < life.last_day:
            for turn in _cited(truth, day, store):
                number = f"{next(numbers):032x}"
                at = datetime.combine(day, datetime.min.time(), UTC).isoformat()
                records.append(
                    {
                        "kind": "recall",
                        "id": number,
                        "item_id": turn,
                        "recalled_at": at,
                        "rating": GOOD,
                        "answer_id": "",
                    }
                )
            day += timedelta(days=EVERY_DAYS)
    store.spool.append(records)


def _cited(truth: Truth, day: date, store: Store) -> list[str]:
    moment = datetime.combine(day, datetime.max.time(), UTC)
    question = truth.slot.questions[0].format(p=truth.person)
    answer = known(question, store, asked_on=day, known_as_of=moment)
    return [one.turn.id for one in answer.evidence] if answer else []


def sleep_at(store: Store, day: date) -> Consolidation:
    """Consolidate all of it on that day."""
    now = datetime.combine(day, datetime.min.time(), UTC)
    return sleep(
        Work(
            store=store, embedder=models(store).embedder, now=now, dry_run=False, progress=Unwatched(),
            out_of_time=lambda: False,
        )
    )  # fmt: skip


@dataclass(frozen=True)
class Reached:
    """Of so many, how many the fast search has among its first ten, and how many the deep one has."""

    asked: int
    fast: int
    deep: int
    archived: int

    def __str__(self) -> str:
        return (
            f"of {self.asked}: {self.archived} in the archive, {self.fast} found at once, {self.deep} found by --deep"
        )


def years_later(life: Life, store: Store, asked: int) -> tuple[Reached, Reached]:
    """Two years after the life has ended, without a word since: facts that were used, and trivia that nobody used."""
    later = life.last_day + LATER
    sleep_at(store, later)
    facts = []
    for truth in used(life)[:asked]:
        question = truth.slot.questions[0].format(p=truth.person)
        turns = _cited(truth, life.last_day, store)
        if turns:
            facts.append((question, turns[0]))
    with store.reading() as catalogue:
        rows = catalogue.connection.execute(
            """SELECT text, min(id) FROM turns JOIN turn_memory USING (seq)
               WHERE rating = 2 AND id NOT IN (SELECT item_id FROM recall_events)
               GROUP BY text HAVING count(*) = 1 ORDER BY md5(text) LIMIT ?""",
            [asked],
        ).fetchall()
    return _reached(facts, later, store), _reached([(str(text), str(turn)) for text, turn in rows], later, store)


def _reached(wanted: Sequence[tuple[str, str]], day: date, store: Store) -> Reached:
    engines, at = models(store), datetime.combine(day, datetime.min.time(), UTC)
    with store.reading() as catalogue:
        seqs = {turn: catalogue.turns_by_id(turn)[0].seq for _, turn in wanted}
        archived = set(catalogue.states.archived())
    found = []
    for deep in (False, True):
        hits = 0
        for text, turn in wanted:
            recalled = pipeline.recall(Query(text=text, asked_at=at, limit=10, deep=deep), store, engines)
            hits += turn in {one.turn.id for one in recalled.candidates}
        found.append(hits)
    return Reached(len(wanted), *found, sum(seqs[turn] in archived for _, turn in wanted))


def _share(score: Score) -> str:
    return f"{100 * score.right / score.asked if score.asked else 0:.1f} %"
