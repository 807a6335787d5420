"""The LanceDB index: vectors and full text of the turns. Derived from the catalogue, and rebuilt from it at will.

A row is a turn with all that it takes to find it and to show it, so that a search opens no other file: the columns of
TurnRow, `said` (speaker and text) and `window` (with the turn before and the one after) for the two full-text indexes,
its vector (float16) and the vector's code (see store/nearest.py).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

from store.disk import writable
from store.errors import StoreDamaged
from store.lance import lance
from store.nearest import best, by_words, codes_of, estimated_cosines, refined_cosines, window_scores
from store.rows import TurnRow

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

Arguments = ParamSpec("Arguments")
Found = TypeVar("Found")
TextColumn = Literal["said", "window"]
TEXT_COLUMNS: tuple[TextColumn, ...] = ("said", "window")

EXACT_ROWS = 20_000
"""Up to here every vector is compared; above, codes choose what is compared. 20,000 vectors are read in some 20 ms."""

RESCORED = 100
"""How many of the best by code are compared exactly, for turns and for windows each."""

REFINED = 500
"""How many of the best by code are first estimated again, with the query itself instead of its code."""

REMOVED_AT_ONCE = 5_000
"""How many rows one condition names."""

WAITING_ROWS, WAITING_SHARE, WAITING_FILES = 2_000, 50, 50
"""So many rows, and so great a share of all (one in ...), may wait for the text indexes, in so many files: see lags."""

_TABLE = "turns"
_EXCHANGE_PAUSE_S, _EXCHANGE_TRIES = 0.02, 25
"""How long, and how often, a reader waits for the index that is being put in place."""

KEPT_VERSIONS = timedelta(hours=1)
"""An old version of the table stays this long, for readers that still have it open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Only turns that pass: said at or after `since`, before `until`, by one of `speakers` (any, if empty)."""

    since: datetime | None = None
    until: datetime | None = None
    speakers: Sequence[str] = ()

    def sql(self) -> str | None:
        """The condition in the index's SQL, or None if everything passes."""
        parts = []
        if self.since is not None:
            parts.append(f"said_at >= timestamp '{self.since.replace(tzinfo=None).isoformat(' ')}'")
        if self.until is not None:
            parts.append(f"said_at < timestamp '{self.until.replace(tzinfo=None).isoformat(' ')}'")
        if self.speakers:
            names = ", ".join("'" + name.lower().replace("'", "''") + "'" for name in self.speakers)
            parts.append(f"lower(speaker) IN ({names})")
        return " AND ".join(parts) or None


def again(read: Callable[Arguments, Found]) -> Callable[Arguments, Found]:
    """Read a second time, from the table that is there now, if a deletion put a new one there under the reader."""

    @wraps(read)
    def reading(*arguments: Arguments.args, **options: Arguments.kwargs) -> Found:
        index = arguments[0]
        assert isinstance(index, Index)
        try:
            return read(*arguments, **options)
        except (StoreDamaged, OSError, RuntimeError, ValueError):
            if not index.replaced:
                raise
            index.reopen()
            return read(*arguments, **options)

    return reading


class Index:
    """The index of one store. Reads see the table as it was when it was first read, until reopen()."""

    name = _TABLE

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._place: int | None = None
        self._table: Any = None
        self._rows: _Rows | None = None
        self._highest: int | None = None

    @property
    def exists(self) -> bool:
        """Whether anything was ever indexed."""
        for _ in range(_EXCHANGE_TRIES):
            if any((self._folder / f"{self.name}.lance" / "_versions").glob("*.manifest")):
                return True
            if self._folder.exists() or not self._folder.with_name("index.new").exists():
                return False
            time.sleep(_EXCHANGE_PAUSE_S)  # a deletion puts a new one there at this moment
        return False

    @property
    def replaced(self) -> bool:
        """Whether another index stands where the one was that was opened."""
        return self._place is not None and self._folder.exists() and self._folder.stat().st_ino != self._place

    def drop(self) -> None:
        """Delete the whole index."""
        self.reopen()
        shutil.rmtree(self._folder, ignore_errors=True)

    def reopen(self) -> None:
        """Look at the table afresh at the next read."""
        self._table = self._rows = self._highest = None

    # writing, under the writer lock

    def put(self, rows: pa.Table, vectors: npt.NDArray[np.float32], *, known: Sequence[int]) -> None:
        """Add rows (as from Catalogue.rows_to_index) with their vectors (n, dimension).

        known: the seqs that may be there already (after a crash, or as neighbours of new turns) and are replaced.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        dimension = vectors.shape[1]
        layout = schema(dimension)
        codes = pa.FixedSizeListArray.from_arrays(pa.array(codes_of(vectors).ravel()), dimension // 8)
        halves = pa.FixedSizeListArray.from_arrays(pa.array(vectors.astype("float16").ravel()), dimension)
        table = rows.append_column("vector", halves).append_column("code", codes).cast(layout)
        highest, self._highest = self.highest_seq(), None
        with writable(self._folder):
            if not self.exists:
                self._make(layout)
            target = self._open()
            if known:
                target.delete(f"seq IN ({', '.join(map(str, known))})")
            target.add(table)
        self._rows = None
        self._highest = max(highest, pc.max(rows["seq"]).as_py() or 0)

    def _make(self, layout: pa.Schema) -> None:
        self.drop()  # what is left of a making that was cut off
        lance().connect(str(self._folder)).create_table(self.name, schema=layout)
        self._index_text()  # now, when it costs nothing: what is added later is searched by its rules at once

    def remove_ranges(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Take the rows out that have a seq in these ranges (first, last), if there are any."""
        if self.exists and ranges:
            with writable(self._folder):
                self._open().delete(" OR ".join(f"(seq >= {first} AND seq <= {last})" for first, last in ranges))
            self._rows = None

    def remove(self, seqs: Sequence[int]) -> None:
        """Take the rows with these seqs out of the table; their files go with the next refresh_text()."""
        table = self._open()
        with writable(self._folder):
            for start in range(0, len(seqs), REMOVED_AT_ONCE):
                table.delete(f"seq IN ({', '.join(map(str, seqs[start : start + REMOVED_AT_ONCE]))})")
        self._rows = None

    def whole_rows(self, seqs: Sequence[int]) -> pa.Table:
        """The rows with these seqs as put() takes them, with every column but the vector."""
        table, loaded = self._open(), self._loaded()
        row_ids = loaded.row_ids_of(seqs).tolist()
        names = [name for name in table.schema.names if name != "vector"]
        return table.take_row_ids(row_ids).select(names).to_arrow().select(names)

    def refresh_text(self) -> None:
        """Bring the full-text indexes up to date and compact the files, after a run of put().

        Where most of the table is new, the indexes are made anew, and the files are left as they are: to copy them
        would cost a fifth of the time, and the old ones stay beside the new ones for a while.
        """
        if not self.exists:
            return
        with writable(self._folder):
            table = self._index_text()
            if 2 * self.waiting > int(table.count_rows()) and self._files(table) <= WAITING_FILES:
                self._make_text_indexes(table, TEXT_COLUMNS)
            else:
                table.optimize(cleanup_older_than=KEPT_VERSIONS)
        self.reopen()

    @property
    def lags(self) -> bool:
        """Whether it is time for refresh_text(): it costs as much as the table is large, however little is new.

        Until then new turns are found by looking through their words, with the word frequencies of the others.
        """
        if not self.exists:
            return False
        if self.text_columns_missing():
            return True  # its making was cut off
        table = self._open()
        bearable = min(WAITING_ROWS, int(table.count_rows()) // WAITING_SHARE)
        return self.waiting > bearable or self._files(table) > WAITING_FILES

    @property
    def waiting(self) -> int:
        """How many rows are not in the full-text indexes yet."""
        indices = self._open().list_indices() if self.exists else ()
        return max((int(index.num_unindexed_rows) for index in indices), default=0)

    @staticmethod
    def _files(table: Any) -> int:
        return int(table.stats()["fragment_stats"]["num_fragments"])

    def _index_text(self) -> Any:
        """The table, with both full-text indexes."""
        table = self._open()
        self._make_text_indexes(table, self.text_columns_missing())
        return table

    @staticmethod
    def _make_text_indexes(table: Any, columns: Sequence[str]) -> None:
        from lancedb.index import FTS

        for column in columns:
            table.create_index(
                column, config=FTS(with_position=False, stem=True, remove_stop_words=True, ascii_folding=True)
            )

    # reading

    @property
    def folder(self) -> Path:
        """Where the index is."""
        return self._folder

    def count(self) -> int:
        """How many turns are indexed."""
        return int(self._open().count_rows()) if self.exists else 0

    def highest_seq(self) -> int:
        """The highest seq that is indexed, 0 if none is. After put(), the highest that ever was."""
        import pyarrow.compute as pc

        if self._highest is None:
            if not self.exists:
                return 0
            table = self._open()
            found = table.search().select(["seq"]).limit(max(1, table.count_rows())).to_arrow()
            self._highest = pc.max(found["seq"]).as_py() or 0
        return self._highest

    def seqs(self) -> set[int]:
        """The seqs of all turns in the table."""
        if not self.exists:
            return set()
        table = self._open()
        found = table.search().select(["seq"]).limit(max(1, table.count_rows())).to_arrow()
        return set(found["seq"].to_pylist())

    def text_columns_missing(self) -> list[str]:
        """The columns that should have a full-text index and have none."""
        present = {column for index in self._open().list_indices() for column in index.columns}
        return [column for column in TEXT_COLUMNS if column not in present]

    @again
    def rows(self, seqs: Sequence[int]) -> dict[int, TurnRow]:
        """The turns with these seqs; one that is not indexed is not in the result."""
        if not self.exists or not seqs:
            return {}
        row_ids = self._loaded().row_ids_of(seqs)
        if not len(row_ids):
            return {}
        found = self._open().take_row_ids(row_ids.tolist()).select(list(TurnRow._fields)).to_arrow()
        rows = zip(*(found[name].to_pylist() for name in TurnRow._fields), strict=True)
        return {row.seq: row for row in map(TurnRow._make, rows)}

    @again
    def lexical(self, text: str, *, column: TextColumn, limit: int, where: Filter) -> list[tuple[int, float]]:
        """The best turns by BM25, as (seq, score), best first, ties by seq."""
        if not self.exists:
            return []
        table = self._open()  # it imports lancedb, by our own way
        from lancedb.query import MatchQuery

        search = table.search(MatchQuery(text, column), query_type="fts")
        condition = where.sql()
        if condition:
            search = search.where(condition, prefilter=True)
        found = search.select(["seq", "_score"]).limit(limit).to_arrow()
        pairs = zip(found["seq"].to_pylist(), found["_score"].to_pylist(), strict=True)
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))

    @again
    def dense(
        self, query: npt.NDArray[np.float32], *, limit: int, where: Filter
    ) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
        """The best turns and the best windows by cosine with the query (dimension,): two lists of (seq, score)."""
        import numpy as np

        if not self.exists or not query.any():  # no token of the question is known: nothing is near it
            return [], []
        rows = self._loaded()
        if rows.dimension != query.shape[0]:
            raise StoreDamaged(
                f"the index holds vectors of {rows.dimension} dimensions, the embedder makes {query.shape[0]}",
                hint="use the embedder that the memory was made with",
            )
        outside = self._outside(rows, where)
        if rows.vectors is not None:
            scores = rows.vectors @ query
            windows = window_scores(scores, rows.sessions)
        else:
            scores, windows = self._rescored(rows, query, outside)
        if outside is not None:
            scores[outside] = windows[outside] = -np.inf
        return _ranked(rows, scores, limit), _ranked(rows, windows, limit)

    def _outside(self, rows: _Rows, where: Filter) -> npt.NDArray[np.bool_] | None:
        """Which rows the filter leaves out; None if it leaves none out."""
        import numpy as np

        condition = where.sql()
        if not condition:
            return None
        found = self._open().search().where(condition).select(["seq"]).limit(max(len(rows.seqs), 1)).to_arrow()
        outside: npt.NDArray[np.bool_] = ~np.isin(rows.seqs, found["seq"].to_numpy())
        return outside

    def _rescored(
        self, rows: _Rows, query: npt.NDArray[np.float32], outside: npt.NDArray[np.bool_] | None
    ) -> tuple[Any, Any]:
        """True scores of the turns and of the windows that are best by code, -inf for all others.

        An estimate that were kept beside true scores would pass better ones: it errs by some 0.1.
        """
        import numpy as np

        def promising(places: Any, scores: Any, limit: int) -> Any:
            """The places among these whose turn or window scores best."""
            turns, windows = scores.copy(), window_scores(scores, rows.sessions[places], places)
            if outside is not None:
                turns[outside[places]] = windows[outside[places]] = -np.inf
            return places[np.union1d(best(turns, limit), best(windows, limit))]

        def with_neighbours(places: Any) -> Any:
            beside = np.concatenate((places - 1, places, places + 1))
            return np.unique(np.clip(beside, 0, len(rows.seqs) - 1))

        every = np.arange(len(rows.seqs))
        near = with_neighbours(promising(every, estimated_cosines(rows.codes, query), REFINED))
        centres = promising(near, refined_cosines(rows.codes[:, near], query), RESCORED)
        near = with_neighbours(centres)
        found = self._vectors(rows, near) @ query
        joined = window_scores(found, rows.sessions[near], near)
        scores, windows = np.full((2, len(every)), -np.inf, np.float32)
        scores[near] = found
        windows[centres] = joined[np.searchsorted(near, centres)]
        return scores, windows

    def _open(self) -> Any:
        if self._table is None:
            try:
                self._place = self._folder.stat().st_ino
                self._table = lance().connect(str(self._folder)).open_table(self.name)
            except (ValueError, RuntimeError, OSError) as error:
                raise StoreDamaged(
                    f"the index at {self._folder} cannot be opened: {str(error).splitlines()[0]}",
                    hint="`memcli repair` builds it anew from the catalogue",
                ) from error
        return self._table

    def _loaded(self) -> _Rows:
        if self._rows is None:
            self._rows = self._load()
        return self._rows

    def _load(self) -> _Rows:
        import numpy as np

        table = self._open()
        count = table.count_rows()
        column = self._compared(count)
        found = (
            table.search()
            .select(["seq", "session", "said_at", column])
            .with_row_id(True)
            .limit(max(count, 1))
            .to_arrow()
        )
        seqs = found["seq"].to_numpy()
        sessions = found["session"].to_numpy()
        moments = found["said_at"].cast("int64").fill_null(-(2**62)).to_numpy()
        order = np.lexsort((seqs, moments, sessions))
        matrix = _matrix(found[column])[order]
        return _Rows(
            seqs=seqs[order],
            sessions=sessions[order],
            row_ids=found["_rowid"].to_numpy()[order],
            by_seq=np.argsort(seqs[order], kind="stable"),
            codes=by_words(matrix) if column == "code" else None,
            vectors=matrix.astype(np.float32) if column == "vector" else None,
            dimension=matrix.shape[1] * (1 if column == "vector" else 8),
        )

    def _compared(self, count: int) -> Literal["vector", "code"]:
        """What dense search loads of each of `count` rows."""
        return "vector" if count <= EXACT_ROWS else "code"

    def _vectors(self, rows: _Rows, places: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """The vectors (places, dimension) of the rows at these places."""
        import numpy as np

        found = self._open().take_row_ids(rows.row_ids[places].tolist()).select(["seq", "vector"]).to_arrow()
        vectors: npt.NDArray[np.float32] = np.empty((len(places), rows.dimension), np.float32)
        seqs = rows.seqs[places]
        by_seq = np.argsort(seqs)
        vectors[by_seq[np.searchsorted(seqs[by_seq], found["seq"].to_numpy())]] = _matrix(found["vector"])
        return vectors


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """What dense search keeps in memory, in the order of speaking."""

    seqs: Any
    sessions: Any
    row_ids: Any
    by_seq: Any
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


def _ranked(rows: _Rows, scores: Any, limit: int) -> list[tuple[int, float]]:
    import numpy as np

    inside = np.flatnonzero(scores > -np.inf)
    pairs = [(int(rows.seqs[place]), float(scores[place])) for place in inside[best(scores[inside], limit)]]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


def _matrix(column: pa.ChunkedArray) -> Any:
    """A column of fixed-size lists as an array (rows, size), without copying where it is one chunk."""
    import numpy as np

    parts = [
        part.flatten().to_numpy(zero_copy_only=False).reshape(len(part), -1) for part in column.chunks if len(part)
    ]
    return parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else np.zeros((0, column.type.list_size))


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
            pa.field("window", pa.string()),
            pa.field("vector", pa.list_(pa.float16(), dimension)),
            pa.field("code", pa.list_(pa.uint8(), dimension // 8)),
        ]
    )
