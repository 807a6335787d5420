"""memcli sessions: which conversations the memory holds."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.context import Context
from memcli.cli.options import Since, Speaker, Until
from memcli.cli.records import FieldsOption, FormOption, NulOption

COLUMNS = ("id", "title", "turns", "first", "last", "speakers")


def sessions(
    ctx: typer.Context,
    since: Since = None,
    until: Until = None,
    speaker: Speaker = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="Most sessions shown.")] = None,
    form: FormOption = None,
    fields: FieldsOption = None,
    nul: NulOption = False,
) -> None:
    """List conversations, the latest first.

    With --since, --until or --speaker, only turns that pass are counted. The exit code is 4 if there is none.

    Example: memcli sessions --speaker Maya --since 2024-05-01
    """
    from memcli.cli import overview, records
    from memcli.cli.questions import turn_filter
    from memcli.documents import SCHEMA, moment
    from memcli.exits import Exit

    context: Context = ctx.obj
    wanted = records.shape(context, form, fields, nul)
    where = turn_filter(since=since, until=until, speakers=speaker)
    rows = context.memory_in_use.sessions(since=where.since, until=where.until, speakers=where.speakers)
    shown = rows[:limit]
    listed = [row._asdict() | {"first": moment(row.first), "last": moment(row.last)} for row in shown]
    document = {"schema": SCHEMA, "sessions": listed, "total": len(rows)}
    records.show(wanted, document, "sessions", COLUMNS, lambda: overview.sessions(shown))
    if len(shown) < len(rows) and not context.json:
        context.tell(f"{len(rows) - len(shown)} more sessions (--limit)")
    raise typer.Exit(Exit.DONE if rows else Exit.ABSTAINED)
