"""Columns as Arrow gives them, as arrays and Python's values: without pandas, which Arrow looks for, and sooner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def array_of(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """A column of numbers, none of them null, as an array.

    As to_numpy() gives it, which looks for pandas and imports what computes with Arrow's columns first.
    """
    import numpy as np

    parts = [np.from_dlpack(part) for part in column.chunks]
    return np.concatenate(parts) if parts else np.zeros(0, column.type.to_pandas_dtype())


def moments_of(column: pa.ChunkedArray) -> list[datetime | None]:
    """A column of times (microseconds, UTC) as to_pylist() gives it, which takes ten times as long."""
    import pyarrow as pa

    numbers = [number for part in column.chunks for number in part.view(pa.int64()).to_pylist()]
    return [None if number is None else _EPOCH + timedelta(microseconds=number) for number in numbers]


def matrix_of(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """A column of fixed-size lists as an array (rows, size)."""
    import numpy as np

    parts = [
        np.from_dlpack(part.values).reshape(-1, column.type.list_size)[part.offset : part.offset + len(part)]
        for part in column.chunks
    ]
    return np.concatenate(parts) if parts else np.zeros((0, column.type.list_size), np.float32)
