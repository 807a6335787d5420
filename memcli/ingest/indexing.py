"""From the outbox to the index: whatever is committed and not yet searchable is embedded and indexed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from memcli.progress import Progress, Unwatched
from store import erase
from store.errors import StoreDamaged
from store.store import Store

if TYPE_CHECKING:
    from concurrent.futures import Future

    import pyarrow as pa

    from engines.protocols import Embedder, Vectors

CHUNK = 16_384
"""Turns that are embedded and indexed at a time: large enough that opening and committing cost little."""
RANGES = 500
"""Most ranges of seqs at a time: each is a condition in the index's SQL."""

EMBEDDER = "embedder"
"""The setting that keeps the id of the embedder whose vectors the index holds."""


def check_embedder(store: Store, embedder: Embedder) -> None:
    """Hold the store to one embedder. Raises StoreDamaged if its vectors are of another one."""
    _hold_to(store.embedder, embedder)


def _hold_to(made_with: str | None, embedder: Embedder) -> None:
    if made_with is not None and made_with != embedder.id:
        raise StoreDamaged(
            f"the index was made with the embedder {made_with}, not with {embedder.id}",
            hint="`memcli repair --reembed` makes the index anew",
        )


def index_outbox(
    store: Store, embedder: Embedder, progress: Progress, *, go_on: Callable[[], bool] = lambda: True
) -> int:
    """Index what the outbox names and empty it. Only under the writer lock. Returns how many turns were indexed.

    Raises StoreDamaged if the index's vectors are of another embedder.

    Safe to interrupt anywhere: what was indexed and not yet cleared is indexed again, replacing itself. The catalogue
    is closed while the model runs. go_on: asked after each part whether there is time for another.
    """
    if store.erasing:
        erase.finish(store)
    with store.reading() as catalogue:
        ranges, made_with = catalogue.outbox(), catalogue.setting(EMBEDDER)
    if not store.index.exists:
        with store.writing() as catalogue:
            catalogue.keep_setting(EMBEDDER, made_with := embedder.id)
            catalogue.refill_outbox()
            ranges = catalogue.outbox()
    if not ranges:
        if store.pending:
            _finish(store, embedder)  # cut off between the last turn and here
        store.settle()
        return 0
    _hold_to(made_with, embedder)
    total = _count(ranges)
    with progress.phase("index", total, "turns") as advance:
        for part in _parts(ranges):
            _index_part(store, embedder, part)
            advance(_count(part))
            if not go_on():
                return 0
    _finish(store, embedder)
    return total


def _finish(store: Store, embedder: Embedder) -> None:
    """All is indexed: bring the full-text indexes up to date, unless so little is new that a search bears it."""
    if store.index.lags:
        store.index.refresh_text()
    store.name_embedder(embedder.id)
    store.settle()


def _index_part(store: Store, embedder: Embedder, ranges: list[tuple[int, int]]) -> None:
    """Bring the index to what the catalogue says of these seqs; a seq without a turn leaves the index."""
    import numpy as np
    import pyarrow as pa

    faded = store.archive.seqs()
    highest = max(store.index.highest_seq(), *faded, 0)
    with store.reading() as catalogue:
        rows = catalogue.rows_in(ranges)
    seqs = rows["seq"].to_numpy()
    firsts, lasts = np.array(ranges).T
    place = np.searchsorted(firsts, seqs, side="right") - 1
    fresh = (place >= 0) & (seqs <= lasts[np.maximum(place, 0)])
    # Neighbours that this run has indexed or will index need no second time: all turns were there by then.
    wanted = fresh | (seqs <= highest)
    rows, known = rows.filter(pa.array(wanted)), set(seqs[wanted & ~fresh].tolist())
    vectors = embedder.embed(rows["said"].to_pylist()) if rows.num_rows else None
    for target in (store.index, store.archive):
        target.remove_ranges([(first, min(last, highest)) for first, last in ranges if first <= highest])
    if vectors is not None:
        _put(store, rows, vectors, faded, known)
    with store.writing() as catalogue:
        catalogue.clear_outbox(ranges[-1][1])


def _put(store: Store, rows: pa.Table, vectors: Vectors, faded: set[int], known: set[int]) -> None:
    """Put rows where they belong: those that are in the archive already stay there, with their new windows."""
    import numpy as np

    seqs = rows["seq"].to_numpy()
    archived = np.isin(seqs, list(faded))
    if not archived.any():
        store.index.put(rows, vectors, known=sorted(known))
        return
    for target, mine in ((store.index, ~archived), (store.archive, archived)):
        if mine.any():
            here = seqs[mine & np.isin(seqs, list(known))].tolist()
            target.put(rows.filter(mine), vectors[mine], known=here)


class Indexing:
    """Indexes in a thread of its own what is committed while the rest is still being read.

    At most one part is under way: a commit that comes while it runs is taken with the next. What is left at the end is
    for index_outbox().
    """

    def __init__(self, store: Store, embedder: Callable[[], Embedder]) -> None:
        self._store = store
        self._embedder = embedder
        self._over = False

    def __enter__(self) -> Self:
        from concurrent.futures import ThreadPoolExecutor

        self._pool = ThreadPoolExecutor(1, "indexing")
        self._running: Future[int] | None = None
        return self

    def __exit__(self, *raised: object) -> None:
        self._over = True
        self._pool.shutdown(cancel_futures=True)
        if self._running is not None and raised[0] is None:
            self._running.result()

    def more(self) -> None:
        """Something was committed."""
        if self._running is not None:
            if not self._running.done():
                return
            self._running.result()
        self._running = self._pool.submit(self._index)

    def _index(self) -> int:
        return index_outbox(self._store, self._embedder(), Unwatched(), go_on=lambda: not self._over)


def heal(store: Store, embedder: Embedder, progress: Progress) -> None:
    """Finish an ingest that was cut off, if there was one and no other command is at work on the store."""
    if store.pending:
        with store.locks.writer_if_free() as free:
            if free:
                index_outbox(store, embedder, progress)


def _parts(ranges: list[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """The ranges, in order and without overlaps, in parts of at most CHUNK seqs and RANGES ranges."""
    parts: list[list[tuple[int, int]]] = [[]]
    room = CHUNK
    reached = 0
    for begin, last in sorted(ranges):
        first = max(begin, reached + 1)
        while first <= last:
            if room == 0 or len(parts[-1]) == RANGES:
                parts.append([])
                room = CHUNK
            end = min(last, first + room - 1)
            if parts[-1] and parts[-1][-1][1] + 1 == first:
                parts[-1][-1] = (parts[-1][-1][0], end)
            else:
                parts[-1].append((first, end))
            room -= end - first + 1
            reached = end
            first = end + 1
    return [part for part in parts if part]


def _count(ranges: list[tuple[int, int]]) -> int:
    return sum(last - first + 1 for first, last in ranges)
