"""memcli timeline: how much was said when."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from memcli.cli.context import Context
from memcli.cli.options import Since, Speaker, Until
from memcli.cli.records import FieldsOption, FormOption, NulOption

COLUMNS = ("begins", "turns", "sessions")


class Unit(StrEnum):
    """The stretches of time that turns are counted by."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


def timeline(
    ctx: typer.Context,
    topic: Annotated[str | None, typer.Argument(metavar="[TOPIC]", help="Only turns that hold a word of it.")] = None,
    by: Annotated[Unit, typer.Option(help="What turns are counted by.")] = Unit.MONTH,
    since: Since = None,
    until: Until = None,
    speaker: Speaker = None,
    form: FormOption = None,
    fields: FieldsOption = None,
    nul: NulOption = False,
) -> None:
    """Show how much was said when, on the clock of those who said it.

    The exit code is 4 if nothing was.

    Example: memcli timeline "cargo bike" --by week --speaker Maya
    """
    from memcli.cli import overview, records
    from memcli.cli.questions import turn_filter
    from memcli.documents import SCHEMA
    from memcli.exits import Exit
    from store.overview import stretches

    context: Context = ctx.obj
    wanted = records.shape(context, form, fields, nul)
    store = context.store()
    where = turn_filter(since=since, until=until, speakers=speaker)
    only = None
    if topic is not None:
        if store.seal:
            from memcli.ingest.indexing import heal

            heal(store, context.memory_in_use.embedder(), context.progress())
        found, _ = store.index.lexical(topic, limit=max(1, store.index.count()), where=where)
        only = [seq for seq, _ in found]
        if store.index.passed_over:
            context.tell(f"left out: {store.index.passed_over:,} turns whose words are still being indexed")
    with store.reading() as catalogue:
        counted, untimed = stretches(catalogue.connection, by.value, where, only)
    listed = [{**stretch._asdict(), "begins": stretch.begins.isoformat()} for stretch in counted]
    document = {"schema": SCHEMA, "by": by.value, "stretches": listed, "untimed": untimed}
    records.show(wanted, document, "stretches", COLUMNS, lambda: overview.timeline(counted, by.value))
    if untimed and not context.json:
        context.tell(f"{untimed} turn{'s have' if untimed > 1 else ' has'} no time")
    raise typer.Exit(Exit.DONE if counted or untimed else Exit.ABSTAINED)
