"""Reading a table that others may change meanwhile: once more, as it is now, where its files went under the reader."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from store.errors import StoreDamaged

READING_FAILED = (StoreDamaged, OSError, RuntimeError, ValueError)
"""What is raised where files are gone, or rows of one version are looked up in another."""

READ_TRIES = 5
"""So often a read is tried while others change the table."""


class Changing(Protocol):
    """A table as it was when it was opened."""

    times_opened: int
    """How often it was looked at afresh."""

    @property
    def outdated(self) -> bool:
        """Whether it is another by now."""
        ...

    def reopen(self) -> None:
        """Look at it afresh at the next read."""
        ...


Table = TypeVar("Table", bound=Changing)
Arguments = ParamSpec("Arguments")
Found = TypeVar("Found")


def again(read: Callable[Concatenate[Table, Arguments], Found]) -> Callable[Concatenate[Table, Arguments], Found]:
    """Read once more, from the table as it is now, if that failed and the table is not what it was.

    A writer may have removed the files of the version that was open here, or a deletion put another table there.
    """

    @wraps(read)
    def reading(table: Table, /, *arguments: Arguments.args, **options: Arguments.kwargs) -> Found:
        for _ in range(READ_TRIES - 1):
            opened = table.times_opened
            try:
                found = read(table, *arguments, **options)
            except READING_FAILED:
                if table.times_opened == opened:
                    if not table.outdated:
                        raise
                    table.reopen()
            else:
                if table.times_opened == opened:
                    return found
            # Else another thread of the same search has looked afresh meanwhile, and rows of two versions may be mixed.
        return read(table, *arguments, **options)

    return reading
