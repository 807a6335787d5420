"""Mending a damaged store without losing a good row.

A row that cannot be mended is moved to the folder `damaged`, never thrown away; a catalogue that DuckDB cannot read is
read table by table, in ever smaller pieces around the damage, into a new one, and the old file is kept there too. Turns
that the catalogue lost are taken from the index, which has their words, times and places. Everything runs under the
writer lock.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from store import audit, erase, long_turns, tombstones, versions
from store.check import check_catalogue
from store.disk import put_in_place, writable
from store.errors import StoreDamaged
from store.index_schema import texts_in
from store.migrations import migrate
from store.spool import split_torn
from store.store import CATALOGUE, Store
from store.tables import TABLES, TURN_CHECKSUM
from store.whole_index import highest_seq, stretch

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

SALVAGED = "salvaged"
"""Format of a session or source that stands in for one that was lost."""

Tell = Callable[[str], None]


def mend_files(store: Store, tell: Tell) -> None:
    """Make every file private, and move torn lines of the spool aside."""
    count = 0
    for path in [store.folder, *sorted(store.folder.rglob("*"))]:
        if not path.is_symlink() and path.stat().st_mode & 0o077:
            path.chmod(0o700 if path.is_dir() else 0o600)
            count += 1
    if count:
        tell(f"made {count} files private")
    for name in ("index", "index.new", "index.old", "cache") if store.seal else ():
        if (store.folder / name).exists():
            shutil.rmtree(store.folder / name)
            tell(f"deleted {name}, which was not encrypted")
    for name, torn in split_torn(store.folder, _damaged(store) / f"{_now()}-spool-lines", store.seal):
        tell(f"moved {torn} torn lines of {name} to {_damaged(store).name}")


def mend_catalogue(store: Store, tell: Tell) -> None:
    """Save what can be read if the file is damaged, then mend rows: checksums, references, doubles, numbers."""
    try:
        with store.reading() as catalogue:
            readable = all(finding.kind != "table" or "missing" not in finding.what
                           for finding in check_catalogue(catalogue))  # fmt: skip
    except StoreDamaged as error:
        tell(str(error))
        readable = False
    if not readable:
        _salvage(store, tell)
    with store.writing() as catalogue:
        db = catalogue.connection
        db.begin()
        _mend_turns(store, db, tell)
        _mend_doubles(store, db, tell)
        _mend_references(store, db, tell)
        versions.settle(db, f"SELECT {versions.MESSAGE} FROM turns WHERE worded_at IS NOT NULL")
        [(highest,)] = db.execute("SELECT coalesce(max(seq), 0) FROM turns").fetchall()
        if int(catalogue.setting("next_seq") or 0) <= highest:
            catalogue.keep_setting("next_seq", str(highest + 1))
            tell(f"set the next number of a turn to {highest + 1}")
        [(wrong,)] = db.execute("DELETE FROM outbox WHERE first_seq > last_seq OR last_seq > ?", [highest]).fetchall()
        if wrong:
            tell(f"took {wrong} entries that name no turns out of the outbox")
        db.commit()


def _salvage(store: Store, tell: Tell) -> None:
    path = store.folder / CATALOGUE
    draft = path.with_name(path.name + ".new")
    aside = _damaged(store)
    with store.locks.catalogue(shared=False), writable(path):
        with store.drafting(draft) as (fresh, old):
            migrate(fresh)
            fresh.execute("DELETE FROM settings")
            for table in TABLES:
                if table.name != "migrations":
                    kept, lost = _copy_table(fresh, old, table.name)
                    if lost:
                        tell(f"{table.name}: saved {kept} rows, {lost} cannot be read")
            fresh.execute("INSERT OR IGNORE INTO settings VALUES ('next_seq', '1')")
            if not store.erasing and not store.seal:
                taken = _turns_from_index(store, fresh)
                if taken:
                    long_turns.count_anew(fresh)
                    tell(f"took {taken} turns that the catalogue had lost from the index")
        aside.mkdir(mode=0o700, exist_ok=True)
        for damaged in (path, path.with_name(path.name + ".wal")):
            if damaged.exists():
                damaged.rename(aside / f"{_now()}-{damaged.name}")
        put_in_place(draft, path)
    tell(f"wrote the catalogue anew; the damaged file is in {aside.name}")


def _copy_table(fresh: duckdb.DuckDBPyConnection, old: str, table: str) -> tuple[int, int]:
    """Copy what can be read of a table from the damaged file. Returns rows copied and rows lost."""
    import duckdb

    kept = lost = 0
    try:
        fresh.execute(f"ATTACH '{old}' AS damaged (READ_ONLY)")
    except duckdb.Error:
        return 0, 0
    try:
        [(rows,)] = fresh.execute(f"SELECT coalesce(max(rowid) + 1, 0) FROM damaged.{table}").fetchall()
        [(keyed,)] = fresh.execute(
            """SELECT count(*) > 0 FROM duckdb_constraints() WHERE table_name = ? AND database_name = current_database()
               AND constraint_type IN ('PRIMARY KEY', 'UNIQUE')""",
            [table],
        ).fetchall()
        insert = f"INSERT {'OR IGNORE ' if keyed else ''}INTO {table} BY NAME FROM damaged.{table}"
        pieces = [(0, int(rows))] if rows else []
        while pieces:
            first, end = pieces.pop()
            try:
                [(count,)] = fresh.execute(f"{insert} WHERE rowid >= ? AND rowid < ?", [first, end]).fetchall()
                kept += int(count)
            except duckdb.Error:
                if end - first == 1:
                    lost += 1
                else:
                    middle = (first + end) // 2
                    pieces += [(first, middle), (middle, end)]
    except duckdb.Error:
        pass  # the table is not there
    finally:
        fresh.execute("DETACH damaged")
    return kept, lost


def _turns_from_index(store: Store, db: duckdb.DuckDBPyConnection) -> int:
    """Put the turns that only the index has into the catalogue. Returns how many."""
    try:
        highest = highest_seq(store.index)
        rows = _with_text(stretch(store.index, 1, highest)) if highest else None
    except (StoreDamaged, RuntimeError, OSError, ValueError):
        return 0
    if rows is None:
        return 0
    db.register("indexed", rows)
    db.execute(
        """CREATE OR REPLACE TEMP TABLE lost AS
            SELECT * REPLACE (said_at::TIMESTAMP AS said_at), NULL::TIMESTAMP AS worded_at FROM indexed
            WHERE seq NOT IN (SELECT seq FROM turns)"""
    )
    db.unregister("indexed")
    deleted = tombstones.known_ids("lost")
    db.execute(f"DELETE FROM lost WHERE id IN ({deleted})")
    db.execute("INSERT OR IGNORE INTO batches VALUES (0, 'salvaged', current_timestamp::TIMESTAMP, NULL, 0)")
    db.execute(
        f"""INSERT INTO sources (number, uri, format, sha256, bytes, batch)
            SELECT (SELECT coalesce(max(number), 0) FROM sources) + row_number() OVER (ORDER BY source),
                   source, '{SALVAGED}', '', 0, 0
            FROM (SELECT DISTINCT source FROM lost WHERE source NOT IN (SELECT uri FROM sources))"""
    )
    db.execute(
        f"""INSERT OR IGNORE INTO sessions (number, id, format, native_id, title)
            SELECT DISTINCT session, session_id, '{SALVAGED}', session_id, session_title
            FROM lost WHERE session_id NOT IN (SELECT id FROM sessions)"""
    )
    [(count,)] = db.execute(
        f"""INSERT INTO turns BY NAME
            SELECT l.seq, l.id, s.number AS session, l.position, l.speaker, l.role, l.text, l.said_at, l.utc_offset,
                   l.native_id, o.number AS source, l.line, 0 AS batch, l.metadata, {_qualified(TURN_CHECKSUM, "l")}
                   AS checksum
            FROM lost l JOIN sessions s ON s.id = l.session_id JOIN sources o ON o.uri = l.source"""
    ).fetchall()
    highest = max(highest, *(int(row[0]) for row in db.execute("SELECT max(seq) FROM turns").fetchall() if row[0]))
    db.execute("INSERT OR REPLACE INTO settings VALUES ('next_seq', ?)", [str(highest + 1)])
    return int(count)


def _mend_turns(store: Store, db: duckdb.DuckDBPyConnection, tell: Tell) -> None:
    """Turns whose words are not those that were stored: from the index if it has those, else moved aside."""
    changed = f"checksum IS DISTINCT FROM {TURN_CHECKSUM}"
    seqs = [int(row[0]) for row in db.execute(f"SELECT seq FROM turns WHERE {changed}").fetchall()]
    mended = 0
    for seq in seqs if store.index.exists else ():
        found = _with_text(stretch(store.index, seq, seq)).to_pylist()
        if found:
            was = found[0]
            at = was["said_at"].replace(tzinfo=None) if was["said_at"] else None
            [(count,)] = db.execute(
                f"""UPDATE turns SET id = ?, speaker = ?, text = ?, said_at = ? WHERE seq = ? AND checksum =
                    (SELECT {TURN_CHECKSUM} FROM (SELECT ? AS id, ? AS speaker, ? AS text, ?::TIMESTAMP AS said_at))""",
                [*(values := [was["id"], was["speaker"], was["text"], at]), seq, *values],
            ).fetchall()
            mended += int(count)
    if mended:
        tell(f"took {mended} turns from the index, which has them as they were stored")
    moved = _move_aside(store, db, "turns", changed, whole=True)
    if moved:
        tell(f"moved {moved} turns that are not as they were stored to {_damaged(store).name}")


def _mend_doubles(store: Store, db: duckdb.DuckDBPyConnection, tell: Tell) -> None:
    for table in TABLES:
        columns = ", ".join(table.identity)
        moved = _move_aside(
            store, db, table.name, f"rowid NOT IN (SELECT min(rowid) FROM {table.name} GROUP BY {columns})"
        )
        if moved:
            tell(f"{table.name}: moved {moved} rows that were there twice to {_damaged(store).name}")


def _mend_references(store: Store, db: duckdb.DuckDBPyConnection, tell: Tell) -> None:
    """Put stand-ins where rows point at nothing; where there is no stand-in for it, move the row aside."""
    stand_ins = {
        "batches": "SELECT {n}, 'salvaged-{n}', current_timestamp::TIMESTAMP, NULL, 0",
        "sources": f"SELECT {{n}}, 'salvaged-{{n}}', '{SALVAGED}', '', 0, 0",
        "sessions": f"SELECT {{n}}, 'salvaged-{{n}}', '{SALVAGED}', 'salvaged-{{n}}', 'salvaged session {{n}}'",
    }
    columns = {
        "batches": "(number, id, started_at, finished_at, turns_added)",
        "sources": "(number, uri, format, sha256, bytes, batch)",
        "sessions": "(number, id, format, native_id, title)",
    }
    for table in sorted(TABLES, key=lambda table: table.name in stand_ins):  # stand-ins may need others: they come last
        for reference in table.refers:
            lost = (
                f"{reference.column} IS NOT NULL AND {reference.column} NOT IN "
                f"(SELECT {reference.target} FROM {reference.table})"
            )
            if reference.table in stand_ins:
                numbers = db.execute(f"SELECT DISTINCT {reference.column} FROM {table.name} WHERE {lost}").fetchall()
                for (number,) in numbers:
                    row = stand_ins[reference.table].format(n=int(number))
                    db.execute(f"INSERT INTO {reference.table} {columns[reference.table]} {row}")
                    tell(f"put a stand-in for number {number} into {reference.table}")
            else:
                moved = _move_aside(store, db, table.name, lost)
                if moved:
                    tell(f"{table.name}: moved {moved} rows that point at nothing to {_damaged(store).name}")


def _move_aside(store: Store, db: duckdb.DuckDBPyConnection, table: str, condition: str, *, whole: bool = False) -> int:
    """Write rows to the folder `damaged` and delete them; of turns, the `whole` with what was made of them."""
    found = db.execute(f"SELECT * FROM {table} WHERE {condition}")
    names = [column[0] for column in found.description]
    rows = found.fetchall()
    if not rows:
        return 0
    place = _damaged(store)
    with writable(place):
        place.mkdir(mode=0o700, exist_ok=True)
        with (place / f"{_now()}-{table}.jsonl").open("a", encoding="utf-8") as stream:
            for row in rows:
                record = dict(zip(names, row, strict=True))
                line = json.dumps(record, ensure_ascii=False, default=str)
                stream.write((store.seal.lock_line(line.encode()).decode() if store.seal else line) + "\n")
    if whole:
        db.execute(f"CREATE OR REPLACE TEMP TABLE gone_turns AS FROM turns WHERE {condition}")
        erase.remove(db)
    else:
        db.execute(f"DELETE FROM {table} WHERE {condition}")
    audit.note(db, "repair", f"moved to {place.name}: {len(rows)} rows of {table}")
    return len(rows)


def _with_text(rows: pa.Table) -> pa.Table:
    import pyarrow as pa

    return rows.append_column("text", pa.array(texts_in(rows), pa.string()))


def drop_index(store: Store) -> None:
    """Take the index away; it is built anew from the catalogue."""
    store.index.drop()
    store.archive.drop()
    for name in ("index.new", "index.old"):
        shutil.rmtree(store.folder / name, ignore_errors=True)


def _qualified(expression: str, alias: str) -> str:
    for column in ("id", "speaker", "said_at", "text"):
        expression = expression.replace(f" {column}", f" {alias}.{column}")
    return expression


def _damaged(store: Store) -> Path:
    return store.folder / "damaged"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
