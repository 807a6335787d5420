"""An indexed table held in memory by a process that goes on searching it.

Each read of a row from the disk costs little, but a search reads hundreds of them in many columns, which is more than
half of its time. A process that asks once is better off with that; one that goes on asking (a batch, a server, an
evaluation) reads the table as a whole, beside its searches, and takes rows from memory from then on.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.columns import array_of, matrix_of
from store.loaded_rows import LoadedRows

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from store.lance_reader import LanceReader

SEARCHES = 3
"""A process that searches a table so often will probably go on."""

FILES_BYTES = 1024 * 1024 * 1024
"""A table whose files take more, as of some 1.3 million turns of chat, stays on the disk. A process that holds a
million of them takes 1.9 GB."""


class Resident:
    """Rows of a table, from the disk at first and from memory as soon as they are there."""

    def __init__(self, table: LanceReader, rows: LoadedRows, columns: Sequence[str]) -> None:
        """rows: those of the table. columns: which are read and may be taken; vectors too, where only codes are loaded.

        `vectors` (float16, in the order of the rows) are None until they are there.
        """
        self._table = table
        self._rows = rows
        self._columns = columns
        self._searches = 0
        self._held: _Held | None = None
        self.vectors: npt.NDArray[np.float16] | None = None

    def searched(self) -> None:
        """A search begins."""
        self._searches += 1
        if self._searches == SEARCHES and self._table.bytes() <= FILES_BYTES:
            # A thread that does not keep the process from ending: what it does is of use to this process alone.
            threading.Thread(target=self._load, name="resident", daemon=True).start()

    def take(self, row_ids: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """As LanceReader.take(). Raises ValueError, RuntimeError, OSError."""
        return (self._held or self._table).take(row_ids, columns)

    def _load(self) -> None:
        try:
            held = _Held(self._table.scan(self._columns, row_ids=True))
            if self._rows.codes is not None:
                self.vectors = self._read_vectors()
        except (ValueError, RuntimeError, OSError):
            return  # whoever reads the table next is told what is wrong with it
        self._held = held

    def _read_vectors(self) -> npt.NDArray[np.float16]:
        """Those of all rows, in their order."""
        import numpy as np
        import pyarrow as pa

        vectors = np.zeros((len(self._rows.seqs), self._rows.dimension), np.float16)
        for piece in self._table.pieces(["vector"]):
            places = self._rows.places_of_row_ids(array_of(pa.chunked_array([piece["_rowid"]])))
            vectors[places] = matrix_of(pa.chunked_array([piece["vector"]]))
        return vectors


class _Held:
    def __init__(self, table: pa.Table) -> None:
        import numpy as np

        self._table = table.combine_chunks()
        row_ids = array_of(self._table["_rowid"])
        self._order = np.argsort(row_ids)
        self._row_ids = row_ids[self._order]

    def take(self, row_ids: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Of the rows with these ids, in their order; one that is not there is left out."""
        import numpy as np

        wanted = np.array(row_ids if len(self._row_ids) else [], np.uint64)
        places = np.minimum(np.searchsorted(self._row_ids, wanted), len(self._row_ids) - 1)
        found = self._order[places[self._row_ids[places] == wanted]]
        return self._table.select(list(columns)).take(found)
