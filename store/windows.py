"""Turns as the index holds them: each with what was said before and after it in its session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

ORDER = "said_at NULLS FIRST, position, seq"
"""How the turns of a session follow each other: by time, and as their source had them within the same time."""

METADATA = """CASE WHEN t.time_inferred
    THEN CAST(json_merge_patch(coalesce(t.metadata, '{}'), '{"time_inferred": true}') AS VARCHAR) ELSE t.metadata END"""
"""The metadata of a turn t. Where a time is only inferred, it says so: that column is in the index as well."""


def rows_in(db: duckdb.DuckDBPyConnection, ranges: Sequence[tuple[int, int]]) -> pa.Table:
    """The turns with a seq in the ranges (first, last), and those beside them, whose window they change. By seq.

    Columns: those of a TurnRow, said (the text with its speaker before it) and window (the same with what was said
    before and after it in its session).
    """
    # Turns lie in the order in which they came, and so do sessions: what bounds both spares the rest of the table.
    first, last = min(one[0] for one in ranges), max(one[1] for one in ranges)
    [(lowest, highest)] = db.execute(
        "SELECT coalesce(min(session), 0), coalesce(max(session), 0) FROM turns WHERE seq BETWEEN ? AND ?",
        [first, last],
    ).fetchall()
    # The turn beside a new one is shown with its own other neighbour, so a session is read from two turns before
    # the first new one to two turns after the last.
    return db.sql(
        f"""
        WITH wanted AS (
            SELECT DISTINCT unnest(range(one[1], one[2] + 1)) AS seq FROM (SELECT unnest($ranges) AS one)),
        sessions_here AS (
            SELECT DISTINCT session FROM turns SEMI JOIN wanted USING (seq) WHERE seq BETWEEN {first} AND {last}),
        keyed AS (
            SELECT t.* EXCLUDE (speaker, metadata), coalesce(shown.name, t.speaker) AS speaker,
                   {METADATA} AS metadata, coalesce(t.said_at, TIMESTAMP '0001-01-01') AS moment,
                   t.seq IN (FROM wanted) AS fresh
            FROM current_turns t SEMI JOIN sessions_here USING (session) LEFT JOIN shown ON shown.who = t.who
            WHERE t.session BETWEEN {lowest} AND {highest}),
        touched AS (
            SELECT session, min(moment) AS earliest, max(moment) AS latest FROM keyed
            WHERE fresh GROUP BY session),
        reach AS (
            SELECT session,
                   coalesce(list_min(max(moment, 2) FILTER (moment < earliest)), any_value(earliest)) AS first,
                   coalesce(list_max(min(moment, 2) FILTER (moment > latest)), any_value(latest)) AS last
            FROM keyed JOIN touched USING (session) GROUP BY session),
        placed AS (
            SELECT keyed.*, speaker || ': ' || text AS said,
                   lag(speaker || ': ' || text) OVER beside AS before,
                   lead(speaker || ': ' || text) OVER beside AS after,
                   coalesce(lag(fresh) OVER beside, false) OR coalesce(lead(fresh) OVER beside, false)
                       AS beside_fresh
            FROM keyed JOIN reach USING (session)
            WHERE moment BETWEEN reach.first AND reach.last
            WINDOW beside AS (PARTITION BY session ORDER BY {ORDER}))
        SELECT p.seq, p.id, p.session, s.id AS session_id, s.title AS session_title, p.position, p.speaker, p.role,
               p.text, p.said_at, p.utc_offset, p.native_id, o.uri AS source, p.line, p.metadata, p.said,
               concat_ws(chr(10), p.before, p.said, p.after) AS "window"
        FROM placed p JOIN sessions s ON s.number = p.session JOIN sources o ON o.number = p.source
        WHERE p.fresh OR p.beside_fresh ORDER BY p.seq
        """,
        params={"ranges": [list(one) for one in ranges]},
    ).to_arrow_table()
