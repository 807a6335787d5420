"""Putting turns in the outbox that are to be indexed again, or taken out of the index.

A seq in the outbox that no turn has any more is one to take out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def enqueue(connection: duckdb.DuckDBPyConnection, seqs: str) -> None:
    """Put the seqs that a query gives in the outbox, in as few ranges as they make."""
    connection.execute(
        f"""INSERT INTO outbox
            SELECT min(seq), max(seq)
            FROM (SELECT seq, seq - row_number() OVER (ORDER BY seq) AS run FROM (SELECT DISTINCT seq FROM ({seqs})))
            GROUP BY run"""
    )
