"""The store's own locks, taken before any database is opened.

Three advisory file locks (flock(2); what portalocker has for it on Windows):

- the *writer* lock, exclusive, held by a command that changes the store for as long as it runs: writers queue here; a
  process that works for it may inherit the lock, which then lasts until both have ended;
- the *catalogue* lock, held only while the DuckDB file is open: shared by readers, exclusive for a commit; before it
  stands the *queue*, which readers hold, shared, while they wait, and which a commit must have for itself to begin: a
  writer that commits again and again lets all readers in between who came while it held the lock;
- the *spool* lock, exclusive, for the milliseconds of an append to the spool (store/spool.py).

Stale rule: the operating system drops a flock when its process ends, however it ends, and all of them at a reboot, so a
lock that is held is held by a living process: there is nothing to break or to time out. The record of the holder beside
the lock is only for the message, and believed only while the lock is held, by a process of this machine since its last
start that is still there.

Shared folders: NFS (Linux 2.6.12 and later, with its lock service) and SMB pass flock on to the server, which drops the
locks of a machine that vanished when it notices; until then the store counts as in use. Where a file system refuses
locks, so do we. Where it grants them without telling other machines (NFS mounted `nolock`, some FUSE file systems), two
machines can both get the lock, and nothing here can see that: keep a store on a local disk. `memcli check` says so.
"""

from __future__ import annotations

import errno
import json
import os
import shlex
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Self

from store.disk import refusal, writable
from store.errors import StoreLocked, StoreReadsOnly, StoreUnwritable

_FIRST_PAUSE_S = 0.005
_LONGEST_PAUSE_S = 0.1
_READER_PAUSE_S = 0.02
"""A reader that waits keeps the next commit waiting: it looks more often."""


class StoreLocks:
    """The locks of one store folder. Not re-entrant: one of each kind at a time in a process."""

    def __init__(self, folder: Path, wait_s: float, on_writer: Callable[[], None] = lambda: None) -> None:
        """on_writer: called by each who becomes the writer, before anything else is done: others wrote before."""
        self._folder = folder
        self.wait_s = wait_s
        self._on_writer = on_writer
        self.shown_as: str | None = None
        """What a waiting process is told that this one does, if its command line is not for others to read."""
        self.writing: IO[str] | None = None
        """The file of the writer lock, while it is held by writer(): a process that inherits it holds the lock too."""
        self.reads_only: StoreReadsOnly | None = None
        """Why nobody may be the writer, if nobody may."""

    @contextmanager
    def writer(self) -> Iterator[None]:
        """Be the one command that changes the store. Raises StoreLocked after `wait_s` seconds, StoreReadsOnly."""
        if self.reads_only is not None:
            raise self.reads_only
        with self._held("writer", shared=False) as stream:
            self.writing = stream
            try:
                self._on_writer()
                yield
            finally:
                self.writing = None

    @contextmanager
    def writer_if_free(self) -> Iterator[bool]:
        """Like writer(), without waiting: yields whether the lock was got."""
        if self.reads_only is not None:
            yield False
            return
        try:
            stream = self._acquire("writer", shared=False, wait_s=0)
        except StoreLocked:
            yield False
            return
        try:
            self._on_writer()
            yield True
        finally:
            self._release("writer", stream, shared=False)

    @contextmanager
    def catalogue(self, *, shared: bool) -> Iterator[None]:
        """Hold the DuckDB file open: shared to read, exclusive to commit. Raises StoreLocked after `wait_s` seconds."""
        with self._held("catalogue", shared=shared):
            yield

    @contextmanager
    def spool(self, *, shared: bool = False) -> Iterator[None]:
        """Append to the spool, move it aside or, shared, read it: milliseconds, whoever else reads or writes."""
        with self._held("spool", shared=shared):
            yield

    @contextmanager
    def _held(self, name: str, *, shared: bool) -> Iterator[IO[str]]:
        stream = self._acquire(name, shared=shared, wait_s=self.wait_s)
        try:
            yield stream
        finally:
            self._release(name, stream, shared=shared)

    def _acquire(self, name: str, *, shared: bool, wait_s: float) -> IO[str]:
        stream = self._open(name, shared=shared)
        until = time.monotonic() + wait_s
        pause = _FIRST_PAUSE_S
        with _Queue(self._folder / "queue.lock" if name == "catalogue" else None, shared=shared) as queue:
            while True:
                try:
                    queue.pass_through()
                    _lock(stream, shared=shared)
                    break
                except BlockingIOError:
                    queue.step_back()
                    left = until - time.monotonic()
                    if left <= 0:
                        stream.close()
                        raise self._locked(name) from None
                    time.sleep(min(pause, left))
                    pause = min(2 * pause, _READER_PAUSE_S if shared else _LONGEST_PAUSE_S)
                except OSError as error:
                    stream.close()
                    raise refusal(self._folder, error) or StoreUnwritable(
                        f"{self._folder}: no lock can be had there: {error}", hint="keep the memory on a local disk"
                    ) from error
        if shared:
            with suppress(OSError):
                self._record(name).unlink()  # of a holder that was killed: there is none beside readers
        else:
            with suppress(OSError):  # a full disk: the record is only for a message
                self._record(name).write_text(_holder(self.shown_as), encoding="utf-8")
        return stream

    def _open(self, name: str, *, shared: bool) -> IO[str]:
        path = self._folder / f"{name}.lock"
        with writable(path):
            try:
                return path.open("a+")
            except OSError as error:
                # A lock that is there can be shared by whoever may read it: a memory on a read-only disk can be read.
                if not shared or error.errno not in (errno.EROFS, errno.EACCES):
                    raise
                return path.open("r")

    def _release(self, name: str, stream: IO[str], *, shared: bool) -> None:
        if not shared:
            with suppress(OSError):
                self._record(name).unlink()
        stream.close()  # closing gives the lock back

    def _record(self, name: str) -> Path:
        return self._folder / f"{name}.holder.json"

    def _locked(self, name: str) -> StoreLocked:
        import socket

        try:
            holder = json.loads(self._record(name).read_text(encoding="utf-8"))
            if holder["host"] == socket.gethostname() and (holder["boot"] != _boot() or not _alive(holder["pid"])):
                raise ValueError("the record outlived its process")
            who = f"`{holder['command']}` (pid {holder['pid']} on {holder['host']}) since {holder['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            who = "another process"
        return StoreLocked(
            f"the store is in use by {who}",
            hint="wait for it to finish, or wait longer with --wait SECONDS",
        )


class _Queue:
    """The place before a lock where readers wait and no writer may overtake them. Without a file, there is none.

    Readers stay in it until they have the lock. A writer passes through it only while nobody is there, and stands in it
    for no longer than an attempt: a reader that reads for long, as a backup does, keeps no other reader out.
    """

    def __init__(self, path: Path | None, *, shared: bool) -> None:
        self._path, self._shared = path, shared
        self._stream: IO[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._leave()

    def pass_through(self) -> None:
        """Raises BlockingIOError for a writer while readers wait."""
        if self._path is None:
            return
        if self._stream is None:
            try:
                self._stream = self._path.open("a+")
            except OSError:  # of a memory that may only be read: nobody writes there
                return
        try:
            _lock(self._stream, shared=self._shared)
        except BlockingIOError:  # a reader that meets a writer here finds the lock itself taken, or is in before it
            if not self._shared:
                raise

    def step_back(self) -> None:
        """The attempt failed: a writer makes room, a reader stays."""
        if not self._shared:
            self._leave()

    def _leave(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def _lock(stream: IO[str], *, shared: bool) -> None:
    """Lock the file at once. Raises BlockingIOError if another process holds it, OSError if there are no locks.

    Where flock is, it is called by itself: importing portalocker takes longer than a search. Its locks are the same.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        import portalocker

        kind = portalocker.LockFlags.SHARED if shared else portalocker.LockFlags.EXCLUSIVE
        try:
            portalocker.lock(stream, kind | portalocker.LockFlags.NON_BLOCKING)
        except portalocker.AlreadyLocked as error:
            raise BlockingIOError(str(error)) from error
        except portalocker.LockException as error:
            raise OSError(str(error)) from error
    else:
        fcntl.flock(stream, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


def _holder(shown_as: str | None) -> str:
    import socket

    command = shown_as or shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    record = {
        "command": textwrap.shorten(command, 200, placeholder=" ..."),
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "boot": _boot(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    return json.dumps(record)


def _boot() -> str:
    """What tells this run of the machine from the one before; empty where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
