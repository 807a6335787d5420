"""From the outbox to the index: whatever is committed and not yet searchable is embedded and indexed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

from memcli.progress import Progress, Unwatched
from store.errors import StoreDamaged, StoreLocked
from store.store import Store

if TYPE_CHECKING:
    from concurrent.futures import Future

    import pyarrow as pa

    from engines.protocols import Embedder, Vectors
    from store.catalogue import Catalogue
    from store.index import Index

CHUNK, CHUNK_CHARS = 65_536, 8 * 1024 * 1024
"""Turns that are embedded and indexed at a time, and characters of them: many, so that opening and committing cost
little, and not so many that memory would not hold what is made of them."""
RANGES = 500
"""Most ranges of seqs at a time: each is a condition in the index's SQL."""

REFRESHED_AFTER_S = 60.0
"""So long, and until half of all turns wait for it, no full-text index is made in the middle of an ingest."""

AT_WORK_AND_NEXT = 2
"""Runs of the indexing: one that comes later would find nothing left by the second."""

EMBEDDER = "embedder"
"""The setting that keeps the id of the embedder whose vectors the index holds."""


@runtime_checkable
class WritesFragments(Protocol):
    """An embedder that may have the index written where it has texts embedded."""

    def fragments(self, index: Index, rows: pa.Table) -> list[str] | None:
        """Embed rows and write them into fragments of the index; None where the index is written by this process."""
        ...


def check_embedder(store: Store, embedder: Embedder) -> None:
    """Hold the store to one embedder. Raises StoreDamaged if its vectors are of another one."""
    _hold_to(store.embedder, embedder)


def _hold_to(made_with: str | None, embedder: Embedder) -> None:
    if made_with is not None and made_with != embedder.id:
        raise StoreDamaged(
            f"the index was made with the embedder {made_with}, not with {embedder.id}",
            hint="`memcli repair --reembed` makes the index anew",
        )


def index_outbox(store: Store, embedder: Embedder, progress: Progress) -> int:
    """Index what the outbox names and empty it. Only under the writer lock. Returns how many turns were indexed.

    Raises StoreDamaged if the index's vectors are of another embedder.
    """
    if store.seal:
        return _settle_sealed(store, embedder)
    total, left = _index(store, embedder, progress, TextIndex(store), go_on=lambda: True)
    # So few turns may be new that a search bears them unsorted: see Index.lags.
    if (total or store.pending) and store.index.lags:
        store.index.refresh_text()
    store.name_embedder(embedder.id)
    if not left:  # nor can there be any since: whoever commits takes the lock that is held here
        store.settle()
    return total


def _finish_erasing(store: Store) -> None:
    from store import erase  # a search that finds nothing to finish need not load it

    erase.finish(store)


def _settle_sealed(store: Store, embedder: Embedder) -> int:
    """Empty the outbox of an encrypted memory, whose index each process makes for itself: see load()."""
    if store.erasing:
        _finish_erasing(store)
    with store.reading() as catalogue:
        ranges, known = catalogue.outbox(), catalogue.setting(EMBEDDER)
    if ranges or known != embedder.id:
        with store.writing() as catalogue:
            catalogue.keep_setting(EMBEDDER, embedder.id)
            if ranges:
                catalogue.clear_outbox(ranges[-1][1])
    store.settle()
    return 0


def load(store: Store, embedder: Embedder, progress: Progress) -> None:
    """Make the index of an encrypted memory, in this process's memory, of all that is in the catalogue now."""
    import numpy as np

    with store.reading() as catalogue:
        total = int(catalogue.setting("next_seq") or 1) - 1
        faded = set(catalogue.states.archived())
        parts = [piece for part in _parts([(1, total)]) for piece in catalogue.pieces(part, CHUNK_CHARS)]
    with progress.phase("index", total, "turns") as advance:
        for part in parts:
            with store.reading() as catalogue:
                rows = catalogue.rows_in(part)
            if rows.num_rows:
                _put(store, rows, np.asarray(embedder.embed(rows["said"].to_pylist())), faded)
            advance(_count(part))
    store.index.refresh_text()
    store.archive.refresh_text()


class TextIndex:
    """The full-text index in the middle of a long ingest, so that its turns are found by their words before its end.

    To make it costs as much as all turns so far, and so it is made when those have doubled: all makings together cost
    at most twice the last one.
    """

    def __init__(self, store: Store) -> None:
        self._index = store.index
        self._made_at = time.monotonic()

    def keep_up(self) -> None:
        """Make it, if it is time to."""
        if time.monotonic() - self._made_at < REFRESHED_AFTER_S or self._index.waiting <= self._index.count() // 2:
            return
        self._index.refresh_text()
        self._made_at = time.monotonic()


def _index(
    store: Store, embedder: Embedder, progress: Progress, text_index: TextIndex, *, go_on: Callable[[], bool]
) -> tuple[int, bool]:
    """Index what the outbox names and take it out there, part by part.

    Returns how many turns the outbox named, and whether it names any now.

    Safe to interrupt anywhere: what was indexed and not yet cleared is indexed again, replacing itself. The catalogue
    is closed while the model runs; a commit may then put turns in once more, whose speaker it has given another name:
    they stay for the next run. go_on: asked after each part whether there is time for another.
    """
    if store.erasing:
        _finish_erasing(store)
    if not store.index.exists:
        store.expect_pending()  # a part of it may be there when this is cut off
        with store.writing() as catalogue:
            catalogue.keep_setting(EMBEDDER, embedder.id)
            catalogue.refill_outbox()
    with store.reading() as catalogue:
        seen, made_with = catalogue.outbox(), catalogue.setting(EMBEDDER)
        parts = deque(piece for part in _parts(seen) for piece in catalogue.pieces(part, CHUNK_CHARS))
        taken = _take(catalogue, parts)
    if taken:
        _hold_to(made_with, embedder)
    total, left = _count(seen), bool(seen)
    if taken:
        with progress.phase("index", total, "turns") as advance:
            while taken:
                part, rows = taken
                _index_part(store, embedder, part, rows)
                advance(_count(part))
                with store.writing() as catalogue:
                    seen = catalogue.clear_outbox(part[-1][1], seen)
                    left = bool(catalogue.outbox())
                taken = None
                if parts and go_on():
                    text_index.keep_up()
                    with store.reading() as catalogue:  # not while readers are shut out: it takes as long as a commit
                        taken = _take(catalogue, parts)
    return total, left


def _take(catalogue: Catalogue, parts: deque[list[tuple[int, int]]]) -> tuple[list[tuple[int, int]], pa.Table] | None:
    """The next part with its rows."""
    if not parts:
        return None
    part = parts.popleft()
    return part, catalogue.rows_in(part)


def _index_part(store: Store, embedder: Embedder, ranges: list[tuple[int, int]], rows: pa.Table) -> None:
    """Bring the index to what the catalogue says of these seqs (`rows`); a seq without a turn leaves the index."""
    faded = store.archive.seqs()
    highest = max(store.index.highest_seq(), *faded, 0)
    put = _put_later(store, embedder, rows, faded) if rows.num_rows else None
    for target in (store.index, store.archive):
        target.remove_ranges([(first, min(last, highest)) for first, last in ranges if first <= highest])
    if put is not None:
        put()


def _put_later(store: Store, embedder: Embedder, rows: pa.Table, faded: set[int]) -> Callable[[], None]:
    """Do what takes long; calling what it gives puts the rows into the index, which earlier ones have left by then."""
    if isinstance(embedder, WritesFragments) and faded.isdisjoint(rows["seq"].to_pylist()):
        fragments = embedder.fragments(store.index, rows)
        if fragments is not None:
            return partial(store.index.join, fragments, rows)
    return partial(_put, store, rows, embedder.embed(rows["said"].to_pylist()), faded)


def _put(store: Store, rows: pa.Table, vectors: Vectors, faded: set[int]) -> None:
    """Put rows where they belong: those that were in the archive already stay there."""
    import numpy as np

    archived = np.isin(rows["seq"].to_numpy(), list(faded))
    if not archived.any():
        store.index.put(rows, vectors)
        return
    for target, mine in ((store.index, ~archived), (store.archive, archived)):
        if mine.any():
            target.put(rows.filter(mine), vectors[mine])


def index_meanwhile(store: Store, embedder: Embedder, text_index: TextIndex, *, go_on: Callable[[], bool]) -> None:
    """Index what was committed so far, part by part for as long as there is time, while more is being read."""
    try:
        _index(store, embedder, Unwatched(), text_index, go_on=go_on)
        if go_on():
            text_index.keep_up()
    except StoreLocked:  # by a commit beside, longer than this command waits: the next one starts another try
        pass


class Indexing:
    """Indexes in a thread of its own what is committed while the rest is still being read.

    A commit that comes while it runs is taken with the next run, which begins when this one ends. What is left at the
    end is for finish(), and so is the full-text index, until very much waits for it.
    """

    def __init__(self, store: Store, embedder: Callable[[], Embedder]) -> None:
        self._store = store
        self._embedder = embedder
        self._over = False

    def __enter__(self) -> Self:
        from concurrent.futures import ThreadPoolExecutor

        self._pool = ThreadPoolExecutor(1, "indexing")
        self._runs: list[Future[None]] = []
        self._text_index = TextIndex(self._store)
        return self

    def __exit__(self, *raised: object) -> None:
        self._over = True
        self._pool.shutdown(cancel_futures=True)

    def finish(self, progress: Progress) -> None:
        """Everything was committed: index what is left of it."""
        self.__exit__()
        self._drop_ended()
        index_outbox(self._store, self._embedder(), progress)

    def more(self) -> None:
        """Something was committed."""
        if self._store.seal:
            return
        self._drop_ended()
        if len(self._runs) < AT_WORK_AND_NEXT:
            self._runs.append(self._pool.submit(self._index))

    def _drop_ended(self) -> None:
        """Forget the runs that have ended; raises what one of them raised."""
        for run in [run for run in self._runs if run.done()]:
            self._runs.remove(run)
            if not run.cancelled():
                run.result()

    def _index(self) -> None:
        index_meanwhile(self._store, self._embedder(), self._text_index, go_on=lambda: not self._over)


def heal(store: Store, embedder: Embedder, progress: Progress) -> None:
    """Finish an ingest that was cut off, if there was one and no other command is at work on the store.

    The index of an encrypted memory is made now.
    """
    if store.seal:
        if store.erasing:
            with store.locks.writer_if_free() as free:
                if free:
                    _finish_erasing(store)
        if not store.index.exists:
            load(store, embedder, progress)
    elif store.pending:
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
