"""Reading that goes on: a file or standard input that grows, and folders where files come and change."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memcli.ingest.archives import is_media
from memcli.ingest.detect import Detected
from memcli.ingest.errors import InputUnreadable, NotALog
from memcli.ingest.incremental import Part, part
from memcli.ingest.indexing import index_outbox
from memcli.ingest.normalise import Normaliser
from memcli.ingest.pipeline import ingest
from memcli.ingest.readers.base import HEAD_BYTES, Reader, Source
from memcli.ingest.reading import Reading
from memcli.ingest.report import IngestReport, SourceReport
from memcli.ingest.tail import Tail, TailSource
from memcli.ingest.walk import uri_of, visible_folders
from memcli.ingest.writing import Writer
from memcli.progress import Unwatched
from store.batches import Batches
from store.errors import StoreLocked
from store.store import KeyFinder, Store

if TYPE_CHECKING:
    from engines.protocols import Embedder

_POLL_S = 0.2
_COMMIT_S = 0.6
"""So long after a commit the next one waits: many lines that come one by one make few commits."""
_INDEX_S = 2.0
_WATCH_S = 1.0
"""So often folders are looked through; a file has to look the same twice before it is read."""


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """What keeps reading needs: where to, how, when to stop, and whom to tell (reports, and remarks as text)."""

    folder: Path
    wait_s: float
    embedder: Callable[[], Embedder]
    reading: Reading
    me: str | None
    allow_return: bool
    exposed: bool
    key: KeyFinder
    stopped: Callable[[], bool]
    told: Callable[[IngestReport], None]
    remark: Callable[[str], None]

    def pause(self, seconds: float) -> None:
        """Wait, but not when told to stop."""
        until = time.monotonic() + seconds
        while not self.stopped() and (left := until - time.monotonic()) > 0:
            time.sleep(min(_POLL_S, left))


def follow(path: str, keeping: Keeping) -> None:
    """Read a file, or `-` for standard input, and each line that is added to it, until told to stop.

    What is whole for a second is committed; what a killed process had committed is not read again by the next. A file
    that is replaced or cut off (rotated) is read from its beginning. Where a format does not go by lines, the whole
    file is read again whenever it has changed. Ends by itself only where standard input ends.
    """
    if path != "-" and not Path(path).is_file():
        raise InputUnreadable(f"there is no file {path} to follow")
    by_line = True
    while by_line and not keeping.stopped():
        with _opened(path) as descriptor:
            by_line = _Following(path, descriptor, keeping).run()
        if path == "-":
            return
    if not keeping.stopped():
        keeping.remark("this format does not go by lines: the whole file is read again whenever it has changed")
        watch([path], keeping)


@contextmanager
def _opened(path: str) -> Iterator[int]:
    if path == "-":
        yield sys.stdin.fileno()
        return
    while True:
        try:
            descriptor = os.open(path, os.O_RDONLY)
            break
        except FileNotFoundError:
            time.sleep(_POLL_S)  # between two files of a rotation
    try:
        yield descriptor
    finally:
        os.close(descriptor)


class _Following:
    """One file, from where it was read before to its end, whenever that is."""

    def __init__(self, path: str, descriptor: int, keeping: Keeping) -> None:
        self._keeping = keeping
        self._file = None if path == "-" else Path(path)
        self._uri = "stdin" if self._file is None else uri_of(self._file)
        self._tail = Tail(descriptor, path=self._file, between=self._between, wait=self._wait)
        self._writer: Writer | None = None
        self._embedder: Embedder | None = None
        self._told = SourceReport(uri=self._uri, format=None)
        self._committed_at = self._indexed_at = 0.0
        self._committed_offset = 0

    def run(self) -> bool:
        """Follow to the end. False, at once, where the format does not go by lines."""
        detected, head = self._detected()
        if detected is None:
            return True
        reader, reading = detected.reader, self._keeping.reading
        if not reader.by_line:
            if self._file is None:
                raise InputUnreadable(
                    f"{reader.name} does not go by lines: it cannot be followed on standard input",
                    hint="write it to a file, and follow or watch that",
                )
            return False
        keeping = self._keeping
        self._store = Store.create(keeping.folder, wait_s=keeping.wait_s, exposed=keeping.exposed, key=keeping.key)
        self._how = reading.how(reader)
        self._part = self._begun(reader, head)
        self._report = SourceReport(uri=self._uri, format=reader.name, confidence=detected.confidence)
        normaliser = Normaliser(reading.zone, redacting=reading.redacting)
        self._writer = Writer(
            self._store, normaliser, guard=self._store.locks.writer, allow_return=self._keeping.allow_return
        )
        if self._keeping.me:
            with self._store.locks.writer(), self._store.writing() as catalogue:
                catalogue.keep_setting("me", self._keeping.me)
        self._writer.read(self._part, reader, self._how, self._report)
        self._commit()
        self._index()
        with self._store.locks.writer(), self._store.writing() as catalogue:
            catalogue.end_batch(self._writer.batch, datetime.now(UTC))
        return True

    def _detected(self) -> tuple[Detected | None, bytes]:
        """The reader of the file, as soon as there is enough in it to tell, and how it begins; None: told to stop."""
        told = False
        while not self._keeping.stopped():
            if self._file is not None:
                source = Source(uri=self._uri, path=self._file)
            else:
                source = TailSource(uri=self._uri, path=Path(os.devnull), tail=self._tail)
                source.give_head(self._tail.whole_lines()[:HEAD_BYTES])
            try:
                return self._keeping.reading.detected(source), source.head
            except NotALog as error:
                if len(source.head) >= HEAD_BYTES or self._tail.ended:
                    raise
                if source.head and not told:
                    self._keeping.remark(f"{self._uri}: {error} yet; waiting for more")
                    told = True
            time.sleep(_POLL_S)
        return None, b""

    def _begun(self, reader: Reader, head: bytes) -> Part:
        """Where to begin: where the last reading ended, if the file goes on there, else at the beginning."""
        state: dict[str, Any] = {}
        before = None
        if self._file is not None:
            with self._store.reading() as catalogue:
                last = Batches(catalogue.connection).last_reads().get(self._uri)
            found = part(Source(uri=self._uri, path=self._file), reader, last, self._how)
            state = found.state if found.source is not None else json.loads(last.state or "{}") if last else {}
            if "at" in state:
                before = found.before
                self._tail.pass_over(state["at"])
        source = TailSource(
            uri=self._uri, path=self._file or Path(os.devnull), tail=self._tail, start=self._tail.offset,
            first_line=self._tail.lines + 1, carry=dict(state.get("carry", {})),
        )  # fmt: skip
        source.give_head(head)
        self._committed_offset = self._tail.offset
        return Part(source, before, self._tail.offset, "", 0, state=state if before is not None else {})

    def _between(self) -> bool:
        if self._writer is not None and time.monotonic() - self._committed_at >= _COMMIT_S:
            self._commit()
        return not self._keeping.stopped()

    def _wait(self) -> bool:
        if time.monotonic() - self._indexed_at >= _INDEX_S:
            self._index()
        time.sleep(_POLL_S)
        return not self._keeping.stopped()

    def _commit(self) -> None:
        """Commit what is read, with the place where it ends."""
        assert self._writer is not None
        if self._tail.offset == self._committed_offset:
            return
        size, offset = self._tail.offset, self._committed_offset
        done = replace(
            self._part, bytes=size, sha256=self._tail.sha256, lines=self._tail.lines, continues=size > offset
        )
        self._writer.was_read(done, self._how, self._report)
        self._committed_at = time.monotonic()
        try:
            self._writer.commit()
        except StoreLocked as error:
            if self._keeping.stopped() or self._tail.ended:
                raise
            self._keeping.remark(f"{error}; trying again")
            return
        self._committed_offset, self._committed_at = size, time.monotonic()
        self._tell()

    def _index(self) -> None:
        """Make searchable what is committed."""
        if self._writer is None or not self._store.pending:
            return
        try:
            with self._store.locks.writer():
                self._embedder = self._embedder or self._keeping.embedder()
                index_outbox(self._store, self._embedder, Unwatched())
        except StoreLocked:
            return  # whoever holds it now, or this one at its next turn, will do it
        self._indexed_at = time.monotonic()

    def _tell(self) -> None:
        """Report what came since the last report."""
        assert self._writer is not None
        now, told = self._report, self._told
        new = replace(
            now,
            sessions=now.sessions - told.sessions,
            turns_read=now.turns_read - told.turns_read,
            turns_added=now.turns_added - told.turns_added,
            skipped=list(now.skipped),
            ignored=now.ignored - told.ignored,
        )
        self._told = replace(now, ignored=Counter(now.ignored))
        redacted = Counter(self._writer.report.redacted)
        self._writer.report.redacted.clear()
        now.skipped.clear()
        self._keeping.told(IngestReport(batch=self._writer.report.batch, sources=[new], redacted=redacted))


def watch(paths: Sequence[str], keeping: Keeping) -> None:
    """Read the files in these folders, and each that comes or changes, until told to stop.

    A file is read when it has stood still for a moment: one that is still being written waits.
    """
    for path in paths:
        if not Path(path).exists():
            raise InputUnreadable(f"there is no file or folder {path} to watch")
    before: dict[str, _Stamp] = {}
    done: dict[str, _Stamp] = {}
    while not keeping.stopped():
        now = dict(_stamps(paths))
        ready = [path for path, stamp in now.items() if before.get(path) == stamp and done.get(path) != stamp]
        if ready and _taken(ready, keeping):
            done |= {path: now[path] for path in ready}
        before = now
        keeping.pause(_WATCH_S)


_Stamp = tuple[int, int, int]


def _stamps(paths: Sequence[str]) -> Iterator[tuple[str, _Stamp]]:
    """Every file under the paths with what changes when it does: inode, size and time."""
    for path in paths:
        walked = os.walk(path) if Path(path).is_dir() else [(str(Path(path).parent), [], [Path(path).name])]
        for folder, folders, names in walked:
            folders[:] = visible_folders(folder, folders)
            for name in sorted(names):
                file = Path(folder, name)
                try:
                    stat = file.stat()
                except OSError:
                    continue
                if not name.startswith(".") and file.is_file() and not is_media(name):
                    yield str(file), (stat.st_ino, stat.st_size, stat.st_mtime_ns)


def _taken(files: Sequence[str], keeping: Keeping) -> bool:
    """Ingest the files. False: not now, for another process holds the store."""
    reading = keeping.reading
    try:
        report = ingest(
            files,
            folder=keeping.folder,
            wait_s=keeping.wait_s,
            embedder=keeping.embedder,
            zone=reading.zone,
            redacting=reading.redacting,
            progress=Unwatched(),
            format_name=reading.format_name,
            mapping=reading.mapping,
            me=keeping.me,
            allow_return=keeping.allow_return,
            exposed=keeping.exposed,
            key=keeping.key,
        )
    except StoreLocked as error:
        keeping.remark(f"{error}; trying again")
        return False
    except InputUnreadable as error:
        keeping.remark(str(error))
        return True
    keeping.told(report)
    return True
