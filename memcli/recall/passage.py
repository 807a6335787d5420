"""A turn where it was said."""

from __future__ import annotations

from memcli.recall.pipeline import turn_of
from memcli.types import Passage
from store.rows import TurnRow
from store.store import Store


def passage_of(found: TurnRow, store: Store, around: int) -> Passage:
    """The turn with at most `around` turns before and after it in its session, and the words that it had before."""
    with store.reading() as catalogue:
        rows = catalogue.turns_around(found, around, around)
        versions = [turn_of(row) for row in catalogue.versions_of(found)]
    turns = [turn_of(row) for row in rows]
    at = [row.id for row in rows].index(found.id)
    return Passage(
        title=found.session_title, turn=turns[at], before=turns[:at], after=turns[at + 1 :], versions=versions
    )
