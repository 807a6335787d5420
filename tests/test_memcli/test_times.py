"""Turns without a time take the nearest known one."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from memcli.ingest.times import Stamp, infer

NOON = datetime(2024, 5, 1, 12)


def stamps(*positions: int) -> list[Stamp]:
    return [Stamp(position, NOON + timedelta(minutes=position), 0) for position in positions]


def test_the_nearest_counts_and_of_two_the_earlier() -> None:
    found = infer([1, 4, 5, 6, 9], stamps(3, 7))
    assert [stamp.position for stamp in found if stamp] == [3, 3, 3, 7, 7]
    assert infer([1, 2], []) == [None, None]


@given(st.lists(st.integers(1, 60), unique=True).map(sorted), st.lists(st.integers(1, 60), unique=True).map(sorted))
def test_no_known_time_is_nearer(positions: list[int], known: list[int]) -> None:
    for position, stamp in zip(positions, infer(positions, stamps(*known)), strict=True):
        assert (stamp is None) == (not known)
        if stamp is not None:
            assert abs(stamp.position - position) == min(abs(one - position) for one in known)
