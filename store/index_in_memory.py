"""The index and the archive of an encrypted memory: in this process's memory, and gone with it.

LanceDB cannot encrypt its files, and an index holds all words and, in its vectors, most of their meaning.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from store.archive import Archive
from store.index import Index
from store.lance import lance


class _InMemory(Index):
    def __init__(self) -> None:
        super().__init__(Path("the index in memory"))  # for messages
        self._kept: Any = None

    @property
    def exists(self) -> bool:
        """Whether anything was indexed in this process."""
        return self._table is not None or (self._kept is not None and self.name in self._kept.table_names())

    @property
    def replaced(self) -> bool:
        """Never: nobody else has it."""
        return False

    def drop(self) -> None:
        """Forget it."""
        self.reopen()
        self._kept = None

    def _open(self) -> Any:
        if self._table is None:
            self._table = self._database().open_table(self.name)
        return self._table

    def _database(self) -> Any:
        if self._kept is None:
            self._kept = lance().connect("memory://")  # each connection has one of its own
        return self._kept


class IndexInMemory(_InMemory):
    """Like Index."""


class ArchiveInMemory(_InMemory, Archive):
    """Like Archive."""
