"""The graph of entities: people, places and things that are talked of, and how closely they belong together.

Two names belong together if turns mention both (`MENTIONED`), and more if a fact says how ("Ana" lives in "Oslo").
Every link rests on turns and facts and can be traced to them. Pure: links are values, and spreading is given a function
that tells the neighbours of an entity.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from memcli.memory.facts.predicates import KIN, PARTNERS, ROLES, SEVERAL

EntityKind = Literal["person", "place", "thing", "unknown"]

MENTIONED: Final = "mentioned with"
"""The relation of two names that turns mention together."""

OVER: Final = 0.5
"""What is left of the weight of a relation that is over: it was so, and may still be meant."""

_OF_PEOPLE: Final = frozenset((*KIN, *PARTNERS, *ROLES, *SEVERAL, "partner", "knows"))
_OF_PLACES: Final = frozenset(
    ["lives in", "born in", "grew up in", "from", "moved from", "has been to", "hometown", "home town", "birthplace"]
)
_OF_THINGS: Final = frozenset(
    ["works at", "studies at", "graduated from", "school", "university", "team", "football team", "band", "bank", "car",
     "phone", "bike", "laptop", "drives", "has", "runs"]
)  # fmt: skip


class Link(NamedTuple):
    """Two entities, by their keys, and what joins them: so many turns, or a fact (its id) that is believed so far.

    weight: in (0, 1].
    """

    one: str
    other: str
    relation: str
    weight: float
    turns: int = 0
    fact_id: str | None = None


class Neighbour(NamedTuple):
    """An entity beside another, with what joins them, and the weight of all of that together, in (0, 1]."""

    key: str
    weight: float
    links: tuple[Link, ...]


def together(turns: int, of_one: int, of_other: int) -> float:
    """How closely two names belong together that so many turns mention both, and each alone: the cosine of their turns.

    So a name that everybody mentions all the time is close to nobody for that.
    """
    return min(1.0, turns / math.sqrt(of_one * of_other)) if turns else 0.0


def neighbours(key: str, links: Iterable[Link]) -> list[Neighbour]:
    """The entities that links join to this one, the closest first; several links come to 1 - product(1 - weight)."""
    found: defaultdict[str, list[Link]] = defaultdict(list)
    for link in links:
        if key in (link.one, link.other) and link.one != link.other:
            found[link.other if link.one == key else link.one].append(link)
    joined = [
        Neighbour(other, 1 - math.prod(1 - link.weight for link in some), tuple(sorted(some, key=_rank)))
        for other, some in found.items()
    ]
    return sorted(joined, key=lambda one: (-one.weight, one.key))


def kind_of(
    key: str, speakers: Iterable[str], as_subject: Sequence[str] = (), as_object: Sequence[str] = ()
) -> EntityKind:
    """What an entity is, as far as anything says so: the predicates of facts that it is the subject and object of."""
    if key in speakers or as_subject or not _OF_PEOPLE.isdisjoint(as_object):
        return "person"
    if not _OF_PLACES.isdisjoint(as_object):
        return "place"
    return "thing" if not _OF_THINGS.isdisjoint(as_object) else "unknown"


def spread(
    start: Mapping[str, float],
    near: Callable[[Sequence[str]], Mapping[str, Sequence[tuple[str, float]]]],
    *,
    hops: int = 2,
    decay: float = 0.5,
    least: float = 0.01,
) -> dict[str, float]:
    """Spreading activation: how strongly thinking of some entities brings others to mind, the strongest first.

    start: activations to begin with. near: the neighbours of entities, as (key, weight in (0, 1]). At each hop an
    entity passes on `decay` of what it received, shared out among its neighbours by weight (the more it is joined to,
    the less each gets: the fan effect); what is below `least` is passed on no further. What entities of `start` get
    back is not counted, so that nothing feeds itself.

    Source: Collins & Loftus (1975), "A spreading-activation theory of semantic processing"; the fan, Anderson (1983).
    Raises ValueError unless 0 < decay < 1.
    """
    if not 0 < decay < 1:
        raise ValueError(f"decay must be between 0 and 1, not {decay}")
    total: defaultdict[str, float] = defaultdict(float, start)
    wave = {key: value for key, value in start.items() if value >= least}
    for _ in range(hops):
        around = near(sorted(wave))
        passed: defaultdict[str, float] = defaultdict(float)
        for key, value in sorted(wave.items()):
            joined = around.get(key, ())
            whole = sum(weight for _, weight in joined)
            for other, weight in joined:
                if other not in start:
                    passed[other] += decay * value * weight / max(whole, 1.0)
        for key, value in passed.items():
            total[key] += value
        wave = {key: value for key, value in passed.items() if value >= least}
    return dict(sorted(total.items(), key=lambda one: (-one[1], one[0])))


def _rank(link: Link) -> tuple[bool, float, str, str]:
    return (link.relation == MENTIONED, -link.weight, link.relation, link.other)
