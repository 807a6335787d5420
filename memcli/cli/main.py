"""The program: arguments in, exit code out, and the one place where errors are caught."""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn

_GLOBAL_FLAGS = ("--json", "--quiet", "-q", "--no-pager", "--debug")
_GLOBAL_VALUES = ("--memory", "--config", "--wait")


class _Terminated(BaseException):
    """SIGTERM came."""


_signals: list[int] = []
"""The signals that told us to stop."""


def main() -> NoReturn:
    """Run memcli with the process's arguments, and exit."""
    os.umask(0o077)  # whatever this program writes is the user's alone
    # Little of what a command makes goes before its end: to look for rings in it after every 700 objects, as Python
    # does, takes a tenth of the time of `--help`.
    gc.set_threshold(50_000)
    # numpy's products here are small: to share one out costs more than it saves, on a busy machine many times more.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        signal.signal(signal.SIGTERM, _stop)
        signal.signal(signal.SIGINT, _stop)
        code = run(sys.argv[1:])
    except (KeyboardInterrupt, _Terminated):  # between two steps of run(), or while it sees to an error
        code = 128 + _signals[-1]
    for number in (signal.SIGTERM, signal.SIGINT):  # nothing is left to be cut off in an orderly way
        signal.signal(number, signal.SIG_DFL)
    # The interpreter's own end would take the libraries apart piece by piece, for nothing, and wait for their threads;
    # after a signal they may be in the middle of something, which can be cut off at any time.
    if not _signals:
        atexit._run_exitfuncs()
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run memcli with these arguments, here or in the warm engine of the memory, and return its exit code."""
    from memcli.serve.client import done_elsewhere

    arguments = _globals_first(arguments) or ["--help"]
    try:
        code = done_elsewhere(arguments)
    except KeyboardInterrupt:
        return 130
    except _Terminated:
        return 143
    return run_here(arguments) if code is None else code


def run_here(arguments: Sequence[str]) -> int:
    """Run memcli in this process with these arguments, global options first, and return its exit code."""
    _signals.clear()
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    _tell_warnings("--quiet" in options or "-q" in options)
    try:
        code = 0 if _said_version(arguments) else _command(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    except _Terminated:
        code = 143
    except BrokenPipeError:
        code = _read_enough()
    except SystemExit as left:
        if not isinstance(left.__context__, BrokenPipeError):  # of which typer makes an exit
            raise
        code = _read_enough()
    except Exception as error:
        # A library that is interrupted may answer with an error of its own (DuckDB: "Query interrupted").
        code = 128 + _signals[0] if _signals else _failed(error, options)
    return int(code or 0)


def _tell_warnings(quiet: bool) -> None:
    """Let engines tell that the CPU computes in place of a GPU in the way in which commands tell things."""
    import warnings

    def tell(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        if category.__name__ != "CpuInstead":  # of engines.runtime, which is not loaded for this
            shown_before(message, category, *where, **more)
        elif not quiet:
            print(f"memcli: {message}", file=sys.stderr)

    shown_before = getattr(warnings.showwarning, "before", warnings.showwarning)
    tell.before = shown_before  # type: ignore[attr-defined]
    warnings.showwarning = tell


def _said_version(arguments: Sequence[str]) -> bool:
    """Whether nothing but the version was asked for, which then needs no library of the command line."""
    if list(arguments) != ["--version"]:
        return False
    from memcli import __version__

    print(f"memcli {__version__}")
    return True


def _command(arguments: Sequence[str]) -> int | None:
    from memcli.cli.app import app
    from memcli.cli.completion import answer_the_shell

    answer_the_shell()
    code: int | None = app(arguments, prog_name="memcli", standalone_mode=False)
    return code


def _read_enough() -> int:
    """Whoever reads us has closed the pipe. Python would complain about it once more when it closes stdout."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _failed(error: Exception, options: Sequence[str]) -> int:
    from typer import Abort
    from typer.exceptions import TyperException

    from memcli.exits import Exit, code_of

    name, hint = type(error).__name__, getattr(error, "hint", "")
    if isinstance(error, Abort):
        code, message = Exit.BUG, "aborted"
    elif isinstance(error, TyperException):
        code, message, name, hint = Exit.USAGE, error.format_message(), "UsageError", "memcli --help"
    else:
        known = code_of(error)
        if known is None:
            code, message = Exit.BUG, f"{name}: {error}"
            hint = "this is a bug in memcli; --debug shows where. Please report it"
        else:
            code, message = known, str(error)
    if "--debug" in options or os.environ.get("MEMCLI_DEBUG"):
        import traceback

        traceback.print_exception(error)
    if "--json" in options:
        document = {"error": {"code": int(code), "name": name, "message": message, "hint": hint}}
        print(json.dumps(document, ensure_ascii=False), file=sys.stderr)
    else:
        print(f"memcli: {message}" + (f" ({hint})" if hint else ""), file=sys.stderr)
    return code


def _globals_first(arguments: Sequence[str]) -> list[str]:
    """Move global options to the front, so that they may stand after the command too; nothing after `--` is touched."""
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += ["--", *waiting]
        elif argument in _GLOBAL_FLAGS or argument.startswith(tuple(f"{name}=" for name in _GLOBAL_VALUES)):
            front.append(argument)
        elif argument in _GLOBAL_VALUES:
            front += [argument, *([value] if (value := next(waiting, None)) is not None else [])]
        else:
            rest.append(argument)
    return front + rest


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    _signals.append(number)
    raise KeyboardInterrupt if number == signal.SIGINT else _Terminated
