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
    in_editor: Annotated[
        bool, typer.Option("--editor", help="Open the log itself at that line in $VISUAL or $EDITOR.")
    ] = False,
    in_pager: Annotated[bool, typer.Option("--pager", help="Open the log itself at that line in $PAGER.")] = False,
) -> None:
    """Show a turn where it was said, with its file and line; of an edited message, all words that it has had.

    Says if the file has changed, was rotated or is gone since it was read, going by its hash.

    Example: memcli open 2
    """
    from memcli.cli import paging, render
    from memcli.documents import passage_document
    from memcli.usage import UsageError

    context: Context = ctx.obj
    passage = context.memory_in_use.turn(id_or_number, around=around)
    now = context.memory_in_use.whereabouts(passage.turn)
    if now.note:
        context.tell(now.note)
    if in_editor or in_pager:
        if now.path is None or now.state == "in an archive":
            raise UsageError(
                f"{passage.turn.locator.source} cannot be opened"
                + (f": {now.note}" if now.note else ": it is no file"),
                hint="without --editor and --pager, what the memory keeps of it is shown",
            )
        command = paging.editor() if in_editor else paging.pager()
        if not command:
            raise UsageError("there is no pager", hint="set $PAGER")
        paging.open_at(command, now.path, passage.turn.locator.line)
    elif context.json:
        render.document(passage_document(passage, now))
    else:
        with paging.paged(wanted=not context.no_pager):
            render.conversation(passage.title, [*passage.before, passage.turn, *passage.after], passage.turn.id)
            if passage.versions:
                render.versions(passage.versions, passage.turn.id)
