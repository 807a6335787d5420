"""How well episodes, summaries and facts are kept: worked out from the recalls of the turns that they are made of.

A recall of a turn is one of its episode, of the gist of its scene and of the facts that rest on it; an answer that
cites several turns of one episode recalls it once. Each lasts longer than a turn does, because it stands for several
(`salience.ENDURANCE`), and begins with the deepest impression that any of its turns made. As with turns, only what was
recalled has a row of its own; the strength of all else follows from its rating and its age.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from memcli.memory.consolidate_step import Done, Work
from memcli.memory.forgetting import Recall, replay
from memcli.memory.salience import Kind, first_strength, rating_of
from store.states import StateRow

if TYPE_CHECKING:
    from store.states import MadeEventRow

KINDS: tuple[Kind, ...] = ("episode", "summary", "fact")


def strengths(work: Work) -> Done:
    """Bring the strengths of what turns are made into up to date with the recalls of those turns."""
    with work.store.reading() as catalogue:
        events = catalogue.states.events_of_made()
        before = {row.item_id: row for row in catalogue.states.states() if row.kind in KINDS}
    after = {item: state(list(group)) for item, group in groupby(events, key=lambda event: event.item_id)}
    changed = [one for item, one in after.items() if before.get(item) != one]
    gone = sorted(before.keys() - after.keys())
    if (changed or gone) and not work.dry_run:
        with work.store.writing() as catalogue:
            catalogue.states.keep_states(changed, without=gone)
    counts = {kind: sum(one.kind == kind for one in changed) for kind in KINDS}
    return Done(changes={f"{kind if kind != 'summary' else 'summarie'}s": count for kind, count in counts.items()})


def state(events: list[MadeEventRow]) -> StateRow:
    """The strength of one item after all these recalls of its turns."""
    first = events[0]
    kind: Kind = first.kind  # type: ignore[assignment]
    rating = first.began_with if first.text is None else rating_of(first.text)
    recalls = {(one.recalled_at, one.answer_id): Recall(one.recalled_at, one.rating) for one in events}  # type: ignore[arg-type]
    strength = replay(first_strength(kind, rating, first.born), recalls.values())  # type: ignore[arg-type]
    return StateRow(first.item_id, kind, *strength)
