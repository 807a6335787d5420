"""Timers of the user's own systemd (systemd.timer(5), systemd.service(5)). The units' texts are made purely."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from memcli.exits import Exit
from memcli.schedule.plan import HOUR_OF_THE_NIGHT, Plan
from memcli.usage import UsageError


def units(plan: Plan) -> Mapping[str, str]:
    """The service and the timer of the plan, by their file names. A run that yields is no failure."""
    calendar = {
        "quarter-hour": "*:0/15",
        "hour": f"*:{plan.minute:02}:00",
        "day": f"{HOUR_OF_THE_NIGHT:02}:{plan.minute:02}:00",
    }
    service = f"""\
# Written by `memcli cron install --systemd`; `memcli cron remove` takes it away.
[Unit]
Description=memcli keeps the memory {plan.name} fresh

[Service]
Type=oneshot
ExecStart={" ".join(map(_quoted, plan.command))}
SuccessExitStatus={Exit.STORE_LOCKED.value}
Nice=10
UMask=0077
"""
    timer = f"""\
# Written by `memcli cron install --systemd`; `memcli cron remove` takes it away.
[Unit]
Description=memcli keeps the memory {plan.name} fresh

[Timer]
OnCalendar={calendar[plan.every]}
RandomizedDelaySec={plan.jitter_s}
Persistent=true

[Install]
WantedBy=timers.target
"""
    return {f"{_unit(plan.name)}.service": service, f"{_unit(plan.name)}.timer": timer}


def folder() -> Path:
    """Where the user's units are."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "systemd" / "user"


def found(name: str) -> Mapping[str, str]:
    """The units of that name that are there, by their file names."""
    paths = [folder() / f"{_unit(name)}.{kind}" for kind in ("service", "timer")]
    return {path.name: path.read_text(encoding="utf-8") for path in paths if path.is_file()}


def install(plan: Plan) -> None:
    """Write the units and start the timer. Raises UsageError if systemd refuses."""
    folder().mkdir(parents=True, exist_ok=True)
    for name, text in units(plan).items():
        (folder() / name).write_text(text, encoding="utf-8")
    _systemctl("daemon-reload")
    _systemctl("enable", "--now", f"{_unit(plan.name)}.timer")


def remove(name: str) -> None:
    """Stop the timer and take the units away."""
    _systemctl("disable", "--now", f"{_unit(name)}.timer")
    for unit in found(name):
        (folder() / unit).unlink()
    _systemctl("daemon-reload")


def _systemctl(*arguments: str) -> None:
    command = ["systemctl", "--user", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise UsageError("there is no program `systemctl` here", hint="without --systemd, cron is used") from error
    if done.returncode:
        raise UsageError(f"`{' '.join(command)}` fails: {done.stderr.strip() or done.returncode}")


def _unit(name: str) -> str:
    return f"memcli-{name}"


def _quoted(argument: str) -> str:
    """As systemd reads an argument: in quotes, with C escapes, and without variables and specifiers."""
    escaped = argument.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + escaped.replace("%", "%%").replace("$", "$$") + '"'
