"""Turns as the index holds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from store.index_schema import BEFORE_TEXT

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

ORDER = "said_at NULLS FIRST, position, seq"
"""How the turns of a session follow each other: by time, and as their source had them within the same time."""

METADATA = """CASE WHEN t.time_inferred
    THEN CAST(json_merge_patch(coalesce(t.metadata, '{}'), '{"time_inferred": true}') AS VARCHAR) ELSE t.metadata END"""
"""The metadata of a turn t. Where a time is only inferred, it says so: that column is in the index as well."""


def rows_in(db: duckdb.DuckDBPyConnection, ranges: Sequence[tuple[int, int]]) -> pa.Table:
    """The turns with a seq in the ranges (first, last), by seq, with the columns that make a turn in the index."""
    # Turns lie in the order in which they came: what bounds it spares the rest of the table.
    first, last = min(one[0] for one in ranges), max(one[1] for one in ranges)
    return db.sql(
        f"""
        WITH wanted AS (
            SELECT DISTINCT unnest(range(one[1], one[2] + 1)) AS seq FROM (SELECT unnest($ranges) AS one)),
        named AS (
            SELECT t.* EXCLUDE (speaker, metadata), coalesce(shown.name, t.speaker) AS speaker, {METADATA} AS metadata
            FROM current_turns t SEMI JOIN wanted USING (seq) LEFT JOIN shown ON shown.who = t.who
            WHERE t.seq BETWEEN {first} AND {last})
        SELECT n.seq, n.id, n.session, s.id AS session_id, s.title AS session_title, n.position, n.speaker, n.role,
               n.speaker || '{BEFORE_TEXT}' || n.text AS said, n.said_at, n.utc_offset, n.native_id, o.uri AS source,
               n.line, n.metadata
        FROM named n JOIN sessions s ON s.number = n.session JOIN sources o ON o.number = n.source
        ORDER BY n.seq
        """,
        params={"ranges": [list(one) for one in ranges]},
    ).to_arrow_table()


def pieces(db: duckdb.DuckDBPyConnection, ranges: Sequence[tuple[int, int]], chars: int) -> list[list[tuple[int, int]]]:
    """The ranges (first, last), by seq, in pieces whose turns have so many characters at most, or are but one."""
    import numpy as np

    first, last = min(one[0] for one in ranges), max(one[1] for one in ranges)
    # The lengths are taken first: what sorts and joins would else hold all texts at once.
    found = db.execute(
        f"""
        WITH sized AS MATERIALIZED (SELECT seq, length(text) AS chars FROM turns WHERE seq BETWEEN {first} AND {last}),
        wanted AS (SELECT unnest(range(one[1], one[2] + 1)) AS seq FROM (SELECT unnest($ranges) AS one))
        SELECT seq, chars FROM sized SEMI JOIN wanted USING (seq) ORDER BY seq""",
        {"ranges": [list(one) for one in ranges]},
    ).fetchnumpy()
    reached = np.cumsum(found["chars"])
    made, left = [], list(ranges)
    begin = before = 0
    while begin < len(reached) and reached[-1] - before > chars:
        begin = max(int(np.searchsorted(reached, before + chars, side="right")), begin + 1)
        if begin == len(reached):
            break
        end, before = int(found["seq"][begin]) - 1, int(reached[begin - 1])
        made.append([(one, min(other, end)) for one, other in left if one <= end])
        left = [(max(one, end + 1), other) for one, other in left if other > end]
    return [*made, left]
