"""The ways to look: words or meaning, over the turn alone or with its neighbours; and the days that are named."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from memcli.recall.deep import with_archived
from memcli.recall.question import window_of
from memcli.types import Channel, Hit, Query
from store.archive import Archive
from store.index import Filter, Index

if TYPE_CHECKING:
    from engines.protocols import Embedder

DEPTH = 120
"""How many turns each channel names."""

DATED = 30
"""How many turns of the days that a question names are candidates for that alone."""


def hits(
    query: Query,
    index: Index,
    embedder: Embedder,
    archive: Archive | None = None,
    without: frozenset[Channel] = frozenset(),
) -> list[Hit]:
    """What each channel finds, best first within each.

    `archive`: where to look as well, if anywhere. `without`: channels that are left out, to see what they add.
    """
    where = Filter(since=query.since, until=query.until, speakers=query.speakers)
    found = ranked(query.text, index, embedder, where, depth=DEPTH)
    if archive is not None:
        found = with_archived(found, query, archive, embedder, where, DEPTH)
    found["time"] = _dated(query, index, embedder) if "time" not in without else []
    return [
        Hit(item_id=item, channel=channel, rank=rank, score=score)
        for channel, pairs in found.items()
        if channel not in without
        for rank, (item, score) in enumerate(pairs, start=1)
    ]


def ranked(
    text: str, index: Index, embedder: Embedder, where: Filter, *, depth: int
) -> dict[Channel, list[tuple[int, float]]]:
    """The best `depth` turns of the four channels of words and meaning, as (seq, score)."""
    # Words are looked up outside of Python, while meaning is compared here.
    said = index.begin_lexical(text, column="said", limit=depth, where=where)
    window = index.begin_lexical(text, column="window", limit=depth, where=where)
    near, window_near = index.dense(embedder.embed_query(text), limit=depth, where=where)
    return {"lexical": said(), "lexical_window": window(), "dense": near, "dense_window": window_near}


def _dated(query: Query, index: Index, embedder: Embedder) -> list[tuple[int, float]]:
    """Turns said on the days that the question names, nearest in meaning first; none if it names none."""
    days = window_of(query.text, query.asked_at)
    if days is None:
        return []
    first = datetime.combine(days[0], time(), UTC) - timedelta(hours=14)  # whatever zone the speaker was in
    last = datetime.combine(days[1], time(), UTC) + timedelta(hours=36)
    since = max(first, query.since) if query.since else first
    until = min(last, query.until) if query.until else last
    where = Filter(since=since, until=until, speakers=query.speakers)
    near, _ = index.dense(embedder.embed_query(query.text), limit=DATED, where=where)
    return near
