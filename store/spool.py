"""A small append-only file beside the catalogue, for what a reader has to tell while others read.

Asking must not wait for a writer, so an answer and its recall events are appended here, one JSON line each, and the
next command that writes folds them into the catalogue. A line is written and flushed to the disk; a
line torn by a power cut is dropped when it is folded, and only that line.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from store.locks import StoreLocks


class Spool:
    """The spool of one store. Appends and folds exclude each other through the store's spool lock."""

    def __init__(self, path: Path, locks: StoreLocks) -> None:
        self._path = path
        self._folding = path.with_name(path.name + ".folding")
        self._locks = locks

    def append(self, records: Iterable[dict[str, Any]]) -> None:
        """Write the records and flush them to the disk."""
        data = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()
        with self._locks.spool(), self._path.open("a+b") as stream:
            if stream.seek(0, os.SEEK_END) and os.pread(stream.fileno(), 1, stream.tell() - 1) != b"\n":
                data = b"\n" + data  # the line before was torn: it must not take this one with it
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())

    def read(self) -> list[dict[str, Any]]:
        """All whole records, oldest first, those of an interrupted fold included."""
        with self._locks.spool():
            return _records(self._folding) + _records(self._path)

    def read_since(self, position: tuple[int, int]) -> tuple[list[dict[str, Any]], tuple[int, int]]:
        """The whole records after a position that an earlier call gave, and the position after them; (0, 0) is before
        all. If the spool was folded in between, all records that wait now.
        """
        with self._locks.spool():
            if self._folding.exists() or not self._path.exists():
                return _records(self._folding) + _records(self._path), (0, 0)
            file, start = self._path.stat().st_ino, position[1]
            if file != position[0]:
                start = 0
            with self._path.open("rb") as stream:
                stream.seek(start)
                data = stream.read()
        whole = data[: data.rfind(b"\n") + 1]
        return _parsed(whole), (file, start + len(whole))

    def begin_fold(self) -> list[dict[str, Any]]:
        """Move the spool aside and return what is to be folded. Only under the writer lock."""
        with self._locks.spool():
            if not self._folding.exists() and self._path.exists():
                self._path.rename(self._folding)
        return _records(self._folding)

    def end_fold(self) -> None:
        """Forget what begin_fold() returned: it is committed elsewhere now."""
        self._folding.unlink(missing_ok=True)


def _records(path: Path) -> list[dict[str, Any]]:
    return _parsed(path.read_bytes()) if path.exists() else []


def _parsed(data: bytes) -> list[dict[str, Any]]:
    records = []
    for line in data.splitlines():
        try:
            records.append(json.loads(line))
        except ValueError:
            continue  # torn by a power cut: the command that wrote it never said that it was done
    return records
