"""Indexing that stops anywhere is taken up where it stopped, and ends as if it had never been disturbed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from memcli.ingest import indexing
from memcli.ingest.indexing import heal, index_outbox
from memcli.progress import Unwatched
from store import index as index_module
from store.errors import StoreDamaged
from store.index import Filter, Index
from store.lance import lance
from store.outbox import enqueue
from store.store import Store

LanceTable = lance().table.LanceTable

TURNS = 20
NOON = datetime(2024, 5, 1, 12)


class HashEmbedder:
    """Vectors from a hash of the text. It breaks down at the n-th call, if told to, as a process that is killed."""

    id = "hash@1"
    dimension = 64

    def __init__(self, calls: int = 10**9) -> None:
        self.calls = calls

    def embed(self, texts: Sequence[str]) -> Any:
        self.calls -= 1
        if self.calls < 0:
            raise KeyboardInterrupt
        seeds = [int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") for text in texts]
        vectors = np.array([np.random.default_rng(seed).normal(size=self.dimension) for seed in seeds])
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    def embed_query(self, text: str) -> Any:
        return self.embed([text])[0]


def said(number: int) -> dict[str, Any]:
    at = NOON + timedelta(minutes=number)
    return {"id": f"{number:04}", "session": 1 + number % 2, "position": number, "text": f"word{number}", "said_at": at}


def commit(store: Store, *numbers: int) -> None:
    """Turns on their way, as an ingest commits them: they are in the catalogue and not in the index."""
    rest = {"speaker": "Ann", "role": "user", "utc_offset": 0, "native_id": None, "source": 1, "line": None, "batch": 1}
    rows = [{**rest, "metadata": None, **said(number)} for number in numbers]
    store.expect_pending()
    with store.writing() as catalogue:
        catalogue.keep_source(uri="log", format="plain", sha256="0", size=1, batch=1)
        names = ["s1", "s2"]
        catalogue.keep_sessions(pa.table({"id": names, "format": ["plain"] * 2, "native_id": names, "title": names}))
        catalogue.add_turns(pa.Table.from_pylist(rows, pa.schema({**dict.fromkeys(rows[0], pa.string()), **TYPES})))


TYPES = {
    "session": pa.int32(), "position": pa.int64(), "said_at": pa.timestamp("us"), "utc_offset": pa.int16(),
    "source": pa.int32(), "line": pa.int64(), "batch": pa.int32(),
}  # fmt: skip


def holds(store: Store) -> list[tuple[Any, ...]]:
    """All that the index says, by turn."""
    table = (
        lance()
        .connect(str(store.folder / "index"))
        .open_table("turns")
        .search()
        .select(["id", "said"])
        .limit(10_000)
        .to_arrow()
    )
    return sorted(zip(*(table[name].to_pylist() for name in ("id", "said")), strict=True))


def each_of(numbers: Sequence[int]) -> list[tuple[Any, ...]]:
    return [(f"{number:04}", f"Ann: word{number}") for number in sorted(numbers)]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(indexing, "CHUNK", 7)
    return Store.create(tmp_path / "memory", wait_s=10)


def mend(folder: Path) -> Store:
    """What the next search does, in a process of its own."""
    store = Store.open(folder, wait_s=0)
    heal(store, HashEmbedder(), Unwatched())
    return store


@pytest.mark.parametrize("calls", range(3))
def test_indexing_that_stops_between_chunks_is_finished_later(store: Store, calls: int) -> None:
    commit(store, *range(TURNS))
    with pytest.raises(KeyboardInterrupt), store.locks.writer():
        index_outbox(store, HashEmbedder(calls), Unwatched())
    assert store.pending
    healed = mend(store.folder)
    assert not healed.pending
    assert holds(healed) == each_of(range(TURNS))


@pytest.mark.parametrize(
    ("step", "known"),
    [
        ("add", range(0)),
        ("create_index", range(0)),
        ("delete", range(0, TURNS, 3)),
        ("add", range(0, TURNS, 3)),
        ("create_index", range(0, TURNS, 3)),
        ("optimize", range(TURNS - 1)),
    ],
)
def test_indexing_that_stops_inside_the_index_is_finished_later(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: str, known: range
) -> None:
    """Stopped once just before and once just after a step that changes the index, some turns being known or none."""
    if known:
        commit(store, *known)
        mend(store.folder)
    commit(store, *range(TURNS))
    with store.writing() as catalogue:
        enqueue(catalogue.connection, "SELECT seq FROM turns WHERE seq < 8")  # what is known is to be replaced
    for after in (False, True):
        with monkeypatch.context() as patch, store.locks.writer(), pytest.raises(KeyboardInterrupt):
            patch.setattr(LanceTable, step, stopping(getattr(LanceTable, step), after))
            index_outbox(Store.open(store.folder, wait_s=0), HashEmbedder(), Unwatched())
        assert store.pending
    healed = mend(store.folder)
    assert not healed.pending
    assert holds(healed) == each_of(range(TURNS))
    assert {column for one in healed.index._open().list_indices() for column in one.columns} == {"said"}


def stopping(step: Any, after: bool) -> Any:
    def stopped(*arguments: Any, **options: Any) -> None:
        if after:
            step(*arguments, **options)
        raise KeyboardInterrupt

    return stopped


def test_long_turns_are_indexed_a_few_at_a_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "CHUNK_CHARS", 15)  # two or three of these turns
    commit(store, *range(TURNS))
    with pytest.raises(KeyboardInterrupt), store.locks.writer():
        index_outbox(store, HashEmbedder(3), Unwatched())
    assert 3 <= store.index.count() < 3 * 7
    assert holds(mend(store.folder)) == each_of(range(TURNS))


def test_turns_that_are_told_again_are_there_once(store: Store) -> None:
    for part in (range(0, TURNS, 5), range(2, TURNS, 3), range(TURNS)):
        commit(store, *part)
        mend(store.folder)
    assert holds(store) == each_of(range(TURNS))


def test_an_index_that_was_deleted_is_built_anew(store: Store) -> None:
    commit(store, *range(TURNS))
    mend(store.folder)
    store.index.drop()
    assert holds(mend(store.folder)) == each_of(range(TURNS))


@pytest.mark.parametrize("calls", range(1, 3))
def test_an_index_whose_building_anew_was_cut_off_is_finished_later(store: Store, calls: int) -> None:
    """As by a search that was killed after it had found no index: a part of it is there now."""
    commit(store, *range(TURNS))
    mend(store.folder)
    store.index.drop()
    with pytest.raises(KeyboardInterrupt):
        heal(Store.open(store.folder, wait_s=0), HashEmbedder(calls), Unwatched())
    assert holds(mend(store.folder)) == each_of(range(TURNS))


def test_an_index_whose_making_was_cut_off_is_built_anew(store: Store) -> None:
    """Killed while the table was being made: its folder is there, and nothing in it."""
    commit(store, *range(TURNS))
    (store.folder / "index" / "turns.lance" / "_versions").mkdir(parents=True)
    assert holds(mend(store.folder)) == each_of(range(TURNS))


def test_nothing_is_mended_while_a_writer_is_at_work(store: Store) -> None:
    commit(store, *range(TURNS))
    with store.locks.writer():
        mend(store.folder)
        assert store.pending
        assert not store.index.exists
    assert holds(mend(store.folder)) == each_of(range(TURNS))


def test_vectors_of_two_embedders_are_never_mixed(store: Store) -> None:
    commit(store, *range(10))
    mend(store.folder)
    other = HashEmbedder()
    other.id = "other@1"
    commit(store, *range(20))
    with pytest.raises(StoreDamaged, match=r"hash@1.*other@1"):
        heal(store, other, Unwatched())
    assert store.pending
    assert holds(mend(store.folder)) == each_of(range(20))


def test_what_is_committed_while_the_index_is_made_is_not_taken_for_indexed(store: Store) -> None:
    """An ingest goes on beside its indexing: it adds turns, and gives a speaker of earlier ones another name."""

    class Meanwhile(HashEmbedder):
        def embed(self, texts: Sequence[str]) -> Any:
            if self.calls == 10**9:
                commit(store, *range(TURNS, TURNS + 3))
                with store.writing() as catalogue:
                    store.expect_pending()
                    catalogue.connection.execute("UPDATE turns SET speaker = 'Anna' WHERE seq <= 3")
                    enqueue(catalogue.connection, "SELECT seq FROM turns WHERE seq <= 3")
            return super().embed(texts)

    commit(store, *range(TURNS))
    with store.locks.writer():
        index_outbox(store, Meanwhile(), Unwatched())
    assert store.pending
    healed = mend(store.folder)
    assert not healed.pending
    assert [row[1] for row in holds(healed)[:5]] == [
        "Anna: word0", "Anna: word1", "Anna: word2", "Ann: word3", "Ann: word4",
    ]  # fmt: skip
    assert len(holds(healed)) == TURNS + 3


def test_in_the_middle_of_a_long_ingest_the_words_of_the_half_that_is_there_are_found(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By somebody else, beside it; and its end is the same, however often that was."""
    monkeypatch.setattr(index_module, "WAITING_ROWS", 0)

    class Watched(HashEmbedder):
        def embed(self, texts: Sequence[str]) -> Any:
            there = Store.open(store.folder, wait_s=0).index
            seen.append((there.count(), there.passed_over > 0, matching(there, "word3")))
            return super().embed(texts)

    outcomes = []
    for after_s, expected in [
        (0.0, [(0, False, []), (7, False, [4]), (14, True, [4]), (21, False, [4])]),
        (60.0, [(0, False, []), (7, True, []), (14, True, []), (21, True, [])]),
    ]:
        monkeypatch.setattr(indexing, "REFRESHED_AFTER_S", after_s)
        seen: list[tuple[int, bool, list[int]]] = []
        store.index.drop()
        commit(store, *range(28)) if not outcomes else store.expect_pending()
        with store.locks.writer():
            index_outbox(store, Watched(), Unwatched())
        assert seen == expected
        assert store.index.passed_over == 0
        outcomes.append([store.index.lexical(text, limit=9, where=Filter()) for text in WORDS])
    assert outcomes[0] == outcomes[1]
    assert all(windows for _, windows in outcomes[0])


WORDS = ["word3", "word3 word9 word27", "Ann word12"]


def matching(index: Index, text: str) -> list[int]:
    return [seq for seq, _ in index.lexical(text, limit=9, where=Filter())[0]]


def index_what_waits(store: Store) -> None:
    with store.locks.writer():
        index_outbox(store, HashEmbedder(), Unwatched())


def test_what_others_indexed_meanwhile_is_there_once(store: Store) -> None:
    """One that stays open, as `ingest --follow` does, must not know the index as it was when it wrote to it last."""
    commit(store, *range(100))  # so many that the next few wait for the text index: nothing is opened anew for them
    index_what_waits(store)
    another = Store.open(store.folder, wait_s=0)
    for number, one in enumerate([store, another, store, another, another, store], start=100):
        commit(store, number)
        index_what_waits(one)
    assert holds(store) == each_of(range(106))
