"""memcli open: show a turn where it was said."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.context import Context


def open_turn(
    ctx: typer.Context,
    id_or_number: Annotated[
        str,
        typer.Argument(metavar="ID|N", help="The id of a turn (its beginning is enough), or [N] of the last answer."),
    ],
    around: Annotated[int, typer.Option(min=0, help="Turns shown before and after it.")] = 3,
) -> None:
    """Show a turn where it was said, with its file and line; of an edited message, all words that it has had.

    Example: memcli open 2
    """
    from memcli.cli import render
    from memcli.cli.documents import SCHEMA, turn_document
    from memcli.cli.naming import turn_named
    from memcli.recall.pipeline import turn_of

    context: Context = ctx.obj
    store = context.store()
    found = turn_named(store, id_or_number)
    with store.reading() as catalogue:
        rows = catalogue.turns_around(found, around, around)
        versions = catalogue.versions_of(found)
    turns = [turn_of(row) for row in rows]
    title = found.session_title
    if context.json:
        documents = {row.id: turn_document(turn_of(row), title) for row in rows}
        at = [row.id for row in rows].index(found.id)
        beside = list(documents.values())
        render.document(
            {
                "schema": SCHEMA,
                "turn": beside[at],
                "before": beside[:at],
                "after": beside[at + 1 :],
                "versions": [turn_document(turn_of(row), title) for row in versions],
            }
        )
    else:
        render.conversation(title, turns, found.id)
        if versions:
            render.versions([turn_of(row) for row in versions], found.id)
