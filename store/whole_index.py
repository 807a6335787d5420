"""The index as a whole, every LanceDB table in its folder by long stretches: for check, repair and deletion.

There is one table of turns, and there may be others that hold turns in the same way (a column seq, and the words).
"""

from __future__ import annotations

import shutil
from collections.abc import Container, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.archive import Archive
from store.disk import writable
from store.errors import StoreDamaged
from store.index import Index
from store.index_schema import COLUMNS, without_doubles
from store.lance import compact, lance

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

REWRITTEN = 16_384
"""Rows of one step of rewrite()."""


def tables(index: Index) -> list[Any]:
    """All LanceDB tables of the index, open. Raises StoreDamaged."""
    try:
        database = index.database()
        return [database.open_table(name) for name in index.names(database)]
    except (OSError, RuntimeError, ValueError) as error:
        raise _unreadable(index, error) from error


def stretch(index: Index, first: int, last: int) -> pa.Table:
    """The indexed rows with a seq in first..last, in no order: the columns that make a turn."""
    import pyarrow as pa

    try:
        found = [
            table.search()
            .where(f"seq >= {first} AND seq <= {last}")
            .select(list(COLUMNS))
            .limit(max(1, table.count_rows()))
            .to_arrow()
            .select(COLUMNS)
            for table in tables(index)
        ]
    except (OSError, RuntimeError, ValueError) as error:
        raise _unreadable(index, error) from error
    return pa.concat_tables(found)


def highest_seq(index: Index) -> int:
    """The highest seq in any table, 0 if there is none."""
    import pyarrow.compute as pc

    found = [table.search().select(["seq"]).limit(max(1, table.count_rows())).to_arrow() for table in tables(index)]
    return max((pc.max(rows["seq"]).as_py() or 0 for rows in found), default=0)


def sample(index: Index, count: int) -> tuple[list[str], npt.NDArray[np.float32]]:
    """Up to `count` rows spread evenly: what was embedded, and the vectors (n, dimension)."""
    import numpy as np

    for table in tables(index):
        rows = table.count_rows()
        if rows and "vector" in table.schema.names:
            places = np.unique(np.linspace(0, rows - 1, min(rows, count)).astype(np.int64))
            found = table.take_offsets(places.tolist()).select(["said", "vector"]).to_arrow()
            vectors = np.array(found["vector"].to_pylist(), np.float32)
            return found["said"].to_pylist(), vectors
    return [], np.zeros((0, 0), np.float32)


def tidy(index: Index) -> None:
    """Compact the files, and take away those of older versions."""
    for table in tables(index) if index.exists else ():
        if len(table.list_versions()) > 1:
            with writable(index.folder):
                compact(table)


def rewrite(index: Index, gone: Container[int], folder: Path) -> None:
    """Write the rows that are not `gone` into a new index in `folder`.

    A rewrite is what erases: rows that are only deleted stay in the files of older versions. A row is copied with
    whatever columns it has, so its vector is the same.
    """
    import pyarrow as pa

    with writable(folder):
        shutil.rmtree(folder, ignore_errors=True)
        fresh = lance().connect(str(folder))
        for table in map(without_doubles, tables(index)):
            schema = table.schema
            made = fresh.create_table(table.name, schema=schema)
            made.add(pa.RecordBatchReader.from_batches(schema, kept_rows(table, gone, schema)))
        named = index.folder / "embedder"
        if named.is_file():  # whose vectors these are
            shutil.copyfile(named, folder / named.name)
        for copy in (Index(folder), Archive(folder)):
            copy.refresh_text()
            copy.reopen()


def kept_rows(table: Any, gone: Container[int], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """The rows that are not `gone`."""
    import pyarrow as pa

    for batch in table.search().to_batches(batch_size=REWRITTEN):
        rows = batch.select(table.schema.names)
        seqs = rows["seq"].to_pylist()
        places = [place for place, seq in enumerate(seqs) if seq not in gone]
        if len(places) < len(seqs):
            rows = rows.take(pa.array(places, pa.int64()))
        yield pa.RecordBatch.from_arrays(rows.columns, schema=schema)


def _unreadable(index: Index, error: Exception) -> StoreDamaged:
    return StoreDamaged(
        f"the index at {index.folder} cannot be read: {str(error).splitlines()[0]}",
        hint="`memcli repair` builds it anew from the catalogue",
    )
