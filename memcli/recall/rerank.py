"""Late interaction over the fused candidates (ColBERT's MaxSim, Khattab and Zaharia, SIGIR 2020), in context.

A turn of a conversation rarely answers alone: the question asked before it, and the session around it, tell what it
is about. So a candidate is scored by its own words, by its window's at half weight, by the support of its session, by
where the channels ranked it, and a little by being said by someone whom the question names. The weights were fixed once
on two kinds of development data (chat and television dialogue) and are the same for all.

A long turn is compared in passages, and the best of them stands for it from then on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from memcli.recall.query import names_speaker, words
from memcli.types import Query
from store.rows import TurnRow

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from engines.protocols import TokenEncoder, TokenVectors

    Floats = npt.NDArray[np.floating]

WINDOW = 0.5
SESSION = 0.3
SESSION_BEST = 3
FUSED = 0.1
NAMED = 0.05
EARLIER = 0.3

PASSAGE_CHARS = 120
"""About 28 tokens, a sentence or two. Longer ones rank no better, and time grows with their length."""

_BREAK = re.compile(r"(?<=[.!?])\s+|\n+")


class Reranked(NamedTuple):
    """`score` orders the candidates of one call; `match`, 0 to 1, is how well a turn's words meet the question's.

    `passage` is the part of the turn that meets them best.
    """

    score: float
    match: float
    passage: str


def rerank(
    query: Query,
    rows: Sequence[TurnRow],
    passages: Mapping[int, Sequence[str]],
    fused: Mapping[int, float],
    encoder: TokenEncoder,
    earlier: Mapping[int, Reranked] | None = None,
) -> dict[int, Reranked]:
    """The rows' scores, by seq.

    `passages` are the parts of each row's text that are compared, one at least; `earlier` is what an earlier pass
    with another encoder found, which counts a little; both by seq.
    """
    import numpy as np

    from engines.late_interaction import best_matches

    if not rows:
        return {}
    parts = [(at, part) for at, row in enumerate(rows) for part in passages[row.seq]]
    question, *documents = encoder.encode([query.text, *(f"{rows[at].speaker}: {part}" for at, part in parts)])
    owner = np.array([at for at, _ in parts])
    firsts = np.flatnonzero(np.diff(owner, prepend=-1))
    weights = distinguishing(question, documents, owner)
    by_part = best_matches(question, documents)
    matches = np.maximum.reduceat(by_part, firsts, axis=0)
    own = matches @ weights
    query_words = set(words(query.text))
    named = np.array([names_speaker(query_words, row.speaker) for row in rows])
    ranks = np.array([fused[row.seq] for row in rows])
    scores = own + WINDOW * (_with_neighbours(matches, rows) @ weights) + FUSED * ranks + NAMED * named
    scores = scores + SESSION * _support(scores, np.array([row.session for row in rows]))
    if earlier:
        scores = scores + EARLIER * np.array([earlier[row.seq].score for row in rows])
    by_part_scores = by_part @ weights
    ends = np.append(firsts[1:], len(parts))
    best = [first + int(np.argmax(by_part_scores[first:end])) for first, end in zip(firsts, ends, strict=True)]
    return {row.seq: Reranked(float(scores[at]), float(own[at]), parts[best[at]][1]) for at, row in enumerate(rows)}


def passages_of(text: str) -> list[str]:
    """The text in passages of at most PASSAGE_CHARS characters, cut between sentences where possible."""
    if len(text) <= PASSAGE_CHARS:
        return [text]
    passages = [""]
    for sentence in _BREAK.split(text):
        for start in range(0, len(sentence), PASSAGE_CHARS):
            piece = sentence[start : start + PASSAGE_CHARS]
            if len(passages[-1]) + len(piece) < PASSAGE_CHARS:
                passages[-1] = f"{passages[-1]} {piece}".strip()
            else:
                passages.append(piece)
    return [passage for passage in passages if passage] or [text]


def distinguishing(question: TokenVectors, documents: Sequence[TokenVectors], owner: npt.NDArray[np.int64]) -> Floats:
    """Weight of each question token: its inverse document frequency among the candidates (BM25's formula), sum 1.

    `owner` names the candidate of each document: ascending from 0, as a candidate may be compared in parts.
    """
    import numpy as np

    ids = np.concatenate([document.ids for document in documents])
    owners = np.repeat(owner, [len(document.ids) for document in documents])
    count = int(owner[-1]) + 1
    holding = np.array([len(np.unique(owners[ids == token])) for token in question.ids])
    idf = np.log(1 + (count - holding + 0.5) / (holding + 0.5))
    weights: Floats = idf / idf.sum() if len(idf) else idf
    return weights


def _with_neighbours(matches: Floats, rows: Sequence[TurnRow]) -> Floats:
    """Matches of each row joined with those of the candidates said just before and after it."""
    import numpy as np

    place = {(row.session, row.position): at for at, row in enumerate(rows)}
    joined = matches.copy()
    for at, row in enumerate(rows):
        for beside in (row.position - 1, row.position + 1):
            other = place.get((row.session, beside))
            if other is not None:
                joined[at] = np.maximum(joined[at], matches[other])
    return joined


def _support(scores: Floats, sessions: npt.NDArray[np.int64]) -> Floats:
    """For each row the sum of the best scores in its session, over the number that is counted at most."""
    import numpy as np

    support = np.zeros(len(scores))
    for session in np.unique(sessions):
        inside = sessions == session
        support[inside] = np.sort(scores[inside])[-SESSION_BEST:].sum() / SESSION_BEST
    return support
