"""From a question to its candidates: channels, fusion, rerank, and a nudge by how well a turn is retained."""

from __future__ import annotations

import json
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from memcli.memory.forgetting import initial_stability, retrievability
from memcli.recall import channels
from memcli.recall.fuse import fuse
from memcli.recall.gate import confidence
from memcli.recall.question import Question, understand
from memcli.recall.rerank import Looked, first_look, second_look
from memcli.types import GOOD, Candidate, Channel, Hit, Locator, Query, Turn
from store.rows import TurnRow
from store.store import Store

if TYPE_CHECKING:
    from engines.protocols import Embedder, TokenEncoder

RETENTION_NUDGE = 0.1
"""a in score * (1 + a * (R - 0.5)): what is fresh or was used wins among equals, and nothing more."""

LOOKED_TWICE = 64
"""How many candidates are compared with token vectors in context, in a memory of at most SMALL turns."""

LOOKED_TWICE_IN_MANY = 24
"""How many in a larger one, where most of them are met for the first time."""

SMALL = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """The models that recall needs: vectors of texts, and of tokens, from a table and in context."""

    embedder: Embedder
    token_table: TokenEncoder
    token_encoder: TokenEncoder


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What was found, best first; how long each step took in milliseconds; the question as it was understood; and the
    chance that it is answered (see gate.py)."""

    candidates: list[Candidate]
    timings_ms: dict[str, float]
    question: Question
    confidence: float


def recall(query: Query, store: Store, engines: Engines, *, without: frozenset[Channel] = frozenset()) -> Recalled:
    """The turns that bear on the query, best first, at most `query.limit`.

    What was looked at twice comes before what was looked at once. without: channels that are left out.
    """
    timings: dict[str, float] = {}
    with _timed(timings, "channels"):
        hits = channels.hits(query, store.index, engines.embedder, without)
        relevance = dict(fuse(hits))
    with _timed(timings, "fetch"):
        rows = list(store.index.rows(list(relevance)).values())
    if not rows:
        question = understand(query.text, query.asked_at, ())
        return Recalled(candidates=[], timings_ms=timings, question=question, confidence=0.0)
    with _timed(timings, "first_look"):
        question = understand(query.text, query.asked_at, {row.speaker for row in rows})
        first = first_look(question, rows, hits, relevance, engines.token_table)
    twice = LOOKED_TWICE if store.index.count() <= SMALL else LOOKED_TWICE_IN_MANY
    with _timed(timings, "second_look"):
        second = second_look(
            question, first.best(twice), engines.token_encoder, engines.token_table, store.token_cache
        ).best(twice)
    by_item: defaultdict[int, list[Hit]] = defaultdict(list)
    for hit in hits:
        by_item[hit.item_id].append(hit)
    candidates = [
        _candidate(query, looked, at, looks, level, by_item, relevance)
        for looks, looked, level in _in_order(first.best(max(twice, query.limit)), second)
        for at in range(len(looked.rows))
    ]
    candidates.sort(key=lambda one: (-one.looks, -one.score, one.turn.id))
    sure = confidence(question, candidates)
    return Recalled(candidates=candidates[: query.limit], timings_ms=timings, question=question, confidence=sure)


def _in_order(first: Looked, second: Looked) -> list[tuple[int, Looked, float]]:
    """Both looks, as (how many, candidates, the score that means odds of 1): what was looked at once ranks below."""
    seen = len(second.rows)
    rest = Looked(
        first.rows[seen:], {name: column[seen:] for name, column in first.features.items()}, first.scores[seen:]
    )
    top = float(second.scores[0])
    if not rest.rows:
        return [(2, second, top)]
    return [(2, second, top), (1, rest, top + float(rest.scores[0]) - float(second.scores[-1]))]


def _candidate(
    query: Query,
    looked: Looked,
    at: int,
    looks: int,
    level: float,
    hits: Mapping[int, list[Hit]],
    fused: Mapping[int, float],
) -> Candidate:
    row, rerank = looked.rows[at], float(looked.scores[at])
    since = query.asked_at - row.said_at if row.said_at else timedelta(0)
    retained = retrievability(since.total_seconds() / 86400, initial_stability(GOOD))
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
    timings[step] = round((clock() - began) * 1000, 2)
