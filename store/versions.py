"""Messages that were edited: which of the words that a message has had are its present ones.

The same message has the same session, the same id of the source's own and the same time of sending; what a reader says
of it beside that is `worded_at`, the moment from which it had these words (the time of the edit; year 1 for a message
that was never edited, as far as its source tells). The turn with the latest `worded_at` is current, of two as late the
one that was read later. The others stay in the table turns, as they were read, and are named in the table superseded:
they are not searched, not counted and not read for facts. The view current_turns is what is left without them.

A reading that has two turns of one message with the same `worded_at` tells that its ids are no ids. Then all stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from store.outbox import enqueue
from store.tables import TABLES

if TYPE_CHECKING:
    import duckdb

VERSION_TABLES = (
    # NULL: the source does not know its messages by ids that last.
    "ALTER TABLE turns ADD COLUMN worded_at TIMESTAMP",
    "CREATE TABLE superseded (seq BIGINT NOT NULL, current BIGINT NOT NULL)",
    "CREATE VIEW current_turns AS FROM turns WHERE seq NOT IN (SELECT seq FROM superseded)",
)
"""The statements of migration 6."""

MESSAGE = "session, native_id, said_at"
"""What the versions of a message have in common."""

_MADE_OF_TURNS = ("turn_memory", "episodes", "scenes", "summaries", "archive", "claims", "facts", "fact_sources",
                  "mentions", "memory_states")  # fmt: skip
_KEPT = tuple(table.name for table in TABLES if table.name not in _MADE_OF_TURNS)


def settle(db: duckdb.DuckDBPyConnection, messages: str) -> None:
    """Say anew which turns of these messages (a query for the columns of MESSAGE) are superseded.

    What was made of a turn that is no longer current goes; all that changed are put in the outbox. Within the caller's
    transaction.
    """
    db.execute(
        f"""CREATE OR REPLACE TEMP TABLE versions AS
            SELECT t.seq, t.session, t.native_id, t.said_at, t.worded_at, t.batch, t.source
            FROM turns t SEMI JOIN (SELECT DISTINCT {MESSAGE} FROM ({messages})) USING ({MESSAGE})
            WHERE t.worded_at IS NOT NULL
            QUALIFY count(*) OVER (PARTITION BY {MESSAGE}) > 1 OR t.seq IN (SELECT seq FROM superseded)"""
    )
    if not db.execute("SELECT EXISTS (FROM versions)").fetchall()[0][0]:
        db.execute("DROP TABLE versions")
        return
    db.execute(
        f"""CREATE OR REPLACE TEMP TABLE settled AS
            WITH sighted AS (
                SELECT seq, {MESSAGE}, worded_at, batch, source FROM versions UNION
                SELECT v.seq, {MESSAGE}, v.worded_at, a.batch, a.source FROM versions v JOIN seen_again a USING (seq)),
            doubtful AS (
                SELECT DISTINCT {MESSAGE} FROM sighted
                GROUP BY {MESSAGE}, worded_at, batch, source HAVING count(*) > 1)
            SELECT v.seq, last_value(v.seq) OVER (PARTITION BY {MESSAGE} ORDER BY v.worded_at, v.seq
                   ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS current
            FROM versions v ANTI JOIN doubtful USING ({MESSAGE})
            QUALIFY v.seq <> current"""
    )
    db.execute(
        """CREATE OR REPLACE TEMP TABLE changed AS
           SELECT seq, n.seq IS NOT NULL AS outdated FROM settled n
           FULL JOIN (FROM superseded SEMI JOIN versions USING (seq)) o USING (seq)
           WHERE n.seq IS NULL OR o.seq IS NULL"""
    )
    db.execute("DELETE FROM superseded WHERE seq IN (SELECT seq FROM versions)")
    db.execute("INSERT INTO superseded FROM settled")
    if db.execute("SELECT EXISTS (FROM changed)").fetchall()[0][0]:
        _take_out(db)
        _read_again(db)
        enqueue(db, "SELECT seq FROM changed")
    for table in ("versions", "settled", "changed"):
        db.execute(f"DROP TABLE {table}")


def of_message(db: duckdb.DuckDBPyConnection, seq: int) -> list[int]:
    """The seqs of all versions of the message that a turn is one of, the present one last; none if it has only one."""
    rows = db.execute(
        """WITH message AS (SELECT coalesce((SELECT current FROM superseded WHERE seq = $seq), $seq) AS current)
           SELECT t.seq FROM turns t, message m
           WHERE t.seq IN (SELECT seq FROM superseded SEMI JOIN message USING (current))
              OR (t.seq = m.current AND m.current IN (SELECT current FROM superseded))
           ORDER BY t.seq = m.current, t.worded_at, t.seq""",
        {"seq": seq},
    ).fetchall()
    return [int(row[0]) for row in rows]


def renewed(db: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """The ids of all superseded turns with the ids of those that stand in their place, the oldest words first."""
    rows = db.execute(
        """SELECT t.id, c.id FROM superseded s JOIN turns t USING (seq) JOIN turns c ON c.seq = s.current
           ORDER BY t.worded_at, t.seq"""
    ).fetchall()
    return [(str(old), str(new)) for old, new in rows]


def _take_out(db: duckdb.DuckDBPyConnection) -> None:
    """Delete what was made of turns that are no longer current."""
    from store import erase

    db.execute(
        "CREATE OR REPLACE TEMP TABLE gone_turns AS FROM turns SEMI JOIN (FROM changed WHERE outdated) USING (seq)"
    )
    erase.remove(db, spared=_KEPT)
    db.execute("DROP TABLE gone_turns")


def _read_again(db: duckdb.DuckDBPyConnection) -> None:
    """Have turns that are current again, and all that were read for facts after them, read for facts anew."""
    from store.facts import READ_TO

    [(first,)] = db.execute("SELECT min(seq) FROM changed WHERE NOT outdated").fetchall()
    if first is None:
        return
    for table in ("claims", "mentions"):
        db.execute(f"DELETE FROM {table} WHERE seq >= ?", [first])
    db.execute(
        f"""UPDATE settings SET value = least(value::BIGINT, ? - 1)::VARCHAR
            WHERE key = '{READ_TO}' OR starts_with(key, 'facts_model_read_to')""",
        [first],
    )
