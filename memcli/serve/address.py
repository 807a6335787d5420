"""Where the warm engine of a memory listens, and what is said there. Imported by every command: it must stay light.

A client sends one message, its three standard streams with it; the server answers one byte, then the exit code.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
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


def address(folder: Path) -> Path | None:
    """The socket's path for the memory in this folder; None where no path is short enough.

    It lies in the memory's own private folder, or if that is too deep in the user's private runtime folder.
    """
    path = folder / NAME
    if len(os.fsencode(path)) <= LONGEST:
        return path
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if not runtime:
        return None
    try:
        about = Path(runtime).stat()
    except OSError:
        return None
    if about.st_uid != os.getuid() or stat.S_IMODE(about.st_mode) & 0o077:
        return None
    import hashlib

    key = hashlib.blake2b(os.fsencode(folder.resolve()), digest_size=8).hexdigest()
    short = Path(runtime) / f"memcli-{key}.sock"
    return short if len(os.fsencode(short)) <= LONGEST else None


def chosen(environment: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """The variables with these names, or names that begin so."""
    return {key: value for key, value in sorted(environment.items()) if key.startswith(names)}
