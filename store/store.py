"""One memory on disk: a private folder with the catalogue, the index, the spool and the locks.

FOLDER/memory.duckdb   the truth                  FOLDER/spool.jsonl    answers that wait to be folded in
FOLDER/index/          derived, LanceDB           FOLDER/locks/         see store/locks.py
FOLDER/tokens.cache    derived: vectors for reranking
    FOLDER/index.pending   is there while the index may lag behind the catalogue
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from store.catalogue import Catalogue
from store.errors import StoreDamaged, StoreLocked, StoreMissing
from store.index import Index
from store.locks import StoreLocks
from store.migrations import applied, migrate
from store.spool import Spool
from store.token_cache import TokenCache

if TYPE_CHECKING:
    import duckdb

_CATALOGUE = "memory.duckdb"
_CONFIG = {
    # The catalogue is rows, not a place to run things from: no files but its own, no extensions, a bounded memory.
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": "1GB",
    "threads": "2",
    "preserve_insertion_order": "true",
}


class Store:
    """A store that exists. Nothing is open between calls; see Store.open and Store.create."""

    def __init__(self, folder: Path, wait_s: float) -> None:
        self.folder = folder
        self.locks = StoreLocks(folder / "locks", wait_s)
        self.spool = Spool(folder / "spool.jsonl", self.locks)
        self.index = Index(folder / "index")
        self.token_cache = TokenCache(folder / "tokens.cache")
        self._pending = folder / "index.pending"

    @classmethod
    def open(cls, folder: Path, *, wait_s: float) -> Store:
        """The store in this folder. Raises StoreMissing if there is none."""
        if not (folder / _CATALOGUE).is_file():
            what = "is not a memory" if folder.exists() else "does not exist"
            raise StoreMissing(f"no memory at {folder}: it {what}", hint="`memcli ingest PATH` makes one")
        (folder / "locks").mkdir(mode=0o700, exist_ok=True)
        return cls(folder, wait_s)

    @classmethod
    def create(cls, folder: Path, *, wait_s: float) -> Store:
        """The store in this folder, made now if the folder is empty or not there, and brought to the present schema.

        Raises StoreMissing if the folder holds something else: a store is never put among other files.
        """
        if not (folder / _CATALOGUE).exists():
            if folder.exists() and (not folder.is_dir() or _foreign(folder)):
                raise StoreMissing(
                    f"{folder} is not a memory and not an empty folder",
                    hint="name another place with --memory NAME or --memory PATH",
                )
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        (folder / "locks").mkdir(mode=0o700, exist_ok=True)
        store = cls(folder, wait_s)
        with store._connection(read_only=False) as connection:
            migrate(connection)
        return store

    @contextmanager
    def reading(self) -> Iterator[Catalogue]:
        """The catalogue, shared with other readers. Raises StoreLocked, StoreDamaged, StoreNewer."""
        with self._connection(read_only=True) as connection:
            applied(connection)
            yield Catalogue(connection)

    @contextmanager
    def writing(self) -> Iterator[Catalogue]:
        """The catalogue, alone, for a short commit. Raises StoreLocked, StoreDamaged, StoreNewer."""
        with self._connection(read_only=False) as connection:
            applied(connection)
            yield Catalogue(connection)

    def fold_spool(self) -> None:
        """Take what the spool holds into the catalogue. Only under the writer lock."""
        records = self.spool.begin_fold()
        if records:
            with self.writing() as catalogue:
                catalogue.fold(records)
        self.spool.end_fold()

    @property
    def pending(self) -> bool:
        """Whether turns may be committed that the index does not have yet: see expect_pending()."""
        return self._pending.exists() or not self.index.exists

    def expect_pending(self) -> None:
        """Say, before a commit, that it fills the outbox: readers see it without opening the catalogue."""
        if not self._pending.exists():
            self._pending.touch(mode=0o600)
            _flush(self.folder)

    def settle(self) -> None:
        """Say that the outbox is empty."""
        self._pending.unlink(missing_ok=True)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    @contextmanager
    def _connection(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        import duckdb

        path = self.folder / _CATALOGUE
        with self.locks.catalogue(shared=read_only):
            try:
                connection = duckdb.connect(str(path), read_only=read_only, config=_CONFIG)
            except duckdb.Error as error:
                held = re.search(r"Conflicting lock is held in (.+?) \(PID (\d+)\)", str(error))
                if held:
                    raise StoreLocked(
                        f"{path} is open in another program: {held[1]} (pid {held[2]})",
                        hint="close it there; memcli's own commands wait for each other",
                    ) from error
                raise StoreDamaged(
                    f"{path} cannot be opened: {str(error).splitlines()[0]}",
                    hint="restore it from a backup; the original logs can be ingested again into a new memory",
                ) from error
            if not read_only:
                path.chmod(0o600)
            try:
                yield connection
            except (duckdb.CatalogException, duckdb.BinderException) as error:
                raise StoreDamaged(
                    f"{path} is not a memcli catalogue: {str(error).splitlines()[0]}",
                    hint="name the right place with --memory",
                ) from error
            finally:
                connection.close()


def _flush(folder: Path) -> None:
    """Make the folder's list of files survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _foreign(folder: Path) -> bool:
    own = ("locks", _CATALOGUE, f"{_CATALOGUE}.wal")  # another process may be making the store at this moment
    return any(entry.name not in own for entry in folder.iterdir())
