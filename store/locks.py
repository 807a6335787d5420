"""The store's own locks, taken before any database is opened.

Three advisory file locks (flock(2) through portalocker):

- the *writer* lock, exclusive, held by a command that changes the store for as long as it runs: writers queue here;
- the *catalogue* lock, held only while the DuckDB file is open: shared by readers, exclusive for a commit;
- the *spool* lock, exclusive, for the milliseconds of an append to the spool (store/spool.py).

Stale rule: the operating system drops a flock when its process ends, however it ends, so a lock that is held is held by
a living process. The record of the holder beside the lock is only for the message, and believed only while the lock is
held. On network file systems without flock semantics two machines can both get the lock: keep a store on a local disk.
"""

from __future__ import annotations

import json
import os
import shlex
import socket
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from store.errors import StoreLocked

_FIRST_PAUSE_S = 0.005
_LONGEST_PAUSE_S = 0.1


class StoreLocks:
    """The locks of one store folder. Not re-entrant: one of each kind at a time in a process."""

    def __init__(self, folder: Path, wait_s: float) -> None:
        self._folder = folder
        self.wait_s = wait_s

    @contextmanager
    def writer(self) -> Iterator[None]:
        """Be the one command that changes the store. Raises StoreLocked after `wait_s` seconds."""
        with self._held("writer", shared=False):
            yield

    @contextmanager
    def writer_if_free(self) -> Iterator[bool]:
        """Like writer(), without waiting: yields whether the lock was got."""
        try:
            stream = self._acquire("writer", shared=False, wait_s=0)
        except StoreLocked:
            yield False
            return
        try:
            yield True
        finally:
            self._release("writer", stream, shared=False)

    @contextmanager
    def catalogue(self, *, shared: bool) -> Iterator[None]:
        """Hold the DuckDB file open: shared to read, exclusive to commit. Raises StoreLocked after `wait_s` seconds."""
        with self._held("catalogue", shared=shared):
            yield

    @contextmanager
    def spool(self) -> Iterator[None]:
        """Append to the spool or move it aside: a matter of milliseconds, whoever else reads or writes."""
        with self._held("spool", shared=False):
            yield

    @contextmanager
    def _held(self, name: str, *, shared: bool) -> Iterator[None]:
        stream = self._acquire(name, shared=shared, wait_s=self.wait_s)
        try:
            yield
        finally:
            self._release(name, stream, shared=shared)

    def _acquire(self, name: str, *, shared: bool, wait_s: float) -> IO[str]:
        import portalocker

        kind = portalocker.LockFlags.SHARED if shared else portalocker.LockFlags.EXCLUSIVE
        stream = (self._folder / f"{name}.lock").open("a+")
        until = time.monotonic() + wait_s
        pause = _FIRST_PAUSE_S
        while True:
            try:
                portalocker.lock(stream, kind | portalocker.LockFlags.NON_BLOCKING)
                break
            except portalocker.LockException:
                left = until - time.monotonic()
                if left <= 0:
                    stream.close()
                    raise self._locked(name) from None
                time.sleep(min(pause, left))
                pause = min(2 * pause, _LONGEST_PAUSE_S)
        if shared:
            with suppress(OSError):
                self._record(name).unlink()  # of a holder that was killed: there is none beside readers
        else:
            self._record(name).write_text(_holder(), encoding="utf-8")
        return stream

    def _release(self, name: str, stream: IO[str], *, shared: bool) -> None:
        if not shared:
            with suppress(OSError):
                self._record(name).unlink()
        stream.close()  # closing gives the lock back

    def _record(self, name: str) -> Path:
        return self._folder / f"{name}.holder.json"

    def _locked(self, name: str) -> StoreLocked:
        try:
            holder = json.loads(self._record(name).read_text(encoding="utf-8"))
            who = f"`{holder['command']}` (pid {holder['pid']} on {holder['host']}) since {holder['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            who = "another process"
        return StoreLocked(
            f"the store is in use by {who}",
            hint="wait for it to finish, or wait longer with --wait SECONDS",
        )


def _holder() -> str:
    command = textwrap.shorten(shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]), 100, placeholder=" ...")
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return json.dumps({"command": command, "pid": os.getpid(), "host": socket.gethostname(), "since": since})
