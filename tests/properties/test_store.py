"""The arithmetic of nearest turns, and the windows of a conversation however its turns come in."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.columns import moments_of
from store.index import Filter, Index
from store.index_schema import COLUMNS
from store.nearest import (
    MULTIPLIED,
    NEIGHBOUR_WEIGHT,
    SCANNED,
    agreements,
    best,
    by_words,
    codes_of,
    foremost,
    products_at,
    refined_cosines,
    turned,
    turned_codes,
    window_scores,
)

SCORES = st.lists(st.floats(-1, 1, width=32) | st.just(float("-inf")) | st.sampled_from([0.0, 0.5]), max_size=60)


@given(SCORES, st.integers(1, 70))
def test_the_best_are_those_that_sorting_would_put_first(scores: list[float], limit: int) -> None:
    expected = sorted(range(len(scores)), key=lambda place: (-scores[place], place))[:limit]
    assert best(np.array(scores, np.float32), limit).tolist() == expected


@given(st.lists(st.tuples(st.floats(-1, 1, width=32), st.integers(0, 2)), max_size=40))
def test_a_window_adds_half_of_each_neighbour_in_the_session(turns: list[tuple[float, int]]) -> None:
    expected = []
    for place, (score, session) in enumerate(turns):
        beside = [turns[at][0] for at in (place - 1, place + 1) if 0 <= at < len(turns) and turns[at][1] == session]
        expected.append((score + NEIGHBOUR_WEIGHT * sum(beside)) / (1 + 2 * NEIGHBOUR_WEIGHT))
    scores = np.array([score for score, _ in turns], np.float32)
    before = scores.copy()
    joined = window_scores(scores, np.array([session for _, session in turns], np.int32))
    np.testing.assert_allclose(joined, expected, atol=1e-6)
    np.testing.assert_array_equal(scores, before)


@given(st.sampled_from([8, 24, 64, 256]), st.integers(0, 2**32 - 1))
def test_codes_are_the_signs(dimension: int, seed: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(5, dimension)).astype(np.float32)
    codes = codes_of(vectors)
    assert (codes.dtype, codes.shape) == (np.uint8, (5, dimension // 8))
    np.testing.assert_array_equal(np.unpackbits(codes, axis=1).astype(bool), vectors > 0)


@given(st.sampled_from([8, 24, 64, 256]), st.integers(0, 2**32 - 1))
def test_codes_agree_in_as_many_bits_as_vectors_in_signs(dimension: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    vectors, query = random.normal(size=(20, dimension)).astype(np.float32), random.normal(size=dimension)
    found = agreements(by_words(codes_of(vectors)), query.astype(np.float32))
    assert found.tolist() == np.where((vectors > 0) == (query > 0), 1, -1).sum(axis=1).tolist()


@given(st.sampled_from([8, 24, 64, 200, 256, 384]), st.integers(0, 2**32 - 1), st.integers(1, 600))
def test_turned_vectors_keep_their_products_and_do_not_depend_on_one_another(dim: int, seed: int, count: int) -> None:
    vectors = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(turned(vectors) @ turned(vectors[:1])[0], vectors @ vectors[0], atol=1e-3)
    np.testing.assert_array_equal(turned(vectors)[-1:], turned(vectors[-1:]))
    np.testing.assert_array_equal(turned_codes(vectors), codes_of(turned(vectors)))


def test_of_vectors_that_say_most_in_a_few_dimensions_turned_codes_tell_the_nearest_better() -> None:
    random = np.random.default_rng(0)
    lengths = (1 / np.arange(1, 257)).astype(np.float32)
    vectors = random.normal(size=(4000, 256)).astype(np.float32) * lengths
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    kept: dict[str, int] = {"as they are": 0, "turned": 0}
    for query in vectors[:50]:
        nearest = set(best(vectors @ query, 20).tolist())
        for name, codes, asked in (
            ("as they are", codes_of(vectors), query),
            ("turned", turned_codes(vectors), turned(query[None, :])[0]),
        ):
            kept[name] += len(nearest & set(foremost(agreements(by_words(codes), asked), 200).tolist()))
    assert kept["turned"] > 1.5 * kept["as they are"]


@given(st.integers(0, 2**32 - 1), st.floats(-1, 1))
def test_the_share_of_bits_that_differ_is_near_the_angle(seed: int, cosine: float) -> None:
    """For directions without preference, the share of differing bits errs by less than 5 standard deviations."""
    random = np.random.default_rng(seed)
    dimension, count = 256, 30
    query = random.normal(size=dimension)
    query /= np.linalg.norm(query)
    aside = random.normal(size=(count, dimension))
    aside -= np.outer(aside @ query, query)
    aside /= np.linalg.norm(aside, axis=1, keepdims=True)
    vectors = (cosine * query + np.sqrt(1 - cosine**2) * aside).astype(np.float32)
    agreed = agreements(by_words(codes_of(vectors)), query.astype(np.float32))
    share = np.arccos(cosine) / np.pi
    errors = np.abs((dimension - agreed) / (2 * dimension) - share)
    assert errors.max() <= 5 * np.sqrt(share * (1 - share) / dimension) + 1 / dimension


TURN = st.tuples(st.integers(1, 2), st.none() | st.integers(0, 6), st.booleans())
"""Session, minute and whether the word is said: few of each, so that turns fall between others and on one minute."""


@settings(max_examples=12, deadline=None)
@given(st.lists(st.lists(TURN, min_size=1, max_size=8), min_size=1, max_size=3))
def test_windows_of_words_are_right_in_whatever_order_turns_come_in(
    batches: list[list[tuple[int, int | None, bool]]],
) -> None:
    """The score of a window is half that of its turn and a quarter of that of each neighbour, as it stands at last."""
    turns: list[tuple[int, int | None, bool]] = []
    with tempfile.TemporaryDirectory() as scratch:
        index = Index(Path(scratch, "index"))
        for batch in batches:
            index.put(_table(len(turns) + 1, batch), np.ones((len(batch), 64), np.float32))
            turns += batch
        index.refresh_text()
        said, windows = index.lexical("kettle", limit=100, where=Filter())
    scores = dict(said)
    assert sorted(scores) == [seq for seq, (_, _, spoken) in enumerate(turns, start=1) if spoken]
    expected = {}
    for session in (1, 2):
        order = [0, *(seq for *_, seq in sorted(
            (-1 if minute is None else minute, seq)
            for seq, (of, minute, _) in enumerate(turns, start=1) if of == session
        )), 0]  # fmt: skip
        for before, seq, after in zip(order, order[1:], order[2:], strict=False):
            mine = scores.get(seq, 0) / 2 + (scores.get(before, 0) + scores.get(after, 0)) / 4
            if mine:
                expected[seq] = mine
    assert dict(windows) == pytest.approx(expected, rel=1e-5)


def _table(first: int, batch: list[tuple[int, int | None, bool]]) -> pa.Table:
    count = len(batch)
    times = [None if minute is None else datetime(2024, 5, 1) + timedelta(minutes=minute) for _, minute, _ in batch]
    columns: dict[str, Any] = {
        "seq": pa.array(range(first, first + count), pa.int64()),
        "session": pa.array([session for session, _, _ in batch], pa.int32()),
        "said_at": pa.array(times, pa.timestamp("us")),
        "said": ["Ann: kettle" if spoken else "Ann: tea" for _, _, spoken in batch],
    }
    return pa.table({name: columns.get(name, pa.nulls(count)) for name in COLUMNS})


@given(st.integers(0, 2**32 - 1), st.integers(1, 90), st.booleans())
def test_the_best_of_many_are_those_that_sorting_would_put_first(seed: int, limit: int, ties: bool) -> None:
    scores = np.random.default_rng(seed).normal(size=5000).astype(np.float32)
    if ties:
        scores = np.round(scores, 1)
    assert best(scores, limit).tolist() == np.argsort(-scores, kind="stable")[:limit].tolist()


@given(st.integers(0, 2**32 - 1), st.integers(1, 90))
def test_the_foremost_of_many_are_the_best_in_the_order_of_their_places(seed: int, limit: int) -> None:
    scores = np.random.default_rng(seed).integers(0, 40, 5000).astype(np.float32)
    assert foremost(scores, limit).tolist() == sorted(best(scores, limit).tolist())


@settings(deadline=None, max_examples=5)
@given(st.integers(0, 2**32 - 1))
def test_what_is_worked_on_in_pieces_is_as_if_it_were_one(seed: int) -> None:
    """Codes and vectors at both sides of each piece's end are estimated and multiplied as by themselves."""
    random = np.random.default_rng(seed)
    count = SCANNED + MULTIPLIED + 3
    sizes = 10.0 ** random.integers(-7, 2, (count, 1))  # the smallest of float16, too
    vectors = (random.normal(size=(count, 64)) * sizes).astype(np.float16)
    query = random.normal(size=64).astype(np.float32)
    codes = by_words(codes_of(vectors.astype(np.float32)))
    places = np.array([0, MULTIPLIED - 1, MULTIPLIED, SCANNED - 1, SCANNED, count - 1])
    alone = np.array([agreements(codes[:, [place]], query)[0] for place in places])
    np.testing.assert_array_equal(agreements(codes, query)[places], alone)
    alone = np.array([refined_cosines(codes[:, [place]], query)[0] for place in places])
    np.testing.assert_allclose(refined_cosines(codes, query)[places], alone, atol=1e-6)
    every = random.permutation(count)
    np.testing.assert_allclose(
        products_at(vectors, every, query), vectors[every].astype(np.float32) @ query, rtol=1e-4, atol=1e-4
    )


@given(st.lists(st.none() | st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)), max_size=8), st.integers(0, 8))
def test_times_come_out_of_a_column_as_arrow_gives_them(times: list[datetime | None], cut: int) -> None:
    aware = [None if time is None else time.replace(tzinfo=UTC) for time in times]
    parts = [pa.array(part, pa.timestamp("us", tz="UTC")) for part in (aware[:cut], aware[cut:])]
    column = pa.chunked_array(parts, pa.timestamp("us", tz="UTC"))
    assert moments_of(column) == column.to_pylist() == aware
