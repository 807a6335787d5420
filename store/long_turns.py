"""Very long turns, and why DuckDB must not bring many of them together.

DuckDB keeps rows in row groups of up to 122,880 and reads texts 2,048 rows at a time, of which it unpacks all for any
one of them where they are long. What a commit adds is a row group of its own, and no commit of an ingest has many
characters; but when DuckDB next brings its file up to date it merges small row groups, by their rows and whatever their
bytes. Of turns with hundreds of kilobytes, one step of any statement would then need gigabytes, and each commit would
compress them all again. So merging is left to DuckDB (`max_vacuum_tasks`) only until so much long text has come in; of
a memory with more, the turns are brought together by size when its catalogue is written anew: see copy_turns().
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

LONG = 16 * 1024
"""A turn of more bytes is a long one: 2,048 of those that are not have 32 MiB at most."""

MERGED_BYTES = 64 * 1024 * 1024
"""While long turns have no more bytes together, DuckDB may merge row groups as it likes."""

GROUP_BYTES = 32 * 1024 * 1024
"""Bytes of text that copy_turns() brings together."""

SCATTERED = 256
"""More row groups than the size of a memory asks for: each takes a block of 256 KiB and more of the disk."""

_SETTING = "long_bytes"
_DUCKDB_MERGES = 100
"""DuckDB's own value of max_vacuum_tasks."""


def let_merge(db: duckdb.DuckDBPyConnection) -> None:
    """Let DuckDB merge row groups on a connection that was opened without it, if the long turns are few."""
    if _bytes(db) <= MERGED_BYTES:
        db.execute(f"SET max_vacuum_tasks = {_DUCKDB_MERGES}")


def count(db: duckdb.DuckDBPyConnection, first: int) -> None:
    """Add the long turns with this seq and later ones to those that were counted before."""
    known = _bytes(db, before=first)
    if fresh := _counted(db, f"seq >= {first}"):
        _keep(db, known + fresh)


def count_anew(db: duckdb.DuckDBPyConnection) -> None:
    """Count all of them, since turns came in otherwise than by Catalogue.add_turns()."""
    _keep(db, _counted(db, "true"))


def scattered(db: duckdb.DuckDBPyConnection) -> bool:
    """Whether very many small commits were not merged, so that writing the catalogue anew is worth it."""
    known = _bytes(db)
    if known <= MERGED_BYTES:
        return False
    [(groups,)] = db.execute("SELECT coalesce(max(row_group_id) + 1, 0) FROM pragma_storage_info('turns')").fetchall()
    return int(groups) > SCATTERED + 4 * (known // GROUP_BYTES)


def copy_turns(db: duckdb.DuckDBPyConnection) -> None:
    """Copy old.turns to fresh.turns, which is empty, in row groups of about GROUP_BYTES of text at most."""
    pieces = db.execute(
        f"""WITH sized AS MATERIALIZED (SELECT seq, strlen(text) AS bytes FROM old.turns)
            SELECT min(seq), max(seq)
            FROM (SELECT seq, sum(bytes) OVER (ORDER BY seq) // {GROUP_BYTES} AS piece FROM sized)
            GROUP BY piece ORDER BY 1"""
    ).fetchall()
    for first, last in pieces:
        db.execute(f"INSERT INTO fresh.turns FROM old.turns WHERE seq BETWEEN {first} AND {last}")
        db.execute("CHECKPOINT fresh")  # the next one begins another row group


def _bytes(db: duckdb.DuckDBPyConnection, before: int | None = None) -> int:
    """What was counted; counted now in a memory of an earlier version."""
    rows = db.execute("SELECT value FROM settings WHERE key = ?", [_SETTING]).fetchall()
    if rows:
        return int(rows[0][0])
    found = _counted(db, "true" if before is None else f"seq < {before}")
    _keep(db, found)
    return found


def _counted(db: duckdb.DuckDBPyConnection, where: str) -> int:
    [(found,)] = db.execute(
        f"SELECT coalesce(sum(strlen(text)), 0) FROM turns WHERE {where} AND strlen(text) > {LONG}"
    ).fetchall()
    return int(found)


def _keep(db: duckdb.DuckDBPyConnection, found: int) -> None:
    db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", [_SETTING, str(found)])
