"""Nearest turns by vector, searched exactly where that is fast and by binary codes with rescoring where it is not.

A code is the signs of a vector, one bit a dimension. The angle between two vectors is estimated by the share of bits in
which their codes differ (Charikar 2002, "Similarity estimation techniques from rounding algorithms"), which costs 32
bytes of memory traffic a turn instead of 512; the best by that estimate are then rescored with the true vectors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Integers = npt.NDArray[np.int64]

_STRIDE, _SAMPLED = 16, 50

NEIGHBOUR_WEIGHT = 0.5
"""Weight of the turn before and of the turn after in the score of a window, the turn itself having 1."""


def codes_of(vectors: Floats) -> npt.NDArray[np.uint8]:
    """Sign bits of float vectors (n, dimension) as uint8 (n, dimension / 8)."""
    import numpy as np

    return np.packbits(vectors > 0, axis=1)


def by_words(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.unsignedinteger]:
    """Codes (n, dimension / 8) laid out for estimated_cosines(): (words, n), a word being 64 bits if that goes up."""
    import numpy as np

    words = codes.view(np.uint64) if codes.shape[1] % 8 == 0 else codes
    return np.ascontiguousarray(words.T)


def estimated_cosines(codes: npt.NDArray[np.unsignedinteger], query: Floats) -> Floats:
    """Cosines of the query (dimension,) with the vectors behind the codes (as from by_words), estimated: (n,)."""
    import numpy as np

    dimension = query.shape[0]
    differing = np.zeros(codes.shape[1], np.uint16)
    for word, wanted in zip(codes, by_words(codes_of(query[None, :]))[:, 0], strict=True):
        differing += np.bitwise_count(word ^ wanted)
    table = np.cos(np.arange(dimension + 1) * (np.pi / dimension)).astype(np.float32)
    cosines: Floats = table[differing]
    return cosines


def refined_cosines(codes: npt.NDArray[np.unsignedinteger], query: Floats) -> Floats:
    """The same as estimated_cosines() with half the error, at several times the cost: only the vectors become signs.

    For directions without preference, the mean of |x| is sqrt(2 / (pi * dimension)).
    """
    import numpy as np

    signs = np.unpackbits(np.ascontiguousarray(codes.T).view(np.uint8), axis=1).astype(np.float32)
    cosines: Floats = (2 * (signs @ query) - query.sum()) * np.float32(np.sqrt(np.pi / (2 * len(query))))
    return cosines


def window_scores(scores: Floats, sessions: npt.NDArray[np.int32], places: Integers | None = None) -> Floats:
    """Scores of turns joined with those of their neighbours in the same session; rows are in the order of speaking.

    places: where the rows are in that order, ascending, if they are not all of it; what is not there is no neighbour.

    With mean-pooled embeddings this is the product with the embedding of the window, up to its length.
    """
    joined = scores.copy()
    same = sessions[1:] == sessions[:-1]
    if places is not None:
        same &= places[1:] == places[:-1] + 1
    joined[1:] += NEIGHBOUR_WEIGHT * scores[:-1] * same
    joined[:-1] += NEIGHBOUR_WEIGHT * scores[1:] * same
    joined /= 1 + 2 * NEIGHBOUR_WEIGHT
    return joined


def best(scores: Floats, limit: int) -> Integers:
    """Indices of the `limit` highest scores, highest first, ties by index."""
    import numpy as np

    pool = np.flatnonzero(scores >= _floor(scores, limit)) if limit < len(scores) else np.arange(len(scores))
    return pool[np.argsort(-scores[pool], kind="stable")][:limit]


def _floor(scores: Floats, limit: int) -> np.float32:
    """The limit-th highest score. Of many scores, a sample tells most of them to be below it at once."""
    import numpy as np

    if len(scores) > _SAMPLED * limit:
        sample = scores[::_STRIDE]
        rank = max(1, 2 * limit // _STRIDE)
        high = scores[scores >= np.partition(sample, len(sample) - rank)[len(sample) - rank]]
        if len(high) >= limit:
            scores = high
    floor: np.float32 = np.partition(scores, len(scores) - limit)[len(scores) - limit]
    return floor
