"""Where a language model may keep what it computed of the beginnings of prompts, and when it may not.

A state can be turned back into the words that it was computed from. So it lies in the memory's own private folder
`cache`, which goes whenever anything is erased; who had it open writes nothing into the one that is made after
(engines/prompt_states.py). A memory that keeps nothing readable on the disk keeps no states: `allowed` is false.
"""

from __future__ import annotations

import shutil
from pathlib import Path


class PromptStates:
    """The states of one memory."""

    def __init__(self, folder: Path, *, allowed: bool = True) -> None:
        self._folder = folder
        self._allowed = allowed

    def place(self) -> Path | None:
        """The folder for them, made if need be; None where they may not be kept, or the disk refuses."""
        if not self._allowed:
            return None
        try:
            self._folder.parent.mkdir(mode=0o700, exist_ok=True)
            self._folder.mkdir(mode=0o700, exist_ok=True)
        except OSError:
            return None
        return self._folder

    def drop(self) -> None:
        """Delete them all: some hold words that the memory no longer has. A process that still has the folder open
        writes nothing into a new one.
        """
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        if not self._folder.is_dir():
            return 0
        return sum(path.stat().st_size for path in self._folder.iterdir() if path.is_file())
