"""What an ingest tells of itself when it is done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class SourceReport:
    """What became of one source, or would become of it.

    `unchanged`: nothing was read, because it is as it was when it was read before; its turns are known. `first` and
    `last` (UTC) and `speakers` (turns by name) are only filled by a dry run.
    """

    uri: str
    format: str | None
    confidence: float | None = None
    unchanged: bool = False
    sessions: int = 0
    turns_read: int = 0
    turns_added: int = 0
    skipped: list[tuple[int | None, str]] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    speakers: Counter[str] = field(default_factory=Counter)
    first: datetime | None = None
    last: datetime | None = None


@dataclass(slots=True)
class IngestReport:
    """What became of one ingest. `redacted` counts the secrets that were taken out, by kind."""

    batch: str
    sources: list[SourceReport] = field(default_factory=list)
    redacted: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def turns_read(self) -> int:
        """Turns that the sources hold."""
        return sum(source.turns_read for source in self.sources)

    @property
    def turns_added(self) -> int:
        """Turns that are new in the store."""
        return sum(source.turns_added for source in self.sources)

    @property
    def skipped(self) -> int:
        """Records and files that could not be read."""
        return sum(len(source.skipped) for source in self.sources)
