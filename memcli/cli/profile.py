"""memcli profile: a person as the memory knows them."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.completion import speakers
from memcli.cli.context import Context
from memcli.cli.options import Now

LEAST, NAMES = 2, 40


def profile(
    ctx: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="Whose profile; without it, the names.", autocompletion=speakers),
    ] = None,
    now: Now = None,
) -> None:
    """Show what is known of a person: what stands for them, what they talk about, whom and what they belong with.

    A sentence of a scene that tells what is over is shown with what is so now.

    Without a name: the names that turns mention most. The exit code is 4 if nothing is known.

    Example: memcli profile Maya
    """
    from memcli.answer.profile import profiled
    from memcli.cli import profile_shown as show
    from memcli.cli import questions, render
    from memcli.documents import SCHEMA, moment
    from memcli.exits import Exit

    context: Context = ctx.obj
    store = context.store()
    at = questions.asked_at(now)
    today = at.date()
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
    found = profiled(store, name, at)
    if context.json:
        render.document({"schema": SCHEMA, **show.profile_document(found, today)})
    elif found.known.beliefs or found.near:
        show.profile(found, today)
    raise typer.Exit(Exit.DONE if found.known.beliefs or found.near else Exit.ABSTAINED)
