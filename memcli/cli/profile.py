"""memcli profile: a person as the memory knows them."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.completion import speakers
from memcli.cli.context import Context
from memcli.cli.options import Now

LEAST, NAMES, TOGETHER = 2, 40, 12


def profile(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Whose profile; without it, the names.", autocompletion=speakers),
    ] = None,
    now: Now = None,
) -> None:
    """Show what is known of a person, by kind, and whom and what they are mentioned with.

    Without a name: the names that turns mention most. The exit code is 4 if nothing is known.

    Example: memcli profile Maya
    """
    from memcli.answer.knowledge import knowledge
    from memcli.cli import knowledge as show
    from memcli.cli import questions, render
    from memcli.cli.documents import SCHEMA, moment
    from memcli.exits import Exit
    from memcli.memory.facts.claims import subject_key

    context: Context = ctx.obj
    store = context.store()
    today = questions.asked_at(now).date()
    if name is None:
        with store.reading() as catalogue:
            names = catalogue.facts.names(LEAST, NAMES)
        if context.json:
            listed = [
                {
                    "name": one.name,
                    "turns": one.turns,
                    "first_said_at": moment(one.first_said_at),
                    "last_said_at": moment(one.last_said_at),
                }
                for one in names
            ]
            render.document({"schema": SCHEMA, "names": listed})
        else:
            for one in names:
                render.printer()((f"{one.name}  ", "bold"), (f"{one.turns:,} turns", "dim"))
        raise typer.Exit(Exit.DONE if names else Exit.ABSTAINED)
    known = knowledge(store, subject=name)
    with store.reading() as catalogue:
        together = catalogue.facts.together_with(subject_key(name), TOGETHER)
    if context.json:
        render.document(
            {
                "schema": SCHEMA,
                "name": name,
                "facts": [show.fact_document(one, known, today) for one in known.beliefs],
                "mentioned_with": [{"name": other, "turns": turns} for other, turns in together],
            }
        )
    elif known.beliefs or together:
        show.profile(name, known, today, together)
    raise typer.Exit(Exit.DONE if known.beliefs or together else Exit.ABSTAINED)
