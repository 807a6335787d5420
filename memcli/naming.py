"""How a command line names a memory: by the beginning of its id, or as [N] of the last answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from store.rows import TurnRow
    from store.store import Store

NUMBER_DIGITS = 3
"""Up to so many digits are the number of a citation; an id is longer, or has letters."""


def turn_named(store: Store, id_or_number: str) -> TurnRow:
    """The turn that is meant. Raises UsageError if there is none, or several."""
    from memcli.usage import UsageError

    is_number = id_or_number.isdecimal() and len(id_or_number) <= NUMBER_DIGITS
    wanted = _cited(store, int(id_or_number)) if is_number else id_or_number.lower()
    with store.reading() as catalogue:
        found = catalogue.turns_by_id(wanted)
    if not found:
        raise UsageError(f"there is no turn {id_or_number}", hint="`memcli search ... --json` shows ids")
    if len(found) > 1:
        ids = ", ".join(row.id for row in found[:3])
        raise UsageError(f"several turns begin with {id_or_number}: {ids}", hint="give more of the id")
    return found[0]


def answer_named(store: Store, answer_id: str | None) -> dict[str, Any]:
    """The document of the answer whose id begins so; of the last one, if None. Raises UsageError."""
    from memcli.usage import UsageError

    waiting = [record["document"] for record in store.spool.read() if record["kind"] == "answer"]
    documents = [json.loads(document) for document in reversed(waiting)]
    if answer_id is None:
        if documents:
            return dict(documents[0])
        with store.reading() as catalogue:
            last = catalogue.last_answer()
        if last is None:
            raise UsageError("nothing was asked yet", hint="`memcli ask QUESTION` first, or name a turn by its id")
        return dict(json.loads(last))
    with store.reading() as catalogue:
        documents += [json.loads(document) for document in catalogue.states.answers(answer_id)]
    found = {document["id"]: document for document in documents if document["id"].startswith(answer_id.lower())}
    if len(found) != 1:
        what = "no answer" if not found else f"{len(found)} answers"
        raise UsageError(f"{what} with the id {answer_id}", hint="`memcli ask ... --json` shows the id")
    return dict(next(iter(found.values())))


def _cited(store: Store, number: int) -> str:
    """The id of the turn that the last answer showed under the number."""
    from memcli.usage import UsageError

    for evidence in answer_named(store, None)["evidence"]:
        if evidence["n"] == number:
            return str(evidence["id"])
    raise UsageError(f"the last answer has no evidence [{number}]")
