"""What is wrong with a store, found without changing anything in it.

Every row of every table is read (DuckDB verifies the checksum of each block that it reads), the checksum of every turn
is computed again, references are followed, and the index is compared with what it should be, column by column.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from store.catalogue import Catalogue
from store.errors import StoreDamaged
from store.migrations import BEFORE_SCHEMA
from store.sealed_file import torn_bytes
from store.sealing import Seal
from store.spool import torn_lines
from store.store import CATALOGUE, DERIVED, OWN, Store
from store.tables import TABLES, TURN_CHECKSUM, VIEWS
from store.whole_index import highest_seq, stretch

if TYPE_CHECKING:
    import pyarrow as pa

COMPARED, COMPARED_CHARS = 131_072, 32 * 1024 * 1024
"""Turns of the catalogue and the index that are compared at a time, and characters of them."""

LISTED = 20
"""Rows that a finding names; the rest is counted."""

INDEX_ERRORS = (StoreDamaged, RuntimeError, OSError, ValueError)
"""What reading a damaged index raises: LanceDB has no error of its own for it."""

NETWORKS = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "davfs")
"""File systems on which another machine may be at work, where locks may not be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something that is not as it should be: what kind, where, what, and what `memcli repair` does about it."""

    kind: str
    where: str
    what: str
    mend: str


def check(store: Store) -> Iterator[Finding]:
    """All findings, files first. Under the writer lock, so that nothing changes meanwhile. Changes nothing.

    Raises StoreNewer and StoreLocked. Damage is never raised: it is found.
    """
    yield from check_files(store)
    try:
        with store.reading() as catalogue:
            yield from check_catalogue(catalogue)
    except StoreDamaged as error:
        yield Finding(kind="catalogue", where="memory.duckdb", what=str(error), mend="save every row that can be read")
        return
    try:
        with store.reading() as catalogue:
            yield from check_index(catalogue, store)
    except INDEX_ERRORS as error:
        what = f"it cannot be read: {str(error).splitlines()[0]}"
        yield Finding(kind="index", where="index", what=what, mend="build it anew from the catalogue")


def check_files(store: Store) -> Iterator[Finding]:
    """Modes and owners, files that do not belong there, a deletion that was cut off, torn lines of the spool."""
    exposed: list[str] = []
    for path in [store.folder, *sorted(store.folder.rglob("*"))]:
        name = str(path.relative_to(store.folder))
        try:
            found = path.lstat()
        except FileNotFoundError:
            continue  # a reader's record of a lock
        if stat.S_ISLNK(found.st_mode):
            yield Finding(kind="file", where=name, what="it is a link: it may lead anywhere", mend="left alone")
            continue
        if stat.S_IMODE(found.st_mode) & 0o077:
            exposed.append(name)
        if found.st_uid != os.geteuid() and os.geteuid() != 0:
            yield Finding(kind="owner", where=name, what=f"it belongs to user {found.st_uid}", mend="left alone")
        if path.parent == store.folder and path.name not in OWN + DERIVED and not path.name.startswith(BEFORE_SCHEMA):
            yield Finding(kind="file", where=name, what="it is no file of a memory", mend="left alone")
    if exposed:
        what = f"other users may use it and {len(exposed) - 1} more files" if exposed[1:] else "other users may use it"
        yield Finding(kind="mode", where=exposed[0], what=what, mend="make them private")
    if store.seal:
        yield from _in_clear(store, store.seal)
    if store.erasing:
        what = "a deletion was cut off: deleted text may still be in some file"
        yield Finding(kind="erasure", where="erase.pending", what=what, mend="finish it")
    for name, torn in torn_lines(store.folder, store.seal):
        yield Finding(kind="spool", where=name, what=f"{torn} lines are torn", mend="move them to `damaged`")


def _in_clear(store: Store, seal: Seal) -> Iterator[Finding]:
    """What lies in the folder of an encrypted memory and is not encrypted, and what is left of a commit."""
    for name in ("index", "index.new", "index.old", "cache"):
        if (store.folder / name).exists():
            yield Finding(kind="clear", where=name, what="it is not encrypted", mend="delete it")
    try:
        torn = torn_bytes(store.folder / CATALOGUE, seal)
    except StoreDamaged:
        return  # found where the catalogue is read
    if torn:
        what = f"the last {torn} bytes are of a commit that was cut off"
        yield Finding(kind="catalogue tail", where=CATALOGUE, what=what, mend="take them away")


def network_file_system(folder: Path) -> str | None:
    """The kind of network file system that the folder lies on; None if it is local or the system does not say."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    place = str(folder.resolve())
    best = ("", "")
    for line in mounts:
        _, point, kind, *_ = line.split(" ")
        point = point.replace("\\040", " ")
        if (place + "/").startswith(point.rstrip("/") + "/") and len(point) >= len(best[0]):
            best = (point, kind)
    return best[1] if best[1] in NETWORKS else None


def check_catalogue(catalogue: Catalogue) -> Iterator[Finding]:
    """Tables, every value in them, checksums, doubles, references, and the numbers that the store gives."""
    db = catalogue.connection
    present = {
        str(name) for (name,) in db.execute("SELECT table_name FROM duckdb_tables() WHERE NOT temporary").fetchall()
    }
    present |= {
        str(name) for (name,) in db.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
    }
    declared = {table.name for table in TABLES} | set(VIEWS)
    for name in sorted(declared - present):
        yield Finding(kind="table", where=name, what="it is missing", mend="none: restore a backup")
    for name in sorted(present - declared):
        yield Finding(kind="table", where=name, what="it does not belong here", mend="left alone")
    if declared - present:
        return
    for table in TABLES:
        # Reading every value makes DuckDB verify every block.
        db.execute(f"SELECT bit_xor(hash(COLUMNS(*))) FROM {table.name}").fetchall()
        yield from _doubles(catalogue, table.name, table.identity)
        for reference in table.refers:
            lost = db.execute(
                f"SELECT {reference.column}, count(*) FROM {table.name} WHERE {reference.column} IS NOT NULL AND "
                f"{reference.column} NOT IN (SELECT {reference.target} FROM {reference.table}) GROUP BY ALL ORDER BY 1"
            ).fetchall()
            for value, count in lost[:LISTED]:
                what = f"{count} rows refer to {reference.column} {value}, which {reference.table} does not have"
                yield Finding(kind="reference", where=table.name, what=what, mend="put a stand-in there")
    changed = db.execute(
        f"SELECT id FROM turns WHERE checksum IS DISTINCT FROM {TURN_CHECKSUM} ORDER BY seq"
    ).fetchall()
    for (turn,) in changed[:LISTED]:
        what = "its words, speaker or time are not those that were stored"
        yield Finding(kind="checksum", where=f"turn {turn}", what=what, mend="take it from the index, or quarantine it")
    if len(changed) > LISTED:
        what = f"{len(changed) - LISTED} more turns are not as they were stored"
        yield Finding(kind="checksum", where="turns", what=what, mend="take them from the index, or quarantine them")
    yield from _numbers(catalogue)


def _doubles(catalogue: Catalogue, table: str, identity: tuple[str, ...]) -> Iterator[Finding]:
    columns = ", ".join(identity)
    [(doubles,)] = catalogue.connection.execute(
        f"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM {table} GROUP BY {columns} HAVING n > 1)"
    ).fetchall()
    if doubles:
        yield Finding(kind="double", where=table, what=f"{doubles} rows are there twice", mend="keep the first of each")


def _numbers(catalogue: Catalogue) -> Iterator[Finding]:
    db = catalogue.connection
    [(highest, rows, distinct)] = db.execute(
        "SELECT coalesce(max(seq), 0), count(*), count(DISTINCT seq) FROM turns"
    ).fetchall()
    if rows != distinct:
        yield Finding(kind="double", where="turns", what=f"{rows - distinct} numbers are given twice", mend="none")
    following = int(catalogue.setting("next_seq") or 0)
    if following <= highest:
        what = f"the next number is {following}, but {highest} is taken"
        yield Finding(kind="number", where="settings", what=what, mend="set it right")
    for first, last in catalogue.outbox():
        if last >= following or first > last:
            what = f"it names the turns {first} to {last}, which are not there"
            yield Finding(kind="outbox", where="outbox", what=what, mend="take that entry out")


def check_index(catalogue: Catalogue, store: Store) -> Iterator[Finding]:
    """The index against the catalogue: the same turns, the same values in every column, the full-text index.

    What the outbox names may be missing.
    """
    if store.seal:
        return  # its index is made anew from the catalogue by each process
    mend = "build it anew from the catalogue"
    [(turns,)] = catalogue.connection.execute("SELECT count(*) FROM current_turns").fetchall()
    if not store.index.exists:
        if turns:
            yield Finding(kind="index", where="index", what=f"it is not there, and there are {turns} turns", mend=mend)
        return
    if turns and not store.pending and store.index.lacks_text:
        yield Finding(kind="index", where="index", what="it has no full text", mend=mend)
    waiting = catalogue.outbox()
    if waiting and not store.pending:
        what = "turns wait for the index, and nothing says so"
        yield Finding(kind="outbox", where="index.pending", what=what, mend="index them")
    [(highest,)] = catalogue.connection.execute("SELECT coalesce(max(seq), 0) FROM turns").fetchall()
    last_indexed = max(highest_seq(store.index), highest)
    stretches = [(first, min(first + COMPARED - 1, last_indexed)) for first in range(1, last_indexed + 1, COMPARED)]
    for [(first, last)] in (piece for one in stretches for piece in catalogue.pieces([one], COMPARED_CHARS)):
        rows = catalogue.rows_to_index(first, last)
        for what in _differences(rows, stretch(store.index, first, last), first, last, waiting):
            yield Finding(kind="index", where=f"index, turns {first} to {last}", what=what, mend=mend)


def _differences(
    rows: pa.Table, indexed: pa.Table, first: int, last: int, waiting: list[tuple[int, int]]
) -> Iterator[str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    fresh = pc.field("seq") < 0
    for begin, end in waiting:
        fresh = fresh | ((pc.field("seq") >= begin) & (pc.field("seq") <= end))
    rows, indexed = rows.filter(~fresh).sort_by("seq"), indexed.filter(~fresh).sort_by("seq")
    seqs = indexed["seq"]
    if len(pc.unique(seqs)) != len(seqs):
        yield f"{len(seqs) - len(pc.unique(seqs))} turns are there twice"
        return
    if len(pc.unique(rows["seq"])) != len(rows):
        return  # the catalogue's own damage: it is found there
    missing = pc.sum(pc.invert(pc.is_in(rows["seq"], seqs))).as_py() or 0
    extra = pc.sum(pc.invert(pc.is_in(seqs, rows["seq"]))).as_py() or 0
    if missing:
        yield f"{missing} turns are missing"
    if extra:
        yield f"{extra} turns are there that the catalogue does not have"
    rows = rows.filter(pc.is_in(rows["seq"], seqs))
    indexed = indexed.filter(pc.is_in(seqs, rows["seq"]))
    for name in indexed.column_names:
        if name in rows.column_names:
            expected = rows[name].cast(indexed.schema.field(name).type).combine_chunks()
            found = indexed[name].combine_chunks()
            if not expected.equals(found):
                same = pc.or_kleene(pc.equal(expected, found), pc.and_(pc.is_null(expected), pc.is_null(found)))
                wrong = pc.sum(pc.invert(pc.fill_null(same, pa.scalar(False)))).as_py()
                yield f"{wrong} turns have another {'text' if name == 'said' else name}"
