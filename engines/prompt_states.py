"""Beginnings of prompts that were computed once, kept in a folder as llama.cpp's state, for the next question.

A state holds the words that it was computed from in a form that can be turned back into them. So it lies in a private
folder of the memory that the words are from, and whoever deletes there deletes the folder. The folder is opened once:
when it is deleted, a process that still has it writes nothing anywhere any more.

Idea: Jin et al. 2024, "RAGCache: Efficient Knowledge Caching for Retrieval-Augmented Generation" (what stays the same
comes first in the prompt and is computed once).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

SUFFIX = ".state"
DIGEST = 32
SAMPLES, SAMPLE_BYTES, HEAD_BYTES = 64, 1 << 16, 1 << 20


class PromptStates:
    """The states in a folder, at most `budget` bytes of them: those that were not used for longest go first.

    `owner` says what computed them (model, program, device): a state of another owner is never met. Whatever goes wrong
    with a file costs only time. Without a folder there are none.
    """

    def __init__(self, folder: Path | None, budget: int, owner: str) -> None:
        self.owner = owner
        self._budget = budget
        self._folder: int | None = None
        if folder is not None and budget > 0:
            with suppress(OSError):
                self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)

    def get(self, tokens: Sequence[int]) -> bytes | None:
        """The state after exactly these tokens, or None. A file that is not what was written is deleted."""
        name = self._name(tokens)
        try:
            with open(name, "rb", opener=self._opener) as stream:
                kept = stream.read()
                os.utime(stream.fileno())  # used now
        except OSError:
            return None
        state = kept[DIGEST:]
        if hashlib.blake2b(state, digest_size=DIGEST).digest() != kept[:DIGEST]:
            with suppress(OSError):
                os.unlink(name, dir_fd=self._folder)
            return None
        return state

    def put(self, tokens: Sequence[int], state: bytes) -> None:
        """Keep the state after these tokens, and drop old ones beyond the budget."""
        if self._folder is None or len(state) + DIGEST > self._budget:
            return
        name = self._name(tokens)
        draft = f"{name}.{os.getpid()}"
        try:
            with open(draft, "wb", opener=self._opener) as stream:
                stream.write(hashlib.blake2b(state, digest_size=DIGEST).digest())
                stream.write(state)
            os.rename(draft, name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
            self._shrink()
        except OSError:  # a full disk, or the folder was deleted
            with suppress(OSError):
                os.unlink(draft, dir_fd=self._folder)

    def close(self) -> None:
        """Let the folder go."""
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None

    def _shrink(self) -> None:
        assert self._folder is not None
        found = []
        for name in os.listdir(self._folder):  # noqa: PTH208 - the open folder has no path that is sure to be its own
            with suppress(OSError):
                about = os.stat(name, dir_fd=self._folder)
                found.append((about.st_mtime_ns, name, about.st_size))
        surplus = sum(size for _, _, size in found) - self._budget
        for _, name, size in sorted(found):
            if surplus <= 0:
                break
            with suppress(OSError):
                os.unlink(name, dir_fd=self._folder)
                surplus -= size

    def _name(self, tokens: Sequence[int]) -> str:
        key = hashlib.blake2b(self.owner.encode(), digest_size=16)
        key.update(b"\x1f" + " ".join(map(str, tokens)).encode())
        return key.hexdigest() + SUFFIX

    def _opener(self, name: str, flags: int) -> int:
        if self._folder is None:
            raise FileNotFoundError(name)
        return os.open(name, flags, 0o600, dir_fd=self._folder)


def fingerprint(path: Path) -> str:
    """What tells this model file from any other: its size, its time of change, its beginning, and samples of all of it.

    Reading the whole of a file of many gigabytes at every start would cost more than a kept state saves. Other weights
    differ nearly everywhere, so some of 64 samples differ too.
    """
    found = hashlib.sha256()
    about = path.stat()
    found.update(f"{about.st_size} {about.st_mtime_ns}".encode())
    with path.open("rb") as stream:
        found.update(stream.read(HEAD_BYTES))
        for at in range(SAMPLES):
            stream.seek(about.st_size * at // SAMPLES)
            found.update(stream.read(SAMPLE_BYTES))
    return found.hexdigest()
