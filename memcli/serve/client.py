"""The way to the warm engine: a command is done there if there is one for its memory, with the same output.

Nothing depends on it. Where nobody listens, or the server is busy, is of another version, or lives in other
surroundings, the command goes on by itself.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

VERBS = ("ask", "search", "ingest")
ALONE = ("--help", "-h", "--follow", "--watch", "--dry-run")
"""With these a command works by itself: it needs no engine, or does not end."""

_CONNECT_S = 0.2
_TAKES_VALUE = ("--memory", "--config", "--wait")


def done_elsewhere(arguments: Sequence[str]) -> int | None:
    """The exit code, if the warm engine has run this command line (global options first); else None."""
    if "MEMCLI_NO_SERVER" in os.environ:
        return None
    given, verb = _split(arguments)
    if verb not in VERBS or any(one in ALONE for one in arguments):
        return None
    from memcli.config import ConfigError, load

    file = given.get("--config")
    try:
        folder = load(Path(file) if file else None, os.environ, {"memory": given.get("--memory")}).memory_folder
    except ConfigError:
        return None  # the command itself says what is wrong
    from memcli.serve.address import NAME

    path = folder / NAME
    return _asked(path, arguments) if path.exists() else None


def _split(arguments: Sequence[str]) -> tuple[dict[str, str], str]:
    """The global options with their values, and the verb after them."""
    given: dict[str, str] = {}
    rest = iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if name in _TAKES_VALUE:
            given[name] = value if equals else next(rest, "")
        elif not argument.startswith("-"):
            return given, argument
    return given, ""


def _asked(path: Path, arguments: Sequence[str]) -> int | None:
    import json
    import socket
    import sys

    from memcli import __version__
    from memcli.serve.address import ACCEPTED, PASSED, SURROUNDINGS, chosen, reachable

    about = path.stat()
    if about.st_uid != os.getuid():
        return None
    message = {
        "version": __version__,
        "arguments": list(arguments),
        "folder": str(Path.cwd()),
        "surroundings": chosen(os.environ, SURROUNDINGS),
        "environment": chosen(os.environ, PASSED),
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_CONNECT_S)
        try:
            with reachable(path) as name:
                connection.connect(name)
            sys.stdout.flush()
            data = json.dumps(message).encode()
            socket.send_fds(connection, [len(data).to_bytes(4, "big")], [0, 1, 2])
            connection.sendall(data)
            connection.settimeout(10 * _CONNECT_S)
            if connection.recv(1) != ACCEPTED:
                return None
        except OSError:  # nobody listens any more, or three streams are not open
            return None
        connection.settimeout(None)
        answer = b""
        while piece := connection.recv(64):  # Ctrl-C ends this process here; the server notices
            answer += piece
    if answer.isdigit():
        return int(answer)
    sys.stderr.write("memcli: the warm engine ended in the middle of it (run the command again)\n")
    return 23
