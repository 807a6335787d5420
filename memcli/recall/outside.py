"""What a query leaves out: turns of other speakers, and from outside of its time."""

from __future__ import annotations

from memcli.types import Query
from store.rows import TurnRow


def outside(row: TurnRow, query: Query) -> str:
    """Why the query leaves a turn out; "" if it does not."""
    if query.speakers and row.speaker.lower() not in {speaker.lower() for speaker in query.speakers}:
        return f"it was said by {row.speaker}"
    if query.since is not None and (row.said_at is None or row.said_at < query.since):
        return "it was said before --since" if row.said_at else "it has no time, and --since leaves that out"
    if query.until is not None and (row.said_at is None or row.said_at >= query.until):
        return "it was not said before --until" if row.said_at else "it has no time, and --until leaves that out"
    return ""
