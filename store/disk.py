"""What the disk can refuse, told as what it is: a full disk, a folder that may not be written, a file that is gone."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from store.errors import StoreUnreachable, StoreUnwritable

_REASONS = {
    errno.ENOSPC: "there is no space left on the disk",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file may not grow any more",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission is missing",
    errno.EPERM: "permission is missing",
    errno.EIO: "the disk failed",
    errno.ENOLCK: "the file system has no locks",
    errno.ENOTSUP: "the file system has no locks",
}
_HINTS = {
    errno.ENOSPC: "make room and run the same command again; what was acknowledged is safe",
    errno.EDQUOT: "make room and run the same command again; what was acknowledged is safe",
    errno.ENOLCK: "keep the memory on a local disk",
    errno.ENOTSUP: "keep the memory on a local disk",
}
_WORDS = (  # of DuckDB and LanceDB, which pass on the system's message and no number
    ("no space left on device", errno.ENOSPC),
    ("quota exceeded", errno.EDQUOT),
    ("file too large", errno.EFBIG),
    ("read-only file system", errno.EROFS),
    ("permission denied", errno.EACCES),
    ("operation not permitted", errno.EPERM),
    ("input/output error", errno.EIO),
)


@contextmanager
def writable(place: Path) -> Iterator[None]:
    """Tell what the disk refuses at `place` as StoreUnwritable; any other error passes."""
    try:
        yield
    except (OSError, RuntimeError, ValueError) as error:
        refused = refusal(place, error)
        if refused is None:
            raise
        raise refused from error


def refusal(place: Path, error: BaseException) -> StoreUnwritable | None:
    """The error as StoreUnwritable, if it is one that the disk or its permissions caused."""
    if 'store: "S3"' in str(error):  # in what LanceDB says of object storage
        return StoreUnreachable.of("object storage", error)
    number = error.errno if isinstance(error, OSError) else None
    if number not in _REASONS:
        said = str(error).lower()
        number = next((known for words, known in _WORDS if words in said), None)
    if number is None:
        return None
    return StoreUnwritable(
        f"{place}: {_REASONS[number]}",
        hint=_HINTS.get(number, "see who owns the folder and its files, and whether the disk can be written"),
    )


def flush(path: Path) -> None:
    """Make a file, or a folder's list of files, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def put_in_place(draft: Path, path: Path) -> None:
    """Make a finished draft the file at `path`, wholly or not at all, whenever the power is cut."""
    flush(draft)
    draft.replace(path)
    flush(path.parent)
