"""Late interaction over the fused candidates (ColBERT's MaxSim, Khattab and Zaharia, SIGIR 2020), in context.

A turn of a conversation rarely answers alone: the question asked before it, and the session around it, tell what it
is about. So a candidate is scored by its own words, by its window's at half weight, by the support of its session, by
where the channels ranked it, and a little by being said by someone whom the question names. The weights were fixed once
on two kinds of development data (chat and television dialogue) and are the same for all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from memcli.recall.query import names_speaker, words
from memcli.types import Query
from store.rows import TurnRow

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from engines.protocols import TokenEncoder, TokenVectors

WINDOW = 0.5
SESSION = 0.3
SESSION_BEST = 3
FUSED = 0.1
NAMED = 0.05


class Reranked(NamedTuple):
    """`score` orders the candidates of one call; `match`, 0 to 1, is how well a turn's words meet the question's."""

    score: float
    match: float


def rerank(
    query: Query, rows: Sequence[TurnRow], fused: Mapping[int, float], encoder: TokenEncoder
) -> dict[int, Reranked]:
    """The rows' scores, by seq."""
    import numpy as np

    from engines.late_interaction import best_matches

    question, *documents = encoder.encode([query.text, *(f"{row.speaker}: {row.text}" for row in rows)])
    if not len(question.ids) or not rows:
        return {row.seq: Reranked(FUSED * fused[row.seq], 0.0) for row in rows}
    weights = _distinguishing(question, documents)
    matches = best_matches(question, documents)
    own = matches @ weights
    window = _with_neighbours(matches, rows) @ weights
    named = np.array([names_speaker(set(words(query.text)), row.speaker) for row in rows])
    ranks = np.array([fused[row.seq] for row in rows])
    scores = own + WINDOW * window + FUSED * ranks + NAMED * named
    sessions = np.array([row.session for row in rows])
    support = np.zeros(len(rows))
    for session in np.unique(sessions):
        inside = sessions == session
        support[inside] = np.sort(scores[inside])[-SESSION_BEST:].sum() / SESSION_BEST
    scores = scores + SESSION * support
    return {row.seq: Reranked(float(scores[at]), float(own[at])) for at, row in enumerate(rows)}


def _distinguishing(question: TokenVectors, documents: Sequence[TokenVectors]) -> npt.NDArray[np.float64]:
    """Weight of each question token: its inverse document frequency among the candidates (BM25's formula), sum 1."""
    import numpy as np

    holding = np.zeros(len(question.ids))
    for document in documents:
        holding += np.isin(question.ids, document.ids)
    idf = np.log(1 + (len(documents) - holding + 0.5) / (holding + 0.5))
    return idf / idf.sum()  # type: ignore[no-any-return]


def _with_neighbours(matches: npt.NDArray[np.float32], rows: Sequence[TurnRow]) -> npt.NDArray[np.float32]:
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
