"""The user's crontab (crontab(5)): a block of our own in it, between two comments. The text functions are pure."""

from __future__ import annotations

import re
import shlex
import subprocess

from memcli.schedule.plan import HOUR_OF_THE_NIGHT, Plan
from memcli.usage import UsageError


def block(plan: Plan) -> str:
    """The lines of the plan."""
    times = {
        "quarter-hour": f"{plan.minute % 15}-59/15 * * * *",
        "hour": f"{plan.minute} * * * *",
        "day": f"{plan.minute} {HOUR_OF_THE_NIGHT} * * *",
    }
    command = " ".join(map(_word, [*plan.command, "--jitter", str(plan.jitter_s)]))
    if "\n" in command:
        raise UsageError("a crontab cannot hold a path with a line break in it", hint="--systemd can")
    return f"{_begin(plan.name)}\n{times[plan.every]} {command}\n{_end(plan.name)}\n"


def found(table: str, name: str) -> str | None:
    """The block of that name in a crontab, or None."""
    match = _pattern(name).search(table)
    return match[0] if match else None


def without(table: str, name: str) -> str:
    """The crontab without the block of that name; everything else stays as it is, to the byte."""
    return _pattern(name).sub("", table)


def with_block(table: str, plan: Plan) -> str:
    """The crontab with the plan's block, at the end, in place of one that it had."""
    rest = without(table, plan.name)
    return rest + ("\n" if rest and not rest.endswith("\n") else "") + block(plan)


def read() -> str:
    """The user's crontab; empty if there is none. Raises UsageError if there is no such program, or it refuses."""
    done = _crontab("-l")
    if done.returncode == 0:
        return done.stdout
    if "no crontab" in done.stderr:
        return ""
    raise UsageError(f"`crontab -l` fails: {done.stderr.strip() or done.returncode}", hint="--systemd uses timers")


def write(table: str) -> None:
    """Make this the user's crontab. Raises UsageError if the program refuses."""
    done = _crontab("-", given=table)
    if done.returncode:
        raise UsageError(f"`crontab -` refuses the lines: {done.stderr.strip() or done.returncode}")


def _crontab(argument: str, *, given: str | None = None) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(["crontab", argument], input=given, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise UsageError("there is no program `crontab` here", hint="install cron, or say --systemd") from error


def _word(argument: str) -> str:
    r"""An argument for the shell that cron starts. For cron itself % ends the command unless it stands as \%.

    The escaped sign stands in quotes of its own: after a backslash of the argument cron would not see the escape.
    """
    pieces = [shlex.quote(piece) if piece else "" for piece in argument.split("%")]
    return r'"\%"'.join(pieces) or "''"


def _begin(name: str) -> str:
    return f"# memcli {name}: from here to the end is written by `memcli cron install`"


def _end(name: str) -> str:
    return f"# memcli {name}: end"


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(rf"^{re.escape(_begin(name))}\n.*?^{re.escape(_end(name))}(?:\n|\Z)", re.M | re.S)
