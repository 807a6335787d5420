"""A cache of token vectors beside the index: what a reranker computed once of a text, for the next question.

An SQLite file, because many processes that ask may write to it at once and none may wait long or corrupt it. It is
derived data, holds no text, may be deleted at any time, and is kept within a budget: the oldest entries go first.
A key is the model's id with the hash of the text, so that neither a new model nor an edited text meets an old vector.

It lies in the store's folder `cache`, which goes when anything is erased: vectors can be turned back into words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

BUDGET_BYTES = 256 * 1024 * 1024
"""What the vectors may take together: those of some 40,000 turns."""

_BUSY_S = 0.2
_SHRUNK = 0.8
"""When the budget is passed, the cache is cut to this share of it, so that it is not cut at every question."""

_SCHEMA = """
    CREATE TABLE IF NOT EXISTS vectors (
        number INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, count INTEGER NOT NULL, data BLOB NOT NULL);
"""


class TokenCache:
    """The cache of one store. Whatever goes wrong with the file costs only time: it is then as if it were empty."""

    def __init__(self, path: Path, *, budget: int = BUDGET_BYTES) -> None:
        self._path = path
        self._budget = budget

    @staticmethod
    def key(model: str, text: str) -> bytes:
        """The key of a text's vectors by a model."""
        digest = hashlib.blake2b(digest_size=16)
        digest.update(model.encode())
        digest.update(b"\x1f")
        digest.update(text.encode("utf-8", "surrogatepass"))
        return digest.digest()

    def get(self, keys: Sequence[bytes]) -> dict[bytes, tuple[int, bytes]]:
        """What is kept under the keys, as (count of tokens, bytes); a key that is not there is not in the result."""
        import sqlite3

        if not keys or not self._path.exists():
            return {}
        marks = ", ".join("?" * len(keys))
        try:
            with self._open() as database:
                rows = database.execute(f"SELECT key, count, data FROM vectors WHERE key IN ({marks})", keys).fetchall()
        except sqlite3.Error:
            return {}
        return {key: (count, data) for key, count, data in rows}

    def put(self, entries: Mapping[bytes, tuple[int, bytes]]) -> None:
        """Keep the entries, as (count of tokens, bytes)."""
        import sqlite3

        if not entries:
            return
        try:
            with self._open() as database:
                database.executescript(_SCHEMA)
                database.execute("BEGIN IMMEDIATE")
                database.executemany(
                    "INSERT OR REPLACE INTO vectors (key, count, data) VALUES (?, ?, ?)",
                    [(key, count, data) for key, (count, data) in sorted(entries.items())],
                )
                database.execute("COMMIT")
                self._shrink(database)
        except OSError:  # a store that may only be read
            return
        except sqlite3.DatabaseError as error:
            if not isinstance(error, sqlite3.OperationalError):  # not busy and not a full disk: the file is broken
                self.forget()

    def forget(self) -> None:
        """Delete everything, from the disk too as far as deleting a file does."""
        for name in (self._path.name, self._path.name + "-journal"):
            self._path.with_name(name).unlink(missing_ok=True)

    def _shrink(self, database: sqlite3.Connection) -> None:
        """Drop the oldest entries if the budget is passed."""
        size = self._path.stat().st_size
        if size <= self._budget:
            return
        rows = database.execute("SELECT number, length(data) FROM vectors ORDER BY number").fetchall()
        surplus = sum(length for _, length in rows) * (1 - _SHRUNK * self._budget / size)
        doomed = []
        for number, length in rows:
            if surplus <= 0:
                break
            doomed.append((number,))
            surplus -= length
        database.execute("BEGIN IMMEDIATE")
        database.executemany("DELETE FROM vectors WHERE number = ?", doomed)
        database.execute("COMMIT")
        database.execute("VACUUM")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        import sqlite3

        fresh = not self._path.exists()
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)
        try:
            if fresh:
                self._path.chmod(0o600)
            database.execute("PRAGMA synchronous = OFF")  # derived: a power cut may cost it
            yield database
        finally:
            database.close()


class TokensInMemory(TokenCache):
    """The cache of a memory that is encrypted: in this process's memory, and gone with it."""

    def __init__(self, *, budget: int = BUDGET_BYTES) -> None:
        self._kept: dict[bytes, tuple[int, bytes]] = {}
        self._budget = budget
        self._size = 0

    def get(self, keys: Sequence[bytes]) -> dict[bytes, tuple[int, bytes]]:
        """As TokenCache.get()."""
        return {key: self._kept[key] for key in keys if key in self._kept}

    def put(self, entries: Mapping[bytes, tuple[int, bytes]]) -> None:
        """As TokenCache.put()."""
        if self._size > self._budget:
            self.forget()
        self._kept.update(entries)
        self._size += sum(len(data) for _, data in entries.values())

    def forget(self) -> None:
        """Delete everything."""
        self._kept, self._size = {}, 0
