"""Late interaction: texts compared token by token, after each was encoded on its own.

Source: Khattab and Zaharia, "ColBERT: Efficient and Effective Passage Search via Contextualized Late Interaction over
BERT", SIGIR 2020. The built-in encoder was tuned for it (engines/build/train_tokens.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engines.protocols import TokenVectors, Vectors


def best_matches(query: TokenVectors, documents: Sequence[TokenVectors]) -> Vectors:
    """float32 (documents, query tokens): cosine of each query token with the document token that is nearest to it.

    A document without tokens matches nothing: its row is 0.
    """
    import numpy as np

    matches = np.zeros((len(documents), len(query.ids)), np.float32)
    counts = np.array([len(document.ids) for document in documents], dtype=np.int64)
    filled = counts > 0  # reduceat would give an empty stretch its successor's first row
    if not filled.any() or not len(query.ids):
        return matches
    tokens = np.concatenate([document.vectors for document in documents])
    starts = np.cumsum(counts) - counts
    matches[filled] = np.maximum.reduceat(tokens @ query.vectors.T, starts[filled], axis=0)
    return matches
