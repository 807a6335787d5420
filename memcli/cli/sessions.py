"""memcli sessions: which conversations the memory holds."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.context import Context
from memcli.cli.options import Since, Speaker, Until


def sessions(
    ctx: typer.Context,
    since: Since = None,
    until: Until = None,
    speaker: Speaker = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="Most sessions shown.")] = None,
) -> None:
    """List conversations, the latest first.

    With --since, --until or --speaker, only turns that pass are counted. The exit code is 4 if there is none.

    Example: memcli sessions --speaker Maya --since 2024-05-01
    """
    from memcli.cli import overview, render
    from memcli.cli.documents import SCHEMA, moment
    from memcli.cli.questions import turn_filter
    from memcli.exits import Exit

    context: Context = ctx.obj
    where = turn_filter(since=since, until=until, speakers=speaker)
    rows = context.memory_in_use.sessions(since=where.since, until=where.until, speakers=where.speakers)
    shown = rows[:limit]
    if context.json:
        listed = [row._asdict() | {"first": moment(row.first), "last": moment(row.last)} for row in shown]
        render.document({"schema": SCHEMA, "sessions": listed, "total": len(rows)})
    else:
        overview.sessions(shown)
        if len(shown) < len(rows):
            context.tell(f"{len(rows) - len(shown)} more sessions (--limit)")
    raise typer.Exit(Exit.DONE if rows else Exit.ABSTAINED)
