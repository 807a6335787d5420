"""From the outbox to the index: whatever is committed and not yet searchable is embedded and indexed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memcli.progress import Progress
from store.errors import StoreDamaged
from store.store import Store

if TYPE_CHECKING:
    from engines.protocols import Embedder

CHUNK = 16_384
"""Turns that are embedded and indexed at a time: large enough that opening and committing cost little."""

_EMBEDDER = "embedder"


def check_embedder(store: Store, embedder: Embedder) -> None:
    """Hold the store to one embedder. Raises StoreDamaged if its vectors are of another one."""
    with store.reading() as catalogue:
        known = catalogue.setting(_EMBEDDER)
    if known is not None and known != embedder.id:
        raise StoreDamaged(
            f"the index was made with the embedder {known}, this program has {embedder.id}",
            hint="delete the folder `index` in the memory: the next `memcli ingest` builds it anew",
        )


def index_outbox(store: Store, embedder: Embedder, progress: Progress) -> int:
    """Index what the outbox names and empty it. Only under the writer lock. Returns how many turns were indexed.

    Safe to interrupt anywhere: what was indexed and not yet cleared is indexed again, replacing itself. The catalogue
    is closed while the model runs.
    """
    import pyarrow.compute as pc

    with store.writing() as catalogue:
        if not store.index.exists:
            catalogue.keep_setting(_EMBEDDER, embedder.id)
            catalogue.refill_outbox()
        ranges = catalogue.outbox()
    if not ranges:
        if store.pending:
            store.index.refresh_text()  # cut off between the last turn and here
        store.settle()
        return 0
    check_embedder(store, embedder)
    highest, seq = store.index.highest_seq(), pc.field("seq")
    total = sum(last - first + 1 for first, last in ranges)
    with progress.phase("index", total, "turns") as advance:
        for first, last in _chunks(ranges):
            with store.reading() as catalogue:
                rows = catalogue.rows_to_index(first, last)
            # Neighbours that this run has indexed or will index need no second time: all turns were there by then.
            rows = rows.filter((seq <= highest) | ((seq >= first) & (seq <= last)))
            vectors = embedder.embed(rows["said"].to_pylist())
            store.index.put(rows, vectors, known=[at for at in rows["seq"].to_pylist() if at <= highest])
            with store.writing() as catalogue:
                catalogue.clear_outbox(last)
            advance(last - first + 1)
    store.index.refresh_text()
    store.settle()
    return total


def heal(store: Store, embedder: Embedder, progress: Progress) -> None:
    """Finish an ingest that was cut off, if there was one and no other command is at work on the store."""
    if store.pending:
        with store.locks.writer_if_free() as free:
            if free:
                index_outbox(store, embedder, progress)


def _chunks(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges of at most CHUNK seqs; adjoining ranges are taken together."""
    joined: list[tuple[int, int]] = []
    for first, last in ranges:
        if joined and first == joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return [(start, min(start + CHUNK - 1, last)) for first, last in joined for start in range(first, last + 1, CHUNK)]
