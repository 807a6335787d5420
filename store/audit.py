"""The audit trail: a line for each command that took something away, with kinds and counts and none of its words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def note(db: duckdb.DuckDBPyConnection, command: str, what: str) -> None:
    """Add a line, in the transaction that takes it away: the command, and what it took."""
    db.execute("INSERT INTO audit VALUES (?, ?, ?)", [datetime.now(UTC).replace(tzinfo=None), command, what])
