"""The columns of the index, and those that it had once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa


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
            pa.field("text", pa.string()),
            pa.field("said_at", pa.timestamp("us", tz="UTC")),
            pa.field("utc_offset", pa.int16()),
            pa.field("native_id", pa.string()),
            pa.field("source", pa.string()),
            pa.field("line", pa.int64()),
            pa.field("metadata", pa.string()),
            pa.field("said", pa.string()),
            pa.field("vector", pa.list_(pa.float16(), dimension)),
            pa.field("code", pa.list_(pa.uint8(), dimension // 8)),
        ]
    )


def without_windows(table: Any) -> Any:
    """The table without the column `window`, if it has it: a row once told what was said beside it."""
    if "window" in table.schema.names:
        for index in table.list_indices():
            if index.columns == ["window"]:
                table.drop_index(index.name)
        table.drop_columns(["window"])
    return table
