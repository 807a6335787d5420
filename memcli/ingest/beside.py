"""Reading in a process of its own, beside the one that commits and indexes: two cores are then at work, not one.

The process is memcli/ingest/reader_process.py. It is begun if there is enough to read, is given one source after the
other, and tells what is in each, in their order, in blocks that wait here until they are asked for: so many and no
more, so that memory does not grow with a source. What comes out is to the bit what reading here gives.
"""

from __future__ import annotations

import pickle
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from itertools import repeat
from queue import Empty, Queue
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Self

from engines.errors import EngineFailed
from engines.own_process import begin, how_it_ended
from memcli.ingest.identity import OpenSession
from memcli.ingest.incremental import Part, as_it_was
from memcli.ingest.listen import Heard, Unread
from memcli.ingest.reading import Reading, Told, begun
from memcli.ingest.report import SourceReport

if TYPE_CHECKING:
    from engines.protocols import Embedder
    from memcli.ingest.detect import Detected
    from memcli.ingest.readers.base import Source
    from store.batches import ReadRow

WORTHWHILE_BYTES = 4 * 1024 * 1024
"""Sources of less are nearly read when the process has begun, which takes a third of a second of a processor."""

AHEAD = 64
"""Blocks that wait to be asked for."""

_LENGTH_BYTES = 8
"""What goes from process to process is pickled, with its length before it in so many bytes, the highest first."""


def is_worthwhile(sources: Iterable[Source]) -> bool:
    """Whether sources are worth a process of their own."""
    return sum(source.path.stat().st_size for source in sources) >= WORTHWHILE_BYTES


class Given(NamedTuple):
    """A source that is to be read: the name of its reader, how sure that is, and how the source was read last."""

    source: Source
    reader: str
    confidence: float
    last: ReadRow | None


class Begun(NamedTuple):
    """The next source, or what is new of it, is about to be read; if nothing is, no more comes of it."""

    part: Part
    report: SourceReport


class Block(NamedTuple):
    """Some of what was heard in it, as columns: the fields of Heard but for the report; and what could not be read.

    Sessions are told by their places among all that the blocks of the source have `opened`. bytes: so many were read.
    """

    columns: Sequence[Sequence[Any]]
    unread: Sequence[Unread]
    opened: Sequence[OpenSession]
    bytes: int


class Ended(NamedTuple):
    """It was read to its end: what was told of it before, as it is now, and how many secrets were taken out."""

    source: Source
    report: SourceReport
    sessions: Sequence[OpenSession]
    redacted: Counter[str]


class Raised(NamedTuple):
    """Reading raised an error, with a note of where, and is over."""

    error: Exception


class Beside:
    """A process that reads, at work for one ingest once it is entered. It is an Elsewhere."""

    def __init__(self, embedder: Callable[[], Embedder], *, at_once: bool) -> None:
        """embedder: of the memory, which embeds in this process. at_once: the process is begun before it is known what
        has changed, as in a memory that knows nothing yet: it then loads what it needs while formats are detected.
        """
        self.embedder = embedder
        self._at_once = at_once

    def __enter__(self) -> Self:
        self._waiting: Queue[bytes] = Queue(AHEAD)
        self._over = False
        self._process = _begun() if self._at_once else None
        self._threads: list[threading.Thread] = []
        return self

    def __exit__(self, *raised: object) -> None:
        self._over = True
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        while any(one.is_alive() for one in self._threads):  # the listener may wait for room
            with suppress(Empty):
                self._waiting.get(timeout=0.01)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with suppress(BrokenPipeError):
                stream.close()

    def told(
        self, chosen: Sequence[tuple[Source, Detected]], reads: Mapping[str, ReadRow], reading: Reading
    ) -> Iterator[Told | None]:
        """What is told in each of the sources, in their order; each is listened to before the next is asked for.

        None for what is to be read in this process, where little has changed. Raises what reading raised, and
        EngineFailed if its process died.
        """
        known = [
            as_it_was(one, detected.reader, reads.get(one.uri), reading.how(detected.reader))
            for one, detected in chosen
        ]
        changed = [given for given, unchanged in zip(chosen, known, strict=True) if unchanged is None]
        apart = self._process is not None or is_worthwhile(source for source, _ in changed)
        if apart:
            self._begin(reading, changed, reads)
        for (source, detected), unchanged in zip(chosen, known, strict=True):
            redacted: Counter[str] = Counter()
            if unchanged is not None:
                yield Told(unchanged, begun(source, detected, unchanged), (), redacted)
            elif apart:
                part, report = self._next()
                items = self._items(source, part, report, redacted) if part.source is not None else ()
                yield Told(part, report, items, redacted)
            else:
                yield None

    def _begin(
        self, reading: Reading, changed: Sequence[tuple[Source, Detected]], reads: Mapping[str, ReadRow]
    ) -> None:
        self._process = self._process or _begun()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        # The pipe takes no more than the process has room for, so that there is a thread for either end of it.
        self._threads = [
            threading.Thread(target=_give, name="giving", args=(self._process.stdin, reading, changed, reads)),
            threading.Thread(target=self._listen, name="reading", args=(self._process.stdout,)),
        ]
        for thread in self._threads:
            thread.start()

    def _items(
        self, source: Source, part: Part, report: SourceReport, redacted: Counter[str]
    ) -> Iterator[Heard | Unread]:
        assert part.source is not None
        sessions: list[OpenSession] = []
        while isinstance(block := self._next(), Block):
            for session in block.opened:
                session.source = part.source
                sessions.append(session)
            if block.columns:
                numbers, *others = block.columns
                here = map(sessions.__getitem__, numbers)
                yield from map(Heard._make, zip(here, repeat(report), *others, strict=False))
            yield from block.unread
            if source.watched is not None:
                source.watched(block.bytes)
        _take_over(block, part.source, report, sessions)
        redacted.update(block.redacted)

    def _next(self) -> Any:
        """What the process says next."""
        said = self._waiting.get()
        if not said:
            raise self._died()
        found = pickle.loads(said)
        if isinstance(found, Raised):
            raise found.error
        return found

    def _listen(self, stream: IO[bytes]) -> None:
        said = b"begun"
        while said and not self._over:
            said = receive(stream)
            self._waiting.put(said)

    def _died(self) -> EngineFailed:
        assert self._process is not None
        return EngineFailed(
            f"the process that reads the logs ended {how_it_ended(self._process)}",
            hint="what was committed is safe: run the same command again",
        )


def _begun() -> subprocess.Popen[bytes]:
    return begin("memcli.ingest.reader_process", stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def _give(
    stream: IO[bytes], reading: Reading, changed: Sequence[tuple[Source, Detected]], reads: Mapping[str, ReadRow]
) -> None:
    """Tell the process how to read, and then what, one source after the other: of many, it holds few at a time."""
    with suppress(BrokenPipeError):  # it died: whoever waits for what it says is told
        send(stream, reading)
        for source, detected in changed:
            send(stream, Given(source, detected.reader.name, detected.confidence, reads.get(source.uri)))
        stream.close()


def _take_over(ended: Ended, source: Source, report: SourceReport, sessions: Sequence[OpenSession]) -> None:
    """Bring what was told of a source at its beginning to what it is at its end."""
    for name in (one.name for one in fields(source.place)):
        setattr(source.place, name, getattr(ended.source.place, name))
    source.carry.clear()
    source.carry.update(ended.source.carry)
    source.consulted.update(ended.source.consulted)
    report.sessions, report.turns_read = ended.report.sessions, ended.report.turns_read
    report.skipped += ended.report.skipped
    report.ignored.update(ended.report.ignored)  # beside what was counted when turns were committed
    for mine, theirs in zip(sessions, ended.sessions, strict=True):
        mine.turns_read, mine.base, mine.open_end = theirs.turns_read, theirs.base, theirs.open_end


def send(stream: IO[bytes], said: object) -> None:
    """Say something to the other process."""
    data = pickle.dumps(said, protocol=5)
    stream.write(len(data).to_bytes(_LENGTH_BYTES) + data)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes:
    """What the other process says next, pickled; empty if it has ended."""
    length = stream.read(_LENGTH_BYTES)
    said = stream.read(int.from_bytes(length)) if len(length) == _LENGTH_BYTES else b""
    return said if len(said) == int.from_bytes(length) else b""
