"""From a question to its candidates: channels, fusion, rerank, and a nudge by how well a turn is retained."""

from __future__ import annotations

import json
import math
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from memcli.recall import channels
from memcli.recall.fuse import fuse
from memcli.recall.gate import bar, confidence, signs
from memcli.recall.knowledge import known
from memcli.recall.outside import outside
from memcli.recall.people import as_said_by
from memcli.recall.query import stems
from memcli.recall.question import Question, parts_of, understand
from memcli.recall.reorder import reordered
from memcli.recall.rerank import PASSAGE_CHARS, Looked, first_look, joined, second_look
from memcli.recall.standing import keep_welcome, retrievability_of, tier_in_use
from memcli.recall.time_budget import TimeBudget
from memcli.recall.token_vectors import of_question
from memcli.recall.untold import untold
from memcli.types import Candidate, Channel, Hit, Locator, Query, Turn
from store.knowledge import KnowledgeBroken
from store.rows import TurnRow
from store.standing import Standing
from store.store import Store

if TYPE_CHECKING:
    from engines.protocols import AnswerReader, Embedder, Reranker, TokenEncoder

RETENTION_NUDGE = 0.1
"""a in score * (1 + a * (R - 0.5)): what is fresh or was used wins among equals, and nothing more."""

LOOKED_TWICE = 128
"""How many candidates are compared with token vectors in context, in a memory of at most SMALL turns."""

SMALL = 20_000


AT_A_TIME = 4
"""How many candidates are looked at a second time before the time that is left is looked at."""


class Effort(NamedTuple):
    """How much is looked at: so many once, the best by fusion (None: all that a channel named); so many of them twice,
    in passages of so many characters."""

    once: int | None
    twice: int
    passage_chars: int


IN_FEW_TURNS = Effort(None, LOOKED_TWICE, PASSAGE_CHARS)
IN_MANY_TURNS = Effort(64, 8, PASSAGE_CHARS // 2)
"""In a memory of more than SMALL turns: most of what is found there is met for the first time, and not in the cache."""

BELOW = 0.11
"""By so many log odds what was looked at once ranks below: more than RETENTION_NUDGE can make up for."""

LOOKED_AT_PART = 16
"""How many candidates of a part of a question are looked at twice."""

PART = 0.7
"""By so many log odds the best answer to a part of a question ranks below the best answer to the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """The models at work: vectors of texts, and of tokens, from a table and in context; what reads an answer; and a
    reranker, where the user has one."""

    embedder: Embedder
    token_table: TokenEncoder
    token_encoder: TokenEncoder
    reader: AnswerReader
    reranker: Reranker | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What was found, best first; how long each step took in milliseconds; the question as it was understood; and the
    chance that it is answered, with the signs that it is made of (see gate.py)."""

    candidates: list[Candidate]
    timings_ms: dict[str, float]
    question: Question
    confidence: float
    signs: Mapping[str, float]

    @property
    def bar(self) -> float:
        """The confidence that it takes to answer."""
        return bar(self.signs)

    @property
    def answers(self) -> bool:
        """Whether what was found answers the question, as far as can be told."""
        return self.confidence >= self.bar


def recall(
    query: Query,
    store: Store,
    engines: Engines,
    *,
    without: frozenset[Channel] = frozenset(),
    time_budget: TimeBudget | None = None,
) -> Recalled:
    """The turns that bear on the query, best first, at most `query.limit`.

    What was looked at twice comes before what was looked at once. A question of several parts ("Which came first, the
    move or the wedding?") is asked part by part as well. without: channels that are left out. time_budget: of the
    second look and the parts, only what it leaves time for is done. It also holds what else was left out.
    """
    timings: dict[str, float] = {}
    time_budget = time_budget or TimeBudget()
    many = store.index.count() > SMALL
    passed_over = store.index.passed_over + (store.archive.passed_over if query.deep else 0)
    if passed_over:
        time_budget.leave_out(f"the words of {passed_over:,} turns, which are still being indexed")
    effort = IN_MANY_TURNS if many else IN_FEW_TURNS
    whole = _probe(query, None, store, engines, without, effort, timings, time_budget)
    question, second = whole.question, whole.second
    if second is None:
        return Recalled(candidates=[], timings_ms=timings, question=question, confidence=0.0, signs={})
    probes = [whole]
    part_effort = effort._replace(twice=min(effort.twice, LOOKED_AT_PART))
    for part in parts_of(query.text):
        if not time_budget.left:
            time_budget.leave_out("a search of its own for each part of the question")
            break
        part_question = replace(question, text=part, terms=frozenset(stems(part)))
        asked = replace(query, text=part)
        probe = _probe(asked, part_question, store, engines, without, part_effort, timings, time_budget)
        if probe.second is not None and len(probe.second.rows):
            probes.append(probe)
            second = joined(second, probe.second, PART)
    by_item: dict[int, list[Hit]] = {}
    fused: dict[int, float] = {}
    for probe in probes:
        found: defaultdict[int, list[Hit]] = defaultdict(list)
        for hit in probe.hits:
            found[hit.item_id].append(hit)
        by_item = {**found, **by_item}
        fused = {**probe.fused, **fused}
    second = second.best(len(second.rows))
    if engines.reranker is not None:
        if time_budget.left:
            with _timed(timings, "rerank"):
                second = reordered(query.text, second, engines.reranker)
        else:
            time_budget.leave_out("the reranker")
    standing = store.standing()
    archived = frozenset[int]().union(*(probe.archived for probe in probes))
    candidates = [
        _candidate(query, looked, at, looks, level, by_item, fused, standing, archived)
        for looks, looked, level in _in_order(whole.first.best(max(len(second.rows), query.limit)), second)
        for at in range(len(looked.rows))
    ]
    candidates.sort(key=lambda one: (-one.looks, -one.score, one.turn.id))
    with _timed(timings, "gate"):
        short = untold(
            question, candidates, engines.token_encoder, engines.token_table, store.token_cache,
            passage_chars=effort.passage_chars,
        )  # fmt: skip
        found_signs = signs(question, candidates, short)
    return Recalled(
        candidates=candidates[: query.limit],
        timings_ms=timings,
        question=question,
        confidence=confidence(found_signs),
        signs=found_signs,
    )


class _Probe(NamedTuple):
    """One question put to the memory: what the channels said, and both looks (no second where nothing was found)."""

    question: Question
    hits: list[Hit]
    fused: dict[int, float]
    first: Looked
    second: Looked | None
    archived: frozenset[int] = frozenset()


def _probe(
    query: Query,
    question: Question | None,
    store: Store,
    engines: Engines,
    without: frozenset[Channel],
    effort: Effort,
    timings: dict[str, float],
    time_budget: TimeBudget,
) -> _Probe:
    """`question`: the query as understood already, if it is."""
    with ThreadPoolExecutor(1) as beside:  # the model reads the question while the channels look
        asked = beside.submit(of_question, engines.token_encoder, query.text)
        with _timed(timings, "channels"):
            archive = store.archive if query.deep else None
            made = known(store, engines.token_table.id)
            try:
                hits = channels.hits(query, store.index, engines.embedder, archive, without, made)
            except KnowledgeBroken:  # it is derived
                store.knowledge.discard()
                made = known(store, engines.token_table.id)
                hits = channels.hits(query, store.index, engines.embedder, archive, without, made)
            fused = dict(fuse(hits)[: effort.once])
        with _timed(timings, "fetch"):
            present = store.index.rows(list(fused))
            archived = store.archive.rows([item for item in fused if item not in present]) if query.deep else {}
            standing = store.standing()
            passing = {seq: row for seq, row in (present | archived).items() if not outside(row, query)}
            rows = [as_said_by(row, standing.me) for row in keep_welcome(query, passing, standing).values()]
        if question is None:
            question = understand(query.text, query.asked_at, {row.speaker for row in rows}, standing.me)
        if not rows:
            return _Probe(question, hits, fused, Looked.nothing(), None)
        with _timed(timings, "first_look"):
            first = first_look(question, rows, hits, engines.token_table)
        with _timed(timings, "second_look"):
            if time_budget.left:
                asked.result()
            second = _second_look(question, first.best(effort.twice), store, engines, effort, time_budget)
    return _Probe(question, hits, fused, first, second, frozenset(archived))


def _second_look(
    question: Question, best: Looked, store: Store, engines: Engines, effort: Effort, time_budget: TimeBudget
) -> Looked:
    """The second look at these candidates, or at as many of the first of them as there is time for; best first."""

    def looked_at(candidates: Looked) -> Looked:
        return second_look(
            question, candidates, engines.token_encoder, engines.token_table, store.token_cache,
            passage_chars=effort.passage_chars,
        )  # fmt: skip

    ready = len(best.rows)
    if time_budget.until is not None:
        for ready in range(0, len(best.rows), AT_A_TIME):
            if not time_budget.left:
                time_budget.leave_out(f"a second look at {len(best.rows) - ready} of {len(best.rows)} candidates")
                break
            looked_at(best.best(ready + AT_A_TIME))  # what it costs is in the cache from then on
        else:
            ready = len(best.rows)
    return looked_at(best.best(ready)).best(ready) if ready else best.best(0)


def _in_order(first: Looked, second: Looked) -> list[tuple[int, Looked, float]]:
    """Both looks, as (how many, candidates, the score that means odds of 1): what was looked at once ranks below."""
    if not second.rows:  # there was no time for it
        return [(1, first, float(first.scores[0]))]
    rest = first.without({row.seq for row in second.rows})
    top = float(second.scores[0])
    if not rest.rows:
        return [(2, second, top)]
    return [(2, second, top), (1, rest, top + float(rest.scores[0]) - float(second.scores[-1]) + BELOW)]


def _candidate(
    query: Query,
    looked: Looked,
    at: int,
    looks: int,
    level: float,
    hits: Mapping[int, list[Hit]],
    fused: Mapping[int, float],
    standing: Standing,
    archived: Collection[int],
) -> Candidate:
    row, rerank = looked.rows[at], float(looked.scores[at])
    retained = retrievability_of(row, standing, query.asked_at)
    features = {name: float(column[at]) for name, column in looked.features.items()}
    return Candidate(
        turn=turn_of(row),
        session_title=row.session_title,
        hits=tuple(hits[row.seq]),
        fused=fused[row.seq],
        rerank=rerank,
        match=features.get("context", features["table"]),
        retrievability=retained,
        score=math.exp(rerank - level) * (1 + RETENTION_NUDGE * (retained - 0.5)),
        looks=looks,
        features=features,
        tier="archive" if row.seq in archived else tier_in_use(row, standing),
    )


def turn_of(row: TurnRow) -> Turn:
    """A row of the catalogue as the value that travels."""
    return Turn(
        id=row.id,
        session_id=row.session_id,
        position=row.position,
        speaker=row.speaker,
        role=row.role,  # type: ignore[arg-type]
        text=row.text,
        said_at=row.said_at,
        utc_offset=row.utc_offset,
        native_id=row.native_id,
        locator=Locator(source=row.source, line=row.line),
        metadata=json.loads(row.metadata) if row.metadata else {},
    )


@contextmanager
def _timed(timings: dict[str, float], step: str, clock: Callable[[], float] = time.perf_counter) -> Iterator[None]:
    began = clock()
    yield
    timings[step] = round(timings.get(step, 0.0) + (clock() - began) * 1000, 2)
