"""Other programs that show text to a person: the pager for what is longer than the terminal, and the editor."""

from __future__ import annotations

import io
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from memcli.usage import UsageError

LESS = "FRX"
"""Options for less, unless the user has set some: leave if it fits, colours, and what was read stays on the screen."""

AT_LINE = {"code": "-g {path}:{line}", "codium": "-g {path}:{line}", "subl": "{path}:{line}", "hx": "{path}:{line}"}
"""How editors that do not know `+LINE FILE` are told of a line."""


class _Held(io.StringIO):
    """What a command prints while it is not yet known how long it is; to the command it is the terminal."""

    def isatty(self) -> bool:
        return True


@contextmanager
def paged(*, wanted: bool) -> Iterator[None]:
    """Show what is printed in the pager ($PAGER, else less) if it is longer than the terminal, and stdout is one."""
    terminal = sys.stdout
    command = pager()
    if not wanted or not terminal.isatty() or os.environ.get("TERM") == "dumb" or not command:
        yield
        return
    held = _Held()
    sys.stdout = held
    try:
        yield
    finally:
        sys.stdout = terminal
        _show(held.getvalue(), command)


def pager() -> list[str]:
    """The command of the user's pager; empty if there is none, or $PAGER is empty."""
    given = os.environ.get("PAGER", "less")
    command = shlex.split(given)
    return command if command and shutil.which(command[0]) else []


def editor() -> list[str]:
    """The command of the user's editor. Raises UsageError if none is set, or it is not there."""
    command = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")
    if not command or shutil.which(command[0]) is None:
        raise UsageError("no editor is set" if not command else f"there is no {command[0]}", hint="set $EDITOR")
    return command


def open_at(command: list[str], path: Path, line: int | None) -> None:
    """Show a file at a line in an editor or a pager, and wait until it is left. Raises UsageError if it fails."""
    form = AT_LINE.get(Path(command[0]).name, "+{line} {path}") if line is not None else "{path}"
    arguments = [part.format(path=path, line=line) for part in form.split()]
    try:
        code = subprocess.run([*command, *arguments], check=False).returncode
    except OSError as error:
        raise UsageError(f"{command[0]} cannot be started: {error}") from error
    if code:
        raise UsageError(f"{command[0]} failed with exit code {code}")


def _show(text: str, command: list[str]) -> None:
    if text.count("\n") < shutil.get_terminal_size().lines:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    environment = {"LESS": LESS, "LESSCHARSET": "utf-8"} | os.environ
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, text=True, encoding="utf-8") as process:
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # who leaves the pager before its end has seen enough
            process.stdin.write(text)
            process.stdin.close()
