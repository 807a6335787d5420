"""The four ways to look: words or meaning, over the turn alone or over the turn with its neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memcli.types import Channel, Hit, Query
from store.index import Filter, Index

if TYPE_CHECKING:
    from engines.protocols import Embedder

DEPTH = 120
"""How many turns each channel names."""


def hits(query: Query, index: Index, embedder: Embedder, without: frozenset[Channel] = frozenset()) -> list[Hit]:
    """What each channel finds, best first within each. `without`: channels that are left out, to see what they add."""
    where = Filter(since=query.since, until=query.until, speakers=query.speakers)

    near, window_near = index.dense(embedder.embed_query(query.text), limit=DEPTH, where=where)
    found: dict[Channel, list[tuple[int, float]]] = {
        "lexical": index.lexical(query.text, column="said", limit=DEPTH, where=where),
        "lexical_window": index.lexical(query.text, column="window", limit=DEPTH, where=where),
        "dense": near,
        "dense_window": window_near,
    }
    return [
        Hit(item_id=item, channel=channel, rank=rank, score=score)
        for channel, ranked in found.items()
        if channel not in without
        for rank, (item, score) in enumerate(ranked, start=1)
    ]
