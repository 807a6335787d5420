"""From the outbox to the index: whatever is committed and not yet searchable is embedded and indexed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from memcli.progress import Progress
from store import erase
from store.errors import StoreDamaged
from store.store import Store
from store.whole_index import sample

if TYPE_CHECKING:
    from engines.protocols import Embedder
    from store.check import Finding

CHUNK = 16_384
"""Turns that are embedded and indexed at a time: large enough that opening and committing cost little."""

_EMBEDDER = "embedder"

SAMPLED = 256
"""Turns whose vectors a check makes again."""

VECTOR_TOLERANCE = 2e-3
"""Largest difference between a vector's component and the same made again: vectors are kept in half precision."""


def check_embedder(store: Store, embedder: Embedder) -> None:
    """Hold the store to one embedder. Raises StoreDamaged if its vectors are of another one."""
    with store.reading() as catalogue:
        known = catalogue.setting(_EMBEDDER)
    if known is not None and known != embedder.id:
        raise StoreDamaged(
            f"the index was made with the embedder {known}, this program has {embedder.id}",
            hint="`memcli repair` builds the index anew",
        )


def index_outbox(store: Store, embedder: Embedder, progress: Progress) -> int:
    """Index what the outbox names and empty it. Only under the writer lock. Returns how many turns were indexed.

    Safe to interrupt anywhere: what was indexed and not yet cleared is indexed again, replacing itself. The catalogue
    is closed while the model runs.
    """
    import pyarrow.compute as pc

    if store.erasing:
        erase.finish(store)
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
            if len(rows):  # else they were deleted before they were indexed
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


def check_vectors(store: Store, embedder: Embedder) -> list[Finding]:
    """Whether the index's vectors are those that the embedder makes, by a sample spread over all of it."""
    import numpy as np

    from store.check import Finding

    def wrong(what: str) -> list[Finding]:
        return [Finding(kind="vectors", where="index", what=what, mend="build it anew from the catalogue")]

    with store.reading() as catalogue:
        known = catalogue.setting(_EMBEDDER)
    if not store.index.exists:
        return []
    if known != embedder.id:
        return wrong(f"its vectors are of the embedder {known}, this program has {embedder.id}")
    said, vectors = sample(store.index, SAMPLED)
    if not said:
        return []
    made = embedder.embed(said)
    if made.shape != vectors.shape:
        return wrong(f"its vectors have {vectors.shape[1]} dimensions, the embedder makes {made.shape[1]}")
    differing = int((np.abs(made - vectors).max(axis=1) > VECTOR_TOLERANCE).sum())
    return wrong(f"{differing} of {len(said)} vectors are not of their turns") if differing else []


def repair(store: Store, embedder: Embedder, progress: Progress, tell: Callable[[str], None]) -> list[Finding]:
    """Mend the store and tell what was done. Only under the writer lock. Returns what is still wrong."""
    from store import repair as mending
    from store.check import INDEX_ERRORS, check, check_index

    mending.mend_files(store, tell)
    mending.mend_catalogue(store, tell)
    store.fold_spool()
    if store.erasing:
        erase.finish(store)
        tell("finished a deletion that was cut off")
    try:
        with store.reading() as catalogue:
            broken: list[Any] = [finding for finding in check_index(catalogue, store) if finding.kind == "index"]
        broken = broken or check_vectors(store, embedder)
    except INDEX_ERRORS as error:
        tell(f"the index cannot be read: {str(error).splitlines()[0]}")
        broken = [error]
    if broken:
        mending.drop_index(store)
        tell("built the index anew from the catalogue")
    store.expect_pending()
    indexed = index_outbox(store, embedder, progress)
    if indexed and not broken:
        tell(f"indexed {indexed} turns that waited")
    return [*check(store), *check_vectors(store, embedder)]


def _chunks(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Ranges of at most CHUNK seqs; adjoining ranges are taken together."""
    joined: list[tuple[int, int]] = []
    for first, last in ranges:
        if joined and first == joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return [(start, min(start + CHUNK - 1, last)) for first, last in joined for start in range(first, last + 1, CHUNK)]
