"""memcli why-not: where an expected memory was lost."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.context import Context
from memcli.cli.options import Now, Since, Speaker, Until


def why_not(
    ctx: typer.Context,
    turn: Annotated[str, typer.Argument(metavar="ID", help="The id of the turn that you expected (its beginning).")],
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="The question that did not bring it.")],
    since: Since = None,
    until: Until = None,
    speaker: Speaker = None,
    now: Now = None,
) -> None:
    """Show at which stage a turn was lost for a question, and what would have kept it.

    Example: memcli why-not 3f9a "When does the oven arrive?"
    """
    from memcli import engines_in_use
    from memcli.cli import questions, render
    from memcli.documents import SCHEMA
    from memcli.ingest.indexing import heal
    from memcli.recall import explain
    from memcli.usage import UsageError

    context: Context = ctx.obj
    store = context.store()
    query = questions.query(question, since=since, until=until, speakers=speaker, now=now, limit=1)
    with store.reading() as catalogue:
        found = catalogue.turns_by_id(turn.lower())
    if len(found) != 1:
        what = "several turns begin" if found else "there is no turn that begins"
        raise UsageError(f"{what} with {turn}", hint="`memcli search ... --json` shows ids")
    engines = engines_in_use.for_recall(context.config, store)
    heal(store, engines.embedder, context.progress())
    settings = context.config
    lost = explain.why_not(found[0], query, store, engines, turns=settings["ask.limit"], tokens=settings["ask.budget"])
    if context.json:
        render.document(
            {
                "schema": SCHEMA,
                "id": found[0].id,
                "question": query.text,
                "stage": lost.stage,
                "reason": lost.reason,
                "remedy": lost.remedy,
                "rank": lost.rank,
                "channels": dict(lost.ranks),
            }
        )
    else:
        show = render.printer()
        show((f"{found[0].speaker}: {found[0].text}", ""))
        show((f"{lost.stage}: {lost.reason}", ""))
        if lost.remedy:
            show((f"what helps: {lost.remedy}", ""))
