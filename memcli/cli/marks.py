"""memcli pin, unpin and forget: keep a memory at hand for good, or put it away now. Nothing is erased."""

from __future__ import annotations

from typing import Annotated

import typer

from memcli.cli.context import Context
from memcli.cli.options import Now
from store.states import Mark

TurnName = Annotated[
    str, typer.Argument(metavar="ID|N", help="The id of a turn (its beginning is enough), or [N] of the last answer.")
]


def pin(ctx: typer.Context, turn: TurnName, now: Now = None) -> None:
    """Keep a memory at hand: it never fades.

    Example: memcli pin 1
    """
    _mark(ctx.obj, turn, "pinned", now)


def unpin(ctx: typer.Context, turn: TurnName, now: Now = None) -> None:
    """Let a memory that was pinned, or put away, fade in its own time again.

    Example: memcli unpin 1
    """
    _mark(ctx.obj, turn, None, now)


def forget(ctx: typer.Context, turn: TurnName, now: Now = None) -> None:
    """Put a memory away now, as if it had faded: only `--deep` finds it. It is not erased; `memcli unpin` undoes it.

    Example: memcli forget 1
    """
    _mark(ctx.obj, turn, "forgotten", now)


def _mark(context: Context, turn: str, mark: Mark | None, now: str | None) -> None:
    from memcli.cli import render
    from memcli.cli.questions import asked_at
    from memcli.documents import SCHEMA
    from memcli.naming import turn_named
    from memcli.recall.pipeline import turn_of

    store = context.store()
    row = turn_named(store, turn)
    store.spool.append([{"kind": "mark", "item_id": row.id, "mark": mark, "since": asked_at(now).isoformat()}])
    if context.json:
        render.document({"schema": SCHEMA, "id": row.id, "mark": mark})
    else:
        render.conversation(mark or "no longer marked", [turn_of(row)], row.id)
