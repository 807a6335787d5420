"""The columns of the index, and turns as they come out of it.

A row says the words of its turn once: in `said`, after the speaker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.loaded_rows import moments_of
from store.nearest import codes_of
from store.rows import TurnRow

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

BEFORE_TEXT = ": "
"""Stands between the speaker and the text in `said`."""

COLUMNS = tuple("said" if name == "text" else name for name in TurnRow._fields)
"""The columns that make a turn."""

WORDS = "said"
"""The column of the full-text index."""

_SAID_AGAIN = ("window", "text")
"""Columns that a row once had, and what it said in them a second time."""


def schema(dimension: int) -> pa.Schema:
    """The columns of the index for vectors of this dimension."""
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("seq", pa.int64(), nullable=False),
            pa.field("id", pa.string()),
            pa.field("session", pa.int32()),
            pa.field("session_id", pa.string()),
            pa.field("session_title", pa.string()),
            pa.field("position", pa.int64()),
            pa.field("speaker", pa.string()),
            pa.field("role", pa.string()),
            pa.field("said", pa.string()),
            pa.field("said_at", pa.timestamp("us", tz="UTC")),
            pa.field("utc_offset", pa.int16()),
            pa.field("native_id", pa.string()),
            pa.field("source", pa.string()),
            pa.field("line", pa.int64()),
            pa.field("metadata", pa.string()),
            pa.field("vector", pa.list_(pa.float16(), dimension)),
            pa.field("code", pa.list_(pa.uint8(), dimension // 8)),
        ]
    )


def with_vectors(rows: pa.Table, vectors: npt.NDArray[np.float32]) -> pa.Table:
    """Rows (as from Catalogue.rows_to_index) with their vectors (n, dimension), as the index holds them."""
    import pyarrow as pa

    dimension = vectors.shape[1]
    layout = schema(dimension)
    codes = pa.FixedSizeListArray.from_arrays(pa.array(codes_of(vectors).ravel()), dimension // 8)
    halves = pa.FixedSizeListArray.from_arrays(pa.array(vectors.astype("float16").ravel()), dimension)
    return rows.append_column("vector", halves).append_column("code", codes).select(layout.names).cast(layout)


def turns_in(table: pa.Table) -> dict[int, TurnRow]:
    """The turns of these rows, by seq."""
    columns = {name: table[name].to_pylist() for name in COLUMNS if name not in ("said", "said_at")}
    columns |= {"said_at": moments_of(table["said_at"]), "text": texts_in(table)}
    rows = zip(*(columns[name] for name in TurnRow._fields), strict=True)
    return {row.seq: row for row in map(TurnRow._make, rows)}


def texts_in(table: pa.Table) -> list[str]:
    """The texts of these rows."""
    pairs = zip(table["said"].to_pylist(), table["speaker"].to_pylist(), strict=True)
    return [said[len(speaker) + len(BEFORE_TEXT) :] for said, speaker in pairs]


def without_doubles(table: Any) -> Any:
    """The table without the columns that earlier versions gave it, if it has them."""
    doubles = [name for name in _SAID_AGAIN if name in table.schema.names]
    if doubles:
        for index in table.list_indices():
            if set(index.columns) <= set(doubles):
                table.drop_index(index.name)
        table.drop_columns(doubles)
    return table
