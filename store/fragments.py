"""Pieces of the index that other processes write, wherever its place can be reached, for one commit to join.

LanceDB has no call for this, and pylance (of the extra `ray`) has: it is Lance as it is compiled into lancedb, which is
why pyproject.toml holds it to the same version. A fragment that was written and never joined is in no version of the
table; compact() removes it (store/lance.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.disk import writable
from store.errors import StoreUnreachable
from store.index_schema import with_vectors
from store.lance import settle

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class TableAt:
    """Where a table is: its folder or its address on object storage, and what LanceDB must be told of that storage."""

    address: str
    options: dict[str, str] = field(default_factory=dict)


def write(at: TableAt, rows: pa.Table, vectors: npt.NDArray[np.float32]) -> list[str]:
    """Write rows and their vectors, as for Index.put(), into fragments; returns what join() must know of each.

    Raises StoreUnwritable, StoreUnreachable.
    """
    from lance.fragment import write_fragments

    with _refusals(at):
        table = _dataset(at)
        written = write_fragments(with_vectors(rows, vectors, table.schema.names), table, mode="append")
        return [json.dumps(fragment.to_json()) for fragment in written]


def join(at: TableAt, fragments: Sequence[str]) -> None:
    """Add fragments to the table, in their order and in one commit. Raises StoreUnwritable, StoreUnreachable."""
    from lance import LanceDataset, LanceOperation
    from lance.fragment import FragmentMetadata

    with _refusals(at):
        table = _dataset(at)
        joined = LanceOperation.Append([FragmentMetadata.from_json(one) for one in fragments])
        LanceDataset.commit(table, joined, read_version=table.version)


def _dataset(at: TableAt) -> Any:
    settle()
    import lance

    return lance.dataset(at.address, storage_options=at.options)


@contextmanager
def _refusals(at: TableAt) -> Iterator[None]:
    with writable(Path(at.address)):
        try:
            yield
        except (OSError, RuntimeError, ValueError) as error:
            if at.address.startswith("s3://"):
                raise StoreUnreachable.of(at.address, error) from error
            raise
