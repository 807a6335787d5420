"""Summaries without a model: the sentences that stand for the rest, by centrality, word for word as they were said.

Centrality is the cosine of a sentence with the mean of what it is to stand for (Radev et al., 2004, "Centroid-based
summarization of multiple documents"), raised a little for sentences that say something definite. A summary is a list
of spans, so nothing in it can be made up, and each of them leads to its turn.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from memcli.memory.salience import rating_of
from memcli.recall.query import content_words

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

_END: Final = re.compile(r"(?<=[.!?…])[\"'”’)]*\s+|\s*\n+\s*")

LEAST_WORDS, MOST_CHARACTERS = 3, 300
"""A sentence with fewer words of content says nothing alone; a longer one is a page that somebody pasted."""

DEFINITE: Final = 0.05
"""What each step of the rating of a sentence adds to its cosine."""

DOUBLE: Final = 0.85
"""Two sentences with a higher cosine say the same."""


class Sentence(NamedTuple):
    """Characters first..last-1 of a turn, the first having the number 0."""

    seq: int
    first: int
    last: int
    text: str


def sentences(seq: int, text: str) -> list[Sentence]:
    """The sentences of a turn that can stand alone. A question cannot: its answer tells more."""
    found = []
    start = 0
    for end in [*(match.span() for match in _END.finditer(text)), (len(text), len(text))]:
        piece = text[start : end[0]]
        words = piece.strip()
        first = start + len(piece) - len(piece.lstrip())
        if (
            len(words) <= MOST_CHARACTERS
            and not words.endswith("?")
            and len(content_words(words)) >= LEAST_WORDS
            and "```" not in words
        ):
            found.append(Sentence(seq, first, first + len(words), words))
        start = end[1]
    return found


def central(candidates: Sequence[Sentence], vectors: Vectors, centre: Vectors, limit: int) -> list[tuple[int, float]]:
    """The sentences that stand for the rest best, as (index, centrality), best first, none saying the same as another.

    vectors: (candidates, dimension), and centre: (dimension,), of length 1.
    """
    if not candidates or limit < 1:
        return []
    near = vectors @ centre
    scores = [float(near[at]) + DEFINITE * rating_of(one.text) for at, one in enumerate(candidates)]
    chosen: list[tuple[int, float]] = []
    for at in sorted(range(len(candidates)), key=lambda at: (-scores[at], at)):
        if all(float(vectors[at] @ vectors[other]) < DOUBLE for other, _ in chosen):
            chosen.append((at, scores[at]))
            if len(chosen) == limit:
                break
    return chosen


def length_for(turns: int) -> int:
    """How many sentences stand for so many turns: none for a few words in passing, three for a long talk."""
    return 0 if turns < 3 else 1 if turns < 8 else 2 if turns < 24 else 3
