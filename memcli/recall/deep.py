"""The deliberate look: what the archive holds joins what each channel found.

Archived turns have no vectors. Their codes tell which of them are promising; those are embedded again from their words,
so that they compete by true cosines.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from memcli.types import Channel, Query
from store.archive import Archive
from store.index import Filter
from store.ranked import Ranked

if TYPE_CHECKING:
    from engines.protocols import Embedder


def with_archived(
    found: Mapping[Channel, Ranked], query: Query, archive: Archive, embedder: Embedder, where: Filter, depth: int
) -> dict[Channel, Ranked]:
    """What each channel found in the index and in the archive together, the best `depth`, by item and score."""
    question = embedder.embed_query(query.text)
    said, windows = archive.lexical(query.text, limit=depth, where=where)
    near, windows_near = archive.near(question, embedder.embed, limit=depth, where=where)
    faded: dict[Channel, Ranked] = {
        "lexical": said, "lexical_window": windows, "dense": near, "dense_window": windows_near,
    }  # fmt: skip
    return {channel: _joined(ranked, faded[channel], depth) for channel, ranked in found.items()}


def _joined(ranked: Ranked, faded: Ranked, depth: int) -> Ranked:
    """The best of both, an item that is in both once."""
    scores = dict(faded) | dict(ranked)
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:depth]
