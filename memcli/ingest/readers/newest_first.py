"""Turns in the order of time, for formats that write the newest message first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from memcli.ingest.readers.base import Item, RawSession, RawTurn

HELD = 16_384
"""So many turns are held to be turned round; Meta's files have 10,000 at most. A longer list comes in such pieces."""


def oldest_first(items: Iterable[Item]) -> Iterator[Item]:
    """The same items; the turns of a session turned round if its first is later than its last.

    All the turns of one source must be aware of a zone, or none.
    """
    held: list[RawTurn] = []
    for item in items:
        if isinstance(item, RawTurn):
            held.append(item)
            if len(held) == HELD:
                yield from _turned(held)
                held = []
            continue
        if isinstance(item, RawSession):
            yield from _turned(held)
            held = []
        yield item
    yield from _turned(held)


def _turned(held: list[RawTurn]) -> list[RawTurn]:
    times: list[datetime] = [turn.said_at for turn in held if turn.said_at is not None]
    return held[::-1] if times and times[0] > times[-1] else held
