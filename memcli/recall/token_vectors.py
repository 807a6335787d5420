"""Token vectors in context, computed once a text and kept in the store's cache.

They are kept in 8 bits and used as they are kept: whether a text was met before or not, its numbers are the same. A
token's scale need not be kept, as its vector has length 1.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from engines.tokens import EncodedTokens
from store.token_cache import TokenCache

if TYPE_CHECKING:
    from engines.protocols import TokenEncoder, TokenVectors

LEVELS = 127


def of_question(encoder: TokenEncoder, text: str) -> TokenVectors:
    """The token vectors of a question, which several steps ask for; as they are, in full precision."""
    return _of_question(cast("Hashable", encoder), text)


@lru_cache(maxsize=64)
def _of_question(encoder: Any, text: str) -> TokenVectors:
    (asked,) = encoder.encode([text])
    vectors: TokenVectors = asked
    return vectors


def encoded(texts: Sequence[str], encoder: TokenEncoder, cache: TokenCache) -> list[TokenVectors]:
    """One TokenVectors a text, in order, from the cache where they are there. Raises EngineFailed."""
    keys = [cache.key(encoder.id, text) for text in texts]
    kept = cache.get(list(dict.fromkeys(keys)))
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in kept}
    if missing:
        fresh = dict(zip(missing, map(packed, encoder.encode(list(missing.values()))), strict=True))
        cache.put(fresh)
        kept |= fresh
    return [unpacked(*kept[key], encoder.dimension) for key in keys]


def packed(tokens: TokenVectors) -> tuple[int, bytes]:
    """Token vectors as (count, bytes): the ids, then the levels."""
    import numpy as np

    vectors = tokens.vectors
    peaks = np.maximum(np.abs(vectors).max(axis=1, initial=0), 1e-9)
    levels = np.rint(vectors * (LEVELS / peaks)[:, None]).astype(np.int8)
    return len(vectors), tokens.ids.astype(np.int32).tobytes() + levels.tobytes()


def unpacked(count: int, data: bytes, dimension: int) -> TokenVectors:
    """What `packed` made, with vectors of length 1 again."""
    import numpy as np

    ids = np.frombuffer(data, np.int32, count)
    levels = np.frombuffer(data, np.int8, count * dimension, 4 * count).reshape(count, dimension).astype(np.float32)
    lengths = np.sqrt(np.einsum("ij,ij->i", levels, levels))
    return EncodedTokens(ids, levels / np.maximum(lengths, 1e-9)[:, None])
