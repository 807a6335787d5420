"""The values that travel through memcli: frozen, keyword-only, without behaviour.

Times are aware and in UTC; `utc_offset` keeps the minutes that the speaker's clock was ahead of UTC, so that
"yesterday" can be resolved, and a time shown, as the speaker saw it. Values are validated where they enter (readers,
config, command line), not here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from engines.protocols import Run

Role = Literal["user", "assistant", "tool", "system"]
Channel = Literal[
    "lexical", "lexical_window", "dense", "dense_window", "time", "facts", "instructions", "entities", "scenes",
    "neighbours",
]  # fmt: skip
Rating = Literal[1, 2, 3, 4]
"""1 again, 2 hard, 3 good, 4 easy."""

GOOD: Final[Rating] = 3
"""The rating of a memory that was cited, and the one that a new memory begins with."""

EASY: Final[Rating] = 4
"""The rating of a memory whose answer the user confirmed."""

Method = Literal["extractive", "llama", "server", "facts"]
"""How an answer was made; "server": by a language model that another program runs."""

Tier = Literal["working", "episodic", "semantic", "procedural", "archive"]
"""Where a memory lives: see memcli/memory/tiers.py."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locator:
    """Where words came from: the source as the user named it, and the 1-based line in it (None if it has no lines)."""

    source: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One utterance. `position` orders the turns of a session that share a time or have none."""

    id: str
    session_id: str
    position: int
    speaker: str
    role: Role
    text: str
    said_at: datetime | None
    utc_offset: int
    native_id: str | None
    locator: Locator
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallEvent:
    """A memory was used: rated good when an answer cites it."""

    id: str
    item_id: str
    recalled_at: datetime
    rating: Rating
    answer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question or a search. `asked_at` is the moment that "now" and "yesterday" in it refer to.

    deep: look into the archive too. as_of: answer as the world was on that day.
    known_as_of: answer as the memory stood at that moment.
    """

    text: str
    asked_at: datetime
    since: datetime | None = None
    until: datetime | None = None
    speakers: Sequence[str] = ()
    limit: int = 10
    deep: bool = False
    as_of: date | None = None
    known_as_of: datetime | None = None


class Hit(NamedTuple):
    """A channel's vote for an item: its 1-based rank there, the channel's own score, and why, where that says more.

    There are hundreds in each search: a frozen dataclass would take three times as long to make.
    """

    item_id: int
    channel: Channel
    rank: int
    score: float
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A turn on its way through recall, with every score that decided its place.

    `fused`: what the channels made of it. `rerank`: the weighted sum of its `features`, on the scale of log odds
    against the other candidates; `looks`, 1 or 2, is how closely it was looked at for that. `match`, 0 to 1: how well
    its words meet the question's. `score`: `rerank` as odds against the best (1), nudged by how well it is retained.
    """

    turn: Turn
    session_title: str
    hits: Sequence[Hit]
    fused: float
    rerank: float
    match: float
    retrievability: float
    score: float
    looks: int = 1
    features: Mapping[str, float] = field(default_factory=dict)
    tier: Tier = "episodic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A turn shown to support an answer as [number]. `match`, 0 to 1: how well its words meet the question's."""

    number: int
    turn: Turn
    score: float
    match: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What `ask` says. `citations` are the numbers of the evidence that the text rests on.

    `text` is for people, with the sentences that it is taken from; `short` is the answer alone, for programs.
    `unsupported`: the sentences of a language model that its evidence does not bear out; `run`: how it wrote.
    """

    id: str
    question: str
    text: str
    short: str
    evidence: Sequence[Evidence]
    citations: Sequence[int]
    abstained: bool
    conflicts: Sequence[str]
    confidence: float
    method: Method
    timings_ms: Mapping[str, float]
    unsupported: Sequence[str] = ()
    run: Run | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A turn where it was said: the title of its session, and what was said before and after it there.

    versions: if the message was edited, all the words that it has had, the first ones first.
    """

    title: str
    turn: Turn
    before: Sequence[Turn]
    after: Sequence[Turn]
    versions: Sequence[Turn] = ()
