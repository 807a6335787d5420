"""What became of a log since it was read: as it was, longer, rotated, changed, or gone; by its hash."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from store.batches import Batches
from store.store import Store

State = Literal["as it was", "longer", "rotated", "changed", "in an archive", "gone", "no file"]

_OPENERS: Mapping[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What became of a log, and where its words are now: None where no file has them as they were read."""

    state: State
    path: Path | None

    @property
    def note(self) -> str:
        """What a reader should know; nothing, where the file holds what was read at the line at which it was read."""
        return {
            "as it was": "",
            "longer": "",
            "rotated": f"the file was rotated: what was read is now in {self.path}",
            "changed": "the file has changed since it was read: the line may say something else",
            "in an archive": f"it is inside the archive {self.path}",
            "gone": "the file is gone; what the memory keeps of it is all there is",
            "no file": "",
        }[self.state]


def whereabouts_of(uri: str, store: Store) -> Whereabouts:
    """What became of a source of this store since it was last read."""
    with store.reading() as catalogue:
        read = Batches(catalogue.connection).last_reads().get(uri)
    return whereabouts(uri, size=read.bytes, sha256=read.sha256) if read else Whereabouts("no file", None)


def whereabouts(uri: str, *, size: int, sha256: str) -> Whereabouts:
    """What became of the source `uri` of which `size` bytes with that hash were read."""
    path = Path(uri)
    if not path.is_absolute():
        return Whereabouts("no file", None)
    if path.is_file():
        length = path.stat().st_size
        if length >= size and _begins_with(path, size, sha256):
            return Whereabouts("as it was" if length == size else "longer", path)
        moved = _rotated(path, size, sha256)
        return Whereabouts("rotated", moved) if moved else Whereabouts("changed", path)
    archive = next((parent for parent in path.parents if parent.is_file()), None)
    if archive is not None:
        return Whereabouts("in an archive", archive)
    moved = _rotated(path, size, sha256)
    return Whereabouts("rotated", moved) if moved else Whereabouts("gone", None)


def _rotated(path: Path, size: int, sha256: str) -> Path | None:
    """The file beside it whose name goes on where this one's ends (chat.log.1, chat.log-2024.gz) and has the bytes."""
    if not path.parent.is_dir() or not size:
        return None
    beside = sorted(one for one in path.parent.iterdir() if one.name.startswith(f"{path.name}") and one != path)
    return next((one for one in beside if one.is_file() and _begins_with(one, size, sha256)), None)


def _begins_with(path: Path, size: int, sha256: str) -> bool:
    opened = _OPENERS.get(path.suffix, open)
    digest, left = hashlib.sha256(), size
    try:
        with opened(path, "rb") as stream:
            while left:
                block = stream.read(min(left, _AT_ONCE))
                if not block:
                    return False
                digest.update(block)
                left -= len(block)
    except (OSError, EOFError, lzma.LZMAError):
        return False
    return digest.hexdigest() == sha256
