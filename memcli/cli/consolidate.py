"""memcli consolidate: turn what was said into episodes and their gist, and let what nobody uses fade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from memcli.cli.context import Context
from memcli.cli.options import Now

if TYPE_CHECKING:
    from memcli.memory.consolidate import Consolidation

LISTED = 10
"""Moves that are printed of each kind; --json has them all."""


def consolidate(
    ctx: typer.Context,
    max_minutes: Annotated[
        float | None,
        typer.Option("--max-minutes", min=0, metavar="MINUTES", help="Stop after this long; go on next time."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")] = False,
    now: Now = None,
) -> None:
    """Do what sleep does: turn new turns into episodes and their gist, move what faded to the archive.

    Made for cron. Run again with nothing new, it changes nothing. Nothing is erased.

    Example: memcli consolidate --max-minutes 10
    """
    from memcli.cli import render
    from memcli.cli.questions import asked_at
    from memcli.documents import consolidation_document

    context: Context = ctx.obj
    report = context.memory_in_use.consolidate(max_minutes=max_minutes, dry_run=dry_run, now=asked_at(now))
    if context.json:
        render.document(consolidation_document(report))
    elif not context.quiet:
        _show(report)
    if not report.finished:
        context.tell("time is out: the next run goes on from here")


def _show(report: Consolidation) -> None:
    from memcli.cli import render

    show = render.printer()
    for step, changes in report.steps.items():
        counts = [f"{_amount(value):,} {name.replace('_', ' ')}" for name, value in changes.items() if value]
        if counts:
            show((f"{step:<10}", "cyan"), (", ".join(counts), ""))
        for moves in (value for value in changes.values() if isinstance(value, list)):
            for move in moves[:LISTED]:
                show((f"    {move['id'][:12]}  ", "dim"), (_short(move["text"]), ""), (f"  ({move['reason']})", "dim"))
            if len(moves) > LISTED:
                show((f"    and {len(moves) - LISTED:,} more (--json lists all)", "dim"))
    if not report.changed:
        show(("nothing new", ""))


def _amount(value: Any) -> int:
    return len(value) if isinstance(value, list) else int(value)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:77]}..."
