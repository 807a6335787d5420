"""The rows that come out of a store."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class TurnRow(NamedTuple):
    """A turn with what it takes to cite it. `said_at` is in UTC; `utc_offset` in minutes."""

    seq: int
    id: str
    session: int
    session_id: str
    session_title: str
    position: int
    speaker: str
    role: str
    text: str
    said_at: datetime | None
    utc_offset: int
    native_id: str | None
    source: str
    line: int | None
    metadata: str | None


class SourceRow(NamedTuple):
    """A file that was ingested."""

    uri: str
    format: str
    turns: int
