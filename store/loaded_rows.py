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
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from store.columns import array_of, matrix_of
from store.index_schema import CODES, codes_column
from store.nearest import by_words, turned

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from store.lance_reader import LanceReader

_LAYOUT = 2
"""Goes up whenever other columns are kept, or are kept otherwise."""

_ALIGNED = 64
"""Arrays begin at multiples of so many bytes, a line of the processor's cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedRows:
    """Columns of all rows, in the order of speaking, with either `codes` (as from by_words) or `vectors` (float32).

    `row_ids` are LanceDB's. `by_seq` and `by_row_id` sort the rows by either; `seq_runs` and `row_id_runs` (2, runs)
    say where in that order values begin that follow one another without a gap: the first of them, and its place.
    `turned`: whether the codes are of vectors that were turned, as today's are.
    """

    seqs: npt.NDArray[np.int64]
    sessions: npt.NDArray[np.int32]
    row_ids: npt.NDArray[np.uint64]
    by_seq: npt.NDArray[np.int32]
    by_row_id: npt.NDArray[np.int32]
    seq_runs: npt.NDArray[np.int64]
    row_id_runs: npt.NDArray[np.int64]
    codes: Any
    turned: bool
    vectors: Any
    dimension: int

    def compared(self, query: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The query (dimension,) as it is compared with the codes."""
        return turned(query[None, :])[0] if self.turned else query

    def row_ids_of(self, seqs: Sequence[int]) -> npt.NDArray[np.uint64]:
        """The row ids of those of these seqs that are there, by seq."""
        return self.row_ids[self.places_of(seqs)]

    def places_of(self, seqs: Sequence[int]) -> npt.NDArray[np.int64]:
        """Where those of these seqs that are there stand in the order of speaking, by seq."""
        import numpy as np

        wanted = np.array(sorted(set(seqs)), np.int64)
        return _places(self.seqs, self.by_seq, self.seq_runs, wanted)

    def places_of_row_ids(self, row_ids: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        """Where the rows with these ids, all of them there, stand in the order of speaking; in the order of the ids."""
        return _places(self.row_ids, self.by_row_id, self.row_id_runs, row_ids)


def _places(
    values: npt.NDArray[Any], order: npt.NDArray[np.int32], runs: npt.NDArray[np.int64], wanted: npt.NDArray[Any]
) -> npt.NDArray[np.int64]:
    """Where the wanted values are among these, which `order` sorts; one that is not there is left out.

    Runs are few, so that this looks at a few places in memory for each value where a search in all would at dozens.
    """
    import numpy as np

    if not len(values):
        return np.zeros(0, np.int64)
    sought = wanted.astype(np.int64)
    run = np.maximum(np.searchsorted(runs[0], sought, side="right") - 1, 0)
    at = np.clip(runs[1][run] + sought - runs[0][run], 0, len(values) - 1)
    places = order[at].astype(np.int64)
    found: npt.NDArray[np.int64] = places[values[places] == wanted]
    return found


def lookups(seqs: npt.NDArray[np.int64], row_ids: npt.NDArray[np.uint64]) -> dict[str, npt.NDArray[Any]]:
    """The fields of LoadedRows by which rows are found."""
    import numpy as np

    found: dict[str, npt.NDArray[Any]] = {}
    for name, values in (("seq", seqs), ("row_id", row_ids)):
        order = np.argsort(values, kind="stable").astype(np.int32)
        ordered = values[order].astype(np.int64)
        first = np.ones(len(ordered), bool)
        first[1:] = np.diff(ordered) != 1
        starts = np.flatnonzero(first)
        found |= {f"by_{name}": order, f"{name}_runs": np.stack([ordered[starts], starts])}
    return found


def load(table: LanceReader, compared: Literal["vector", "codes"], kept: Path | None) -> LoadedRows:
    """The rows of a table with what dense search compares of them, from the file `kept` if it is of this version.

    Else they are read, and put there if that is possible.
    """
    version = _fingerprint(table) if kept is not None else None
    column = codes_column(table.columns()) if compared == "codes" else "vector"
    made_of = f"{_LAYOUT} {column} {version}"
    found = _kept(kept, made_of) if kept is not None and version is not None else None
    if found is None:
        found = _read(table, column)
        if kept is not None and version is not None:
            with suppress(OSError):  # a store that may only be read, a full disk: it only takes longer next time
                _keep(kept, made_of, found)
    vectors = found.pop("vectors", None)
    codes = found.pop("codes", None)
    return LoadedRows(
        **found,
        codes=codes,
        turned=column == CODES,
        vectors=vectors.astype("float32") if vectors is not None else None,
        dimension=vectors.shape[1] if vectors is not None else codes.itemsize * 8 * codes.shape[0],
    )


def _read(table: LanceReader, column: str) -> dict[str, Any]:
    import numpy as np

    found = table.scan(["seq", "session", "said_at", column], row_ids=True)
    seqs, sessions, row_ids = (array_of(found[name]) for name in ("seq", "session", "_rowid"))
    moments = array_of(found["said_at"].cast("int64").fill_null(-(2**62)))
    order = np.lexsort((seqs, moments, sessions))
    matrix = matrix_of(found[column])[order]
    return {
        "seqs": seqs[order],
        "sessions": sessions[order],
        "row_ids": row_ids[order],
        **lookups(seqs[order], row_ids[order]),
        **({"vectors": matrix} if column == "vector" else {"codes": by_words(matrix)}),
    }


def _fingerprint(table: LanceReader) -> str | None:
    """What tells this version of this table from all others: its manifest names all its files, which have random names.

    A table on object storage has a random name of its own. None where the manifest is not where it should be.
    """
    version = table.version()
    if table.folder is None:
        return f"{made} {version}" if (made := table.made()) else None
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
    handle, name = tempfile.mkstemp(".new", f"{path.name}.", path.parent)  # of this writer alone: 0600
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(header)
            for (_, _, _, at), array in zip(places, contiguous.values(), strict=True):
                stream.seek(at)
                stream.write(array.data)
            stream.truncate(offset)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
