"""Reading and writing the index by long stretches, for check, repair and deletion."""

from __future__ import annotations

import shutil
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from store.disk import writable
from store.errors import StoreDamaged
from store.index import TABLE, Index, matrix
from store.lance import lance

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

REWRITTEN = 16_384
"""Rows of one step of rewrite()."""


def stretch(index: Index, first: int, last: int) -> pa.Table:
    """The indexed rows with a seq in first..last, in no order: every column but vector and code."""
    table = index._open()
    names = [name for name in table.schema.names if name not in ("vector", "code")]
    found = table.search().where(f"seq >= {first} AND seq <= {last}").select(names)
    try:
        return found.limit(max(1, table.count_rows())).to_arrow().select(names)
    except (OSError, RuntimeError, ValueError) as error:
        raise StoreDamaged(
            f"the index at {index.folder} cannot be read: {str(error).splitlines()[0]}",
            hint="`memcli repair` builds it anew from the catalogue",
        ) from error


def sample(index: Index, count: int) -> tuple[list[str], npt.NDArray[np.float32]]:
    """Up to `count` rows spread evenly: what was embedded, and the vectors (n, dimension)."""
    import numpy as np

    table = index._open()
    rows = table.count_rows()
    if not rows:
        return [], np.zeros((0, 0), np.float32)
    places = np.unique(np.linspace(0, rows - 1, min(rows, count)).astype(np.int64))
    found = table.take_offsets(places.tolist()).select(["said", "vector"]).to_arrow()
    return found["said"].to_pylist(), matrix(found["vector"]).astype(np.float32)


def rewrite(index: Index, gone: Container[int], windows: Mapping[int, str], folder: Path) -> None:
    """Write the rows that are not `gone` into a new index in `folder`, with these windows where they are named.

    A rewrite is what erases: rows that are only deleted stay in the files of older versions.
    """
    import pyarrow as pa

    fresh, table = Index(folder), index._open()
    at = table.schema.get_field_index("window")

    def kept() -> Iterator[pa.RecordBatch]:
        for batch in table.search().to_batches(batch_size=REWRITTEN):
            rows = batch.select(table.schema.names)
            seqs = rows["seq"].to_pylist()
            places = [place for place, seq in enumerate(seqs) if seq not in gone]
            if len(places) < len(seqs):
                rows = rows.take(pa.array(places, pa.int64()))
            shown = zip(rows["seq"].to_pylist(), rows["window"].to_pylist(), strict=True)
            columns = rows.columns
            columns[at] = pa.array([windows.get(seq, window) for seq, window in shown], pa.string())
            yield pa.RecordBatch.from_arrays(columns, schema=table.schema)

    with writable(folder):
        shutil.rmtree(folder, ignore_errors=True)
        made = lance().connect(str(folder)).create_table(TABLE, schema=table.schema)
        made.add(pa.RecordBatchReader.from_batches(table.schema, kept()))
        fresh.refresh_text()
