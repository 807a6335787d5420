"""The growing end of a file or of standard input, as a stream that a reader takes for a file.

It gives whole lines only. When it is asked for more, a reader that goes by lines has dealt with all that it was given
before: that is the moment to commit.
"""

from __future__ import annotations

import hashlib
import os
import select
from collections.abc import Callable
from dataclasses import dataclass
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import Any

from memcli.ingest.readers.base import LINE_BYTES, Source

_PIECE = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class TailSource(Source):
    """A source whose bytes come from a tail. It can be opened once."""

    tail: Tail

    @property
    def grows(self) -> bool:
        """It does."""
        return True

    def open(self) -> BufferedReader:
        """The lines of the tail as they come."""
        return _AsTheyCome(self.tail, _PIECE)

    def give_head(self, head: bytes) -> None:
        """Say how the source begins, for detection, where there is no file to look into."""
        self.__dict__["head"] = head


class Tail(RawIOBase):
    """What is written to a descriptor, until `path` (None: no file) stands for another file or the stream is closed.

    `between` is called whenever all that was given has been dealt with, `wait` where there is no whole line to give; it
    returns after a moment. Either returns False to end the stream. `offset`, `lines` and `sha256` are those of the file
    up to the last line that was given.
    """

    def __init__(
        self, descriptor: int, *, path: Path | None, between: Callable[[], bool], wait: Callable[[], bool]
    ) -> None:
        self._descriptor = descriptor
        self._between = between
        self._wait = wait
        self._path = path
        self._ready = bytearray()
        self._rest = bytearray()
        self._digest = hashlib.sha256()
        self.offset = self.lines = 0
        self.ended = False
        """The writer has closed its end, or the file was replaced or cut off; all that it had is given."""

    def pass_over(self, size: int) -> None:
        """Begin `size` bytes into the file."""
        while self.offset < size and (data := os.read(self._descriptor, min(size - self.offset, 1024 * 1024))):
            self._count(data)

    @property
    def sha256(self) -> str:
        """The hash of the file up to `offset`."""
        return self._digest.hexdigest()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            if not self._between():
                return 0
            if not self._take() and (self.ended or not self._wait()):
                return 0
        data = bytes(self._ready[: len(buffer)])
        del self._ready[: len(data)]
        self._count(data)
        buffer[: len(data)] = data
        return len(data)

    def whole_lines(self) -> bytes:
        """The whole lines that are there to be given."""
        self._take()
        return bytes(self._ready)

    def _take(self) -> bool:
        """Read what is there; whether it makes whole lines."""
        if self.ended:
            return False
        if self._path is None and not select.select([self._descriptor], [], [], 0)[0]:
            return False
        data = os.read(self._descriptor, _PIECE)
        if not data and (self._path is None or self._replaced()):
            self.ended = True
            self._ready += self._rest
            self._rest.clear()
            return bool(self._ready)
        self._rest += data
        end = self._rest.rfind(b"\n") + 1
        if not end and len(self._rest) > 2 * LINE_BYTES:
            end = len(self._rest)  # no line, and the reader will say so
        self._ready += self._rest[:end]
        del self._rest[:end]
        return bool(self._ready)

    def _replaced(self) -> bool:
        """Whether the name stands for another file now, or the file is shorter than what was read of it."""
        assert self._path is not None
        mine = os.fstat(self._descriptor)
        try:
            named = self._path.stat()
        except OSError:
            return False  # between two files of a rotation
        other = (named.st_dev, named.st_ino) != (mine.st_dev, mine.st_ino)
        return other or mine.st_size < self.offset + len(self._rest)

    def _count(self, data: bytes) -> None:
        self._digest.update(data)
        self.offset += len(data)
        self.lines += data.count(b"\n")


class _AsTheyCome(BufferedReader):
    """Gives what is there instead of waiting until it has as much as it was asked for."""

    def read(self, size: int | None = -1) -> bytes:
        return self.read1(-1 if size is None else size)
