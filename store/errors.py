"""What can go wrong with a store, each with what to do next."""

from __future__ import annotations

import re
from pathlib import Path


class StoreError(Exception):
    """Base of all store errors. `hint` says what the user can do next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class StoreMissing(StoreError):
    """There is no store at that place."""


class KeyRefused(StoreError):
    """The memory is encrypted, and its key is missing or is another one."""


class StoreLocked(StoreError):
    """Another process holds the store, and the wait for it is over."""


class StoreNewer(StoreError):
    """The store was written by a newer program."""


class MigrationFailed(StoreError):
    """A step to the present schema failed; it was rolled back."""


class StoreDamaged(StoreError):
    """A file of the store is not what it should be."""


class SqlRefused(StoreError):
    """A statement is none, is not allowed, or fails."""


class StoreOutOfMemory(StoreError):
    """DuckDB needs more memory for something than it is allowed."""

    @classmethod
    def of(cls, path: Path, error: Exception) -> StoreOutOfMemory | None:
        """DuckDB's error as this one, if that is what happened to the catalogue at `path`; else None.

        It may come wrapped: a commit that is safe and cannot be brought into the file raises another kind.
        """
        said = re.search(r"(could not|failed to) (allocate|pin|unpin)\b.*? \(.+/(.+) used\)", str(error), re.DOTALL)
        if said is None and "Out of Memory" not in str(error):
            return None
        bound = f" than the {said[3]} it may take" if said else ""
        return cls(
            f"{path}: this needs more memory{bound}",
            hint="nothing was lost; choose fewer turns at a time, or shorter ones (what an export holds can also be "
            "read by `memcli ingest`)",
        )


class StoreUnwritable(StoreError):
    """The disk refuses: it is full, or permission is missing."""


class StoreUnreachable(StoreUnwritable):
    """The object storage that the index lies on refuses, or cannot be reached."""

    @classmethod
    def of(cls, uri: str, error: BaseException) -> StoreUnreachable:
        """What LanceDB said of that address, in short."""
        lines = str(error).strip().splitlines()
        said = (lines[0] if lines else type(error).__name__)[:300]
        return cls(
            f"the index at {uri} cannot be used: {said}",
            hint="see whether it can be reached, and AWS_ENDPOINT_URL, AWS_REGION, AWS_ACCESS_KEY_ID, "
            "AWS_SECRET_ACCESS_KEY; the catalogue is as it was",
        )


class StoreReadsOnly(StoreUnwritable):
    """This memory is a copy that reads the index of another one."""


class BackupDamaged(StoreDamaged):
    """A backup or an export is cut short, was changed, or is none."""


class StoreExposed(StoreDamaged):
    """Other users of the machine may read the store."""
