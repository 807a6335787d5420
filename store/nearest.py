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

_STRIDE, _SAMPLED = 16, 10

SCANNED, MULTIPLIED = 32_768, 256
"""So many codes, and vectors, are worked on at a time: what comes out on the way stays in the processor's cache, and
the system need not find fresh memory for it at every search, which takes longer than the arithmetic."""

_HALF_BITS = 0x8FFFE000 - (1 << 32)
"""The bits of a float16 that was moved up by 13 bits with its sign repeated: its sign once, exponent and fraction."""

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

    dimension, count = query.shape[0], codes.shape[1]
    wanted = by_words(codes_of(query[None, :]))[:, 0]
    table = np.cos(np.arange(dimension + 1) * (np.pi / dimension)).astype(np.float32)
    cosines: Floats = np.empty(count, np.float32)
    size = min(count, SCANNED)
    word, bits, differing = np.empty(size, codes.dtype), np.empty(size, np.uint8), np.empty(size, np.uint16)
    for start in range(0, count, SCANNED):
        stop = min(start + SCANNED, count)
        here = slice(0, stop - start)
        differing[here] = 0
        for line, bits_wanted in zip(codes, wanted, strict=True):
            np.bitwise_xor(line[start:stop], bits_wanted, out=word[here])
            np.add(differing[here], np.bitwise_count(word[here], out=bits[here]), out=differing[here])
        np.take(table, differing[here], out=cosines[start:stop], mode="clip")
    return cosines


def refined_cosines(codes: npt.NDArray[np.unsignedinteger], query: Floats) -> Floats:
    """The same as estimated_cosines() with half the error, at several times the cost: only the vectors become signs.

    For directions without preference, the mean of |x| is sqrt(2 / (pi * dimension)).
    """
    import numpy as np

    packed = np.ascontiguousarray(codes.T).view(np.uint8)
    products: Floats = np.empty(len(packed), np.float32)
    signs = np.empty((min(len(packed), MULTIPLIED), len(query)), np.float32)
    for start in range(0, len(packed), MULTIPLIED):
        part = packed[start : start + MULTIPLIED]
        signs[: len(part)] = np.unpackbits(part, axis=1)
        products[start : start + MULTIPLIED] = signs[: len(part)] @ query
    cosines: Floats = (2 * products - query.sum()) * np.float32(np.sqrt(np.pi / (2 * len(query))))
    return cosines


def products_at(vectors: npt.NDArray[np.float16], places: Integers, query: Floats) -> Floats:
    """The products of the query (dimension,) with the vectors (n, dimension) at these places: (places,)."""
    import numpy as np

    # numpy widens float16 one by one. A finite one that is moved up by 13 bits, sign apart, is the same number as a
    # float32, but for 2**112: their exponents count from places that far apart.
    bits, enlarged = vectors.view(np.int16), query * np.float32(2**112)
    products: Floats = np.empty(len(places), np.float32)
    halves = np.empty((min(len(places), MULTIPLIED), len(query)), np.int16)
    wide = np.empty(halves.shape, np.int32)
    for start in range(0, len(places), MULTIPLIED):
        part = places[start : start + MULTIPLIED]
        here = wide[: len(part)]
        here[:] = np.take(bits, part, axis=0, out=halves[: len(part)], mode="clip")
        np.bitwise_and(np.left_shift(here, 13, out=here), _HALF_BITS, out=here)
        products[start : start + MULTIPLIED] = here.view(np.float32) @ enlarged
    return products


def window_scores(scores: Floats, sessions: npt.NDArray[np.int32], places: Integers | None = None) -> Floats:
    """Scores of turns joined with those of their neighbours in the same session; rows are in the order of speaking.

    places: where the rows are in that order, ascending, if they are not all of it; what is not there is no neighbour.

    With mean-pooled embeddings this is the product with the embedding of the window, up to its length.
    """
    import numpy as np

    apart = sessions[1:] != sessions[:-1]
    if places is not None:
        apart |= places[1:] != places[:-1] + 1
    last = np.flatnonzero(apart)
    own = np.float32(1 / (1 + 2 * NEIGHBOUR_WEIGHT))
    joined = scores * own
    beside = scores * np.float32(NEIGHBOUR_WEIGHT * own)
    kept = beside[last]
    beside[last] = 0
    joined[1:] += beside[:-1]
    beside[last] = kept
    beside[last + 1] = 0
    joined[:-1] += beside[1:]
    return joined


def best(scores: Floats, limit: int) -> Integers:
    """Indices of the `limit` highest scores, highest first, ties by index."""
    import numpy as np

    pool = foremost(scores, limit)
    return pool[np.argsort(-scores[pool], kind="stable")]


def foremost(scores: Floats, limit: int) -> Integers:
    """Indices of the `limit` highest scores, ascending; of ties for the last of them, the first."""
    import numpy as np

    if limit >= len(scores):
        return np.arange(len(scores))
    pool = _promising(scores, limit)
    among = scores if pool is None else scores[pool]
    floor = np.partition(among, len(among) - limit)[len(among) - limit]
    chosen = among > floor
    chosen[np.flatnonzero(among == floor)[: limit - np.count_nonzero(chosen)]] = True
    places = np.flatnonzero(chosen)
    return places if pool is None else pool[places]


def _promising(scores: Floats, limit: int) -> Integers | None:
    """Where scores are that may be among the `limit` highest, ascending: a sample tells that most of many are not."""
    import numpy as np

    if len(scores) <= _SAMPLED * limit:
        return None
    sample = scores[::_STRIDE]
    rank = max(1, 2 * limit // _STRIDE)
    high = np.flatnonzero(scores >= np.partition(sample, len(sample) - rank)[len(sample) - rank])
    return high if len(high) >= limit else None
