"""Ids from content: the same words give the same id, wherever and whenever they are met."""

from __future__ import annotations

import hashlib

_SEPARATOR = "\x1f"
_EMPTY = hashlib.blake2b(digest_size=16)
"""Copied for each id: that takes half the time of making one."""


def content_id(*parts: str) -> str:
    """128 bits of the parts' hash, in hex (BLAKE2b)."""
    digest = _EMPTY.copy()
    digest.update(_SEPARATOR.join(parts).encode("utf-8"))
    return digest.hexdigest()
