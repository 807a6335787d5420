"""The ways to look: words or meaning, over the turn alone or with its neighbours; the days that are named; what
consolidation made of the turns (see knowledge.py); and what was said just before and after what all of these find."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from memcli.recall.deep import with_archived
from memcli.recall.fuse import fuse
from memcli.recall.knowledge import Found, entities, sayings, scenes
from memcli.recall.question import window_of
from memcli.types import Channel, Hit, Query
from store.archive import Archive
from store.beside import beside
from store.index import Filter, Index

if TYPE_CHECKING:
    from engines.protocols import Embedder
    from store.knowledge import Knowledge

DEPTH = 120
"""How many turns each channel names."""

DATED = 30
"""How many turns of the days that a question names are candidates for that alone."""


STRONG, REACH, DECAY = 10, 2, 0.5
"""Beside how many of the best hits, how many turns before and after, and what is left of a hit's strength with each
turn that is further away."""

BESIDE = 30
"""How many turns are candidates for standing there."""


def hits(
    query: Query,
    index: Index,
    embedder: Embedder,
    archive: Archive | None = None,
    without: frozenset[Channel] = frozenset(),
    knowledge: Knowledge | None = None,
) -> list[Hit]:
    """What each channel finds, best first within each.

    `archive`: where to look as well, if anywhere. `without`: channels that are left out, to see what they add.
    `knowledge`: what consolidation made, if it made anything.
    """
    where = Filter(since=query.since, until=query.until, speakers=query.speakers)
    if knowledge is None:
        pairs, known = ranked(query.text, index, embedder, where, depth=DEPTH), {}
    else:
        if index.count():
            index.spoken()  # both look at it: it is read once
        with ThreadPoolExecutor(1) as pool:  # most of either is not Python's own work
            beside_it = pool.submit(ranked, query.text, index, embedder, where, depth=DEPTH)
            known = _known(query, index, embedder, knowledge, without)
            pairs = beside_it.result()
    if archive is not None:
        pairs = with_archived(pairs, query, archive, embedder, where, DEPTH)
    pairs["time"] = _dated(query, index, embedder) if "time" not in without else []
    voted = [
        Hit(seq, channel, rank, score, "")
        for channel, some in pairs.items()
        if channel not in without
        for rank, (seq, score) in enumerate(some, start=1)
    ]
    voted += [hit for channel, found in known.items() for hit in _hits(channel, found)]
    return voted if "neighbours" in without else [*voted, *_hits("neighbours", _neighbours(voted, index))]


def _hits(channel: Channel, found: Sequence[Found]) -> list[Hit]:
    return [Hit(seq, channel, rank, score, reason) for rank, (seq, score, reason) in enumerate(found, start=1)]


def _known(
    query: Query, index: Index, embedder: Embedder, knowledge: Knowledge, without: frozenset[Channel]
) -> dict[Channel, list[Found]]:
    """What the channels find that look into what consolidation made. Scenes only where the index is of the embedder
    that compared turns for them."""
    looks: dict[Channel, Callable[[], list[Found]]] = {
        "facts": lambda: sayings("fact", query.text, knowledge),
        "instructions": lambda: sayings("instruction", query.text, knowledge),
        "entities": lambda: entities(query.text, knowledge),
    }
    if index.count() and knowledge.embedder == embedder.id:
        looks["scenes"] = lambda: scenes(embedder.embed_query(query.text), knowledge, index.spoken())
    return {channel: look() for channel, look in looks.items() if channel not in without}


def _neighbours(voted: Sequence[Hit], index: Index) -> list[Found]:
    """The turns just before and after the strongest hits of all channels together, by how strong those are.

    What comes to mind beside a memory is what was lived beside it (contiguity: Howard and Kahana, 2002).
    """
    strong = fuse(voted)[:STRONG]
    if not strong:
        return []
    rows = index.spoken()
    scores: defaultdict[int, float] = defaultdict(float)
    nearest: dict[int, str] = {}
    for seq, strength in strong:
        for other, step in beside(rows, seq, REACH):
            scores[other] += strength * DECAY ** (abs(step) - 1)
            nearest.setdefault(other, f"said {abs(step)} {'after' if step > 0 else 'before'} a strong hit")
    order = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:BESIDE]
    return [Found(seq, score, nearest[seq]) for seq, score in order]


def ranked(
    text: str, index: Index, embedder: Embedder, where: Filter, *, depth: int
) -> dict[Channel, list[tuple[int, float]]]:
    """The best `depth` turns of the four channels of words and meaning, as (seq, score)."""
    # Words are looked up outside of Python, while meaning is compared here.
    words = index.begin_lexical(text, limit=depth, where=where)
    near, windows_near = index.dense(embedder.embed_query(text), limit=depth, where=where)
    said, windows = words()
    return {"lexical": said, "lexical_window": windows, "dense": near, "dense_window": windows_near}


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
