"""Erasing turns, and all that was made of them, from every file of a store.

First one transaction takes the rows out of every table (see store/tables.py) and leaves tombstones. Then both databases
are written anew, because what is only deleted stays readable in their files: DuckDB's into a new file, LanceDB's into a
new folder. The marker erase.pending is set before the first
step and taken away after the last: whoever comes upon it, after a crash, finishes (see finish()).

The blocks that the old files had are free space of the disk then. Overwriting those is the disk's business (on an
encrypted disk nobody can read them).
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from store import audit, long_turns, tombstones
from store.disk import flush, put_in_place, writable
from store.errors import StoreDamaged, StoreOutOfMemory
from store.index_on_s3 import ArchiveOnS3, IndexOnS3
from store.migrations import copies
from store.store import CATALOGUE, DERIVED, Store
from store.tables import TABLES
from store.whole_index import rewrite

if TYPE_CHECKING:
    import duckdb


def choose(db: duckdb.DuckDBPyConnection, where: str, parameters: Sequence[Any]) -> int:
    """Make the temporary table gone_turns of the turns t (with session s and source o) that meet the condition.

    With a turn go all versions of its message: an edit does not keep what the user wants gone.
    """
    db.execute(
        f"""CREATE OR REPLACE TEMP TABLE gone_turns AS SELECT t.* FROM turns t
            JOIN sessions s ON s.number = t.session JOIN sources o ON o.number = t.source WHERE {where}""",
        parameters,
    )
    db.execute(
        """INSERT INTO gone_turns
           WITH known AS (SELECT seq, current FROM superseded UNION SELECT current, current FROM superseded),
           touched AS (SELECT DISTINCT current FROM known SEMI JOIN gone_turns USING (seq))
           FROM turns WHERE seq IN (SELECT seq FROM known SEMI JOIN touched USING (current))
           AND seq NOT IN (SELECT seq FROM gone_turns)"""
    )
    return int(db.execute("SELECT count(*) FROM gone_turns").fetchall()[0][0])


def remove(db: duckdb.DuckDBPyConnection, *, spared: Collection[str] = ()) -> dict[str, int]:
    """Delete the turns in gone_turns and every row that was made of them. Returns how many rows of each table went.

    spared: tables that the caller sees to.
    """
    removed = {}
    for table in TABLES:
        if table.erased is None or table.name in spared:
            continue
        if table.name != "turns":
            rows = f"FROM {table.name} WHERE {table.erased}"
            db.execute(f"CREATE OR REPLACE TEMP TABLE gone_{table.name} AS {rows}")
        [(count,)] = db.execute(f"DELETE FROM {table.name} WHERE {table.erased}").fetchall()
        if count:
            removed[table.name] = int(count)
    return removed


def erase(store: Store, where: str, parameters: Sequence[Any], *, command: str, what: str) -> dict[str, int]:
    """Erase the turns that meet the condition (see choose) from the catalogue, for good once finish() is done.

    Under the writer lock, the spool folded. Leaves tombstones, and a line of the audit trail: the command, and what it
    was told, without any text of the deleted.
    """
    store.expect_erasing()
    with store.writing() as catalogue:
        db = catalogue.connection
        choose(db, where, parameters)
        ids = [str(row[0]) for row in db.execute("SELECT id FROM gone_turns").fetchall()]
        at = datetime.now(UTC).replace(tzinfo=None)
        db.begin()
        tombstones.bury(db, "gone_turns", at)
        removed = remove(db)
        audit.note(db, command, f"{what}: {removed.get('turns', 0)} turns")
        db.commit()
    store.spool.forget(ids)  # of answers given a moment ago; those of a reader that is still at it are left out later
    return removed


def finish(store: Store) -> None:
    """Write anew every file that may still hold what was deleted, and drop what can be made again.

    Under the writer lock. Does nothing to the rows; may be cut off and done again at any time.
    """
    compact(store)
    _rewrite_index(store)
    with writable(store.folder):
        for copy in copies(store.folder):
            copy.unlink()
        for name in ("damaged", *DERIVED):
            shutil.rmtree(store.folder / name, ignore_errors=True)  # a folder
            (store.folder / name).unlink(missing_ok=True)  # or a file
        flush(store.folder)
    store.erased()


def compact(store: Store) -> None:
    """Write the catalogue into a new file, without the space and the traces of deleted rows, and put it in place.

    Readers go on while it is written; the exchange itself takes a moment. Under the writer lock.
    """
    import duckdb

    path = store.folder / CATALOGUE
    draft = store.folder / f"{CATALOGUE}.new"
    with writable(path):
        with store.writing():
            pass  # closing brings the write-ahead log into the file
        with store.locks.catalogue(shared=True):
            try:
                with store.drafting(draft) as (db, old):
                    db.execute(f"ATTACH '{old}' AS old (READ_ONLY)")
                    db.execute("COPY FROM DATABASE old TO fresh (SCHEMA)")
                    for table in TABLES:
                        if table.name != "turns":
                            db.execute(f"INSERT INTO fresh.{table.name} FROM old.{table.name}")
                    long_turns.copy_turns(db)
                    _compare(db)
            except duckdb.Error as error:
                draft.unlink(missing_ok=True)
                raise StoreOutOfMemory.of(path, error) or RuntimeError(str(error)) from error
        with store.locks.catalogue(shared=False):
            put_in_place(draft, path)


def _compare(db: duckdb.DuckDBPyConnection) -> None:
    for table in TABLES:
        [(before, after)] = db.execute(
            f"SELECT (SELECT count(*) FROM old.{table.name}), (SELECT count(*) FROM fresh.{table.name})"
        ).fetchall()
        if before != after:
            raise StoreDamaged(
                f"rewriting the catalogue lost rows of {table.name}: {before} before, {after} after",
                hint="the catalogue is as it was; please report this",
            )


def _rewrite_index(store: Store) -> None:
    """Write the index anew without the turns that the catalogue does not have."""
    if store.seal:  # it lies in the memory of each process alone
        store.index.drop()
        store.archive.drop()
        return
    fresh, old = store.folder / "index.new", store.folder / "index.old"
    if isinstance(store.index, IndexOnS3) and isinstance(store.archive, ArchiveOnS3):
        if store.index.exists:
            gone = _gone(store)
            for table in (store.index, store.archive):
                table.rewrite(gone)
        return
    if store.index.exists:
        rewrite(store.index, _gone(store), fresh)
        with writable(store.folder):
            shutil.rmtree(old, ignore_errors=True)
            (store.folder / "index").rename(old)
            fresh.rename(store.folder / "index")
            flush(store.folder)
    store.index.reopen()
    with writable(store.folder):
        shutil.rmtree(old, ignore_errors=True)
        shutil.rmtree(fresh, ignore_errors=True)


def _gone(store: Store) -> set[int]:
    """Which indexed turns the catalogue does not have."""
    gone = store.index.seqs() | store.archive.seqs()
    with store.reading() as catalogue:
        known = catalogue.connection.execute("SELECT seq FROM current_turns").fetchnumpy()
    gone.difference_update(known["seq"].tolist())
    return gone
