"""A catalogue that is encrypted on the disk and in clear only in this process's memory.

DuckDB encrypts files by itself, but writes them only with the extension httpfs, which brings OpenSSL and has to be
fetched from the network for each version; the crypto built into its Python package may only read ("a read-only crypto
module"), and is called not secure by its authors when it is forced to write, for its nonces are not random enough. So
DuckDB is given its database as a file in memory (store/sealed_system.py), and this module keeps that file on the disk:
a log of sealed records, each with the pages that one commit changed. A commit is on the disk, and flushed, before
anybody is told that it is done; what a crash left half written at the end of the log is no commit, and is dropped by
the next one.

After the header (store/sealing.py) follow records: 4 bytes length (big-endian), then the sealed message. It is opened
only with the 16 bytes that the record before ends with (the header, for the first), so records cannot be left out,
exchanged or taken from another file; cutting off whole commits at the end, which is to bring an older file back, cannot
be told. Inside: 1 byte (1: this ends a commit), then under zstd the length of the file (8 bytes), the number of pages
(4), the place of each (4), the pages.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator
from io import BytesIO, FileIO
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from store.disk import put_in_place, writable
from store.errors import StoreDamaged
from store.sealing import HEADER_BYTES, Header, Seal

PAGE = 65_536
RECORD_PAGES = 256
"""Pages of one record at most, 16 MiB."""

LOOSE_BYTES = 16 * 1024 * 1024
"""By so much may the log pass twice the length of the file in it; then it is written anew."""

_TAG = 16
_LENGTH = struct.Struct(">I")
_FILE = struct.Struct(">QI")


class Content(BytesIO):
    """The file in memory. DuckDB closes it after every use; it stays."""

    def close(self) -> None:
        """Keep it."""


class SealedFile:
    """One sealed catalogue. refresh(), use `content`, and after writing to it commit(); under the catalogue lock."""

    def __init__(self, path: Path, seal: Seal) -> None:
        self.path = path
        self.content = Content()
        self._seal = seal
        self._busy = Lock()
        self._header: Header | None = None
        self._end = 0
        """Where the last commit that was applied ends on the disk."""
        self._tag = b""
        self._size = 0
        self._digests: dict[int, bytes] = {}
        """Of each page as it is on the disk."""

    @classmethod
    def create(cls, path: Path, seal: Seal) -> SealedFile:
        """An empty one at that path, which is whole or not there."""
        draft = path.with_name(f"{path.name}.empty")
        draft.write_bytes(seal.header().data)
        draft.chmod(0o600)
        put_in_place(draft, path)
        file = cls(path, seal)
        file.refresh()
        return file

    def refresh(self) -> None:
        """Bring `content` to the last commit on the disk. Raises StoreDamaged, KeyRefused."""
        with self._busy, self.path.open("rb") as stream:
            header = Header.read(stream.read(HEADER_BYTES), self.path)
            if header != self._header or os.fstat(stream.fileno()).st_size < self._end:
                self._forget()
                self._seal.verify(header)
                self._header, self._end, self._tag = header, HEADER_BYTES, header.data
            self._read_on(stream)

    def commit(self) -> None:
        """Write what changed in `content` to the disk, and flush it. Raises StoreUnwritable, and is as before then."""
        with self._busy:
            size, changed = self._changes()
            if not changed and size == self._size:
                return
            try:
                with writable(self.path), self.path.open("r+b", buffering=0) as stream:
                    stream.seek(self._end)
                    stream.truncate()  # what is there is of a commit that was cut off
                    try:
                        end, tag = self._append(stream, self._tag, size, changed)
                    except BaseException:
                        stream.truncate(self._end)
                        raise
                self._end, self._tag, self._size = end, tag, size
                self._digests = {**{at: digest for at, digest in self._digests.items() if at * PAGE < size}, **changed}
                if self._end > 2 * size + LOOSE_BYTES:
                    self._write_anew()
            except BaseException:
                self._forget()
                raise

    def salvage(self) -> int:
        """Like refresh(), over damage: pages of records that cannot be opened stay what they were. Returns their number
        of records."""
        with self._busy, self.path.open("rb") as stream:
            self._forget()
            header = Header.read(stream.read(HEADER_BYTES), self.path)
            self._seal.verify(header)
            tag, lost = header.data, 0
            for _, sealed in _records(stream):
                opened = self._seal.unlock(sealed, tag)
                tag = sealed[-_TAG:]
                if opened is None:
                    lost += 1
                else:
                    self._apply(opened[1:])
        return lost

    def _forget(self) -> None:
        self._header, self._end, self._tag, self._size, self._digests = None, 0, b"", 0, {}
        self.content.seek(0)
        self.content.truncate()

    def _read_on(self, stream: BinaryIO) -> None:
        """Apply the commits that follow. What ends before its end is none, nor are zeros, which a power cut leaves."""
        stream.seek(self._end)
        waiting: list[bytes] = []
        tag = self._tag
        for end, sealed in _records(stream):
            opened = self._seal.unlock(sealed, tag)
            if opened is None:
                if not any(sealed):
                    return
                raise StoreDamaged(
                    f"{self.path} cannot be decrypted from byte {end - len(sealed)} on: it was damaged",
                    hint="`memcli repair` saves what can be read; else restore a backup",
                )
            tag = sealed[-_TAG:]
            waiting.append(opened[1:])
            if opened[0]:
                for one in waiting:
                    self._apply(one)
                waiting = []
                self._end, self._tag = end, tag

    def _apply(self, packed: bytes) -> None:
        data = _unpacked(packed)
        size, count = _FILE.unpack_from(data)
        places = struct.unpack_from(f">{count}I", data, _FILE.size)
        at = _FILE.size + 4 * count
        for place in places:
            page = data[at : at + min(PAGE, size - place * PAGE)]
            at += len(page)
            self.content.seek(place * PAGE)
            self.content.write(page)
            self._digests[place] = _digest(page)
        self.content.truncate(size)
        self._size = size
        self._digests = {place: digest for place, digest in self._digests.items() if place * PAGE < size}

    def _changes(self) -> tuple[int, dict[int, bytes]]:
        """The length of the content, and the pages that are not as they are on the disk, with their digests."""
        with self.content.getbuffer() as view:
            size = len(view)
            found = {place: _digest(view[place * PAGE : (place + 1) * PAGE]) for place in range(-(-size // PAGE))}
        return size, {place: digest for place, digest in found.items() if self._digests.get(place) != digest}

    def _append(self, stream: FileIO, tag: bytes, size: int, pages: dict[int, bytes]) -> tuple[int, bytes]:
        """Write the pages as one commit. Returns where it ends, and its last tag."""
        places = sorted(pages)
        groups = [places[at : at + RECORD_PAGES] for at in range(0, len(places), RECORD_PAGES)] or [[]]
        for number, group in enumerate(groups, start=1):
            with self.content.getbuffer() as view:
                data = b"".join(view[place * PAGE : (place + 1) * PAGE] for place in group)
            packed = _packed(_FILE.pack(size, len(group)) + struct.pack(f">{len(group)}I", *group) + data)
            sealed = self._seal.lock(bytes([number == len(groups)]) + packed, tag)
            _write_all(stream, _LENGTH.pack(len(sealed)) + sealed)
            tag = sealed[-_TAG:]
        os.fsync(stream.fileno())
        return stream.tell(), tag

    def _write_anew(self) -> None:
        """Leave out what later commits changed again."""
        header = self._seal.header()
        draft = self.path.with_name(f"{self.path.name}.new")
        with writable(self.path):
            with draft.open("wb", buffering=0) as stream:
                draft.chmod(0o600)
                _write_all(stream, header.data)
                end, tag = self._append(stream, header.data, self._size, self._digests)
            put_in_place(draft, self.path)
        self._header, self._end, self._tag = header, end, tag


def torn_bytes(path: Path, seal: Seal) -> int:
    """How many bytes after the last commit are none: of a commit that was cut off, and is dropped by the next one."""
    file = SealedFile(path, seal)
    file.refresh()
    return path.stat().st_size - file._end


def _records(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Each whole record that follows: where it ends, and the sealed message."""
    while len(prefix := stream.read(_LENGTH.size)) == _LENGTH.size:
        [length] = _LENGTH.unpack(prefix)
        sealed = stream.read(length)
        if len(sealed) < length or length == 0:
            return
        yield stream.tell(), sealed


def _write_all(stream: FileIO, data: bytes) -> None:
    """Without a buffer, which would be written once more, at the wrong place, when a failed file is closed."""
    left = memoryview(data)
    while left:
        left = left[stream.write(left) :]


def _digest(page: bytes | memoryview) -> bytes:
    return hashlib.blake2b(page, digest_size=16).digest()


def _packed(data: bytes) -> bytes:
    import pyarrow as pa

    return len(data).to_bytes(8) + bytes(pa.compress(data, codec="zstd", asbytes=True))


def _unpacked(packed: bytes) -> bytes:
    import pyarrow as pa

    return bytes(pa.decompress(packed[8:], decompressed_size=int.from_bytes(packed[:8]), codec="zstd", asbytes=True))
