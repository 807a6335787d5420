"""The LanceDB index: vectors and full text of the turns. Derived from the catalogue, and rebuilt from it at will.

A row is a turn with all that it takes to find it and to show it, so that a search opens no other file: what makes a
TurnRow, with speaker and text in one column, `said`, that has a full-text index; its vector (float16) and the vector's
code (see store/nearest.py). What stands beside a turn is no part of its row.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from store.again import READING_FAILED, again
from store.by_code import column_at, nearest_by_code
from store.columns import array_of, matrix_of
from store.disk import writable
from store.errors import StoreDamaged
from store.index_schema import COLUMNS, WORDS, schema, turns_in, with_vectors, without_doubles
from store.lance import compact, full_text, lance
from store.lance_reader import LanceReader, most_waiting
from store.lexical import begin_lexical
from store.loaded_rows import LoadedRows, load
from store.nearest import products_at, window_scores
from store.ranked import Ranked, Scored, ranked
from store.resident import Resident
from store.rows import TurnRow

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa

    from store.fragments import TableAt

Found = TypeVar("Found")

EXACT_ROWS = 20_000
"""Up to here every vector is compared; above, codes choose what is compared. 20,000 vectors are read in some 20 ms."""

REMOVED_AT_ONCE = 5_000
"""How many rows one condition names."""

WAITING_ROWS, WAITING_SHARE, WAITING_FILES = 2_000, 50, 50
"""So many rows, and so great a share of all (one in ...), may wait for the text index, in so many files: see lags.

A search by words reads through so many one by one. More of them wait only while an ingest is at work, or after one that
was cut off: to read through 200,000 lines of a chat takes 4 s of a processor for each search."""

_TABLE = "turns"
_EXCHANGE_PAUSE_S, _EXCHANGE_TRIES = 0.02, 25
"""How long, and how often, a reader waits for the index that is being put in place."""


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


class Index:
    """The index of one store. Reads see the table as it was when it was first read, until reopen()."""

    name = _TABLE

    def __init__(self, folder: Path, *, cache: Path | None = None) -> None:
        """cache: a folder for what can be made again at any time; without it, every process makes it for itself."""
        self._folder = folder
        self._kept = cache / f"{self.name}.rows" if cache is not None else None
        self._seen: tuple[int, frozenset[str]] | None = None
        self._table: Any = None
        self._reader: LanceReader | None = None
        self._resident: Resident | None = None
        self._rows: LoadedRows | None = None
        self._highest: int | None = None
        self._waiting: int | None = None
        self._left_out: tuple[LoadedRows, str, npt.NDArray[np.bool_]] | None = None
        self.times_opened = 0
        """How often the table was looked at afresh."""
        self._first = threading.RLock()
        """Held by the first to look, of the threads of a search: all of them see one version of the table."""

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
    def outdated(self) -> bool:
        """Whether the table is another now, or has other versions, than when it was opened."""
        return self._seen is not None and self._folder.exists() and self._versions() != self._seen

    def _versions(self) -> tuple[int, frozenset[str]]:
        """Which folder it is in, and which versions the table has there."""
        manifests = (self._folder / f"{self.name}.lance" / "_versions").glob("*.manifest")
        return self._folder.stat().st_ino, frozenset(path.name for path in manifests)

    def drop(self) -> None:
        """Delete the whole index."""
        self.reopen()
        shutil.rmtree(self._folder, ignore_errors=True)

    def reopen(self) -> None:
        """Look at the table afresh at the next read."""
        self.times_opened += 1
        self._table = self._reader = self._resident = self._rows = self._highest = self._waiting = self._seen = None

    # writing, under the writer lock

    def put(self, rows: pa.Table, vectors: npt.NDArray[np.float32]) -> None:
        """Add rows (as from Catalogue.rows_to_index), none of which is there, with their vectors (n, dimension).

        Columns of theirs that the index does not have are left out."""
        self.make_ready(vectors.shape[1])
        self._add(rows, lambda: self._open().add(with_vectors(rows, vectors, self._open().schema.names)))

    def make_ready(self, dimension: int) -> None:
        """Make the table, if it is not there, or bring it to the columns of today: fragments may then be written."""
        with writable(self._folder):
            if not self.exists:
                self._make(schema(dimension))
            without_doubles(self._open())

    def join(self, fragments: Sequence[str], rows: pa.Table) -> None:
        """As put(), of the fragments that others wrote of these rows (see store/fragments.py)."""
        from store.fragments import join

        self._add(rows, lambda: join(self.at, fragments))
        self._table = None  # it does not see what is committed without it

    def _add(self, rows: pa.Table, adding: Callable[[], object]) -> None:
        import pyarrow.compute as pc

        highest, self._highest = self.highest_seq(), None
        with writable(self._folder):
            adding()
        self._changed()
        self._highest = max(highest, pc.max(rows["seq"]).as_py() or 0)

    def _make(self, layout: pa.Schema) -> None:
        self.drop()  # what is left of a making that was cut off
        self.database().create_table(self.name, schema=self._layout(layout))
        self._index_text()  # now, when it costs nothing: what is added later is searched by its rules at once

    def remove_ranges(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Take the rows out that have a seq in these ranges (first, last), if there are any."""
        if self.exists and ranges:
            with writable(self._folder):
                self._open().delete(" OR ".join(f"(seq >= {first} AND seq <= {last})" for first, last in ranges))
            self._changed()

    def remove(self, seqs: Sequence[int]) -> None:
        """Take the rows with these seqs out of the table; their files go with the next refresh_text()."""
        table = self._open()
        with writable(self._folder):
            for start in range(0, len(seqs), REMOVED_AT_ONCE):
                table.delete(f"seq IN ({', '.join(map(str, seqs[start : start + REMOVED_AT_ONCE]))})")
        self._changed()

    def whole_rows(self, seqs: Sequence[int]) -> pa.Table:
        """The rows with these seqs as put() takes them, with every column but the vector."""
        table, loaded = self._reading(), self._loaded()
        names = [name for name in table.columns() if name != "vector"]
        return table.take(loaded.row_ids_of(seqs).tolist(), names).select(names)

    def refresh_text(self) -> None:
        """Bring the full-text index up to date and compact the files, after a run of put().

        Where most of the table is new, the index is made anew, and the files are left as they are: to copy them
        would cost a fifth of the time, and the old ones stay beside the new ones for a while.
        """
        if not self.exists:
            return
        with writable(self._folder):
            table = self._index_text()
            if 2 * self.waiting > int(table.count_rows()) and self._files(table) <= WAITING_FILES:
                self._make_text_index(table)
            else:
                compact(table)
        self.reopen()

    @property
    def lags(self) -> bool:
        """Whether it is time for refresh_text(): it costs as much as the table is large, however little is new.

        Until then new turns are found by looking through their words, with the word frequencies of the others.
        """
        if not self.exists:
            return False
        if self.lacks_text:
            return True  # its making was cut off
        table = self._open()
        bearable = min(WAITING_ROWS, int(table.count_rows()) // WAITING_SHARE)
        return self.waiting > bearable or self._files(table) > WAITING_FILES

    @property
    def waiting(self) -> int:
        """How many rows are not in the full-text index yet."""
        return most_waiting(self._open().list_indices()) if self.exists else 0

    @staticmethod
    def _files(table: Any) -> int:
        return int(table.stats()["fragment_stats"]["num_fragments"])

    def _index_text(self) -> Any:
        """The table, with its full-text index."""
        table = without_doubles(self._open())
        if self.lacks_text:
            self._make_text_index(table)
        return table

    @staticmethod
    def _make_text_index(table: Any) -> None:
        table.create_index(WORDS, config=full_text())

    # reading

    @property
    def folder(self) -> Path:
        """Where the index is."""
        return self._folder

    @property
    def size(self) -> int:
        """Bytes that it takes on the disk."""
        return sum(one.stat().st_size for one in (self._folder / f"{self.name}.lance").rglob("*") if one.is_file())

    @again
    def count(self) -> int:
        """How many turns are indexed."""
        return self._reading().count() if self._there else 0

    @property
    def _there(self) -> bool:
        """Whether there is anything to read: what has been opened is not looked for anew."""
        return self._reader is not None or self.exists

    def highest_seq(self) -> int:
        """The highest seq that is indexed, 0 if none is. After put(), the highest that ever was."""
        import pyarrow.compute as pc

        if self._highest is None:
            if not self.exists:
                return 0
            self._highest = pc.max(self._reading().scan(["seq"])["seq"]).as_py() or 0
        return self._highest

    def seqs(self) -> set[int]:
        """The seqs of all turns in the table."""
        if not self.exists:
            return set()
        return set(self._reading().scan(["seq"])["seq"].to_pylist())

    @property
    def lacks_text(self) -> bool:
        """Whether the table has no full-text index."""
        return all(WORDS not in index.columns for index in self._open().list_indices())

    @again
    def rows(self, seqs: Sequence[int]) -> dict[int, TurnRow]:
        """The turns with these seqs; one that is not indexed is not in the result."""
        if not seqs or not self._there:
            return {}
        row_ids = self._loaded().row_ids_of(seqs)
        if not len(row_ids):
            return {}
        return turns_in(self._rows_in_use().take(row_ids.tolist(), COLUMNS))

    @property
    @again
    def passed_over(self) -> int:
        """How many rows a search by words leaves out, because so many wait for the text index; usually 0."""
        if self._waiting is None:
            if not self._there:
                return 0
            self._waiting = self._reading().waiting()
        return self._waiting if self._waiting > WAITING_ROWS else 0

    @again
    def lexical(self, text: str, *, limit: int, where: Filter) -> tuple[Ranked, Ranked]:
        """The best turns and the best windows by BM25, of those that are not passed_over: two lists of (seq, score)."""
        return self._begun(text, limit, where)()

    @again
    def begin_lexical(self, text: str, *, limit: int, where: Filter) -> Callable[[], tuple[Ranked, Ranked]]:
        """As lexical(), without waiting: calling what it gives waits for the turns."""
        begun = self._begun(text, limit, where)

        def finish() -> tuple[Ranked, Ranked]:
            try:
                return begun()
            except READING_FAILED:
                return self.lexical(text, limit=limit, where=where)  # which looks a second time

        return finish

    def _begun(self, text: str, limit: int, where: Filter) -> Callable[[], tuple[Ranked, Ranked]]:
        if not self._there:
            return lambda: ([], [])
        return begin_lexical(
            self._reading(), text, limit=limit, where=where.sql(), waiting=not self.passed_over,
            rows=self._loaded, outside=lambda: self._outside(self._loaded(), where),
        )  # fmt: skip

    @again
    def dense(self, query: npt.NDArray[np.float32], *, limit: int, where: Filter) -> tuple[Ranked, Ranked]:
        """The best turns and the best windows by cosine with the query (dimension,): two lists of (seq, score)."""
        import numpy as np

        if not self._there or not query.any():  # no token of the question is known: nothing is near it
            return [], []
        rows = self._loaded()
        if rows.dimension != query.shape[0]:
            raise StoreDamaged(
                f"the index holds vectors of {rows.dimension} dimensions, the embedder makes {query.shape[0]}",
                hint="use the embedder that the memory was made with",
            )
        outside = self._outside(rows, where)
        self._rows_in_use().searched()
        if rows.vectors is not None:
            scores = rows.vectors @ query
            windows = window_scores(scores, rows.sessions)
            if outside is not None:
                scores[outside] = windows[outside] = -np.inf
            every = np.arange(len(scores))
            found = Scored(every, scores), Scored(every, windows)
        else:
            found = nearest_by_code(rows, query, outside, lambda places: self._products(rows, places, query))
        turns, joined = (ranked(rows, scored, limit) for scored in found)
        return turns, joined

    def _outside(self, rows: LoadedRows, where: Filter) -> npt.NDArray[np.bool_] | None:
        """Which rows the filter leaves out; None if it leaves none out."""
        import numpy as np

        condition = where.sql()
        if not condition:
            return None
        last = self._left_out
        if last is None or last[0] is not rows or last[1] != condition:  # words and meaning ask for the same
            found = self._reading().scan(["seq"], where=condition)
            last = self._left_out = (rows, condition, ~np.isin(rows.seqs, array_of(found["seq"])))
        return last[2]

    def _open(self) -> Any:
        """The table, to be changed."""
        if self._table is None:
            self._table = self._opened(lambda: self.database().open_table(self.name))
        return self._table

    def _reading(self) -> LanceReader:
        """The table, to be read."""
        with self._first:
            if self._reader is None:
                self._reader = self._new_reader()
            return self._reader

    def _new_reader(self) -> LanceReader:
        return self._opened(lambda: LanceReader(self._folder, self.name))

    def database(self) -> Any:
        """The database that the table is in."""
        return lance().connect(str(self._folder))

    @property
    def at(self) -> TableAt:
        """Where the table is, for others to write fragments of it."""
        from store.fragments import TableAt

        return TableAt(address=str(self._folder.absolute() / f"{self.name}.lance"))

    def names(self, database: Any) -> list[str]:
        """Which tables the database has that this one is in."""
        return sorted(place.stem for place in self._folder.glob("*.lance"))

    def _layout(self, schema: pa.Schema) -> pa.Schema:
        """The schema that a table is made with."""
        return schema

    def _rows_in_use(self) -> Resident:
        with self._first:
            if self._resident is None:
                self._resident = Resident(self._reading(), self._loaded(), COLUMNS)
            return self._resident

    def _opened(self, opening: Callable[[], Found]) -> Found:
        try:
            self._seen = self._seen or self._versions()
            return opening()
        except (ValueError, RuntimeError, OSError) as error:
            raise StoreDamaged(
                f"the index at {self._folder} cannot be opened: {str(error).splitlines()[0]}",
                hint="`memcli repair` builds it anew from the catalogue",
            ) from error

    def _changed(self) -> None:
        """What was read before is no longer so."""
        self._reader = self._resident = self._rows = self._waiting = None

    @again
    def spoken(self) -> LoadedRows:
        """All turns in the order of speaking, as far as dense search looks at them. Only of an index that exists."""
        return self._loaded()

    def _loaded(self) -> LoadedRows:
        with self._first:
            if self._rows is None:
                table = self._reading()
                self._rows = load(table, self._compared(table.count()), self._kept)
            return self._rows

    def _compared(self, count: int) -> Literal["vector", "codes"]:
        """What dense search loads of each of `count` rows."""
        return "vector" if count <= EXACT_ROWS else "codes"

    def _products(
        self, rows: LoadedRows, places: npt.NDArray[np.int64], query: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        """The products of the query (dimension,) with the vectors of the rows at these places."""
        vectors = self._rows_in_use().vectors
        if vectors is not None:
            return products_at(vectors, places, query)
        found, order = column_at(self._reading(), rows, places, "vector")
        return products_at(matrix_of(found), order, query)
