"""memcli open: show a turn where it was said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from memcli.cli.context import Context

if TYPE_CHECKING:
    from store.store import Store

NUMBER_DIGITS = 3
"""Up to so many digits are the number of a citation; an id is longer, or has letters."""


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
    from memcli.cli.documents import SCHEMA, turn_document
    from memcli.recall.pipeline import turn_of
    from memcli.usage import UsageError

    context: Context = ctx.obj
    store = context.store()
    is_number = id_or_number.isdecimal() and len(id_or_number) <= NUMBER_DIGITS
    wanted = _cited(store, int(id_or_number)) if is_number else id_or_number.lower()
    with store.reading() as catalogue:
        found = catalogue.turns_by_id(wanted)
        if not found:
            raise UsageError(f"there is no turn {id_or_number}", hint="`memcli search ... --json` shows ids")
        if len(found) > 1:
            ids = ", ".join(row.id for row in found[:3])
            raise UsageError(f"several turns begin with {id_or_number}: {ids}", hint="give more of the id")
        rows = catalogue.turns_around(found[0], around, around)
    turns = [turn_of(row) for row in rows]
    title = found[0].session_title
    if context.json:
        documents = {row.id: turn_document(turn_of(row), title) for row in rows}
        at = [row.id for row in rows].index(found[0].id)
        beside = list(documents.values())
        render.document({"schema": SCHEMA, "turn": beside[at], "before": beside[:at], "after": beside[at + 1 :]})
    else:
        render.conversation(title, turns, found[0].id)


def _cited(store: Store, number: int) -> str:
    """The id of the turn that the last answer showed under the number."""
    from memcli.usage import UsageError

    documents = [record["document"] for record in store.spool.read() if record["kind"] == "answer"]
    if not documents:
        with store.reading() as catalogue:
            documents = [document for document in [catalogue.last_answer()] if document]
    if not documents:
        raise UsageError("nothing was asked yet", hint="`memcli ask QUESTION` first, or name a turn by its id")
    for evidence in json.loads(documents[-1])["evidence"]:
        if evidence["n"] == number:
            return str(evidence["id"])
    raise UsageError(f"the last answer has no evidence [{number}]")
