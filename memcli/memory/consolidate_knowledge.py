"""What is known, laid out for recall: the last thing that consolidation does, or the first question after a deletion.

Made of what the other steps wrote into the catalogue; see store/knowledge.py for where it is kept and why.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, permutations
from typing import TYPE_CHECKING, Final

from memcli.memory.consolidate_subjects import people_of
from memcli.memory.facts.claims import subject_key
from memcli.memory.graph import OVER, together
from memcli.recall.query import stems
from store.knowledge import Made, Saying

if TYPE_CHECKING:
    from memcli.memory.subjects import Subjects
    from store.catalogue import Catalogue
    from store.facts import FactRow

NEIGHBOURS: Final = 16
"""So many names beside each are kept, the closest."""

NAMES_OF_TURN: Final = 12
"""A turn with more names than this is a list, which joins nothing."""


def made(catalogue: Catalogue, embedder: str) -> Made:
    """All that there is to know, from the catalogue."""
    people = people_of(catalogue)
    facts, turns = catalogue.facts.facts_of(), catalogue.facts.turns_of_facts()
    mentions = catalogue.facts.mentions()
    instructions = catalogue.episodes.instructions()
    stretches = catalogue.episodes.stretches()
    shown: dict[str, str] = {}
    by_turn = [
        (seq, sorted({_key(name, people, shown) for _, _, name in some}))
        for seq, some in groupby(mentions, key=lambda one: one[0])
    ]
    counts = Counter(key for _, keys in by_turn for key in keys)
    return Made(
        sayings=[
            *(_of_fact(one, turns.get(one.id, [])) for one in facts),
            *(Saying("instruction", "", 1.0, frozenset(stems(text)), [seq]) for seq, text in instructions),
        ],
        names=[(key, shown[key], count) for key, count in sorted(counts.items())],
        mentions=((key, seq) for seq, keys in by_turn for key in keys),
        links=_links(by_turn, counts, facts, people),
        episodes=stretches,
        embedder=embedder,
    )


def _of_fact(one: FactRow, seqs: Sequence[int]) -> Saying:
    text = f"{one.subject} {one.predicate} {one.object}".strip()
    words = frozenset(stems(f"{text} {one.statement}"))
    return Saying("fact", f"{text}{' (no longer)' if one.over else ''}", OVER if one.over else 1.0, words, seqs)


def _key(name: str, people: Subjects, shown: dict[str, str]) -> str:
    """The key of a name, under which its bearer is shown; noted in `shown`."""
    found = people.shown(name)
    key = subject_key(found)
    shown.setdefault(key, found)
    return key


def _links(
    by_turn: Iterable[tuple[int, Sequence[str]]], counts: Counter[str], facts: Sequence[FactRow], people: Subjects
) -> Iterator[tuple[str, str, float]]:
    """What joins names: turns that mention both, and facts that say how; several come to 1 - product(1 - weight)."""
    both: Counter[tuple[str, str]] = Counter()
    for _, keys in by_turn:
        if len(keys) <= NAMES_OF_TURN:
            both.update(permutations(keys, 2))
    apart: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for (one, other), turns in both.items():
        apart[one][other] = 1 - together(turns, counts[one], counts[other])
    for fact in facts:
        subject, value = subject_key(fact.subject), subject_key(people.shown(fact.object))
        if subject in counts and value in counts and subject != value:
            rest = 1 - fact.confidence * (OVER if fact.over else 1.0)
            apart[subject][value] = apart[subject].get(value, 1.0) * rest
            apart[value][subject] = apart[value].get(subject, 1.0) * rest
    for one in sorted(apart):
        closest = sorted(apart[one].items(), key=lambda pair: (pair[1], pair[0]))[:NEIGHBOURS]
        yield from ((one, other, 1 - rest) for other, rest in closest)
