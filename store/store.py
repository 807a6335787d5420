"""One memory on disk: a private folder with the catalogue, the index, the spool and the locks.

FOLDER/memory.duckdb    the truth                    FOLDER/spool.jsonl   answers that wait to be folded in
FOLDER/index/           derived, LanceDB             FOLDER/locks/        see store/locks.py
FOLDER/index.reembed    a second index, of another embedder, that is being made: see store/reembedding.py
FOLDER/index.json       where the index is, if it is on object storage: see store/place.py
FOLDER/index.pending    is there while the index may lag behind the catalogue
FOLDER/erase.pending    is there while deleted text may still be in a file: see store/erase.py
FOLDER/before-schema-N  the catalogue as it was before a migration: see Store.bring_up_to_date
FOLDER/damaged          what repair could not mend
FOLDER/cache            token vectors of turns that were looked at closely; columns of the index as dense search wants
                        them; how memories stand; what consolidation made, for recall; beginnings of prompts as a
                        language model computed them (store/prompt_states.py); the last run of `memcli eval --mine`
FOLDER/receipts         of deletions: see store/prove.py

An encrypted memory has the same catalogue sealed (store/sealed_file.py), the spool line by line, its index and cache in
the memory of each process alone, and FOLDER/key.json, which says where the key is.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from store.catalogue_errors import told_as_ours
from store.disk import flush, refusal, writable
from store.errors import KeyRefused, StoreDamaged, StoreExposed, StoreLocked, StoreMissing, StoreUnwritable
from store.index_by_place import tables_at
from store.knowledge import KnowledgeFile
from store.locks import StoreLocks
from store.long_turns import let_merge
from store.migrations import keep_copy, latest, migrate, schema_of
from store.place import RECORD, place_of
from store.prompt_states import PromptStates
from store.sealed_file import SealedFile
from store.sealed_system import CONFIG as SEALED_CONFIG
from store.sealed_system import UNLOGGED, address, serve
from store.sealing import Seal, is_sealed
from store.spool import Spool
from store.standing import Standing, StandingReader
from store.token_cache import TokenCache, TokensInMemory

if TYPE_CHECKING:
    import duckdb

    from store.catalogue import Catalogue

CATALOGUE = "memory.duckdb"
OWN = (
    CATALOGUE, f"{CATALOGUE}.wal", "index", RECORD, "index.pending", "index.new", "index.old", "erase.pending",
    "spool.jsonl", "spool.jsonl.folding", "spool.jsonl.new", "spool.jsonl.folding.new", "locks", "damaged", "receipts",
    f"{CATALOGUE}.new", f"{CATALOGUE}.new.wal", f"{CATALOGUE}.empty", "key.json", "serve.sock",
)  # fmt: skip
"""Every name that a store's folder may hold, but for DERIVED and the copies that migrations leave."""

REEMBEDDED = "index.reembed"
"""A second index that is being made: see store/reembedding.py."""

DERIVED = ("cache", REEMBEDDED)
"""What can be made again from the rest at any time, and goes whenever anything is erased."""

CONFIG = {
    # The catalogue is rows, not a place to run things from: no files but its own, no extensions, a bounded memory.
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": "1GB",
    "threads": "2",
    "preserve_insertion_order": "true",
    "max_vacuum_tasks": "0",  # see store/long_turns.py
}


KeyFinder = Callable[[Path], bytes]
"""Gives the key of the encrypted memory in a folder. Raises KeyRefused if it has none."""


def no_key(folder: Path) -> bytes:
    """The finder of somebody who has no key."""
    raise KeyRefused(
        f"the memory at {folder} is encrypted, and no key was given",
        hint="$MEMCLI_KEY, or `key.file` in the settings, says where it is (see the README)",
    )


class Store:
    """A store that exists. Nothing is open between calls; see Store.open and Store.create."""

    def __init__(self, folder: Path, wait_s: float, key: KeyFinder = no_key) -> None:
        self.folder = folder
        self.locks = StoreLocks(folder / "locks", wait_s, on_writer=self._see_others)
        self.key = key
        self.seal: Seal | None = None
        """What everything is encrypted with; None if the memory is not."""
        if is_sealed(folder / CATALOGUE):
            found = key(folder)
            self.key = lambda _: found  # of its copies too, wherever they are
            self.seal = Seal.of(folder / CATALOGUE, found)
        self._file = SealedFile(folder / CATALOGUE, self.seal) if self.seal else None
        cache = folder / "cache"
        self.spool = Spool(folder / "spool.jsonl", self.locks, self.seal)
        self.place = place_of(folder)
        """Where the index lies, if not in the folder."""
        self.index, self.archive = tables_at(folder, self.place, sealed=self.seal is not None)
        self.locks.reads_only = self.place.refusal(folder) if self.place else None
        self.token_cache = TokensInMemory() if self.seal else TokenCache(cache / "tokens.sqlite")
        self.prompt_states = None if self.seal else PromptStates(cache / "prompts")
        if self.seal:
            self.locks.shown_as = "memcli"  # what was asked or said stands in a command line
        self._standing = StandingReader(self, None if self.seal else cache / "standing.json")
        self.knowledge = KnowledgeFile(None if self.seal else cache / "knowledge.sqlite")
        self._pending = folder / "index.pending"
        self._erasing = folder / "erase.pending"

    @classmethod
    def open(cls, folder: Path, *, wait_s: float, exposed: bool = False, key: KeyFinder = no_key) -> Store:
        """The store in this folder. Raises StoreMissing if there is none.

        exposed: open it even if its mode lets other users in; else StoreExposed. Raises KeyRefused for a wrong key.
        """
        if not is_store(folder):
            what = "is not a memory" if folder.exists() else "does not exist"
            raise StoreMissing(f"no memory at {folder}: it {what}", hint="`memcli ingest PATH` makes one")
        if not exposed:
            _refuse_exposed(folder)
        with writable(folder):
            (folder / "locks").mkdir(mode=0o700, exist_ok=True)
        return cls(folder, wait_s, key)

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        wait_s: float,
        exposed: bool = False,
        key: KeyFinder = no_key,
        encrypted: bool = False,
    ) -> Store:
        """The store in this folder, made now if the folder is empty or not there, and brought to the present schema.

        encrypted: one that is made now is encrypted. Raises StoreMissing if the folder holds something else.
        """
        with writable(folder):
            if not (folder / CATALOGUE).exists():
                if folder.exists() and (not folder.is_dir() or _foreign(folder)):
                    raise StoreMissing(
                        f"{folder} is not a memory and not an empty folder",
                        hint="name another place with --memory NAME or --memory PATH",
                    )
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                folder.chmod(0o700)
                if encrypted:
                    SealedFile.create(folder / CATALOGUE, Seal.fresh(key(folder)))
            elif not exposed:
                _refuse_exposed(folder)
            (folder / "locks").mkdir(mode=0o700, exist_ok=True)
        store = cls(folder, wait_s, key)
        store.bring_up_to_date()
        return store

    def bring_up_to_date(self) -> None:
        """Migrate the catalogue to the present schema, if it has an older one, after keeping a copy of it.

        The copy, FOLDER/before-schema-N, stays until the next migration or deletion. Raises MigrationFailed, with the
        catalogue as it was before the step that failed.
        """
        with self.locks.catalogue(shared=False):
            with self._opened(read_only=False) as connection:
                done = schema_of(connection)
                if done in (0, latest()):
                    migrate(connection)
                    return
            keep_copy(self.folder / CATALOGUE, done)
            with self._opened(read_only=False) as connection:
                migrate(connection)

    def reopen(self) -> None:
        """See at the next read what other processes have written to the index."""
        for table in (self.index, self.archive):
            if self.seal:
                table.drop()  # it is in this process's memory alone, and is made anew of the catalogue
            else:
                table.reopen()

    def _see_others(self) -> None:
        if not self.seal:
            self.reopen()

    def reading(self) -> AbstractContextManager[Catalogue]:
        """The catalogue, shared with other readers. Raises StoreLocked, StoreDamaged, StoreNewer."""
        return self._up_to_date(read_only=True)

    def writing(self) -> AbstractContextManager[Catalogue]:
        """The catalogue, alone, for a short commit. Raises StoreLocked, StoreDamaged, StoreNewer, StoreUnwritable."""
        return self._up_to_date(read_only=False)

    @contextmanager
    def _up_to_date(self, *, read_only: bool) -> Iterator[Catalogue]:
        from store.catalogue import Catalogue  # a question that needs none does not wait for it

        for migrated in (False, True):
            with self._connection(read_only=read_only) as connection:
                if migrated or schema_of(connection) == latest():  # 0 if its making was cut off
                    if not read_only:
                        let_merge(connection)
                    yield Catalogue(connection)
                    return
            self.bring_up_to_date()

    @contextmanager
    def scratch_reading(self) -> Iterator[Catalogue]:
        """The catalogue as it is, of whatever schema, in a folder that nobody else uses: a copy, or a fresh restore."""
        from store.catalogue import Catalogue

        with self._opened(read_only=True) as connection:
            yield Catalogue(connection)

    @contextmanager
    def drafting(self, draft: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, str]]:
        """A new catalogue file at that path, whole once this is left: a connection that has it as `fresh`, in use, and
        what ATTACH calls the present one (of an encrypted one, what can be decrypted of it). The connection may read
        files: run only our own statements.
        """
        import duckdb

        path = self.folder / CATALOGUE
        for left in (draft, draft.with_name(draft.name + ".wal")):
            left.unlink(missing_ok=True)
        config = {"threads": "2", "memory_limit": "1GB", "max_vacuum_tasks": "0"} | (SEALED_CONFIG if self.seal else {})
        with duckdb.connect(config=config) as connection:
            made, old = None, _quoted(path)
            if self.seal:
                present, made = SealedFile(path, self.seal), SealedFile.create(draft, self.seal)
                present.salvage()
                serve(connection, {"fresh": made.content, "old": present.content})
                old = address("old")
            target = f"'{address('fresh')}' AS fresh ({UNLOGGED})" if made else f"'{_quoted(draft)}' AS fresh"
            connection.execute(f"ATTACH {target}")
            connection.execute("USE fresh")
            yield connection, old
            connection.execute("CHECKPOINT fresh")
            connection.execute("USE memory")
            connection.execute("DETACH fresh")
            if made:
                made.commit()
        draft.chmod(0o600)

    def _unsealed(self, file: SealedFile, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        """The catalogue of an encrypted memory, as DuckDB finds it in this process's memory."""
        import duckdb

        if read_only and not file.content.getbuffer().nbytes:
            raise StoreDamaged(
                f"{file.path} is empty: the memory was not made to its end",
                hint="`memcli ingest PATH` goes on where that stopped",
            )
        config = CONFIG | SEALED_CONFIG
        del config["enable_external_access"]  # set below: to attach is to reach outside
        connection = duckdb.connect(config=config)
        serve(connection, {"catalogue": file.content})
        option = "READ_ONLY" if read_only else UNLOGGED
        connection.execute(f"ATTACH '{address('catalogue')}' AS catalogue ({option})")
        connection.execute("USE catalogue")
        connection.execute(f"SET enable_external_access = {CONFIG['enable_external_access']}")
        return connection

    def fold_spool(self) -> None:
        """Take what the spool holds into the catalogue. Only under the writer lock."""
        records = self.spool.begin_fold()
        if records:
            with self.writing() as catalogue:
                catalogue.fold(records)
        self.spool.end_fold()

    def standing(self) -> Standing:
        """How memories stand now: strengths, and what the user said of them, the spool included."""
        return self._standing.read()

    @property
    def catalogue_version(self) -> str:
        """Changes whenever something was written into the catalogue, be it no further than into its log."""
        files = [self.folder / name for name in (CATALOGUE, f"{CATALOGUE}.wal")]
        found = [path.stat() for path in files if path.exists()]
        return f"{latest()} " + " ".join(f"{one.st_ino}:{one.st_size}:{one.st_mtime_ns}" for one in found)

    @property
    def embedder(self) -> str | None:
        """The id of the embedder whose vectors the index holds; None if there is no index."""
        try:
            return (self.index.folder / "embedder").read_text(encoding="utf-8")
        except OSError:
            pass
        if not self.index.exists:
            return None
        with self.reading() as catalogue:  # an index of an earlier version, without the file: the catalogue knows
            known = catalogue.setting("embedder")
        if known is not None:
            with suppress(OSError, StoreUnwritable):
                self.name_embedder(known)
        return known

    def name_embedder(self, embedder_id: str) -> None:
        """Say in the index itself whose vectors it holds, so that whoever searches need not open the catalogue."""
        name = self.index.folder / "embedder"
        if self.index.exists and not name.is_file():
            with writable(name):
                name.write_text(embedder_id, encoding="utf-8")

    @property
    def pending(self) -> bool:
        """Whether the index may lack turns that are committed (see expect_pending), or hold deleted ones."""
        return (self._pending.exists() and not self.seal) or not self.index.exists or self.erasing

    def expect_pending(self) -> None:
        """Say, before a commit, that it fills the outbox: readers see it without opening the catalogue."""
        self._mark(self._pending)

    @property
    def erasing(self) -> bool:
        """Whether a deletion is not finished: text that it took may still lie in some file. See store/erase.py."""
        return self._erasing.exists()

    def expect_erasing(self) -> None:
        """Say, before a commit, that it deletes: whoever comes next finishes it."""
        self._mark(self._erasing)

    def erased(self) -> None:
        """Say that no file holds deleted text any more."""
        self._erasing.unlink(missing_ok=True)

    def _mark(self, path: Path) -> None:
        if not path.exists():
            with writable(path):
                path.touch(mode=0o600)
                flush(self.folder)

    def settle(self) -> None:
        """Say that the outbox is empty."""
        self._pending.unlink(missing_ok=True)

    def sizes(self) -> dict[str, int]:
        """Bytes of the catalogue, of the index and of its archive."""
        catalogue = self.folder / CATALOGUE
        size = catalogue.stat().st_size if catalogue.exists() else 0
        return {"catalogue": size, "index": self.index.size, "archive": self.archive.size}

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(path.stat().st_size for path in self.folder.rglob("*") if path.is_file())

    @contextmanager
    def _connection(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        with self.locks.catalogue(shared=read_only), self._opened(read_only=read_only) as connection:
            yield connection

    @contextmanager
    def _opened(self, *, read_only: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        """The DuckDB file, under the catalogue lock."""
        import duckdb

        path = self.folder / CATALOGUE
        try:
            if self._file:
                self._file.refresh()
                connection = self._unsealed(self._file, read_only=read_only)
            else:
                connection = duckdb.connect(str(path), read_only=read_only, config=CONFIG)
        except duckdb.Error as error:
            held = re.search(r"Conflicting lock is held in (.+?) \(PID (\d+)\)", str(error))
            if held:
                raise StoreLocked(
                    f"{path} is open in another program: {held[1]} (pid {held[2]})",
                    hint="close it there; memcli's own commands wait for each other",
                ) from error
            refused = refusal(path, error)
            if refused:
                raise refused from error
            raise StoreDamaged(
                f"{path} cannot be opened: {str(error).splitlines()[0]}",
                hint="`memcli repair` saves what can be read; else restore a backup, or ingest the logs anew",
            ) from error
        try:
            if not read_only:
                path.chmod(0o600)
            with told_as_ours(path):
                try:
                    yield connection
                finally:
                    if self._file and not read_only:
                        _keep(connection, self._file)
        finally:
            connection.close()


def is_store(folder: Path) -> bool:
    """Whether a store is in the folder."""
    return (folder / CATALOGUE).is_file()


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _keep(connection: duckdb.DuckDBPyConnection, file: SealedFile) -> None:
    """Bring what was committed into the file, and that to the disk."""
    import duckdb

    with suppress(duckdb.Error):
        connection.rollback()  # what was begun and not committed, after an error
    connection.execute("CHECKPOINT")
    connection.close()
    file.commit()


def _refuse_exposed(folder: Path) -> None:
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        raise StoreExposed(
            f"other users may enter {folder} (mode {mode:03o})",
            hint=f"`chmod -R go= {folder}` makes it private; `memcli config exposed true` allows it",
        )


def _foreign(folder: Path) -> bool:
    own = ("locks", CATALOGUE, f"{CATALOGUE}.wal")  # another process may be making the store at this moment
    return any(entry.name not in own for entry in folder.iterdir())
