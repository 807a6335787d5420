"""What is put to a memory to measure it: questions whose answers are known, and the logs that it is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

Level = Literal["turn", "session"]

LAST = datetime(2026, 1, 1, tzinfo=UTC)
"""The "now" of questions that name none: later than what any of the known data sets tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question whose answer is known.

    `evidence` are native ids of the turns, or ids of the sessions, that answer it (by the data set's `level`); it may
    be empty. A question with `answerable` False should be declined. `several`: the answer is a list, parted by commas.
    `doubtful`: its label is known to be wrong.
    """

    id: str
    memory: str
    question: str
    answers: Sequence[str]
    evidence: frozenset[str]
    category: str
    answerable: bool = True
    several: bool = False
    asked_at: datetime = LAST
    doubtful: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a memory is to be made of: a log's text in a format that `ingest` reads."""

    name: str
    format: str
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Memories, and the cases that are put to them."""

    name: str
    level: Level
    memories: Sequence[Memory]
    cases: Sequence[Case] = field(repr=False)
