"""Where the warm engine of a memory listens, and what is said there. Imported by every command: it must stay light.

A client sends one message, its three standard streams with it; the server answers one byte, then the exit code.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

NAME = "serve.sock"
LONGEST = 100
"""Bytes of a socket's path that every system takes."""

LARGEST_MESSAGE = 1 << 20
ACCEPTED, DECLINED = b"y", b"n"

SURROUNDINGS = ("TZ", "LANG", "LANGUAGE", "HOME", "LC_", "XDG_", "PYTHONUTF8", "PYTHONIOENCODING", "MEMCLI_DEBUG")
"""Variables (and beginnings of their names) in which client and server must agree, else the client works alone."""

PASSED = ("MEMCLI_", "TERM", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "EDITOR", "VISUAL", "PAGER")
"""Variables that the command is run with as the client has them."""


@contextmanager
def reachable(path: Path) -> Iterator[str]:
    """The socket's path as the system takes it, which a deep folder's is too long for. Raises OSError.

    Linux reaches it through the open folder.
    """
    if len(os.fsencode(path)) <= LONGEST:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        short = Path(f"/proc/self/fd/{folder}")
        if not short.is_dir():
            raise OSError(f"the path of {path} is too long for a socket")
        yield str(short / path.name)
    finally:
        os.close(folder)


def chosen(environment: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """The variables with these names, or names that begin so."""
    return {key: value for key, value in sorted(environment.items()) if key.startswith(names)}
