"""A private folder for what is unpacked, which does not outlive the process even if that is killed.

A folder that a killed process left behind is known by its lock, which nobody holds any more, and deleted by the next
command that needs one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from memcli.ingest.errors import InputUnreadable

_PREFIX = "memcli-unpacked-"
_LOCK = ".lock"


_MEMORY = Path("/dev/shm")
"""Where Linux keeps files in memory."""


@contextmanager
def scratch_folder(*, in_memory: bool = False) -> Iterator[Path]:
    """A new folder in the system's place for temporary files, readable for this user only.

    in_memory: in its place for files in memory, for what must not come to the disk. Raises InputUnreadable if it has
    none.
    """
    import portalocker

    place = _MEMORY if in_memory else Path(tempfile.gettempdir())
    if in_memory and not place.is_dir():
        raise InputUnreadable(
            f"archives and standard input would be unpacked to the disk in clear: this system has no {place}",
            hint="name plain files, or unpack them yourself",
        )
    _sweep(place)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    try:
        with (folder / _LOCK).open("w") as lock:
            portalocker.lock(lock, portalocker.LockFlags.EXCLUSIVE)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep(place: Path) -> None:
    """Delete the folders of processes that are no more."""
    import portalocker

    for folder in place.glob(_PREFIX + "*"):
        try:
            # Without its lock it is being made at this very moment, or it is not ours.
            if folder.is_symlink() or folder.stat().st_uid != os.getuid() or not (folder / _LOCK).is_file():
                continue
            with (folder / _LOCK).open("r+") as lock:
                portalocker.lock(lock, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
                shutil.rmtree(folder, ignore_errors=True)
        except (OSError, portalocker.LockException):
            continue
