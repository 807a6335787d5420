"""memcli cron: keep the memory fresh by the machine's own scheduler."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from memcli.cli.context import Context

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


class Interval(StrEnum):
    """How often a memory is kept fresh."""

    QUARTER_HOUR = "quarter-hour"
    HOUR = "hour"
    DAY = "day"


Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
Systemd = Annotated[bool, typer.Option("--systemd", help="Use a timer of your systemd instead of your crontab.")]
MaxMinutes = Annotated[
    float, typer.Option("--max-minutes", min=0, metavar="MINUTES", help="Longest consolidation of a run.")
]
Jitter = Annotated[
    int, typer.Option("--jitter", min=0, metavar="SECONDS", help="Begin up to so much later, by chance.")
]


@app.callback()
def cron() -> None:
    """Keep the memory fresh: read what is new and consolidate, run by cron or systemd.

    Example: memcli cron install ~/exports --every hour
    """


@app.command()
def install(
    ctx: typer.Context,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH]...", help="Files and folders that every run reads.")
    ] = None,
    every: Annotated[Interval, typer.Option(help="How often.")] = Interval.HOUR,
    max_minutes: MaxMinutes = 10,
    jitter: Jitter = 300,
    systemd: Systemd = False,
    yes: Yes = False,
) -> None:
    """Have the memory kept fresh: shows what will be written and where, and asks.

    Variables of this terminal's environment are not carried over: what runs must find its settings in the file, and the
    key of an encrypted memory without $MEMCLI_KEY.

    A run that finds another at work yields to it; nothing is printed (so cron mails nothing) unless something is wrong.

    Example: memcli cron install ~/exports --every hour --yes
    """
    from memcli.schedule import crontab
    from memcli.schedule import systemd as timers
    from memcli.schedule.plan import Plan
    from memcli.usage import UsageError

    context: Context = ctx.obj
    missing = [path for path in paths or () if not Path(path).expanduser().exists()]
    if missing:
        raise UsageError(f"there is no {missing[0]}", hint="a run would find nothing to read there")
    _expect_key(context)
    plan = Plan(name=_name(context), command=_command(context, paths or [], max_minutes), every=every.value,
                jitter_s=jitter)  # fmt: skip
    if systemd:
        would = dict(timers.units(plan))
        _agree(context, [f"{timers.folder() / name}:\n{text}" for name, text in would.items()], yes=yes)
        timers.install(plan)
    else:
        table = crontab.read()
        would = {"crontab": crontab.block(plan)}
        _agree(context, [f"in your crontab:\n{would['crontab']}"], yes=yes)
        crontab.write(crontab.with_block(table, plan))
    _report(context, plan.name, would)
    context.tell("installed; `memcli cron show` shows how the last run went")


@app.command()
def show(ctx: typer.Context) -> None:
    """Show what is installed for this memory, and how the last run went. The exit code is 4 if nothing is.

    Example: memcli cron show
    """
    from memcli.cli import render
    from memcli.exits import Exit
    from memcli.schedule.runs import Runs

    context: Context = ctx.obj
    name = _name(context)
    there = _installed(name)
    _report(context, name, there)
    if not context.json:
        printed = render.printer()
        for place, text in there.items():
            printed((place, "bold"))
            printed((text.rstrip(), ""))
        last = Runs(name).last
        if last:
            printed((f"last run {last.ended_at}: {last.outcome}", "cyan"), (f", {last.message}", ""))
            printed((f"log: {Runs(name).log}", "dim"))
    if not there:
        context.tell("nothing is installed for this memory")
    raise typer.Exit(Exit.DONE if there else Exit.ABSTAINED)


@app.command()
def remove(ctx: typer.Context, yes: Yes = False) -> None:
    """Stop keeping this memory fresh: takes away what `memcli cron install` wrote, and the record of the runs.

    Example: memcli cron remove --yes
    """
    from memcli.schedule import crontab
    from memcli.schedule import systemd as timers
    from memcli.schedule.runs import Runs
    from memcli.usage import UsageError

    context: Context = ctx.obj
    name = _name(context)
    there = _installed(name)
    if not there:
        raise UsageError("nothing is installed for this memory", hint="`memcli cron install PATH` does it")
    _agree(context, [f"take away {place}:\n{text}" for place, text in there.items()], yes=yes)
    if "crontab" in there:
        crontab.write(crontab.without(crontab.read(), name))
    if timers.found(name):
        timers.remove(name)
    Runs(name).forget()
    _report(context, name, {})
    context.tell("removed")


@app.command()
def run(
    ctx: typer.Context,
    paths: Annotated[list[str] | None, typer.Argument(metavar="[PATH]...", help="Files and folders to read.")] = None,
    max_minutes: MaxMinutes = 10,
    jitter: Jitter = 0,
) -> None:
    """Do one run, as the scheduler does: read what is new, consolidate, and keep quiet unless something is wrong.

    If another run, or another memcli, is at work on the memory, it yields: exit code 11, and nothing is printed until
    that happened three times in a row. What could not be read is told once, with exit code 3.

    Example: memcli cron run ~/exports
    """
    import random
    import time

    from memcli.exits import Exit
    from memcli.schedule.runs import PATIENCE, Runs

    context: Context = ctx.obj
    runs = Runs(_name(context))
    time.sleep(random.uniform(0, jitter))
    with runs.alone() as alone:
        if alone:
            last, done = runs.run(context.memory_in_use, paths or [], max_minutes=max_minutes)
        else:
            last, done = runs.yielded(), None
    if last.outcome == "yielded" and last.yielded % PATIENCE == 0:
        context.tell(f"{last.yielded} scheduled runs in a row found the memory in use: {last.message}")
    for reason in done.skipped if done else ():
        context.tell(reason)
    code = {"yielded": Exit.STORE_LOCKED, "skipped some": Exit.SOME_SKIPPED}.get(last.outcome, Exit.DONE)
    raise typer.Exit(code)


def _name(context: Context) -> str:
    from memcli.schedule.plan import plan_name

    return plan_name(str(context.config["memory"]), str(context.config.memory_folder))


def _expect_key(context: Context) -> None:
    """Raise KeyRefused for an encrypted memory whose key is only in this terminal's environment, which no run has."""
    from memcli.keys import find
    from store.sealing import is_sealed
    from store.store import CATALOGUE

    folder = context.config.memory_folder
    if is_sealed(folder / CATALOGUE):
        find(folder, context.config, {})


def _command(context: Context, paths: list[str], max_minutes: float) -> list[str]:
    """What the scheduler runs: this program, this memory and these paths by their full names."""
    script = Path(sys.executable).with_name("memcli")
    program = [str(script)] if script.is_file() else [sys.executable, "-m", "memcli"]
    settings = ["--config", str(Path(context.config_file).absolute())] if context.config_file else []
    places = [str(Path(path).expanduser().absolute()) for path in paths]
    return [
        *program, *settings, "--memory", str(context.config.memory_folder), "cron", "run",
        "--max-minutes", f"{max_minutes:g}", *places,
    ]  # fmt: skip


def _installed(name: str) -> dict[str, str]:
    """What is installed under that name, by where it is. No crontab program is no crontab."""
    from memcli.schedule import crontab, systemd
    from memcli.usage import UsageError

    try:
        block = crontab.found(crontab.read(), name)
    except UsageError:
        block = None
    return ({"crontab": block} if block else {}) | {
        str(systemd.folder() / unit): text for unit, text in systemd.found(name).items()
    }


def _agree(context: Context, would: list[str], *, yes: bool) -> None:
    """Show what would be done, and ask, unless --yes. Raises UsageError where nobody can be asked."""
    from memcli.cli import render
    from memcli.usage import UsageError

    if not context.json and not context.quiet:
        for one in would:
            typer.echo(one, err=True)
    if yes:
        return
    if context.json or not render.from_terminal():
        raise UsageError("nothing was changed: say --yes to do this")
    typer.confirm("Do this?", abort=True, err=True)


def _report(context: Context, name: str, there: dict[str, Any]) -> None:
    from memcli.cli import render
    from memcli.documents import SCHEMA
    from memcli.schedule.runs import last_run

    if context.json:
        render.document({"schema": SCHEMA, "name": name, "installed": there, "last_run": last_run(name)})
