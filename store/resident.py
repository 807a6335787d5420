"""An indexed table held in memory by a process that goes on searching it.

Each read of a row from the disk costs little, but a search reads hundreds of them in many columns, which is more than
half of its time. A process that asks once is better off with that; one that goes on asking (a batch, a server, an
evaluation) reads the table as a whole, beside its searches, and takes rows from memory from then on.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.loaded_rows import array_of

if TYPE_CHECKING:
    import pyarrow as pa

    from store.lance_reader import LanceReader

SEARCHES = 3
"""A process that searches a table so often will probably go on."""

FILES_BYTES = 512 * 1024 * 1024
"""A table whose files take more stays on the disk. In memory it takes about half of that: not every column is read."""


class Resident:
    """Rows of a table, from the disk at first and from memory as soon as they are there."""

    def __init__(self, table: LanceReader, columns: Sequence[str]) -> None:
        """columns: those that are read, and may be taken."""
        self._table = table
        self._columns = columns
        self._searches = 0
        self._held: _Held | None = None

    def searched(self) -> None:
        """A search begins."""
        self._searches += 1
        if self._searches == SEARCHES and self._table.bytes() <= FILES_BYTES:
            # A thread that does not keep the process from ending: what it does is of use to this process alone.
            threading.Thread(target=self._load, name="resident", daemon=True).start()

    def take(self, row_ids: Sequence[int], columns: Sequence[str], *, with_ids: bool = False) -> pa.Table:
        """As LanceReader.take(). Raises ValueError, RuntimeError, OSError."""
        if self._held is None:
            return self._table.take(row_ids, columns, with_ids=with_ids)
        return self._held.take(row_ids, [*columns, "_rowid"] if with_ids else columns)

    def _load(self) -> None:
        try:
            self._held = _Held(self._table.scan(self._columns, row_ids=True))
        except (ValueError, RuntimeError, OSError):
            return  # whoever reads the table next is told what is wrong with it


class _Held:
    def __init__(self, table: pa.Table) -> None:
        import numpy as np

        self._table = table.combine_chunks()
        row_ids = array_of(self._table["_rowid"])
        self._order = np.argsort(row_ids)
        self._row_ids = row_ids[self._order]

    def take(self, row_ids: Sequence[int], columns: Sequence[str]) -> pa.Table:
        import numpy as np

        wanted = np.array(row_ids, np.uint64)
        places = np.minimum(np.searchsorted(self._row_ids, wanted), max(len(self._row_ids) - 1, 0))
        there = self._row_ids[places] == wanted if len(self._row_ids) else np.zeros(len(wanted), bool)
        return self._table.select(list(columns)).take(self._order[places[there]])
