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

_PREFIX = "memcli-unpacked-"
_LOCK = ".lock"


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new folder in the system's place for temporary files, readable for this user only."""
    import portalocker

    _sweep()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        with (folder / _LOCK).open("w") as lock:
            portalocker.lock(lock, portalocker.LockFlags.EXCLUSIVE)
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sweep() -> None:
    """Delete the folders of processes that are no more."""
    import portalocker

    for folder in Path(tempfile.gettempdir()).glob(_PREFIX + "*"):
        try:
            # Without its lock it is being made at this very moment, or it is not ours.
            if folder.is_symlink() or folder.stat().st_uid != os.getuid() or not (folder / _LOCK).is_file():
                continue
            with (folder / _LOCK).open("r+") as lock:
                portalocker.lock(lock, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
                shutil.rmtree(folder, ignore_errors=True)
        except (OSError, portalocker.LockException):
            continue
