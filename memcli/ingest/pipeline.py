"""The way of a log into the memory: find, detect, read what is new, normalise, commit, index."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

from memcli.ingest.beside import Beside, is_worthwhile
from memcli.ingest.detect import Detected
from memcli.ingest.errors import InputUnreadable
from memcli.ingest.incremental import part
from memcli.ingest.indexing import Indexing
from memcli.ingest.indexing_beside import IndexingBeside
from memcli.ingest.known_archives import KnownArchives
from memcli.ingest.listen import Heard, listen
from memcli.ingest.normalise import Normaliser
from memcli.ingest.readers.base import Source
from memcli.ingest.reading import Elsewhere, Reading, begun
from memcli.ingest.report import IngestReport, SourceReport
from memcli.ingest.walk import Found, sources
from memcli.ingest.writing import Writer
from memcli.progress import Progress
from store.batches import ReadRow
from store.sealing import is_sealed
from store.store import CATALOGUE, KeyFinder, Store, is_store, no_key

if TYPE_CHECKING:
    from engines.protocols import Embedder
    from store.catalogue import Catalogue

__all__ = ["IngestReport", "SourceReport", "dry_run", "ingest"]


def ingest(
    paths: Sequence[str],
    *,
    folder: Path,
    wait_s: float,
    embedder: Callable[[], Embedder],
    zone: tzinfo,
    redacting: bool,
    progress: Progress,
    format_name: str | None = None,
    mapping: Mapping[str, str] | None = None,
    me: str | None = None,
    allow_return: bool = False,
    exposed: bool = False,
    key: KeyFinder = no_key,
    elsewhere: Elsewhere | None = None,
    apart: bool = False,
) -> IngestReport:
    """Read the logs at `paths` into the store in `folder`, which is made if it is not there.

    A record or file that cannot be read costs only itself and is in the report and in quarantine. A source that is as
    it was when it was last read is not read again, and one that goes by lines and has grown is read from where it
    ended. Turns that were deleted stay out, and are counted as ignored, unless `allow_return`. me: who of the speakers
    the user is. exposed, key: see Store.open. elsewhere: reads sources in other processes. apart: much is indexed
    in a process of its own, as may be where the embedder is the one that comes with memcli, and not itself elsewhere.
    Raises InputUnreadable, before anything is written, if nothing at all can be read.
    """
    started = time.monotonic()
    reading = Reading(zone=zone, format_name=format_name, mapping=mapping, redacting=redacting)
    how = reading.how()
    archives = KnownArchives(how) if allow_return else KnownArchives.of(folder, wait_s, how, key)
    sealed = is_sealed(folder / CATALOGUE)
    with ExitStack() as stack:
        found = stack.enter_context(sources(paths, passed_over=archives.is_unchanged, in_memory=sealed))
        if elsewhere is None and is_worthwhile(found.sources.values()):
            elsewhere = Beside(embedder, at_once=not is_store(folder))
        if elsewhere is not None:
            stack.enter_context(elsewhere)
        chosen, refused = readers_for(found, reading, paths, known=bool(archives.unchanged))
        make = Store.open if is_store(folder) else Store.create
        store = make(folder, wait_s=wait_s, exposed=exposed, key=key)
        with store.locks.writer():
            store.fold_spool()
            writer = Writer(store, Normaliser(zone, redacting=redacting), allow_return=allow_return)
            for uri, reason in refused:
                writer.refuse(uri, reason)
            writer.report.sources += left_out(found)
            # Turns that were deleted come back only where they are read again.
            reads = {} if allow_return else writer.last_reads
            _tell_unchanged(writer, archives)

            def keep_archives(catalogue: Catalogue) -> None:
                archives.keep(catalogue, (source.uri for source, _ in chosen), refused, found.ignored)

            embedder = elsewhere.embedder if elsewhere is not None else embedder
            apart = apart and store.seal is None and os.name == "posix"  # elsewhere locks are not inherited
            indexing = IndexingBeside(store, embedder) if apart else Indexing(store, embedder)
            _read_all(writer, chosen, reading, reads, indexing, progress, me, keep_archives, elsewhere)
    report = writer.report
    # What was added to a known log may be no turn at all: half a line, a line that cannot be read.
    if not report.turns_read and not any(source.continued for source in report.sources):
        raise nothing_read(report)
    report.seconds = time.monotonic() - started
    return report


def _tell_unchanged(writer: Writer, archives: KnownArchives) -> None:
    """Report what is in the archives that are as they were."""
    for uri in sorted(archives.unchanged):
        for before in archives.members(uri):
            writer.known(before)
        for member, reason in archives.refused(uri):
            writer.report.sources.append(SourceReport(uri=member, format=None, skipped=[(None, reason)]))
        if ignored := archives.ignored(uri):
            writer.report.sources.append(SourceReport(uri=uri, format=None, ignored=ignored))


def _read_all(
    writer: Writer,
    chosen: Sequence[tuple[Source, Detected]],
    reading: Reading,
    reads: Mapping[str, ReadRow],
    indexing: Indexing | IndexingBeside,
    progress: Progress,
    me: str | None,
    also: Callable[[Catalogue], None],
    elsewhere: Elsewhere | None,
) -> None:
    total = sum(source.path.stat().st_size for source, _ in chosen)
    with indexing:
        with progress.phase("read", total, "bytes") as advance:
            counts = [_Counted(source.path.stat().st_size, advance) for source, _ in chosen]
            given = [
                (replace(source, watched=count.of), detected)
                for (source, detected), count in zip(chosen, counts, strict=True)
            ]
            listened = elsewhere.told(given, reads, reading) if elsewhere is not None else repeat(None)
            for (source, detected), count, told in zip(given, counts, listened, strict=False):
                reader = detected.reader
                how = reading.how(reader)
                found = told.part if told is not None else part(source, reader, reads.get(source.uri), how)
                if found.source is None:
                    assert found.before is not None
                    writer.known(found.before)
                elif told is not None:
                    writer.read(found, reader, how, told.report, committed=indexing.more, items=told.items)
                    writer.report.redacted.update(told.redacted)
                else:
                    writer.read(found, reader, how, begun(source, detected, found), committed=indexing.more)
                count.of(count.left)
            writer.finish(me=me, also=also)
        indexing.finish(progress)


@dataclass
class _Counted:
    """Tells of the bytes of a source as they are read, of each once: some readers go through a file twice."""

    left: int
    advance: Callable[[int], None]

    def of(self, count: int) -> None:
        """So many bytes were read."""
        count = min(count, self.left)
        self.left -= count
        self.advance(count)


def dry_run(paths: Sequence[str], *, reading: Reading, progress: Progress, in_memory: bool = False) -> IngestReport:
    """What ingest() would find at `paths`. Writes nothing. Raises InputUnreadable if nothing at all can be read.

    in_memory: see sources().
    """
    started = time.monotonic()
    normaliser = Normaliser(reading.zone, redacting=reading.redacting)
    report = IngestReport(batch="", redacted=normaliser.redacted)
    with sources(paths, in_memory=in_memory) as found:
        chosen, refused = readers_for(found, reading, paths)
        for uri, reason in refused:
            report.sources.append(SourceReport(uri=uri, format=None, skipped=[(None, reason)]))
        report.sources += left_out(found)
        with progress.phase("read", sum(source.path.stat().st_size for source, _ in chosen), "bytes") as advance:
            for source, detected in chosen:
                told = SourceReport(uri=source.uri, format=detected.reader.name, confidence=detected.confidence)
                report.sources.append(told)
                times: list[datetime] = []
                bytes_told = _Counted(source.path.stat().st_size, advance)
                watched = replace(source, watched=bytes_told.of)
                for turn in listen(watched, detected.reader, normaliser, told):
                    if isinstance(turn, Heard):
                        told.speakers[turn.speaker] += 1
                        if turn.said_at is not None:
                            times = [min([turn.said_at, *times]), max([turn.said_at, *times])]
                if times:
                    told.first, told.last = (at.replace(tzinfo=UTC) for at in times)
                bytes_told.of(bytes_told.left)
    if not report.turns_read:
        raise nothing_read(report)
    report.seconds = time.monotonic() - started
    return report


def readers_for(
    found: Found, reading: Reading, paths: Sequence[str], *, known: bool = False
) -> tuple[list[tuple[Source, Detected]], list[tuple[str, str]]]:
    """Each source that is a log with its reader, and what is refused as (uri, reason).

    Raises InputUnreadable if nothing is left, unless something is `known` already, and UnknownFormat.
    """
    chosen: list[tuple[Source, Detected]] = []
    refused, hint = list(found.refused), ""
    for source in found.sources.values():
        try:
            chosen.append((source, reading.detected(source)))
        except (InputUnreadable, OSError) as error:
            refused.append((source.uri, str(error)))
            hint = getattr(error, "hint", "")
    if not chosen and not known:
        if len(refused) == 1:
            raise InputUnreadable(f"{refused[0][0]}: {refused[0][1]}", hint=hint)
        what = f"none of its {len(refused)} files is a conversation log" if refused else "there is no log in it"
        raise InputUnreadable(f"{' '.join(paths)}: {what}", hint="--format NAME reads files as that format")
    return chosen, refused


def left_out(found: Found) -> list[SourceReport]:
    """Folders and archives with what is only counted in them."""
    return [SourceReport(uri=uri, format=None, ignored=Counter(counts)) for uri, counts in found.ignored.items()]


def nothing_read(report: IngestReport) -> InputUnreadable:
    """The error of an ingest that found no turn at all."""
    read = [source for source in report.sources if source.format is not None]
    where = read[0].uri if len(read) == 1 else f"{len(read)} sources"
    reasons = "; ".join(dict.fromkeys(reason for source in report.sources for _, reason in source.skipped))
    return InputUnreadable(f"{where}: no turn could be read{': ' + reasons if reasons else ''}")
