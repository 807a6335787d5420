"""The graph of entities as a store holds it: names that turns mention, and facts between them (see memory/graph.py)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memcli.memory.consolidate_subjects import people_of
from memcli.memory.facts.claims import subject_key
from memcli.memory.graph import MENTIONED, OVER, EntityKind, Link, Neighbour, kind_of, neighbours, together

if TYPE_CHECKING:
    from store.store import Store

MOST = 64
"""Names beside each name that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The neighbours of entities by their key, the closest first; names and kinds of all that are named in them."""

    near: Mapping[str, Sequence[Neighbour]]
    names: Mapping[str, str]
    kinds: Mapping[str, EntityKind]

    def weights(self) -> dict[str, list[tuple[str, float]]]:
        """The neighbours as `graph.spread` wants them."""
        return {key: [(one.key, one.weight) for one in some] for key, some in self.near.items()}


def around(store: Store, names: Sequence[str]) -> Surroundings:
    """What belongs to these names, by what turns mention together and by what facts say. Raises StoreLocked."""
    with store.reading() as catalogue:
        people = people_of(catalogue)
        shown = {subject_key(people.shown(name)): people.shown(name) for name in names}
        kept = people.keys_behind(shown)
        pairs = catalogue.facts.mentioned_together(kept, MOST)
        counts = catalogue.facts.mention_counts(sorted({key for one, other, *_ in pairs for key in (one, other)}))
        facts = catalogue.facts.related(list(shown))
        speakers = catalogue.facts.known_by_name()
        found = dict(shown)
        of_name: Counter[str] = Counter()
        both: Counter[tuple[str, str]] = Counter()
        for key, turns in counts.items():
            of_name[subject_key(people.shown(key))] += turns
        for one, _, name, turns in pairs:
            mine, theirs = subject_key(people.shown(one)), subject_key(people.shown(name))
            found.setdefault(theirs, people.shown(name))
            if mine != theirs:
                both[mine, theirs] += turns
        links: defaultdict[str, list[Link]] = defaultdict(list)
        for (mine, theirs), turns in both.items():
            links[mine].append(Link(mine, theirs, MENTIONED, together(turns, of_name[mine], of_name[theirs]), turns))
        # A value is an entity only if turns mention it as a name: "Oslo", not "a dog".
        objects = {subject_key(people.shown(one.object)) for one in facts}
        named = objects & (found.keys() | catalogue.facts.mention_counts(sorted(objects)).keys())
        for fact in facts:
            subject, value = subject_key(fact.subject), subject_key(people.shown(fact.object))
            if value not in named or subject == value:
                continue
            found.setdefault(value, people.shown(fact.object))
            found.setdefault(subject, fact.subject)
            weight = fact.confidence * (OVER if fact.over else 1.0)
            for end in {subject, value} & shown.keys():
                links[end].append(Link(subject, value, fact.predicate, weight, fact.proofs, fact.id))
        near = {key: neighbours(key, links[key]) for key in shown}
        met = sorted({one.key for some in near.values() for one in some} | shown.keys())
        told = catalogue.facts.related(met)
    as_subject: defaultdict[str, list[str]] = defaultdict(list)
    as_object: defaultdict[str, list[str]] = defaultdict(list)
    for fact in told:
        as_subject[subject_key(fact.subject)].append(fact.predicate)
        as_object[subject_key(fact.object)].append(fact.predicate)
    kinds = {key: kind_of(key, speakers, as_subject[key], as_object[key]) for key in met}
    return Surroundings(near=near, names={key: found.get(key, key) for key in met}, kinds=kinds)
