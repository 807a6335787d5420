"""The index and the archive on object storage, read and written through LanceDB's own support for it.

What is in them is what a local index holds. There is no folder that could be renamed: a deletion writes a new version
over the table (see rewrite()), then removes the files of the older ones. A table has a random name of its own in its
schema's metadata, by which the columns that a process keeps on its disk are known to be of it.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Container
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from store.archive import Archive
from store.disk import writable
from store.errors import StoreMissing, StoreUnreachable
from store.fragments import TableAt
from store.index import Index
from store.index_schema import without_doubles
from store.lance import lance
from store.lance_reader import MADE, LanceReader
from store.place import Place
from store.whole_index import kept_rows

if TYPE_CHECKING:
    import pyarrow as pa

Found = TypeVar("Found")


class _OnS3(Index):
    def __init__(self, folder: Path, place: Place, *, cache: Path) -> None:
        super().__init__(folder, cache=cache)
        self._at = place
        self._absent = False

    @property
    def exists(self) -> bool:
        """Whether anything was ever indexed. Raises StoreUnreachable; StoreMissing if that is for others to do."""
        if self._table is None and self._reader is None and not self._absent:
            self._absent = self.name not in self.names(self.database())
        if self._absent and self._at.reads_only and self.name == Index.name:
            raise StoreMissing(f"there is no index at {self._at.uri}", hint="the memory that writes it makes it")
        return not self._absent

    @property
    def outdated(self) -> bool:
        """Whether it may help to look afresh: files of older versions are removed when something is deleted."""
        return self._reader is not None or self._table is not None

    @property
    def size(self) -> int:
        """Bytes of the newest version."""
        return self._reading().bytes() if self.exists else 0

    def drop(self) -> None:
        """Delete the table."""
        self.reopen()
        shutil.rmtree(self._folder, ignore_errors=True)  # it says whose vectors these are
        if self.exists:
            self._opened(lambda: self.database().drop_table(self.name))
        self.reopen()

    def reopen(self) -> None:
        """Look at the table afresh at the next read."""
        super().reopen()
        self._absent = False

    def rewrite(self, gone: Container[int]) -> None:
        """Write the table without the rows that are gone, and remove every file of it that is older.

        Cut off anywhere, it may be done again. Storage that keeps old versions of objects keeps what was deleted.
        """
        import pyarrow as pa

        if not self.exists:
            return
        with writable(self._folder):
            table = without_doubles(self._open())
            schema = self._layout(table.schema)
            rows = pa.RecordBatchReader.from_batches(schema, kept_rows(table, gone, schema))
            self.database().create_table(self.name, rows, schema=schema, mode="overwrite")
            self.reopen()
            table = self._open()
            self._make_text_index(table)
            table.optimize(cleanup_older_than=timedelta(0), delete_unverified=True)
        self.reopen()

    def _layout(self, schema: pa.Schema) -> pa.Schema:
        return schema.with_metadata({MADE: uuid.uuid4().hex})

    def _make(self, layout: pa.Schema) -> None:
        super()._make(layout)
        with writable(self._folder):
            self._folder.mkdir(mode=0o700, exist_ok=True)

    def _new_reader(self) -> LanceReader:
        options = self._at.options()
        return self._opened(lambda: LanceReader(self._at.uri, self.name, options))

    def database(self) -> Any:
        return self._opened(lambda: lance().connect(self._at.uri, storage_options=self._at.options()))

    @property
    def at(self) -> TableAt:
        return TableAt(address=f"{self._at.uri.rstrip('/')}/{self.name}.lance", options=self._at.options())

    def names(self, database: Any) -> list[str]:
        return self._opened(lambda: sorted(database.table_names()))

    def _opened(self, opening: Callable[[], Found]) -> Found:
        try:
            return opening()
        except (ValueError, RuntimeError, OSError) as error:
            raise StoreUnreachable.of(self._at.uri, error) from error


class IndexOnS3(_OnS3):
    """Like Index."""


class ArchiveOnS3(_OnS3, Archive):
    """Like Archive."""
