"""Nearest turns by vector, searched exactly where that is fast and by binary codes with rescoring where it is not.

A code is the signs of a vector, one bit a dimension. In how many bits two codes differ tells the angle between the
vectors (Charikar 2002, "Similarity estimation techniques from rounding algorithms"), which costs 32 bytes of memory
traffic a turn instead of 512; the best by that are then rescored with the true vectors. It tells more of vectors that
were turned at random first, so that no dimension has more to say than another, while all angles stay as they are (Gao
and Long, SIGMOD 2024, "RaBitQ", where the bounds on the error rest on it).
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Integers = npt.NDArray[np.int64]

Numbers = TypeVar("Numbers", bound="npt.NDArray[Any]")

_STRIDE, _SAMPLED = 16, 10

SCANNED, MULTIPLIED, TURNED_AT_ONCE = 32_768, 256, 256
"""So many codes, products and vectors are worked on at a time: what comes out on the way stays in the processor's
cache, and the system need not find fresh memory for it at every search, which takes longer than the arithmetic."""

_HALF_BITS = 0x8FFFE000 - (1 << 32)
"""The bits of a float16 that was moved up by 13 bits with its sign repeated: its sign once, exponent and fraction."""

NEIGHBOUR_WEIGHT = 0.5
"""Weight of the turn before and of the turn after in the score of a window, the turn itself having 1."""


TURNED_TOGETHER = 64
"""At most so many dimensions become one another's sums when vectors are turned."""

_ROUNDED = 2**16
"""Numbers are rounded to one in so many first: sums of whole numbers below 2**24 are the same in whatever order."""


def turned(vectors: Floats) -> Floats:
    """Vectors (n, dimension) of length 1 turned alike, so that each dimension says as much as any other.

    Half of the signs change, as if by lot, and then dimensions that are far from one another are joined by a
    Walsh-Hadamard transform (as in Ailon and Chazelle, 2009, "The fast Johnson-Lindenstrauss transform"): of a vector
    of 256 dimensions 64 at a time. Products stay as they are, and a vector comes out the same to the bit, whatever
    stands beside it. Codes are stored: another way to turn needs another column (see store/index_schema.py).
    """
    import numpy as np

    count, dimension = vectors.shape
    together = min(dimension & -dimension, TURNED_TOGETHER)  # the highest power of two that divides the dimension
    whole = np.rint(vectors * (_signs(dimension) * _ROUNDED))
    apart = whole.reshape(count, together, -1).transpose(0, 2, 1).reshape(-1, together)
    joined: Floats = (apart @ _hadamard(together)).reshape(count, dimension)
    joined *= np.float32(together**-0.5 / _ROUNDED)
    return joined


@cache
def _signs(dimension: int) -> Floats:
    import numpy as np

    drawn = hashlib.shake_128(b"memcli").digest(-(-dimension // 8))
    return np.unpackbits(np.frombuffer(drawn, np.uint8), count=dimension).astype(np.float32) * 2 - 1


@cache
def _hadamard(size: int) -> Floats:
    import numpy as np

    if size == 1:
        return np.ones((1, 1), np.float32)
    return np.kron(np.array([[1, 1], [1, -1]], np.float32), _hadamard(size // 2))


def codes_of(vectors: Floats) -> npt.NDArray[np.uint8]:
    """Sign bits of float vectors (n, dimension) as uint8 (n, dimension / 8)."""
    import numpy as np

    return np.packbits(vectors > 0, axis=1)


def turned_codes(vectors: Floats) -> npt.NDArray[np.uint8]:
    """The codes of vectors (n, dimension) that are turned first."""
    import numpy as np

    parts = range(0, len(vectors), TURNED_AT_ONCE)
    return np.concatenate([codes_of(turned(vectors[at : at + TURNED_AT_ONCE])) for at in parts] or [codes_of(vectors)])


def by_words(codes: npt.NDArray[np.uint8]) -> npt.NDArray[np.unsignedinteger]:
    """Codes (n, dimension / 8) laid out for estimated_cosines(): (words, n), a word being 64 bits if that goes up."""
    import numpy as np

    words = codes.view(np.uint64) if codes.shape[1] % 8 == 0 else codes
    return np.ascontiguousarray(words.T)


def agreements(codes: npt.NDArray[np.unsignedinteger], query: Floats) -> npt.NDArray[np.int16]:
    """In how many more bits codes (as from by_words) are like that of the query (dimension,) than unlike it: (n,)."""
    import numpy as np

    dimension, count = query.shape[0], codes.shape[1]
    wanted = by_words(codes_of(query[None, :]))[:, 0]
    found = np.empty(count, np.int16)
    size = min(count, SCANNED)
    word, bits = np.empty(size, codes.dtype), np.empty(size, np.uint8)
    for start in range(0, count, SCANNED):
        differing = found[start : start + SCANNED]
        differing.fill(0)
        here = slice(0, len(differing))
        for line, bits_wanted in zip(codes, wanted, strict=True):
            np.bitwise_xor(line[start : start + SCANNED], bits_wanted, out=word[here])
            np.add(differing, np.bitwise_count(word[here], out=bits[here]), out=differing)
        np.subtract(dimension, np.multiply(differing, 2, out=differing), out=differing)
    return found


def refined_cosines(codes: npt.NDArray[np.unsignedinteger], query: Floats) -> Floats:
    """Cosines of the query (dimension,) with the vectors behind the codes, as far as these tell: (n,).

    They err half as much as what agreements() tell, at several times the cost: only the vectors are signs. For
    directions without preference, the mean of |x| is sqrt(2 / (pi * dimension)).
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

    return window_sums(scores, sessions, places) * np.float32(NEIGHBOUR_WEIGHT / (1 + 2 * NEIGHBOUR_WEIGHT))


def window_sums(scores: Numbers, sessions: npt.NDArray[np.int32], places: Integers | None = None) -> Numbers:
    """As window_scores(), four times as great: of whole numbers, whole numbers."""
    import numpy as np

    apart = sessions[1:] != sessions[:-1]
    if places is not None:
        apart |= places[1:] != places[:-1] + 1
    last = np.flatnonzero(apart)
    sums: Numbers = scores * scores.dtype.type(1 / NEIGHBOUR_WEIGHT)
    beside = scores.copy()
    beside[last] = 0
    sums[1:] += beside[:-1]
    beside[last] = scores[last]
    beside[last + 1] = 0
    sums[:-1] += beside[1:]
    return sums


def best(scores: Floats, limit: int) -> Integers:
    """Indices of the `limit` highest scores, highest first, ties by index."""
    import numpy as np

    pool = foremost(scores, limit)
    return pool[np.argsort(-scores[pool], kind="stable")]


def foremost(scores: npt.NDArray[Any], limit: int) -> Integers:
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


def _promising(scores: npt.NDArray[Any], limit: int) -> Integers | None:
    """Where scores are that may be among the `limit` highest, ascending: a sample tells that most of many are not."""
    import numpy as np

    if len(scores) <= _SAMPLED * limit:
        return None
    sample = scores[::_STRIDE]
    rank = max(1, 2 * limit // _STRIDE)
    high = np.flatnonzero(scores >= np.partition(sample, len(sample) - rank)[len(sample) - rank])
    return high if len(high) >= limit else None
