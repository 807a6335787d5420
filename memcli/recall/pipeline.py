"""From a question to its candidates: channels, fusion, rerank, and a nudge by how well a turn is retained."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memcli.recall import channels
from memcli.recall.fuse import fuse
from memcli.recall.rerank import Reranked, passages_of, rerank
from memcli.recall.standing import keep_welcome, retrievability_of, tier_in_use
from memcli.types import Candidate, Hit, Locator, Query, Turn
from store.rows import TurnRow
from store.standing import Standing
from store.store import Store

if TYPE_CHECKING:
    from engines.protocols import Embedder, TokenEncoder

RETENTION_NUDGE = 0.1
"""a in score * (1 + a * (R - 0.5)): what is fresh or was used wins among equals, and nothing more."""


FUSED_POOL = 64
"""How many fused candidates are compared token by token with the embedder's table, which costs next to nothing."""

RERANKED = 11
"""How many of those are compared again with vectors in context, which is most of the time that a search takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """The models that recall needs: vectors of texts, and of tokens, from a table and in context."""

    embedder: Embedder
    token_table: TokenEncoder
    token_encoder: TokenEncoder


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled:
    """What was found, best first, and how long each step took in milliseconds."""

    candidates: list[Candidate]
    timings_ms: dict[str, float]


def recall(query: Query, store: Store, engines: Engines) -> Recalled:
    """The turns that bear on the query, best first, at most `query.limit`.

    What was reranked comes before what was only preranked, and that before what was only fused.
    """
    timings: dict[str, float] = {}
    with _timed(timings, "channels"):
        standing = store.standing()
        hits = channels.hits(query, store.index, engines.embedder, store.archive if query.deep else None)
    with _timed(timings, "fuse"):
        fused = fuse(hits)
        by_item: defaultdict[int, list[Hit]] = defaultdict(list)
        for hit in hits:
            by_item[hit.item_id].append(hit)
    with _timed(timings, "fetch"):
        wanted = [item for item, _ in fused[: max(FUSED_POOL, query.limit)]]
        rows = store.index.rows(wanted)
        archived = store.archive.rows([item for item in wanted if item not in rows]) if query.deep else {}
        rows = keep_welcome(query, rows | archived, standing)
    with _timed(timings, "prerank"):
        relevance = dict(fused)
        pool = [rows[item] for item, _ in fused[:FUSED_POOL] if item in rows]
        passages = {row.seq: passages_of(row.text) for row in pool}
        preranked = rerank(query, pool, passages, relevance, engines.token_table)
    with _timed(timings, "rerank"):
        pool.sort(key=lambda row: (-preranked[row.seq].score, row.seq))
        best = {row.seq: [preranked[row.seq].passage] for row in pool[:RERANKED]}
        reranked = rerank(query, pool[:RERANKED], best, relevance, engines.token_encoder, preranked)
    ranked = [(0, reranked), (1, preranked)]
    candidates = []
    for item, score in fused:
        if item in rows:
            stage, judged = next(((at, one[item]) for at, one in ranked if item in one), (2, Reranked(score, 0.0, "")))
            candidate = _candidate(query, rows[item], by_item[item], score, judged, standing, item in archived)
            candidates.append((stage, candidate))
    candidates.sort(key=lambda pair: (pair[0], -pair[1].score, pair[1].turn.id))
    return Recalled(candidates=[candidate for _, candidate in candidates[: query.limit]], timings_ms=timings)


def _candidate(
    query: Query,
    row: TurnRow,
    hits: list[Hit],
    fused: float,
    judged: Reranked,
    standing: Standing,
    is_archived: bool,
) -> Candidate:
    retained = retrievability_of(row, standing, query.asked_at)
    return Candidate(
        turn=turn_of(row),
        session_title=row.session_title,
        hits=tuple(hits),
        fused=fused,
        rerank=judged.score,
        match=judged.match,
        retrievability=retained,
        score=judged.score * (1 + RETENTION_NUDGE * (retained - 0.5)),
        tier="archive" if is_archived else tier_in_use(row, standing),
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
