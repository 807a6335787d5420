"""What was looked at twice, in the order that the user's own reranker gives it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memcli.recall.rerank import Looked

if TYPE_CHECKING:
    from engines.protocols import Reranker


def reordered(question: str, looked: Looked, reranker: Reranker) -> Looked:
    """The candidates by the reranker's scores, best first, those that it scores alike as they were.

    Scores of rerankers are on scales of their own, which neither the weights nor the gate were fitted to: so only the
    order is taken. The best candidate gets the best of the scores that are there, and so on down. What the reranker
    said of each is its feature `reranker`. `looked`: best first.
    """
    import numpy as np

    said = reranker.score(question, [f"{row.speaker}: {row.text}" for row in looked.rows])
    order = np.argsort(-said, kind="stable")
    features = {name: column[order] for name, column in looked.features.items()}
    return Looked(
        [looked.rows[at] for at in order],
        {**features, "reranker": said[order].astype(np.float64)},
        np.sort(looked.scores)[::-1],
    )
