"""Episodes are the same however the turns arrive, and every cut is one that the rules allow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from memcli.memory.segment import LONGEST, SHORTEST, SILENCE, cuts

START = datetime(2024, 1, 1, tzinfo=UTC)


@st.composite
def streams(draw):
    """Turns that change their topic now and then, with minutes or hours between them."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    topics = draw(st.lists(st.integers(1, 40), min_size=1, max_size=6))
    directions = chance.normal(size=(len(topics), 16))
    vectors = np.concatenate(
        [directions[at] + draw(st.floats(0, 1.5)) * chance.normal(size=(n, 16)) for at, n in enumerate(topics)]
    ).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[chance.random(len(vectors)) < 0.1] = 0
    gaps = draw(st.lists(st.sampled_from([1, 5, 30, 600]), min_size=len(vectors), max_size=len(vectors)))
    times = [START + timedelta(minutes=sum(gaps[:at])) for at in range(len(gaps))]
    return vectors, times


def streamed(vectors, times, sizes):
    """The cuts if turns come in these portions, each call beginning where the last one left an episode open."""
    found, start, known = [], 0, 0
    for size in [*sizes, len(times)]:
        known = min(len(times), known + size)
        fresh = [start + cut for cut in cuts(vectors[start:known], times[start:known])]
        found += fresh
        start = fresh[-1] if fresh else start
    return found


@settings(max_examples=60, deadline=None)
@given(streams(), st.lists(st.integers(1, 30), max_size=30))
def test_portions_change_nothing(stream, sizes):
    vectors, times = stream
    assert streamed(vectors, times, sizes) == cuts(vectors, times)


@settings(max_examples=60, deadline=None)
@given(streams())
def test_episodes_have_their_lengths(stream):
    vectors, times = stream
    found = cuts(vectors, times)
    edges = [0, *found, len(times)]
    silences = {at for at in range(1, len(times)) if times[at] - times[at - 1] > SILENCE}
    assert silences <= set(found)
    for start, end in pairwise(edges):
        last = end == len(times)
        assert end - start <= LONGEST + 2 * SHORTEST or last
        assert end - start >= SHORTEST or end in silences or start in silences or last
