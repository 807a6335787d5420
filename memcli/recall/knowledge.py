"""The channels over what consolidation made: facts and instructions, the graph of names, scenes.

Each names turns, the best first, with a score and a few words on why. Facts and instructions are found by the words
that they share with the question, each weighted by how rare it is among them (BM25's inverse document frequency). From
the names in the question, activation spreads over the graph of names to the turns that mention them. Scenes go from
coarse to fine: first the episodes whose mean vector is nearest to the question, then the nearest turns in them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from memcli.memory.graph import spread
from memcli.recall.query import stems, words

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from store.knowledge import Kind, Knowledge
    from store.loaded_rows import LoadedRows
    from store.store import Store

SAYINGS: Final = 10
"""So many facts, and instructions, at most make candidates of the turns that say them."""

FITS: Final = 0.4
"""A fact or an instruction fits a question if it has this share of its words, by their weight, and two of them."""

NAME_WORDS: Final = 3
"""A name in a question has at most so many words."""

ACTIVE: Final = 24
"""So many names at most pass on activation to their turns, the most active first."""

EVERYWHERE: Final = 500
"""A name in more turns than this tells nothing of any of them."""

EPISODES: Final = 8
"""In so many episodes turns are looked at."""

DEPTH: Final = 30
"""How many turns each of these channels names."""


class Found(NamedTuple):
    """A turn that a channel names, and why."""

    seq: int
    score: float
    reason: str


def known(store: Store, embedder: str) -> Knowledge | None:
    """What is known as of the last consolidation, laid out now if it is not yet; None if nothing was ever made.

    embedder: the id of the one that compares turns for episodes. Raises StoreLocked.
    """
    stamp = store.standing().consolidated
    if not stamp:
        return None
    found = store.knowledge.of(stamp)
    if found is None:
        from memcli.memory.consolidate_knowledge import made

        with store.reading() as catalogue:  # held, so that no deletion empties the cache before this is put there
            found = store.knowledge.make(stamp, made(catalogue, embedder))
    return found


def sayings(kind: Kind, text: str, knowledge: Knowledge) -> list[Found]:
    """The turns that say the facts, or are the instructions, that fit a text: scores are shares of its words."""
    asked = stems(text)
    every, having = knowledge.counts(kind, asked)
    weights = {stem: math.log(1 + (every - n + 0.5) / (n + 0.5)) for stem in asked for n in [having.get(stem, 0)]}
    whole = sum(weights.values())
    fitting = []
    for one in knowledge.sharing(kind, having):
        share = sum(weights[stem] for stem in one.stems) / whole
        if share >= FITS and len(one.stems) >= min(2, len(asked)):
            fitting.append((share * one.weight, one))
    fitting.sort(key=lambda pair: (-pair[0], pair[1].number))
    turns = knowledge.said_in([one.number for _, one in fitting[:SAYINGS]])
    return _best(Found(seq, score, one.text) for score, one in fitting[:SAYINGS] for seq in turns[one.number])


def entities(text: str, knowledge: Knowledge) -> list[Found]:
    """The turns that mention the names of a text, or names that thinking of those brings to mind.

    Scores: the activation of each name that a turn mentions, by how rare the name is, added up.
    """
    spoken = [word.removesuffix("'s").removesuffix("’s") for word in words(text)]
    runs = {" ".join(spoken[at : at + n]) for n in range(1, NAME_WORDS + 1) for at in range(len(spoken) - n + 1)}
    named = sorted(knowledge.names(runs))
    if not named:
        return []
    active = dict(list(spread(dict.fromkeys(named, 1.0), knowledge.near).items())[:ACTIVE])
    known = knowledge.names(active)
    scores: defaultdict[int, float] = defaultdict(float)
    by: defaultdict[int, list[str]] = defaultdict(list)
    for key, activation in active.items():
        name, turns = known[key]
        if turns <= EVERYWHERE:
            for seq in knowledge.mentioning(key):
                scores[seq] += activation / math.sqrt(turns)
                by[seq].append(name)
    return _best(Found(seq, score, f"mentions {', '.join(by[seq])}") for seq, score in scores.items())


def scenes(question: npt.NDArray[np.float32], knowledge: Knowledge, rows: LoadedRows) -> list[Found]:
    """The turns nearest to a question (dimension,) in the episodes that are nearest to it.

    Scores: the cosine of the turn and that of its episode, added up.
    """
    from store.beside import cosines

    near = knowledge.nearest_episodes(question, EPISODES)
    scene = {seq: (place, cosine) for place, (cosine, seqs) in enumerate(near, start=1) for seq in seqs}
    return _best(
        Found(seq, cosine + scene[seq][1], f"in the scene that comes {_ordinal(scene[seq][0])}")
        for seq, cosine in cosines(rows, question, list(scene))
    )


def _best(found: Iterable[Found]) -> list[Found]:
    """The best DEPTH turns, each once, ties by seq."""
    once: dict[int, Found] = {}
    for one in found:
        if one.seq not in once or one.score > once[one.seq].score:
            once[one.seq] = one
    return sorted(once.values(), key=lambda one: (-one.score, one.seq))[:DEPTH]


def _ordinal(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")
