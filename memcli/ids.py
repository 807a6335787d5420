"""Ids from content: the same words give the same id, wherever and whenever they are met."""

from __future__ import annotations

import hashlib

_SEPARATOR = "\x1f"


def content_id(*parts: str) -> str:
    """128 bits of the parts' hash, in hex (BLAKE2b)."""
    return hashlib.blake2b(_SEPARATOR.join(parts).encode("utf-8"), digest_size=16).hexdigest()
