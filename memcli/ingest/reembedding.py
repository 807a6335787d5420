"""Another embedder for a memory: a second index is made beside the first, which is searched until the second is whole.

It may be cut off at any time and goes on where it was. Before the two change places, every row of the second is held
against the catalogue, since turns may have come, gone or changed while it was being made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from memcli.ingest.indexing import EMBEDDER
from memcli.progress import Progress
from memcli.usage import UsageError
from store.reembedding import Reembedding
from store.store import Store

if TYPE_CHECKING:
    import pyarrow as pa

    from engines.protocols import Embedder

BATCH = 2_048
"""Turns that are embedded and kept at a time: what is lost if it is cut off."""

COMPARED = 16_384


def reembed(
    store: Store, embedder: Embedder, progress: Progress, *, go_on: Callable[[], bool] = lambda: True
) -> tuple[int, bool]:
    """Make the index anew with this embedder. Only under the writer lock. Returns how many turns were embedded, and
    whether the new index is in its place; go_on is asked after each batch whether there is time for another. Raises
    UsageError for an index on object storage.
    """
    if store.seal:  # its index is made anew by each process, with the embedder of the settings, and never on the disk
        return 0, True
    if store.place is not None:
        raise UsageError(
            f"the index at {store.place.uri} is not made anew beside itself",
            hint="export the memory and import it into one with that embedder and a path of its own",
        )
    second = Reembedding(store, embedder.id)
    second.begin(_rows(store, 1, 1), embedder.dimension)
    faded = store.archive.seqs()
    with store.reading() as catalogue:
        highest = int(catalogue.setting("next_seq") or 1) - 1
    done = 0
    at = second.reached()
    with progress.phase("embed", highest, "turns") as advance:
        advance(at)
        while at < highest:
            first, at = at + 1, min(at + BATCH, highest)
            done += _put(second, embedder, _rows(store, first, at), faded)
            advance(at - first + 1)
            if at < highest and not go_on():
                return done, False
    done += _settle(store, second, embedder, highest, faded)
    second.take_place()
    with store.writing() as catalogue:
        catalogue.keep_setting(EMBEDDER, embedder.id)
    return done, True


def _settle(store: Store, second: Reembedding, embedder: Embedder, highest: int, faded: set[int]) -> int:
    """Bring the second index to what the catalogue says now. Returns how many turns were embedded."""
    import pyarrow as pa
    import pyarrow.compute as pc

    done = 0
    for first in range(1, highest + 1, COMPARED):
        last = min(first + COMPARED - 1, highest)
        rows = _rows(store, first, last)
        archived = second.archive.seqs()
        wrong, gone = second.stale(rows, first, last)
        wrong |= {seq for seq in rows["seq"].to_pylist() if (seq in archived) != (seq in faded)}
        for table in (second.index, second.archive):
            if table.exists and wrong | gone:
                table.remove(sorted(wrong | gone))
        if wrong:
            done += _put(second, embedder, rows.filter(pc.is_in(rows["seq"], pa.array(sorted(wrong)))), faded)
    return done


def _rows(store: Store, first: int, last: int) -> pa.Table:
    with store.reading() as catalogue:
        return catalogue.rows_to_index(first, last)


def _put(second: Reembedding, embedder: Embedder, rows: pa.Table, faded: set[int]) -> int:
    import numpy as np

    if not rows.num_rows:
        return 0
    vectors = embedder.embed(rows["said"].to_pylist())
    archived = np.array([seq in faded for seq in rows["seq"].to_pylist()], bool)
    for target, mine in ((second.index, ~archived), (second.archive, archived)):
        if mine.any():
            target.put(rows.filter(mine), vectors[mine])
    return int(rows.num_rows)
