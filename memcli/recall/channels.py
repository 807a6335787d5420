"""The four ways to look: words or meaning, over the turn alone or over the turn with its neighbours."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from memcli.types import Channel, Hit, Query
from store.index import Filter, Index, TextColumn

if TYPE_CHECKING:
    from engines.protocols import Embedder

DEPTH = 100
"""How many turns each channel names."""


def hits(query: Query, index: Index, embedder: Embedder) -> list[Hit]:
    """What each channel finds, best first within each."""
    where = Filter(since=query.since, until=query.until, speakers=query.speakers)

    def lexical(column: TextColumn) -> list[tuple[int, float]]:
        return index.lexical(query.text, column=column, limit=DEPTH, where=where)

    # LanceDB looks for words in threads of its own, beside which this one compares vectors.
    with ThreadPoolExecutor(1) as beside:
        by_words = beside.submit(lambda: (lexical("said"), lexical("window")))
        by_meaning = index.dense(embedder.embed_query(query.text), limit=DEPTH, where=where)
        (said, window), (near, window_near) = by_words.result(), by_meaning
    found: dict[Channel, list[tuple[int, float]]] = {
        "lexical": said,
        "lexical_window": window,
        "dense": near,
        "dense_window": window_near,
    }
    return [
        Hit(item_id=item, channel=channel, rank=rank, score=score)
        for channel, ranked in found.items()
        for rank, (item, score) in enumerate(ranked, start=1)
    ]
