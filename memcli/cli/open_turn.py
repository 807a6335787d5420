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
    """Show a turn where it was said, with its file and line.

    Example: memcli open 2
    """
    from memcli.cli import render
    from memcli.cli.documents import passage_document

    context: Context = ctx.obj
    passage = context.memory_in_use.turn(id_or_number, around=around)
    if context.json:
        render.document(passage_document(passage))
    else:
        render.conversation(passage.title, [*passage.before, passage.turn, *passage.after], passage.turn.id)
