"""What stays of a deleted turn: a keyed hash, by which the same turn is known if it is read again.

Up to three hashes a turn, all SHA-256 cut to 128 bits with the store's own random key before the words: one of its id;
if its time is known, one of speaker, time and text, which holds in whatever session it turns up again; and if it is a
message that can be edited (see store/versions.py), one of that message, which holds whatever its words are by then.
They do not reveal the text; but whoever has the store has the key too, and can test a guess.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    import duckdb

_BY_ID = "left(sha256(concat_ws(chr(31), k.key, turn.id)), 32)"
_BY_WORDS = "left(sha256(concat_ws(chr(31), k.key, turn.speaker, turn.said_at::VARCHAR, turn.text)), 32)"
_BY_MESSAGE = "left(sha256(concat_ws(chr(31), k.key, 'message', turn.native_id, turn.said_at::VARCHAR)), 32)"
_TIMED = "turn.said_at IS NOT NULL"
_EDITABLE = f"{_TIMED} AND turn.native_id IS NOT NULL AND turn.worded_at IS NOT NULL"


def _matching(turns: str) -> str:
    return f"""
        FROM {turns} turn, tombstone_keys k
        WHERE {_BY_ID} IN (SELECT hash FROM tombstones)
           OR ({_TIMED} AND {_BY_WORDS} IN (SELECT hash FROM tombstones))
           OR ({_EDITABLE} AND {_BY_MESSAGE} IN (SELECT hash FROM tombstones))"""


def any_tombstone(db: duckdb.DuckDBPyConnection) -> bool:
    """Whether anything was ever deleted."""
    return bool(db.execute("SELECT EXISTS (FROM tombstones)").fetchall()[0][0])


def known_ids(turns: str) -> str:
    """SQL for the ids among `turns` that were deleted.

    `turns` is a table with the columns id, speaker, said_at, text, native_id, worded_at.
    """
    return f"SELECT turn.id {_matching(turns)}"


def buried(db: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> set[str]:
    """Those of the ids that were deleted."""
    if not ids or not any_tombstone(db):
        return set()
    rows = db.execute(
        f"""SELECT turn.id FROM (SELECT unnest(?) AS id) turn, tombstone_keys k
            WHERE {_BY_ID} IN (SELECT hash FROM tombstones)""",
        [list(ids)],
    ).fetchall()
    return {str(row[0]) for row in rows}


def bury(db: duckdb.DuckDBPyConnection, turns: str, at: datetime) -> None:
    """Leave the tombstones of `turns` (as for known_ids). `at` is naive UTC."""
    if not db.execute("FROM tombstone_keys").fetchall():
        db.execute("INSERT INTO tombstone_keys VALUES (?, ?)", [secrets.token_hex(8), secrets.token_hex(32)])
    first = "(SELECT * FROM tombstone_keys ORDER BY id LIMIT 1) k"
    for hashed, where in ((_BY_ID, "true"), (_BY_WORDS, _TIMED), (_BY_MESSAGE, _EDITABLE)):
        db.execute(
            f"INSERT OR IGNORE INTO tombstones SELECT DISTINCT {hashed}, k.id, ?::TIMESTAMP "
            f"FROM {turns} turn, {first} WHERE {where}",
            [at],
        )


def lift(db: duckdb.DuckDBPyConnection, turns: str) -> None:
    """Take away the tombstones of `turns`: they may come back."""
    for hashed in (_BY_ID, _BY_WORDS, _BY_MESSAGE):
        db.execute(f"DELETE FROM tombstones WHERE hash IN (SELECT {hashed} FROM {turns} turn, tombstone_keys k)")
