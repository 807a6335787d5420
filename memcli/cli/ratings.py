"""memcli good and memcli bad: tell the memory whether an answer was right."""

from __future__ import annotations

from datetime import datetime
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
    _rate(ctx.obj, answer, now, EASY)


def bad(ctx: typer.Context, answer: AnswerId = None, now: Now = None) -> None:
    """Say that an answer was wrong: what it cites is weakened, and not taken for an answer to this question again.

    Example: memcli bad
    """
    from memcli.memory.forgetting import AGAIN

    _rate(ctx.obj, answer, now, AGAIN)


def _rate(context: Context, answer_id: str | None, now: str | None, rating: Rating) -> None:
    from memcli.cli import render
    from memcli.cli.documents import SCHEMA
    from memcli.cli.naming import answer_named
    from memcli.cli.questions import asked_at
    from memcli.usage import UsageError

    store = context.store()
    document = answer_named(store, answer_id)
    cited = [one["id"] for one in document["citations"]]
    if not cited:
        raise UsageError("that answer cites nothing that could be rated", hint="`memcli ask` something else first")
    at = asked_at(now)
    store.spool.append([record for item in cited for record in _records(document, item, at, rating)])
    word = "right" if rating == EASY else "wrong"
    if context.json:
        render.document({"schema": SCHEMA, "answer": document["id"], "rating": rating, "items": cited})
    else:
        render.printer()((f"{word}: ", "bold"), (document["question"], ""))
        context.tell(f"{len(cited)} cited turn{'s' if len(cited) > 1 else ''} rated")


def _records(document: dict[str, Any], item: str, at: datetime, rating: Rating) -> list[dict[str, Any]]:
    """What the spool is told of one cited turn. The rating takes the place of the one that citing it gave."""
    from memcli.ids import content_id

    records: list[dict[str, Any]] = [
        {
            "kind": "rating",
            "id": content_id(document["id"], item),
            "item_id": item,
            "recalled_at": at.isoformat(),
            "rating": rating,
            "answer_id": document["id"],
            "question": document["question"],
        }
    ]
    if rating != EASY:
        rejection = {name: records[0][name] for name in ("question", "item_id", "answer_id")}
        records.append({"kind": "rejection", "since": at.isoformat(), **rejection})
    return records
