"""The warm engine: keeps a memory and its models open, and runs commands for others behind a private Unix socket.

A client sends its command line and its three standard streams; the command is then run here as it would have been run
there, by the same code, under the same locks, one at a time. Whoever comes while it is busy works by himself. Nothing
is kept but what Memory keeps, and what was opened is opened anew once another process has changed the memory.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

from memcli import __version__
from memcli.api import Memory
from memcli.cli import context as commands
from memcli.serve.address import ACCEPTED, DECLINED, LARGEST_MESSAGE, NAME, PASSED, SURROUNDINGS, chosen, reachable
from memcli.usage import UsageError
from store.store import is_store

TICK_S = 5.0
"""How often the server looks whether it is idle too long, or something was deleted."""

HELLO_S = 2.0
"""How long a client may take to say what it wants."""


def serve(memory: Memory, *, idle_s: float, tell: Callable[[str], None], run: Callable[[list[str]], int]) -> None:
    """Serve until nobody has asked for `idle_s` seconds, or a signal comes. run: does a command line in this process.

    Raises UsageError if the memory is served already, or there can be no socket.
    """
    path = memory.folder / NAME
    warm = Warm(memory)
    commands.warm.append(warm.lend)
    with _listening(path) as listener:
        server = _Server(listener, warm, idle_s, run)
        warm.up()
        tell(f"serving {memory.folder} at {path}; ends after {idle_s / 60:g} idle minutes")
        server.serve()


class Warm:
    """What is kept between commands: a Memory whose store, engines and model the next one takes over."""

    def __init__(self, memory: Memory) -> None:
        self._kept = memory
        self._stamp: tuple[Any, ...] = ()
        self._erased = _inode(memory.folder / "cache")

    def up(self) -> None:
        """Load what a search needs, so that the first one is as fast as any."""
        with suppress(UsageError):
            self._kept.search("a")
        self._stamp = self._stamped()

    def lend(self, memory: Memory) -> None:
        """Give a command's new Memory what is kept, if it is of the same memory and nothing has changed it since."""
        if memory.folder == self._kept.folder and is_store(memory.folder):
            self.let_go_of_the_deleted()
            changed = self._stamp != self._stamped()
            if changed and self._kept.store.seal:  # its index is in this process alone, and made anew
                self._kept.close()
            else:
                memory.take_over(self._kept, reopened=changed)
            self._kept = memory

    def used(self) -> None:
        """A command is through: what it changed itself is known."""
        self._stamp = self._stamped()

    def let_go_of_the_deleted(self) -> None:
        """A deletion takes the folder `cache` away: then nothing that was opened before may be kept open."""
        now = _inode(self._kept.folder / "cache")
        if self._erased is not None and now != self._erased:
            self._kept.close()
            self._kept = Memory(self._kept.settings)
        self._erased = now

    def close(self) -> None:
        """End the language model's process."""
        self._kept.close()

    def _stamped(self) -> tuple[Any, ...]:
        """What differs once another process has written to the memory."""
        folder = self._kept.folder
        found: list[Any] = []
        for name in ("memory.duckdb", "index", "index/turns.lance/_versions", "index/archive.lance/_versions"):
            with suppress(OSError):
                about = (folder / name).stat()
                found.append((name, about.st_ino, about.st_mtime_ns))
        return tuple(found)


class _Server:
    def __init__(self, listener: socket.socket, warm: Warm, idle_s: float, run: Callable[[list[str]], int]) -> None:
        self._listener = listener
        self._warm = warm
        self._idle_s = idle_s
        self._run = run
        self._surroundings = chosen(os.environ, SURROUNDINGS)
        self._busy = threading.Lock()
        self._next: tuple[socket.socket, dict[str, Any], list[int]] | None = None
        self._arrived = threading.Event()
        self._active: socket.socket | None = None
        self._guard = threading.Lock()
        self._cut_off = False  # the command under way, because its client is gone
        self._told_to_end = False

    def serve(self) -> None:
        """Do what clients ask, in this thread; a second one listens."""
        threading.Thread(target=self._listen, daemon=True).start()
        idle = 0.0
        try:
            while idle < self._idle_s and not self._told_to_end:
                if not self._arrived.wait(min(TICK_S, self._idle_s)):
                    idle += min(TICK_S, self._idle_s)
                    self._warm.let_go_of_the_deleted()
                    continue
                idle = 0.0
                self._arrived.clear()
                assert self._next is not None
                try:
                    self._do(*self._next)
                except KeyboardInterrupt:
                    if not self._cut_off:  # it was for a command that had just ended
                        raise
                finally:
                    self._busy.release()
        finally:
            self._warm.close()

    def _listen(self) -> None:
        while True:
            watched = [self._listener, *([self._active] if self._active is not None else [])]
            readable, _, _ = select.select(watched, [], [], 0.2)
            if self._listener in readable:
                with suppress(OSError):
                    self._welcome(self._listener.accept()[0])
            with self._guard:
                if self._active is not None and self._active in readable:
                    self._active, self._cut_off = None, True  # the client is gone: it was interrupted
                    os.kill(os.getpid(), signal.SIGINT)

    def _welcome(self, client: socket.socket) -> None:
        client.settimeout(HELLO_S)
        streams: list[int] = []
        try:
            message, streams = _message(client)
            fits = (
                _own(client)
                and message.get("version") == __version__
                and message.get("surroundings") == self._surroundings
                and len(streams) == 3
            )
            if fits and self._busy.acquire(blocking=False):
                client.sendall(ACCEPTED)
                client.settimeout(None)
                self._next = (client, message, streams)
                self._arrived.set()
                return
            client.sendall(DECLINED)
        except (OSError, ValueError, struct.error):
            pass
        for stream in streams:
            os.close(stream)
        client.close()

    def _do(self, client: socket.socket, message: dict[str, Any], streams: list[int]) -> None:
        with self._guard:
            self._active, self._cut_off = client, False
        code = 1
        try:
            with _as_the_client(message, streams):
                code = self._run([str(argument) for argument in message["arguments"]])
        except (KeyboardInterrupt, OSError):
            code = 130
        finally:
            with self._guard:
                self._active = None
            # A signal that came while a command was under way ended that; it was meant for the server.
            self._told_to_end = code in (130, 143) and not self._cut_off
            self._warm.used()
            with suppress(OSError):
                client.sendall(str(code).encode())
            client.close()


@contextmanager
def _as_the_client(message: dict[str, Any], streams: list[int]) -> Iterator[None]:
    """This process with the client's streams, folder and variables."""
    before = Path.cwd()
    kept = [os.dup(number) for number in range(3)]
    python: tuple[Any, Any, Any, list[str]] = sys.stdin, sys.stdout, sys.stderr, sys.argv
    variables = dict(os.environ)
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        sys.stdin, sys.stdout, sys.stderr = _opened(0), _opened(1), _opened(2)
        sys.argv = ["memcli", *message["arguments"]]
        for name in chosen(os.environ, PASSED):
            del os.environ[name]
        os.environ.update(message["environment"])
        os.chdir(message["folder"])
        yield
    finally:
        for written in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                written.flush()
        sys.stdin, sys.stdout, sys.stderr, sys.argv = python
        for number, copy in enumerate(kept):
            os.dup2(copy, number)
            os.close(copy)
        os.environ.clear()
        os.environ.update(variables)
        with suppress(OSError):
            os.chdir(before)


def _opened(number: int) -> TextIO:
    """A standard stream as Python opens it at its start."""
    if number == 0:
        return open(0, encoding="utf-8", closefd=False)
    errors = "strict" if number == 1 else "backslashreplace"
    return open(
        number,
        "w",
        encoding="utf-8",
        errors=errors,
        closefd=False,
        buffering=1 if os.isatty(number) or number == 2 else -1,
    )


def _message(client: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """What the client wants, and its streams. Raises ValueError, OSError."""
    length, streams, _, _ = socket.recv_fds(client, 4, 3)
    wanted = int.from_bytes(length, "big")
    if len(length) != 4 or wanted > LARGEST_MESSAGE:
        raise ValueError("no message of ours")
    data = b""
    while len(data) < wanted:
        piece = client.recv(wanted - len(data))
        if not piece:
            raise ValueError("cut off")
        data += piece
    message = json.loads(data)
    if not isinstance(message, dict):
        raise ValueError("no message of ours")
    return message, list(streams)


def _own(client: socket.socket) -> bool:
    """Whether the client is this user's. Where the system does not say, the socket's mode has to do."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    size = struct.calcsize("3i")
    _, user, _ = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return bool(user == os.getuid())


@contextmanager
def _listening(path: Path) -> Iterator[socket.socket]:
    """The socket, open to its owner alone. What a server that was killed left there is taken away."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            with reachable(path) as name:
                probe.connect(name)
        except OSError:
            path.unlink(missing_ok=True)
        else:
            raise UsageError("the memory is served already", hint="one server is enough; commands find it themselves")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        mask = os.umask(0o177)
        try:
            with reachable(path) as name:
                listener.bind(name)
        except OSError as error:
            raise UsageError(f"no socket can be made at {path}: {error}") from error
        finally:
            os.umask(mask)
        own = _inode(path)
        listener.listen(8)
        try:
            yield listener
        finally:
            if _inode(path) == own:
                path.unlink(missing_ok=True)


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None
