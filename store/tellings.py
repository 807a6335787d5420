"""Which conversation is this? Sessions that hold some of the same turns, for logs that do not name theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


def sessions_with(db: duckdb.DuckDBPyConnection, format_name: str, turns: pa.Table) -> list[tuple[str, str, int]]:
    """Sessions of a format that hold some of these turns, as (id, native_id, how many), best first.

    `turns` has the columns speaker, text and said_at.
    """
    db.register("probe", turns)
    rows = db.execute(
        """SELECT s.id, s.native_id, count(*) AS shared
           FROM (SELECT DISTINCT t.session, t.speaker, t.text, t.said_at
                 FROM turns t SEMI JOIN probe USING (said_at, speaker, text)) t
           JOIN sessions s ON s.number = t.session
           WHERE s.format = ? GROUP BY ALL ORDER BY shared DESC, s.id""",
        [format_name],
    ).fetchall()
    db.unregister("probe")
    return [(str(row[0]), str(row[1]), int(row[2])) for row in rows]


def sessions_sharing(db: duckdb.DuckDBPyConnection, format_name: str, messages: pa.Table) -> list[tuple[int, str, int]]:
    """Sessions of a format that hold some of these messages, as (told, native_id, how many), best first.

    `messages` has the columns told (any number), native_id, said_at and text.
    """
    db.register("probe", messages)
    rows = db.execute(
        """SELECT p.told, s.native_id, count(DISTINCT t.native_id) AS shared
           FROM turns t JOIN probe p USING (native_id, said_at, text) JOIN sessions s ON s.number = t.session
           WHERE s.format = ? GROUP BY ALL ORDER BY shared DESC, s.native_id""",
        [format_name],
    ).fetchall()
    db.unregister("probe")
    return [(int(row[0]), str(row[1]), int(row[2])) for row in rows]
