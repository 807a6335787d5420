"""Everything that a store knows as plain rows, out and in again: JSON Lines or Parquet.

JSON Lines: the first line is {"memcli": "export", "format": 1, "store_schema": n, "exported_at": time}. Every other
line is a row, with the name of its table under "memcli" and its columns under "row"; a turn has beside them the fields
of a generic turn (session, id, speaker, role, time, text), so that `memcli ingest`, or any other program, can read the
turns of it. Times in rows are UTC without a zone. Parquet: a folder with one file a table, the same columns, and the
first line as export.json.

Numbers (of sessions, sources, turns ...) mean something only inside a store: import gives new ones and follows the
columns that refer to them (see store/tables.py). What is there already, by its identity, is left as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from store import erase, long_turns, tombstones, versions
from store.catalogue import Catalogue
from store.disk import writable
from store.errors import BackupDamaged, StoreNewer
from store.migrations import latest
from store.tables import TABLES, TURN_CHECKSUM, Table

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

FORMAT = 1
HEADER = "export.json"
_UNEDITED = "0002"
"""The year after the one that stands for no edit: see store/versions.py."""
_PLAIN = ("VARCHAR", "BOOLEAN", "DOUBLE", "FLOAT", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT",
          "UINTEGER", "UBIGINT")  # fmt: skip
_FETCHED, _EXPORTED_CHARS = 10_000, 16 * 1024 * 1024
EXPORTED = tuple(table for table in TABLES if table.exported)


def export_lines(catalogue: Catalogue, *, now: datetime) -> Iterator[str]:
    """The lines of an export, each with its line end. `now` is in UTC."""
    yield json.dumps({"memcli": "export", **_header(now)}) + "\n"
    db = catalogue.connection
    named = dict(db.execute("SELECT number, native_id FROM sessions").fetchall())
    for table in sorted(EXPORTED, key=lambda table: table.name != "turns"):  # first what other programs look for
        columns = _columns(db, table.name)
        shown = ", ".join(name if kind in _PLAIN else f"{name}::VARCHAR AS {name}" for name, kind in columns.items())
        for rest in _ordered(catalogue, table):
            cursor = db.execute(f"SELECT {shown} {rest}")
            while rows := cursor.fetchmany(_FETCHED):
                for values in rows:
                    row = dict(zip(columns, values, strict=True))
                    outer = _turn_fields(row, named) if table.name == "turns" else {}
                    yield json.dumps({"memcli": table.name, **outer, "row": row}, ensure_ascii=False) + "\n"


def _ordered(catalogue: Catalogue, table: Table) -> list[str]:
    """What follows the columns in statements that give all rows, one after the other: of turns, some at a time."""
    order = f"ORDER BY {table.number or ', '.join(table.identity)}"
    if table.name != "turns":
        return [f"FROM {table.name} {order}"]
    pieces = catalogue.pieces([(1, int(catalogue.setting("next_seq") or 1))], _EXPORTED_CHARS)
    return [f"FROM turns WHERE seq BETWEEN {first} AND {last} {order}" for [(first, last)] in pieces]


def export_parquet(catalogue: Catalogue, folder: Path, *, now: datetime) -> None:
    """Write one Parquet file a table into the folder, which is made. Raises StoreUnwritable."""
    import pyarrow.parquet as pq

    with writable(folder):
        folder.mkdir(mode=0o700, parents=True)
        for table in EXPORTED:
            pieces = (catalogue.connection.sql(f"SELECT * {rest}").to_arrow_table()
                      for rest in _ordered(catalogue, table))  # fmt: skip
            first = next(pieces)
            with pq.ParquetWriter(folder / f"{table.name}.parquet", first.schema, compression="zstd") as file:
                for rows in chain([first], pieces):
                    file.write_table(rows)
        (folder / HEADER).write_text(json.dumps(_header(now)) + "\n", encoding="utf-8")


def read_lines(lines: Iterable[bytes]) -> dict[str, pa.Table]:
    """The rows of an export by table, every value as text. Raises BackupDamaged, naming the line, and StoreNewer."""
    import pyarrow as pa

    gathered: dict[str, list[dict[str, str | None]]] = {table.name: [] for table in EXPORTED}
    count = 0
    for count, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
            name = record["memcli"]
            if count == 1:
                if name != "export":
                    raise ValueError('the first line is not {"memcli": "export", ...}')
                _check_header(record)
                continue
            row = record["row"]
            if name == "turns":
                row = row | {key: record[key] for key in ("speaker", "role", "text")}
            gathered[name].append({key: None if value is None else _text(value) for key, value in row.items()})
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BackupDamaged(
                f"line {count} is no line of an export: {type(error).__name__}: {str(error)[:200]}",
                hint="other conversation logs are read by `memcli ingest`",
            ) from error
    if not count:
        raise BackupDamaged("the export is empty")
    tables = {}
    for name, rows in gathered.items():
        names = dict.fromkeys(key for row in rows for key in row)
        columns = {key: pa.array([row.get(key) for row in rows], pa.string()) for key in names}
        if rows:
            tables[name] = pa.table(columns)
    return tables


def read_parquet(folder: Path) -> dict[str, pa.Table]:
    """The rows of a Parquet export by table. Raises BackupDamaged, StoreNewer."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        _check_header(json.loads((folder / HEADER).read_text(encoding="utf-8")))
        return {
            table.name: pq.read_table(folder / f"{table.name}.parquet")
            for table in EXPORTED
            if (folder / f"{table.name}.parquet").exists()
        }
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise BackupDamaged(f"{folder} is no Parquet export of memcli: {error}") from error


def take_in(catalogue: Catalogue, tables: dict[str, pa.Table], *, allow_return: bool) -> dict[str, int]:
    """Add all rows that are new, in one transaction. Returns how many of each table were added.

    Turns that were deleted here stay out, with all that was made of them, unless `allow_return`. Raises BackupDamaged,
    and adds nothing, if a row refers to one that the export lacks, or a turn's words are not those of its checksum.
    """
    import duckdb

    db = catalogue.connection
    db.begin()
    try:
        added = {table.name: _add(db, table, tables[table.name], allow_return=allow_return)
                 for table in _in_order() if table.name in tables}  # fmt: skip
        if _exists(db, "gone_turns"):
            erase.remove(db)
        if "turns" in added:
            long_turns.count_anew(db)
            versions.settle(db, f"SELECT {versions.MESSAGE} FROM turns WHERE worded_at IS NOT NULL")
    except duckdb.Error as error:
        db.rollback()
        raise BackupDamaged(f"the export does not fit: {str(error).splitlines()[0]}") from error
    except BaseException:
        db.rollback()
        raise
    db.commit()
    return {name: count for name, count in added.items() if count}


def _add(db: duckdb.DuckDBPyConnection, table: Table, rows: pa.Table, *, allow_return: bool) -> int:
    """Stage the rows with this store's numbers, and insert those that are new."""
    columns = _columns(db, table.name)
    unknown = set(rows.column_names) - set(columns)
    if unknown:
        raise BackupDamaged(f"{table.name} has no column {', '.join(sorted(unknown))[:200]}")
    present = [name for name in columns if name in rows.column_names]
    inner = {reference.column for reference in table.refers if reference.table == table.name}
    numbers = {
        reference.column: reference
        for reference in table.refers
        if reference.column not in inner and f"map_{reference.table}" in _temporary(db)
    }
    shown, joins = [], ""
    for name in present:
        if name in numbers:
            target = numbers[name].table
            joins += f" LEFT JOIN map_{target} AS {name}_map ON {name}_map.old = incoming.{name}::BIGINT"
            shown.append(f"{name}_map.new::{columns[name]} AS {name}")
        else:
            shown.append(f"incoming.{name}::{columns[name]} AS {name}")
    db.register("incoming", rows)
    db.execute(f"CREATE OR REPLACE TEMP TABLE staged AS SELECT {', '.join(shown)} FROM incoming {joins}")
    for name, reference in numbers.items():
        [(here, there)] = db.execute(
            f"SELECT (SELECT count({name}) FROM staged), (SELECT count({name}) FROM incoming)"
        ).fetchall()
        if here != there:
            raise BackupDamaged(f"rows of {table.name} refer to {reference.table} that the export does not have")
    db.unregister("incoming")
    if table.name == "turns":
        _check_turns(db, allow_return=allow_return)
    same = " AND ".join(f"known.{name} IS NOT DISTINCT FROM staged.{name}" for name in table.identity)
    if table.number is None:
        shown_columns = ", ".join(present)
        [(count,)] = db.execute(
            f"INSERT INTO {table.name} ({shown_columns}) SELECT {shown_columns} FROM staged "
            f"WHERE NOT EXISTS (FROM {table.name} known WHERE {same})"
        ).fetchall()
        return int(count)
    number = table.number
    next_number = (
        "(SELECT value::BIGINT - 1 FROM settings WHERE key = 'next_seq')"
        if table.name == "turns"
        else f"(SELECT coalesce(max({number}), 0) FROM {table.name})"
    )
    db.execute(
        f"""CREATE OR REPLACE TEMP TABLE map_{table.name} AS
            SELECT staged.{number} AS old, min(known.{number}) AS new, false AS fresh
            FROM staged JOIN {table.name} known ON {same} GROUP BY staged.{number}
            UNION ALL
            SELECT {number}, {next_number} + row_number() OVER (ORDER BY {number}), true
            FROM staged WHERE NOT EXISTS (FROM {table.name} known WHERE {same})"""
    )
    others = [name for name in present if name != number]
    values = (
        f"(SELECT new FROM map_{table.name} WHERE old = staged.{name})" if name in inner else f"staged.{name}"
        for name in others
    )
    [(count,)] = db.execute(
        f"""INSERT INTO {table.name} ({number}, {", ".join(others)})
            SELECT m.new, {", ".join(values)}
            FROM staged JOIN map_{table.name} m ON m.old = staged.{number} WHERE m.fresh ORDER BY m.new"""
    ).fetchall()
    if table.name == "turns" and count:
        [(first,)] = db.execute("SELECT value::BIGINT FROM settings WHERE key = 'next_seq'").fetchall()
        db.execute("INSERT INTO outbox VALUES (?, ?)", [first, first + count - 1])
        db.execute("UPDATE settings SET value = ? WHERE key = 'next_seq'", [str(first + count)])
    return int(count)


def _check_turns(db: duckdb.DuckDBPyConnection, *, allow_return: bool) -> None:
    columns = {row[0] for row in db.execute("DESCRIBE staged").fetchall()}
    if "checksum" not in columns:
        raise BackupDamaged("the turns of the export have no checksums")
    if "worded_at" not in columns:  # an export of an older schema
        db.execute("ALTER TABLE staged ADD COLUMN worded_at TIMESTAMP")
    changed = db.execute(f"SELECT id FROM staged WHERE checksum IS DISTINCT FROM {TURN_CHECKSUM} LIMIT 1").fetchall()
    if changed:
        raise BackupDamaged(f"the words, speaker or time of turn {changed[0][0]} were changed after the export")
    if allow_return:
        tombstones.lift(db, "staged")
    elif tombstones.any_tombstone(db):
        known = tombstones.known_ids("staged")
        db.execute(f"CREATE OR REPLACE TEMP TABLE gone_turns AS FROM staged WHERE id IN ({known})")
        db.execute("DELETE FROM staged WHERE id IN (SELECT id FROM gone_turns)")


def _in_order() -> list[Table]:
    """Tables after those that they refer to."""
    done: list[Table] = []
    left = list(EXPORTED)
    while left:
        names = {table.name for table in left}
        ready = [table for table in left if not any(to.table in names - {table.name} for to in table.refers)]
        done += ready
        left = [table for table in left if table not in ready]
    return done


def _turn_fields(row: dict[str, Any], sessions: dict[int, str]) -> dict[str, Any]:
    at = None
    if row["said_at"] is not None:
        zone = timezone(timedelta(minutes=row["utc_offset"])) if row["utc_offset"] else UTC
        at = datetime.fromisoformat(row["said_at"]).replace(tzinfo=UTC).astimezone(zone).isoformat()
    edited = row.get("worded_at")
    return {
        "session": sessions.get(row["session"]),
        "id": row["native_id"],
        "speaker": row.pop("speaker"),
        "role": row.pop("role"),
        "time": at,
        "text": row.pop("text"),
        **({"edited_at": f"{edited.replace(' ', 'T')}Z"} if edited and edited > _UNEDITED else {}),
    }


def _header(now: datetime) -> dict[str, Any]:
    at = now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"format": FORMAT, "store_schema": latest(), "exported_at": at}


def _check_header(header: dict[str, Any]) -> None:
    if int(header["format"]) > FORMAT or int(header["store_schema"]) > latest():
        raise StoreNewer("the export is of a newer memcli", hint="use the newer memcli that wrote it")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return str(value)
    raise ValueError("a value is neither text nor a number")


def _columns(db: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    rows = db.execute(
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? AND NOT internal "
        "AND database_name = current_database() ORDER BY column_index",
        [table],
    ).fetchall()
    return {str(name): str(kind) for name, kind in rows}


def _temporary(db: duckdb.DuckDBPyConnection) -> set[str]:
    return {str(name) for (name,) in db.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()}


def _exists(db: duckdb.DuckDBPyConnection, table: str) -> bool:
    return table in _temporary(db)
