"""The process that reads for memcli/ingest/beside.py.

It is told on stdin how to read, and then what, one source after the other, and tells on stdout what is in each: Begun,
Blocks, Ended. It ends after the last one, or when nobody listens any more.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from traceback import format_exc
from typing import IO

from memcli.ingest.beside import Begun, Block, Ended, Given, Raised, receive, send
from memcli.ingest.detect import Detected
from memcli.ingest.identity import OpenSession
from memcli.ingest.incremental import part
from memcli.ingest.listen import Heard, Unread, listen_to
from memcli.ingest.normalise import Normaliser
from memcli.ingest.reading import Reading, begun

BLOCK, BLOCK_CHARS = 2_048, 256 * 1024
"""Turns that are told at a time, and characters of them."""


def main() -> None:
    """Read what there is to read."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; whoever waits for us decides
    # Whatever a library prints goes to stderr: stdout is for what is told.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with suppress(BrokenPipeError):
        _read(sys.stdin.buffer, out)
    os._exit(0)  # without another try to write what nobody listens to


def _read(told: IO[bytes], out: IO[bytes]) -> None:
    """Everything comes from whoever began this process."""
    if not (said := receive(told)):
        return
    try:
        reading: Reading = pickle.loads(said)
        normaliser = Normaliser(reading.zone, redacting=reading.redacting)
        while said := receive(told):
            _tell(pickle.loads(said), reading, normaliser, out)
    except BrokenPipeError:
        raise
    except Exception as error:  # whatever it is, it is raised there as it would be if the reading were done there
        error.add_note(f"in the process that reads:\n{format_exc()}")  # no traceback goes with it
        send(out, Raised(error))


def _tell(given: Given, reading: Reading, normaliser: Normaliser, out: IO[bytes]) -> None:
    source, name, confidence, last = given
    counted = _Counted()
    reader = reading.reader(name)
    found = part(replace(source, watched=counted.add), reader, last, reading.how(reader))
    report = begun(source, Detected(reader, confidence), found)
    send(out, Begun(found, report))
    if found.source is None:
        return
    block = _Gathered(out, counted)
    for item in listen_to(found, reader, normaliser, report):
        block.add(item)
    block.tell()
    send(out, Ended(found.source, report, block.sessions, Counter(normaliser.redacted)))
    normaliser.redacted.clear()


class _Counted:
    """How many bytes were read since somebody asked."""

    def __init__(self) -> None:
        self._bytes = 0

    def add(self, count: int) -> None:
        self._bytes += count

    def taken(self) -> int:
        count, self._bytes = self._bytes, 0
        return count


class _Gathered:
    """What was heard in a source and is yet to be told."""

    def __init__(self, out: IO[bytes], counted: _Counted) -> None:
        self.sessions: list[OpenSession] = []
        """Those that were told, in the order of their first turns."""
        self._places: dict[int, int] = {}
        self._out = out
        self._counted = counted
        self._heard: list[Heard] = []
        self._unread: list[Unread] = []
        self._chars = 0

    def add(self, item: Heard | Unread) -> None:
        """Take note of it; tell of what is gathered once that is enough for a block."""
        if isinstance(item, Unread):
            self._unread.append(item)
        else:
            self._heard.append(item)
            self._chars += len(item.text)
        if len(self._heard) + len(self._unread) >= BLOCK or self._chars >= BLOCK_CHARS:
            self.tell()

    def tell(self) -> None:
        """Tell of what is gathered."""
        if not self._heard and not self._unread:
            return
        sessions, _, *others = zip(*self._heard, strict=True) if self._heard else ((), ())
        opened = [one for key, one in {id(one): one for one in sessions}.items() if key not in self._places]
        for one in opened:
            self._places[id(one)] = len(self.sessions)
            self.sessions.append(one)
        columns = [[self._places[id(one)] for one in sessions], *others]
        send(self._out, Block(columns, self._unread, opened, self._counted.taken()))
        self._heard, self._unread, self._chars = [], [], 0


if __name__ == "__main__":
    main()
