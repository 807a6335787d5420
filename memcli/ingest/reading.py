"""How logs are to be read, and what is told of a source when it was; another process may be the one that reads."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, NamedTuple, Protocol

from memcli import __version__
from memcli.ingest.detect import Detected, judge, reader_named
from memcli.ingest.incremental import Part
from memcli.ingest.listen import Heard, Unread
from memcli.ingest.readers.base import Reader, Source
from memcli.ingest.report import SourceReport
from store.batches import ReadRow

if TYPE_CHECKING:
    from engines.protocols import Embedder


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How logs are to be read, whatever they hold.

    format_name: as this format instead of by detection. mapping: which field of a record is what, for formats of
    one's own. zone: of times that name none. redacting: whether secrets are taken out.
    """

    zone: tzinfo
    format_name: str | None = None
    mapping: Mapping[str, str] | None = None
    redacting: bool = True

    def how(self, reader: Reader | None = None) -> str:
        """All that decides what a reader finds in the same bytes: if it is another, a known source is read again.

        Without a reader: all that decides what is found in an archive.
        """
        mapping = sorted(self.mapping.items()) if self.mapping else None
        name = reader.name if reader is not None else self.format_name
        return json.dumps([__version__, name, str(self.zone), self.redacting, mapping])

    def detected(self, source: Source) -> Detected:
        """The reader of a source. Raises NotALog, UnknownFormat, OSError."""
        asked_for = self.mapping or self.format_name
        return Detected(self.reader(self.format_name or ""), 1.0) if asked_for else judge(source)

    def reader(self, name: str) -> Reader:
        """The reader of that name, or that of the mapping, if there is one. Raises UnknownFormat."""
        if self.mapping:
            from memcli.ingest.readers.mapped import reader_for

            return reader_for(self.mapping)
        return reader_named(name)


class Told(NamedTuple):
    """What was heard in a source, or in what is new of it. `redacted` counts the secrets that were taken out.

    Part, report and this count are those of the whole source once the items have been gone through."""

    part: Part
    report: SourceReport
    items: Iterable[Heard | Unread]
    redacted: Counter[str]


class Elsewhere(AbstractContextManager[object], Protocol):
    """Whoever reads sources and embeds turns in other processes, once entered."""

    def embedder(self) -> Embedder:
        """The embedder of the memory, at work in those processes."""
        ...

    def told(
        self, chosen: Sequence[tuple[Source, Detected]], reads: Mapping[str, ReadRow], reading: Reading
    ) -> Iterator[Told | None]:
        """What is told in each of the sources, in their order; None for one that is to be read in this process."""
        ...


def begun(source: Source, detected: Detected, found: Part) -> SourceReport:
    """The report of a source that is about to be read."""
    return SourceReport(
        uri=source.uri, format=detected.reader.name, confidence=detected.confidence, continued=found.before is not None
    )
