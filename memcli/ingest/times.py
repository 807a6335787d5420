"""A turn without a time takes the nearest known time of its session. Pure: no clock is read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple


class Stamp(NamedTuple):
    """A known time in a session: the position of its turn, the time (naive UTC), the speaker's offset in minutes."""

    position: int
    said_at: datetime
    utc_offset: int


def infer(positions: Sequence[int], known: Sequence[Stamp]) -> list[Stamp | None]:
    """For each position (ascending) the nearest of the known stamps (ascending), the earlier one of two as near.

    None for all where nothing is known.
    """
    found: list[Stamp | None] = []
    after = 0
    for position in positions:
        while after < len(known) and known[after].position < position:
            after += 1
        near = known[max(0, after - 1) : after + 1]
        found.append(min(near, key=lambda stamp: abs(stamp.position - position)) if near else None)
    return found
