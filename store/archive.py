"""The archive of the index: turns that have faded, without their vectors.

A row is that of the index (store/index.py) with its code but not its vector, which is 32 bytes in place of 512 (of the
built-in embedder). Words are searched as in the index. For meaning, the codes tell which turns are promising; whoever
asks then compares their words, by embedding them again, so that what comes out is as exact as in the index.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from store.again import again
from store.by_code import looked_at, promising
from store.disk import writable
from store.index import Filter, Index
from store.index_schema import schema
from store.nearest import codes_of

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
        dimension = self._open().schema.field("code").type.list_size * 8
        return int(self.count() * dimension * 2)

    def put(self, rows: pa.Table, vectors: npt.NDArray[np.float32], *, known: Sequence[int]) -> None:
        """As Index.put(), keeping only the codes of the vectors. All rows may be `known`."""
        import pyarrow as pa

        codes = pa.FixedSizeListArray.from_arrays(pa.array(codes_of(vectors).ravel()), vectors.shape[1] // 8)
        self.take(rows.append_column("code", codes))

    def take(self, rows: pa.Table) -> None:
        """Add rows (as from Index.whole_rows), in place of those that are there already."""
        dimension = rows.schema.field("code").type.list_size * 8
        compact = schema(dimension)
        compact = compact.remove(compact.get_field_index("vector"))
        with writable(self._folder):
            if not self.exists:
                self.database().create_table(self.name, schema=self._layout(compact))
                self._index_text()
            self.remove(rows["seq"].to_pylist())
            self._open().add(rows.select(compact.names).cast(compact))
        self.reopen()

    @again
    def promising(self, query: npt.NDArray[np.float32], *, limit: int, where: Filter) -> list[tuple[int, str, str]]:
        """The turns that are near the query (dimension,) by code, as (seq, said, window), by seq: at most 2 * limit."""
        if not self.exists or not query.any():
            return []
        rows = self._loaded()
        if not len(rows.seqs):
            return []
        outside = self._outside(rows, where)
        refined, rescored = looked_at(len(rows.seqs))
        near = promising(rows, query, outside, max(refined, limit), min(limit, rescored))
        if outside is not None:
            near = near[~outside[near]]
        found = self._reading().take(rows.row_ids[near].tolist(), ["seq", "said", "window"])
        return sorted(zip(*(found[name].to_pylist() for name in ("seq", "said", "window")), strict=True))

    def _compared(self, count: int) -> Literal["vector", "code"]:
        return "code"
