"""Transactions of the catalogue that may lie in each other: the outermost is the one that is committed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_begun: set[int] = set()
"""The connections that are in a transaction of ours, by id()."""


@contextmanager
def transaction(db: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All that is written inside is committed at its end, together; nothing of it, if an error leaves it.

    Inside another one of the same connection it is a part of that: one commit is one flush of the disk.
    """
    if id(db) in _begun:
        yield
        return
    db.begin()
    _begun.add(id(db))
    try:
        yield
    except BaseException:
        db.rollback()
        raise
    finally:
        _begun.discard(id(db))
    db.commit()
