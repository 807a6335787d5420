"""Why a turn came where it did, and at which stage another was lost and what would have kept it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from memcli.recall import channels
from memcli.recall.channels import DEPTH
from memcli.recall.outside import outside
from memcli.recall.pipeline import Engines, Recalled, recall
from memcli.recall.select import estimated_tokens, select
from memcli.recall.standing import keep_welcome
from memcli.recall.weights import FIRST_LOOK, IN_TIME, SECOND_LOOK
from memcli.types import Candidate, Query
from store.index import Filter
from store.rows import TurnRow
from store.store import Store

if TYPE_CHECKING:
    from memcli.types import Channel

EVERYTHING = 100_000
"""More candidates than any question has."""

DEEP = 5_000
"""How far down the channels `why_not` looks for a turn that none of them named."""

Stage = Literal["filter", "index", "archive", "channels", "looks", "evidence", "gate", "used"]


class Share(NamedTuple):
    """What a feature added to a candidate's score: its value, its weight, and their product."""

    feature: str
    value: float
    weight: float
    part: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """Where a turn was lost on its way into an answer ("used": it was not), why, and what would have kept it.

    `ranks` are its places in the channels, as far as they were looked at; `rank` its place among all candidates.
    """

    stage: Stage
    reason: str
    remedy: str
    ranks: Mapping[Channel, int] = field(default_factory=dict)
    rank: int | None = None


def shares(candidate: Candidate) -> list[Share]:
    """What made the candidate's score, largest first."""
    weights = {**(SECOND_LOOK if candidate.looks > 1 else FIRST_LOOK), "in_time": IN_TIME}
    made = [
        Share(name, candidate.features[name], weight, weight * candidate.features[name])
        for name, weight in weights.items()
        if name in candidate.features
    ]
    rest = candidate.rerank - sum(one.part for one in made)
    if abs(rest) > 1e-6:  # the reranker moved it, or it answers a part of the question better than the whole
        made.append(Share("reranker" if "reranker" in candidate.features else "part_of_question", 1.0, rest, rest))
    return sorted(made, key=lambda one: (-abs(one.part), one.feature))


def gate(recalled: Recalled) -> dict[str, float]:
    """What the confidence was made of, with the confidence itself and the bar."""
    return {**recalled.signs, "confidence": recalled.confidence, "bar": recalled.bar}


def why_not(wanted: TurnRow, query: Query, store: Store, engines: Engines, *, turns: int, tokens: int) -> Lost:
    """At which stage the turn was lost for the query. turns, tokens: the budget of evidence, as `ask` has it."""
    if why := outside(wanted, query):
        return Lost(stage="filter", reason=why, remedy="ask without that filter")
    if wanted.seq not in store.index.rows([wanted.seq]) and not query.deep:
        if wanted.seq in store.archive.rows([wanted.seq]):
            return Lost(stage="archive", reason="it has faded into the archive", remedy="ask with --deep")
        return Lost(stage="index", reason="it is not indexed yet", remedy="run `memcli ingest` again")
    if not keep_welcome(query, {wanted.seq: wanted}, store.standing()):
        return Lost(stage="filter", reason="you put it away, or rejected it for this", remedy="ask with --deep")
    recalled = recall(replace(query, limit=EVERYTHING), store, engines)
    order = [candidate.turn.id for candidate in recalled.candidates]
    if wanted.id not in order:
        ranks = _deep_ranks(wanted, query, store, engines)
        told = f"no channel has it among its best {DEPTH}: " + (_named(ranks) or "none finds it at all")
        remedy = "ask with words that stand in it or beside it, or narrow the question with --speaker or --since"
        if not store.standing().consolidated:
            told += "; nothing was consolidated yet, so there are no facts, names and scenes to look in"
            remedy += ", or run `memcli consolidate`"
        if store.index.passed_over:
            told += f"; the words of {store.index.passed_over:,} turns are still being indexed, perhaps its own"
        return Lost(
            stage="channels",
            reason=told,
            remedy=remedy,
            ranks=ranks,
        )
    rank = order.index(wanted.id) + 1
    candidate = recalled.candidates[rank - 1]
    ranks = {hit.channel: hit.rank for hit in candidate.hits}
    evidence = select(recalled.candidates, limit=turns, budget=tokens, count_tokens=estimated_tokens)
    if wanted.id not in {one.turn.id for one in evidence}:
        return _not_evidence(candidate, recalled.candidates, rank, ranks, turns)
    if not recalled.answers:
        sure = f"the confidence is {recalled.confidence:.2f} and the bar {recalled.bar:.2f}"
        reason = f"it is evidence, but {sure}: nothing is answered"
        return Lost(stage="gate", reason=reason, remedy="`memcli search` shows it all the same", ranks=ranks, rank=rank)
    return Lost(stage="used", reason="it is evidence of the answer", remedy="", ranks=ranks, rank=rank)


def _not_evidence(
    candidate: Candidate, candidates: Sequence[Candidate], rank: int, ranks: Mapping[Channel, int], turns: int
) -> Lost:
    if rank <= turns:
        reason = f"it is number {rank}, but says the same as a better one or does not fit the budget of tokens"
        return Lost(stage="evidence", reason=reason, remedy="raise ask.budget", ranks=ranks, rank=rank)
    last = candidates[turns - 1]
    looked = "was looked at once only" if candidate.looks == 1 else f"scores {candidate.rerank:.2f}"
    against = {one.feature: one.part for one in shares(last)}
    behind = min(shares(candidate), key=lambda one: one.part - against.get(one.feature, 0.0))
    return Lost(
        stage="looks",
        reason=f"it is number {rank} and {looked}; number {turns} scores {last.rerank:.2f}. It falls behind most in "
        f"{behind.feature} ({behind.part:.2f} to {against.get(behind.feature, 0.0):.2f})",
        remedy=f"--limit {rank} would show it; so may a question in its own words",
        ranks=ranks,
        rank=rank,
    )


def _deep_ranks(row: TurnRow, query: Query, store: Store, engines: Engines) -> dict[Channel, int]:
    where = Filter(since=query.since, until=query.until, speakers=query.speakers)
    found = channels.ranked(query.text, store.index, engines.embedder, where, depth=DEEP)
    return {
        channel: place
        for channel, pairs in found.items()
        for place, (item, _) in enumerate(pairs, start=1)
        if item == row.seq
    }


def _named(ranks: Mapping[Channel, int]) -> str:
    return ", ".join(f"{channel.replace('_', ' ')} has it at {rank:,}" for channel, rank in ranks.items())
