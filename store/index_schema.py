"""The columns of the index, and turns as they come out of it.

A row says the words of its turn once: in `said`, after the speaker.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from store.columns import moments_of
from store.nearest import codes_of, turned_codes
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

CODES, EARLIER_CODES = "turned_code", "code"
"""The column of codes (see store/nearest.py), and that of tables of earlier versions, whose vectors were not turned. A
table keeps the one that it was made with: a code in the archive has no vector that another could be made of."""

_SAID_AGAIN = ("window", "text")
"""Columns that a row once had, and what it said in them a second time."""


def codes_column(names: Sequence[str]) -> str:
    """Which column of a table with these columns holds the codes."""
    return EARLIER_CODES if EARLIER_CODES in names else CODES


def schema(dimension: int, codes: str = CODES) -> pa.Schema:
    """The columns of the index for vectors of this dimension; codes: which column holds their codes."""
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
            pa.field(codes, pa.list_(pa.uint8(), dimension // 8)),
        ]
    )


def with_vectors(rows: pa.Table, vectors: npt.NDArray[np.float32], names: Sequence[str] = ()) -> pa.Table:
    """Rows (as from Catalogue.rows_to_index) with their vectors (n, dimension), as a table of such columns holds them.

    names: the table's columns, if it is there already.
    """
    import pyarrow as pa

    codes = codes_column(names)
    layout = schema(vectors.shape[1], codes)
    rows = rows.select([name for name in layout.names if name in rows.schema.names and name not in ("vector", codes)])
    halves = pa.FixedSizeListArray.from_arrays(pa.array(vectors.astype("float16").ravel()), vectors.shape[1])
    return with_codes(rows.append_column("vector", halves), vectors, codes).select(layout.names).cast(layout)


def with_codes(rows: pa.Table, vectors: npt.NDArray[np.float32], codes: str = CODES) -> pa.Table:
    """Rows with the codes of their vectors (n, dimension)."""
    import pyarrow as pa

    signs = turned_codes(vectors) if codes == CODES else codes_of(vectors)
    return rows.append_column(codes, pa.FixedSizeListArray.from_arrays(pa.array(signs.ravel()), signs.shape[1]))


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
