"""memcli diff: what is believed now and was not believed then, and what is about to fade."""

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

    Then the turns that will fade within a month if nobody uses them. The exit code is 4 if no belief changed.

    Example: memcli diff last-week
    """
    from datetime import UTC, datetime, time, timedelta

    from memcli.answer.knowledge import differences, knowledge
    from memcli.cli import days, questions, render
    from memcli.cli import knowledge as show
    from memcli.cli.fading import fading_document, fading_soon, show_fading
    from memcli.documents import SCHEMA, moment
    from memcli.exits import Exit

    context: Context = ctx.obj
    store = context.store()
    today = questions.asked_at(now).date()
    day = days.day("SINCE", since, today, beginning=True)
    begin = datetime.combine(day, time.min, UTC) - timedelta(microseconds=1)
    known = knowledge(store)
    found = differences(known.beliefs, begin)
    fading = fading_soon(store, questions.asked_at(now))
    if context.json:
        render.document(
            {
                "schema": SCHEMA,
                "since": moment(begin + timedelta(microseconds=1)),
                "changes": [
                    {
                        "what": one.what,
                        "fact": show.fact_document(one.belief, known, today),
                        "before": show.fact_document(one.before, known, today) if one.before else None,
                    }
                    for one in found
                ],
                "fading": [fading_document(*one) for one in fading],
            }
        )
    else:
        show.differences(found, known, today)
        show_fading(fading)
    raise typer.Exit(Exit.DONE if found else Exit.ABSTAINED)
