"""A small append-only file beside the catalogue, for what a reader has to tell while others read.

Asking must not wait for a writer, so an answer and its recall events are appended here, one JSON line each, and the
next command that writes folds them into the catalogue. A line is written and flushed to the disk; a
line torn by a power cut is dropped when it is folded, and only that line.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from store.disk import put_in_place, writable
from store.locks import StoreLocks

_ID = re.compile("[0-9a-f]{32}")


class Spool:
    """The spool of one store. Appends and folds exclude each other through the store's spool lock."""

    def __init__(self, path: Path, locks: StoreLocks) -> None:
        self._path = path
        self._folding = path.with_name(path.name + ".folding")
        self._locks = locks

    def append(self, records: Iterable[dict[str, Any]]) -> None:
        """Write the records and flush them to the disk."""
        data = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode()
        with self._locks.spool(), writable(self._path), self._path.open("a+b") as stream:
            if stream.seek(0, os.SEEK_END) and os.pread(stream.fileno(), 1, stream.tell() - 1) != b"\n":
                data = b"\n" + data  # the line before was torn: it must not take this one with it
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())

    def read(self) -> list[dict[str, Any]]:
        """All whole records, oldest first, those of an interrupted fold included."""
        with self._locks.spool(shared=True):
            return _records(self._folding) + _records(self._path)

    def read_since(self, position: tuple[int, int]) -> tuple[list[dict[str, Any]], tuple[int, int]]:
        """The whole records after a position that an earlier call gave, and the position after them; (0, 0) is before
        all. If the spool was folded in between, all records that wait now (a number of a file may be given anew, so a
        reader that knows of the fold asks from (0, 0) on).
        """
        with self._locks.spool(shared=True):
            if self._folding.exists() or not self._path.exists():
                return _records(self._folding) + _records(self._path), (0, 0)
            found = self._path.stat()
            file, start = found.st_ino, position[1]
            if file != position[0] or start > found.st_size:
                start = 0
            with self._path.open("rb") as stream:
                stream.seek(start)
                data = stream.read()
        whole = data[: data.rfind(b"\n") + 1]
        return _parsed(whole), (file, start + len(whole))

    def forget(self, ids: Collection[str]) -> None:
        """Take out every record that names one of the ids. Only under the writer lock."""
        with self._locks.spool():
            for path in (self._folding, self._path):
                if path.exists():
                    lines = path.read_bytes().splitlines()
                    kept = [line for line in lines if not set(_ID.findall(line.decode(errors="replace"))) & set(ids)]
                    if len(kept) < len(lines):
                        with writable(path):
                            draft = path.with_name(path.name + ".new")
                            draft.write_bytes(b"".join(line + b"\n" for line in kept))
                            put_in_place(draft, path)

    def begin_fold(self) -> list[dict[str, Any]]:
        """Move the spool aside and return what is to be folded. Only under the writer lock."""
        with self._locks.spool():
            if not self._folding.exists() and self._path.exists():
                self._path.rename(self._folding)
        return _records(self._folding)

    def end_fold(self) -> None:
        """Forget what begin_fold() returned: it is committed elsewhere now."""
        self._folding.unlink(missing_ok=True)


FILES = ("spool.jsonl", "spool.jsonl.folding")
"""Where records wait: the spool, and what an interrupted fold had moved aside."""


def torn_lines(folder: Path) -> list[tuple[str, int]]:
    """The spool files in a store's folder that hold lines which are no JSON, with how many."""
    counted = ((name, len(_torn(folder / name))) for name in FILES)
    return [(name, torn) for name, torn in counted if torn]


def split_torn(folder: Path, aside: Path) -> list[tuple[str, int]]:
    """Move the lines that are no JSON to the file `aside`, and keep all others. Returns what was moved, by file."""
    moved = []
    for name in FILES:
        path = folder / name
        torn = _torn(path)
        if torn:
            with writable(folder):
                aside.parent.mkdir(mode=0o700, exist_ok=True)
                with aside.open("ab") as stream:
                    stream.write(b"\n".join(torn) + b"\n")
                draft = path.with_name(path.name + ".new")
                good = [line for line in path.read_bytes().splitlines() if line.strip() and line not in torn]
                draft.write_bytes(b"".join(line + b"\n" for line in good))
                put_in_place(draft, path)
            moved.append((name, len(torn)))
    return moved


def _torn(path: Path) -> list[bytes]:
    torn = []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            json.loads(line or b"0")
        except ValueError:
            torn.append(line)
    return torn


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
