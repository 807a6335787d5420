"""The index and the archive of an encrypted memory: in this process's memory, and gone with it.

LanceDB cannot encrypt its files, and an index holds all words and, in its vectors, most of their meaning.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from store.archive import Archive
from store.index import Index
from store.lance import lance
from store.lance_reader import LanceReader


class _InMemory(Index):
    def __init__(self) -> None:
        super().__init__(Path("the index in memory"))  # for messages
        self._held: Any = None

    @property
    def exists(self) -> bool:
        """Whether anything was indexed in this process."""
        if self._table is None and self._held is not None:
            with suppress(ValueError):  # there is none of that name yet
                self._table = self._held.open_table(self.name)
        return self._table is not None

    @property
    def outdated(self) -> bool:
        """Never: nobody else has it."""
        return False

    @property
    def size(self) -> int:
        """None on the disk."""
        return 0

    def drop(self) -> None:
        """Forget it."""
        self.reopen()
        self._held = None

    def _open(self) -> Any:
        if self._table is None:
            self._table = self.database().open_table(self.name)
        return self._table

    def _new_reader(self) -> LanceReader:
        return LanceReader.of(self.database().open_table(self.name))

    def database(self) -> Any:
        if self._held is None:
            self._held = lance().connect("memory://")  # each connection has one of its own
        return self._held


class IndexInMemory(_InMemory):
    """Like Index."""


class ArchiveInMemory(_InMemory, Archive):
    """Like Archive."""
