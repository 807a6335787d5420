"""memcli diff: what is believed now and was not believed then."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.context import Context
from memcli.cli.options import Now


def diff(
    ctx: typer.Context,
    since: Annotated[str, typer.Argument(metavar="SINCE", help="A day: 2024-05-01, yesterday, last-week.")],
    now: Now = None,
) -> None:
    """Show which beliefs were added, changed, retired or confirmed by what was said since a day.

    The exit code is 4 if none was.

    Example: memcli diff last-week
    """
    from datetime import UTC, datetime, time, timedelta

    from memcli.answer.knowledge import differences, knowledge
    from memcli.cli import days, questions, render
    from memcli.cli import knowledge as show
    from memcli.cli.documents import SCHEMA, moment
    from memcli.exits import Exit

    context: Context = ctx.obj
    store = context.store()
    today = questions.asked_at(now).date()
    day = days.day("SINCE", since, today, beginning=True)
    begin = datetime.combine(day, time.min, UTC) - timedelta(microseconds=1)
    known = knowledge(store)
    found = differences(known.beliefs, begin)
    if context.json:
        render.document(
            {
                "schema": SCHEMA,
                "since": moment(begin + timedelta(microseconds=1)),
                "changes": [
                    {
                        "what": one.what,
                        "fact": show.fact_document(one.belief, known.turns, today),
                        "before": show.fact_document(one.before, known.turns, today) if one.before else None,
                    }
                    for one in found
                ],
            }
        )
    else:
        show.differences(found, known, today)
    raise typer.Exit(Exit.DONE if found else Exit.ABSTAINED)
