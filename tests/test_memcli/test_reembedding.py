"""A second index for another embedder: cut off, gone on with, and the same in the end as one made at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from memcli.api import Memory
from memcli.ingest import reembedding
from memcli.ingest.reembedding import reembed
from memcli.progress import Unwatched
from store.whole_index import sample


class Counting:
    """An embedder of 16 dimensions that depends on nothing but the text, and counts."""

    id = "counting@1"
    dimension = 16

    def __init__(self):
        self.embedded = []

    def embed(self, texts):
        self.embedded += texts
        rows = np.array([np.random.default_rng(len(text)).standard_normal(16) for text in texts], np.float32)
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).reshape(-1, 16).astype(np.float32)

    def embed_query(self, text):
        return self.embed([text])[0]


@pytest.fixture
def memory(tmp_path, write_turns, monkeypatch):
    monkeypatch.setattr(reembedding, "BATCH", 10)
    turns = [
        {"session": f"s{at // 7}", "speaker": "Ana", "text": f"Turn number {at} says something."} for at in range(45)
    ]
    log = write_turns("log.jsonl", *turns)
    memory = Memory.open(str(tmp_path / "memory"), create=True)
    memory.ingest(log)
    return memory


def contents(store) -> tuple[list[str], np.ndarray]:
    said, vectors = sample(store.index, 1000)
    order = np.argsort(said)
    return [said[at] for at in order], vectors[order]


def again_and_again(memory, embedder, between=lambda: None):
    for _ in range(20):
        with memory.store.locks.writer():
            done, finished = reembed(memory.store, embedder, Unwatched(), go_on=lambda: False)
        if finished:
            return
        assert 0 < done <= 10
        between()
    raise AssertionError("it never ends")


def test_cut_off_it_goes_on_where_it_was(memory):
    embedder = Counting()
    again_and_again(memory, embedder)
    assert len(embedder.embedded) == 45, "no turn is embedded twice"
    said, vectors = contents(memory.store)
    assert len(said) == 45
    assert np.abs(vectors - Counting().embed(said)).max() < 2e-3
    assert memory.store.embedder == "counting@1"
    assert not (memory.folder / "index.reembed").exists()


def test_what_changes_in_between_is_right_in_the_end(memory, write_turns):
    from store import erase

    steps = iter(("add", "delete"))

    def between():
        step = next(steps, None)
        if step == "add":
            memory.ingest(write_turns("late.jsonl", {"session": "s0", "speaker": "Ana", "text": "A late turn."}))
            memory.search("late")
        elif step == "delete":
            with memory.store.locks.writer():
                erase.erase(memory.store, "t.text LIKE 'Turn number 3 %'", [], command="delete", what="by test")
                assert erase.finish(memory.store) is None
            assert not (memory.folder / "index.reembed").exists(), "it may hold what was deleted"

    again_and_again(memory, Counting(), between)
    said, vectors = contents(memory.store)
    assert len(said) == 45
    assert any("late" in text for text in said)
    assert not any("number 3 " in text for text in said)
    assert np.abs(vectors - Counting().embed(said)).max() < 2e-3
    from store.check import check

    assert [finding for finding in check(memory.store) if finding.kind != "mode"] == []


def test_what_comes_meanwhile_is_embedded_for_the_second_index_too(memory, write_turns):
    def between():
        late = {"session": "s0", "speaker": "Ana", "text": "A turn that was overlooked.", "id": "x9"}
        memory.ingest(write_turns("again.jsonl", late))

    again_and_again(memory, Counting(), between)
    from store.check import check

    assert [finding for finding in check(memory.store) if finding.kind != "mode"] == []


def test_archived_turns_keep_their_place(memory):
    with memory.store.locks.writer():
        seqs = sorted(memory.store.index.seqs())[:5]
        memory.store.archive.take(memory.store.index.whole_rows(seqs))
        memory.store.index.remove(seqs)
    again_and_again(memory, Counting())
    assert memory.store.archive.seqs() == set(seqs)
    assert memory.store.index.count() == 40


def test_another_choice_in_between_starts_anew(memory):
    first, second = Counting(), Counting()
    second.id = "counting@2"
    with memory.store.locks.writer():
        assert reembed(memory.store, first, Unwatched(), go_on=lambda: False) == (10, False)
    again_and_again(memory, second)
    assert len(second.embedded) == 45
    assert Path(memory.folder / "index" / "embedder").read_text() == "counting@2"


def test_the_second_index_of_an_encrypted_memory_never_reaches_the_disk(tmp_path):
    from store.store import Store

    store = Store.create(tmp_path / "sealed", wait_s=0, key=lambda _: b"k" * 32, encrypted=True)
    with store.locks.writer():
        assert reembed(store, Counting(), Unwatched()) == (0, True)
    assert not (store.folder / "index.reembed").exists()
    assert store.prompt_states is None
