"""From a question to its candidates: channels, fusion, rerank, and a nudge by how well a turn is retained."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from memcli.memory.forgetting import initial_stability, retrievability
from memcli.recall import channels
from memcli.recall.fuse import fuse
from memcli.recall.rerank import POOL, Reranked, rerank
from memcli.types import GOOD, Candidate, Hit, Locator, Query, Turn
from store.catalogue import TurnRow
from store.store import Store

if TYPE_CHECKING:
    from engines.protocols import Embedder, TokenEncoder

RETENTION_NUDGE = 0.1
"""a in score * (1 + a * (R - 0.5)): what is fresh or was used wins among equals, and nothing more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What was found, best first, and how long each step took in milliseconds."""

    candidates: list[Candidate]
    timings_ms: dict[str, float]


def recall(query: Query, store: Store, embedder: Embedder, encoder: TokenEncoder) -> Recalled:
    """The turns that bear on the query, best first, at most `query.limit`."""
    timings: dict[str, float] = {}
    with _timed(timings, "channels"):
        hits = channels.hits(query, store.index, embedder)
    with _timed(timings, "fuse"):
        fused = fuse(hits)
        by_item: defaultdict[int, list[Hit]] = defaultdict(list)
        for hit in hits:
            by_item[hit.item_id].append(hit)
    with _timed(timings, "fetch"):
        wanted = max(POOL, query.limit)
        with store.reading() as catalogue:
            rows = catalogue.turns_by_seq(item for item, _ in fused[:wanted])
    with _timed(timings, "rerank"):
        pool = [rows[item] for item, _ in fused[:POOL] if item in rows]
        reranked = rerank(query, pool, dict(fused), encoder)
    candidates = [
        _candidate(query, rows[item], by_item[item], score, reranked.get(item)) for item, score in fused if item in rows
    ]
    candidates.sort(key=lambda candidate: (candidate.rerank is None, -candidate.score, candidate.turn.id))
    return Recalled(candidates=candidates[: query.limit], timings_ms=timings)


def _candidate(query: Query, row: TurnRow, hits: list[Hit], fused: float, reranked: Reranked | None) -> Candidate:
    since = query.asked_at - row.said_at if row.said_at else timedelta(0)
    retained = retrievability(since.total_seconds() / 86400, initial_stability(GOOD))
    relevance = fused if reranked is None else reranked.score
    return Candidate(
        turn=turn_of(row),
        session_title=row.session_title,
        hits=tuple(hits),
        fused=fused,
        rerank=reranked.score if reranked else None,
        match=reranked.match if reranked else 0.0,
        retrievability=retained,
        score=relevance * (1 + RETENTION_NUDGE * (retained - 0.5)),
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
