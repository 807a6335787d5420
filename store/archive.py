"""The archive of the index: turns that have faded, without their vectors.

A row is that of the index (store/index.py) with its code but not its vector, which is 32 bytes in place of 512 (of the
built-in embedder). Words are searched as in the index. For meaning, the codes tell which turns are promising; whoever
asks then compares their words, by embedding them again, so that what comes out is as exact as in the index.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from store.again import again
from store.by_code import column_at, nearest_by_code
from store.disk import writable
from store.index import Filter, Index
from store.index_schema import codes_column, schema, with_codes, without_doubles
from store.ranked import Ranked, ranked

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa


class Archive(Index):
    """The archive of one store, a table of its own beside that of the index."""

    name = "archive"

    @property
    def saved(self) -> int:
        """Bytes of vectors that its rows would have in the index: 16-bit numbers, one for each bit of their code."""
        if not self.exists:
            return 0
        dimension = self._open().schema.field(self._codes).type.list_size * 8
        return int(self.count() * dimension * 2)

    def put(self, rows: pa.Table, vectors: npt.NDArray[np.float32]) -> None:
        """As Index.put(), keeping only the codes of the vectors; in place of those that are there already."""
        self.take(with_codes(rows, vectors, self._codes))

    def take(self, rows: pa.Table) -> None:
        """Add rows (as from Index.whole_rows), in place of those that are there already."""
        codes = codes_column(rows.schema.names)
        compact = schema(rows.schema.field(codes).type.list_size * 8, codes)
        compact = compact.remove(compact.get_field_index("vector"))
        with writable(self._folder):
            if not self.exists:
                self.database().create_table(self.name, schema=self._layout(compact))
                self._index_text()
            self.remove(rows["seq"].to_pylist())
            without_doubles(self._open()).add(rows.select(compact.names).cast(compact))
        self.reopen()

    @again
    def near(
        self, query: npt.NDArray[np.float32], embed: Callable[[list[str]], Any], *, limit: int, where: Filter
    ) -> tuple[Ranked, Ranked]:
        """As Index.dense(): of the turns and windows that are best by code, at most `limit` of each.

        embed: gives the vectors (n, dimension) of texts.
        """
        import numpy as np

        if not self.exists or not query.any():
            return [], []
        rows = self._loaded()

        def products_of(places: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
            said, order = column_at(self._reading(), rows, places, "said")
            products: npt.NDArray[np.float32] = np.asarray(embed(said.to_pylist())) @ query
            return products[order]

        found = nearest_by_code(rows, query, self._outside(rows, where), products_of, at_most=limit)
        turns, windows = (ranked(rows, scored, limit) for scored in found)
        return turns, windows

    @property
    def _codes(self) -> str:
        return codes_column(self._open().schema.names if self.exists else ())

    def _compared(self, count: int) -> Literal["vector", "codes"]:
        return "codes"
