"""A small append-only file beside the catalogue, for what a reader has to tell while others read.

Asking must not wait for a writer, so an answer and its recall events are appended here, one JSON line each, and the
next command that writes folds them into the catalogue. A line is written and flushed to the disk; a
line torn by a power cut is dropped when it is folded, and only that line. Of an encrypted memory each line is sealed.
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
from store.sealing import Seal

_ID = re.compile("[0-9a-f]{32}")


class Spool:
    """The spool of one store. Appends and folds exclude each other through the store's spool lock."""

    def __init__(self, path: Path, locks: StoreLocks, seal: Seal | None = None) -> None:
        self._path = path
        self._seal = seal
        self._folding = path.with_name(path.name + ".folding")
        self._locks = locks

    def append(self, records: Iterable[dict[str, Any]]) -> None:
        """Write the records and flush them to the disk."""
        lines = [json.dumps(record, ensure_ascii=False).encode() for record in records]
        data = b"".join((self._seal.lock_line(line) if self._seal else line) + b"\n" for line in lines)
        with self._locks.spool(), writable(self._path), open(self._path, "a+b", opener=_private) as stream:
            if stream.seek(0, os.SEEK_END) and os.pread(stream.fileno(), 1, stream.tell() - 1) != b"\n":
                data = b"\n" + data  # the line before was torn: it must not take this one with it
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())

    def read(self) -> list[dict[str, Any]]:
        """All whole records, oldest first, those of an interrupted fold included."""
        with self._locks.spool(shared=True):
            return self._records(self._folding) + self._records(self._path)

    def read_since(self, position: tuple[int, int]) -> tuple[list[dict[str, Any]], tuple[int, int]]:
        """The whole records after a position that an earlier call gave, and the position after them; (0, 0) is before
        all. If the spool was folded in between, all records that wait now (a number of a file may be given anew, so a
        reader that knows of the fold asks from (0, 0) on).
        """
        with self._locks.spool(shared=True):
            if self._folding.exists() or not self._path.exists():
                return self._records(self._folding) + self._records(self._path), (0, 0)
            found = self._path.stat()
            file, start = found.st_ino, position[1]
            if file != position[0] or start > found.st_size:
                start = 0
            with self._path.open("rb") as stream:
                stream.seek(start)
                data = stream.read()
        whole = data[: data.rfind(b"\n") + 1]
        return self._parsed(whole), (file, start + len(whole))

    def forget(self, ids: Collection[str]) -> None:
        """Take out every record that names one of the ids. Only under the writer lock."""
        with self._locks.spool():
            for path in (self._folding, self._path):
                if path.exists():
                    lines = path.read_bytes().splitlines()
                    kept = [line for line in lines if not self._ids(line) & set(ids)]
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
        return self._records(self._folding)

    def end_fold(self) -> None:
        """Forget what begin_fold() returned: it is committed elsewhere now."""
        self._folding.unlink(missing_ok=True)

    def _ids(self, line: bytes) -> set[str]:
        return set(_ID.findall((_opened(line, self._seal) or b"").decode(errors="replace")))

    def _records(self, path: Path) -> list[dict[str, Any]]:
        return self._parsed(path.read_bytes()) if path.exists() else []

    def _parsed(self, data: bytes) -> list[dict[str, Any]]:
        records = []
        for line in data.splitlines():
            try:
                records.append(json.loads(_opened(line, self._seal) or b""))
            except ValueError:
                continue  # torn by a power cut: the command that wrote it never said that it was done
        return records


FILES = ("spool.jsonl", "spool.jsonl.folding")
"""Where records wait: the spool, and what an interrupted fold had moved aside."""


def torn_lines(folder: Path, seal: Seal | None = None) -> list[tuple[str, int]]:
    """The spool files in a store's folder that hold lines which are no JSON, with how many."""
    counted = ((name, len(_torn(folder / name, seal))) for name in FILES)
    return [(name, torn) for name, torn in counted if torn]


def split_torn(folder: Path, aside: Path, seal: Seal | None = None) -> list[tuple[str, int]]:
    """Move the lines that are no JSON to the file `aside`, and keep all others. Returns what was moved, by file."""
    moved = []
    for name in FILES:
        path = folder / name
        torn = _torn(path, seal)
        if torn:
            with writable(folder):
                aside.parent.mkdir(mode=0o700, exist_ok=True)
                with aside.open("ab") as stream:
                    stream.write(b"\n".join(seal.lock_line(line) if seal else line for line in torn) + b"\n")
                draft = path.with_name(path.name + ".new")
                good = [line for line in path.read_bytes().splitlines() if line.strip() and line not in torn]
                draft.write_bytes(b"".join(line + b"\n" for line in good))
                put_in_place(draft, path)
            moved.append((name, len(torn)))
    return moved


def _torn(path: Path, seal: Seal | None) -> list[bytes]:
    torn = []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            json.loads((_opened(line, seal) or b"") if line else b"0")
        except ValueError:
            torn.append(line)
    return torn


def _opened(line: bytes, seal: Seal | None) -> bytes | None:
    """A line as it was given to append(); None if it was not sealed as it should be."""
    return seal.unlock_line(line) if seal else line


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
