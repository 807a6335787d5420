"""memcli good and memcli bad: tell the memory whether an answer was right."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from memcli.cli.context import Context
from memcli.cli.options import Now
from memcli.types import EASY, Rating

AnswerId = Annotated[
    str | None, typer.Argument(metavar="[ANSWER]", help="The id of the answer (default: the last one).")
]


def good(ctx: typer.Context, answer: AnswerId = None, now: Now = None) -> None:
    """Say that an answer was right: what it cites is kept the better for it.

    Example: memcli good
    """
    from memcli.cli.questions import asked_at

    context: Context = ctx.obj
    _shown(context, context.memory_in_use.good(answer, now=asked_at(now)), EASY)


def bad(ctx: typer.Context, answer: AnswerId = None, now: Now = None) -> None:
    """Say that an answer was wrong: what it cites is weakened, and not taken for an answer to this question again.

    Example: memcli bad
    """
    from memcli.cli.questions import asked_at
    from memcli.memory.forgetting import AGAIN

    context: Context = ctx.obj
    _shown(context, context.memory_in_use.bad(answer, now=asked_at(now)), AGAIN)


def _shown(context: Context, document: dict[str, Any], rating: Rating) -> None:
    from memcli.cli import render
    from memcli.documents import SCHEMA

    cited = [one["id"] for one in document["citations"]]
    word = "right" if rating == EASY else "wrong"
    if context.json:
        render.document({"schema": SCHEMA, "answer": document["id"], "rating": rating, "items": cited})
    else:
        render.printer()((f"{word}: ", "bold"), (document["question"], ""))
        context.tell(f"{len(cited)} cited turn{'s' if len(cited) > 1 else ''} rated")
