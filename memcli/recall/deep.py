"""The deliberate look: what the archive holds joins what each channel found.

Archived turns have no vectors. Their codes tell which of them are promising; those are embedded again from their words,
so that they compete by true cosines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from memcli.types import Channel, Query
from store.archive import Archive
from store.index import Filter

if TYPE_CHECKING:
    from engines.protocols import Embedder

Ranked = list[tuple[int, float]]


def with_archived(
    found: Mapping[Channel, Ranked], query: Query, archive: Archive, embedder: Embedder, where: Filter, depth: int
) -> dict[Channel, Ranked]:
    """What each channel found in the index and in the archive together, the best `depth`, by item and score."""
    question = embedder.embed_query(query.text)
    promising = archive.promising(question, limit=depth, where=where)
    said = embedder.embed([one[1] for one in promising]) @ question
    windows = embedder.embed([one[2] for one in promising]) @ question
    faded: dict[Channel, Iterable[tuple[int, float]]] = {
        "lexical": archive.lexical(query.text, column="said", limit=depth, where=where),
        "lexical_window": archive.lexical(query.text, column="window", limit=depth, where=where),
        "dense": ((one[0], float(score)) for one, score in zip(promising, said, strict=True)),
        "dense_window": ((one[0], float(score)) for one, score in zip(promising, windows, strict=True)),
    }
    return {channel: _joined(ranked, faded[channel], depth) for channel, ranked in found.items()}


def _joined(ranked: Ranked, faded: Iterable[tuple[int, float]], depth: int) -> Ranked:
    """The best of both, an item that is in both once."""
    scores = dict(faded) | dict(ranked)
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:depth]
