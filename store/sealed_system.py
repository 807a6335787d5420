"""The file system in which DuckDB finds the catalogue of an encrypted memory: names for files in this process's memory.

DuckDB reads and writes through fsspec's interface. A file object is one of C (io.BytesIO) under CPython's global lock,
where a seek and the read after it cannot be torn apart, and the connection works with one thread. DuckDB's write-ahead
log lies there too, and is worth nothing after the process: see SealedFile.commit().
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from store.sealed_file import Content

if TYPE_CHECKING:
    import duckdb

PROTOCOL = "sealed"
UNLOGGED = "RECOVERY_MODE no_wal_writes"
"""Option of ATTACH: a log in memory would be written for nothing."""

CONFIG = {"threads": "1", "temp_directory": ""}
"""Beside store.store.CONFIG: one thread, and nothing that does not fit into memory is written to the disk in clear."""


def serve(connection: duckdb.DuckDBPyConnection, files: Mapping[str, Content]) -> None:
    """Let the connection find these files, each at the address of its name."""
    connection.register_filesystem(_system_class()(files))


def address(name: str) -> str:
    """What a file of that name is called in ATTACH."""
    return f"{PROTOCOL}://{name}"


@cache
def _system_class() -> Any:
    from fsspec import AbstractFileSystem

    class FilesInMemory(AbstractFileSystem):  # type: ignore[misc]
        """What DuckDB asks of a file system, for the files that it was given and the logs that it makes."""

        protocol = PROTOCOL
        cachable = False

        def __init__(self, files: Mapping[str, Content]) -> None:
            super().__init__()
            self._files = dict(files)
            self._named = set(files)

        def info(self, path: str, **options: Any) -> dict[str, Any]:
            size = len(self._found(path).getbuffer())
            if not size and _name(path) in self._named:
                raise FileNotFoundError(path)  # an empty catalogue is one that is still to be made
            return {"name": path, "size": size, "type": "file"}

        def open(self, path: str, mode: str = "rb", **options: Any) -> Content:
            if "w" in mode or ("+" in mode and _name(path) not in self._files):
                _empty(self._files.setdefault(_name(path), Content()))
            return self._found(path)

        def touch(self, path: str, truncate: bool = True, **options: Any) -> None:
            # This is how DuckDB asks to cut a file to a length, which it does not pass on. Free space at the end of a
            # catalogue may stay there; a log is only ever cut to nothing.
            if _name(path) not in self._named:
                _empty(self._files.setdefault(_name(path), Content()))

        def rm(self, path: str, *arguments: Any, **options: Any) -> None:
            _empty(self._found(path))
            if _name(path) not in self._named:
                del self._files[_name(path)]

        def mv(self, path1: str, path2: str, **options: Any) -> None:
            content = self._found(path1).getvalue()
            target = self._files.setdefault(_name(path2), Content())
            _empty(target)
            target.write(content)
            self.rm(path1)

        def _found(self, path: str) -> Content:
            try:
                return self._files[_name(path)]
            except KeyError:
                raise FileNotFoundError(path) from None

    return FilesInMemory


def _empty(content: Content) -> None:
    content.seek(0)
    content.truncate()


def _name(path: str) -> str:
    return path.removeprefix(f"{PROTOCOL}://")
