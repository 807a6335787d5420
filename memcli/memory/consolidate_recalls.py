"""What recalls did to the strength of memories, worked out from all recalls of an item in the order of time."""

from __future__ import annotations

from itertools import groupby

from memcli.memory.consolidate_step import Done, Work
from memcli.memory.forgetting import Recall, replay
from memcli.memory.salience import Kind, first_strength, rating_of
from memcli.types import GOOD
from store.states import EventRow, StateRow

AT_ONCE = 5_000
"""Strengths that are written in one commit."""


def recalls(work: Work) -> Done:
    """Bring the strengths of all that was recalled since up to date."""
    if work.dry_run:
        return Done(changes={"waiting": sum(one["kind"] != "answer" for one in work.store.spool.read())})
    with work.store.reading() as catalogue:
        events = catalogue.states.unsettled_events()
    states = [_state(list(group)) for _, group in groupby(events, key=lambda event: event.item_id)]
    for start in range(0, len(states), AT_ONCE):
        with work.store.writing() as catalogue:
            catalogue.states.keep_states(states[start : start + AT_ONCE])
    return Done(changes={"strengthened": len(states)})


def _state(events: list[EventRow]) -> StateRow:
    first = events[0]
    kind: Kind = "turn" if first.seq is not None else "fact"
    rating = rating_of(first.text) if first.text is not None else GOOD
    recalled = [Recall(event.recalled_at, event.rating) for event in events]  # type: ignore[arg-type]
    strength = replay(first_strength(kind, rating, first.said_at), recalled)
    return StateRow(first.item_id, kind, *strength)
