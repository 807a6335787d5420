"""A second index that is made beside the first, with vectors of another embedder, and then takes its place.

It lies in the folder index.reembed until it is whole; the first one goes on being searched. The file `embedder` in an
index names whose vectors it holds, so that an index and its name change places together. A deletion drops the second
index (it is made anew after), for it could hold what was deleted.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from store.archive import Archive
from store.disk import flush, writable
from store.index import Index
from store.index_schema import CODES, schema
from store.store import REEMBEDDED, Store
from store.whole_index import stretch

if TYPE_CHECKING:
    import pyarrow as pa


class Reembedding:
    """The second index of a store, for the embedder of this id. Everything under the writer lock."""

    def __init__(self, store: Store, embedder_id: str) -> None:
        self._store = store
        self._id = embedder_id
        self.folder = store.folder / REEMBEDDED
        self.index = Index(self.folder)
        self.archive = Archive(self.folder)

    def begin(self, columns: pa.Table, dimension: int) -> None:
        """Make an empty index with the columns of that table of turns; what is there for another embedder goes."""
        import numpy as np

        name = self.folder / "embedder"
        if not name.is_file() or name.read_text(encoding="utf-8") != self._id:
            with writable(self.folder):
                self.index.drop()
                self.index.put(columns.slice(0, 0), np.zeros((0, dimension), np.float32))
                name.write_text(self._id, encoding="utf-8")
                flush(self.folder)

    def reached(self) -> int:
        """The highest seq that it holds, 0 if none."""
        return max(self.index.highest_seq(), self.archive.highest_seq())

    def stale(self, rows: pa.Table, first: int, last: int) -> tuple[set[int], set[int]]:
        """Of the catalogue's rows with a seq in first..last: the seqs that differ here or lack, and those to take out.

        What was changed while the second index was being made shows here.
        """
        known = _by_seq(rows)
        tables = [table for table in (self.index, self.archive) if table.exists]
        found = _by_seq(stretch(self.index, first, last)) if tables else {}
        wrong = {seq for seq, row in known.items() if found.get(seq) != row}
        return wrong, found.keys() - known.keys()

    def take_place(self) -> None:
        """Put it where the first index is. Whoever is cut off here leaves either index, or none, which is made anew."""
        store, fresh, old = self._store, self._store.folder / "index.new", self._store.folder / "index.old"
        for table in (self.index, self.archive):
            table.refresh_text()
            table.reopen()
        with writable(store.folder):
            for left in (fresh, old):
                shutil.rmtree(left, ignore_errors=True)
            self.folder.rename(fresh)  # under this name readers wait for it
            if store.index.folder.exists():
                store.index.folder.rename(old)
            fresh.rename(store.index.folder)
            flush(store.folder)
            shutil.rmtree(old, ignore_errors=True)
        store.index.reopen()
        store.archive.reopen()


def _by_seq(rows: pa.Table) -> dict[int, tuple[object, ...]]:
    """The rows as comparable values, in the columns that the catalogue and the index share."""
    fields = [field for field in schema(8) if field.name not in ("vector", CODES)]
    columns = [rows[field.name].cast(field.type).to_pylist() for field in fields]
    return dict(zip(rows["seq"].to_pylist(), zip(*columns, strict=True), strict=True))
