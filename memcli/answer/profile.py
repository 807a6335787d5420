"""A person as the memory knows them: facts, the persona that they come to, scenes, and what is around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from memcli.answer.entities import around
from memcli.answer.knowledge import Knowledge, knowledge
from memcli.memory.consolidate_subjects import people_of
from memcli.memory.facts.beliefs import Belief
from memcli.memory.facts.claims import subject_key
from memcli.memory.graph import EntityKind, Neighbour
from memcli.memory.persona import Correction, corrections, persona

if TYPE_CHECKING:
    from store.episodes import GistRow
    from store.store import Store

SCENES, NEAR = 5, 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A scene, with what its gist says that is over: one list a sentence."""

    row: GistRow
    corrections: Sequence[Sequence[Correction]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A person, under the name that they are shown under. near: what belongs with them; names and kinds by key."""

    name: str
    known: Knowledge
    persona: Sequence[Belief]
    scenes: Sequence[Scene]
    near: Sequence[Neighbour]
    names: Mapping[str, str]
    kinds: Mapping[str, EntityKind]


def profiled(store: Store, name: str, now: datetime) -> Profile:
    """Put together what is known of a person now. Raises StoreLocked, StoreDamaged."""
    with store.reading() as catalogue:
        shown = people_of(catalogue).shown(name)
        ids = catalogue.episodes.scenes_with(shown, SCENES)
        rows = catalogue.episodes.scene_gists(None, None, SCENES, ids) if ids else []
    known = knowledge(store, subject=shown)
    own = [one for one in known.beliefs if subject_key(one.subject) == subject_key(shown)]
    today = now.date()
    scenes = [
        Scene(row=row, corrections=[corrections(text, turn, known.beliefs, today) for turn, _, text in row.sentences])
        for row in sorted(rows, key=lambda row: ids.index(row.id))
    ]
    found = around(store, [shown])
    return Profile(
        name=shown,
        known=known,
        persona=persona(own, known.strengths, now),
        scenes=scenes,
        near=found.near[subject_key(shown)][:NEAR],
        names=found.names,
        kinds=found.kinds,
    )
