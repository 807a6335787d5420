"""What dense search keeps in memory of an indexed table, and a file that keeps it from one process to the next.

Reading and sorting the columns anew takes a tenth of a second and more in a large memory. What came out is therefore
kept in the store's folder `cache` as it lies in memory, and mapped by the next process: only what it looks at is read
from the disk. The file is derived, names the version of the table that it was made of, and is made anew for another.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from store.nearest import by_words

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from store.lance_reader import LanceReader

_ALIGNED = 64
"""Arrays begin at multiples of so many bytes, a line of the processor's cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedRows:
    """Columns of all rows, in the order of speaking, with either `codes` (as from by_words) or `vectors` (float32).

    `by_seq` sorts the rows by seq; `row_ids` are LanceDB's.
    """

    seqs: npt.NDArray[np.int64]
    sessions: npt.NDArray[np.int32]
    row_ids: npt.NDArray[np.uint64]
    by_seq: npt.NDArray[np.int64]
    codes: Any
    vectors: Any
    dimension: int

    def row_ids_of(self, seqs: Sequence[int]) -> Any:
        """The row ids of those of these seqs that are there."""
        import numpy as np

        if not len(self.seqs):
            return self.row_ids
        wanted = np.unique(np.array(seqs, np.int64))
        places = np.searchsorted(self.seqs, wanted, sorter=self.by_seq)
        places = self.by_seq[np.minimum(places, len(self.seqs) - 1)]
        return self.row_ids[places[self.seqs[places] == wanted]]


def load(table: LanceReader, compared: Literal["vector", "code"], kept: Path | None) -> LoadedRows:
    """The rows of a table with what dense search compares of them, from the file `kept` if it is of this version.

    Else they are read, and put there if that is possible.
    """
    made_of = _fingerprint(table) if kept is not None else None
    found = _kept(kept, f"{made_of} {compared}") if kept is not None and made_of is not None else None
    if found is None:
        found = _read(table, compared)
        if kept is not None and made_of is not None:
            with suppress(OSError):  # a store that may only be read, a full disk: it only takes longer next time
                _keep(kept, f"{made_of} {compared}", found)
    vectors = found.pop("vectors", None)
    codes = found.pop("codes", None)
    return LoadedRows(
        **found,
        codes=codes,
        vectors=vectors.astype("float32") if vectors is not None else None,
        dimension=vectors.shape[1] if vectors is not None else codes.itemsize * 8 * codes.shape[0],
    )


def _read(table: LanceReader, compared: Literal["vector", "code"]) -> dict[str, Any]:
    import numpy as np

    found = table.scan(["seq", "session", "said_at", compared], row_ids=True)
    seqs = found["seq"].to_numpy()
    sessions = found["session"].to_numpy()
    moments = found["said_at"].cast("int64").fill_null(-(2**62)).to_numpy()
    order = np.lexsort((seqs, moments, sessions))
    matrix = matrix_of(found[compared])[order]
    return {
        "seqs": seqs[order],
        "sessions": sessions[order],
        "row_ids": found["_rowid"].to_numpy()[order],
        "by_seq": np.argsort(seqs[order], kind="stable"),
        **({"codes": by_words(matrix)} if compared == "code" else {"vectors": matrix}),
    }


def matrix_of(column: pa.ChunkedArray) -> Any:
    """A column of fixed-size lists as an array (rows, size), without copying where it is one chunk."""
    import numpy as np

    parts = [
        part.flatten().to_numpy(zero_copy_only=False).reshape(len(part), -1) for part in column.chunks if len(part)
    ]
    return parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else np.zeros((0, column.type.list_size))


def _fingerprint(table: LanceReader) -> str | None:
    """What tells this version of this table from all others: its manifest names all its files, which have random names.

    None where the manifest is not where it should be.
    """
    version = table.version()
    for name in (f"{2**64 - 1 - version:020d}.manifest", f"{version}.manifest"):  # newest first by name; by number
        with suppress(OSError):
            return hashlib.blake2b((table.folder / "_versions" / name).read_bytes(), digest_size=16).hexdigest()
    return None


def _kept(path: Path, made_of: str) -> dict[str, Any] | None:
    """The arrays in the file, mapped, or None if it is not there, not whole, or of something else."""
    import numpy as np

    try:
        with path.open("rb") as stream:
            header = json.loads(stream.readline(4096))
            if header["made_of"] != made_of or os.fstat(stream.fileno()).st_size != header["size"]:
                return None
            mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
        return {
            name: np.frombuffer(mapped, dtype, int(np.prod(shape, dtype=np.int64)), offset).reshape(shape)
            for name, dtype, shape, offset in header["arrays"]
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep(path: Path, made_of: str, arrays: dict[str, Any]) -> None:
    import numpy as np

    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    offset = 1024  # the header fits in there
    places = []
    for name, array in contiguous.items():
        places.append((name, array.dtype.str, array.shape, offset))
        offset += -(-array.nbytes // _ALIGNED) * _ALIGNED
    header = json.dumps({"made_of": made_of, "size": offset, "arrays": places}).encode() + b"\n"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        draft.touch(mode=0o600)
        with draft.open("wb") as stream:
            stream.write(header)
            for (_, _, _, at), array in zip(places, contiguous.values(), strict=True):
                stream.seek(at)
                stream.write(array.data)
            stream.truncate(offset)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
