"""Which kind of index and archive a memory has, by where they lie."""

from __future__ import annotations

from pathlib import Path

from store.archive import Archive
from store.index import Index
from store.place import Place


def tables_at(folder: Path, place: Place | None, *, sealed: bool) -> tuple[Index, Archive]:
    """The index and the archive of the memory in this folder."""
    index, cache = folder / "index", folder / "cache"
    if sealed:
        from store.index_in_memory import ArchiveInMemory, IndexInMemory

        return IndexInMemory(), ArchiveInMemory()
    if place is not None:
        from store.index_on_s3 import ArchiveOnS3, IndexOnS3

        return IndexOnS3(index, place, cache=cache), ArchiveOnS3(index, place, cache=cache)
    return Index(index, cache=cache), Archive(index, cache=cache)
