"""What is deleted is in no file any more, stays away, and takes with it what was made of it, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from store import erase, prove
from store.check import check
from store.errors import StoreDamaged
from store.index import Filter
from store.store import Store

SECRET = "the treasure is under the third oak"
NOON = datetime(2024, 5, 1, 12)


@pytest.fixture
def filled(store: Store, turns: Callable[..., Any]) -> Store:
    """Five turns of two speakers; one tells a secret, and an answer quotes it."""
    said = [
        ("a", "Ann", "good morning to everybody here"),
        ("b", "Bob", SECRET),
        ("c", "Ann", "how lovely that is now"),
        ("d", "Bob", "good morning to everybody here"),
        ("e", "Ann", "see you tomorrow at the station"),
    ]
    import pyarrow as pa

    with store.writing() as catalogue:
        catalogue.begin_batch("batch", datetime(2024, 1, 1, tzinfo=UTC))
        catalogue.keep_source(uri="/logs/chat.txt", format="plain", sha256="0", size=10, batch=1)
        catalogue.keep_source(uri="/logs/bob.txt", format="plain", sha256="0", size=10, batch=1)
        catalogue.keep_sessions(pa.table({"id": ["s1"], "format": ["plain"], "native_id": ["s1"], "title": ["chat"]}))
        catalogue.add_turns(
            turns(
                *(
                    {
                        "id": 32 * name, "speaker": who, "text": text, "position": place,
                        "said_at": NOON.replace(minute=place), "source": 2 if who == "Bob" else 1,
                    }
                    for place, (name, who, text) in enumerate(said)
                )
            )
        )  # fmt: skip
        catalogue.add_quarantine(
            pa.table({"batch": [1], "uri": ["/logs/bob.txt"], "line": [9], "reason": ["torn"], "excerpt": ["treasure"]})
        )
    index(store)
    document = json.dumps({"evidence": [{"n": 1, "id": 32 * "b", "text": SECRET}]})
    other = json.dumps({"evidence": [{"n": 1, "id": 32 * "a", "text": "good morning"}]})
    at = "2024-06-01T00:00:00+00:00"
    for name, text, turn in (("q1", document, "b"), ("q2", other, "a")):
        store.spool.append(
            [
                {"kind": "answer", "id": name, "asked_at": at, "question": "?", "document": text},
                {
                    "kind": "recall", "id": f"r{name}", "item_id": 32 * turn, "recalled_at": at, "rating": 3,
                    "answer_id": name,
                },
            ]
        )  # fmt: skip
    with store.locks.writer():
        store.fold_spool()
    return store


def index(store: Store) -> None:
    with store.writing() as catalogue:
        for first, last in catalogue.outbox():
            rows = catalogue.rows_to_index(first, last)
            store.index.put(rows, np.eye(len(rows), 64, dtype=np.float32))
            catalogue.clear_outbox(last)
    store.index.refresh_text()
    store.settle()


def delete(store: Store, where: str, *parameters: Any, finish: bool = True) -> prove.Receipt:
    with store.locks.writer():
        with store.reading() as catalogue:
            erase.choose(catalogue.connection, where, parameters)
            texts, ids = prove.deleted_texts(catalogue.connection)
        removed = erase.erase(store, where, parameters, command="delete", what="by test")
        if finish:
            erase.finish(store)
        receipt = prove.Receipt(datetime.now(UTC), "by test", removed, 0, 0, 0)
        prove.look(store, texts, ids, receipt)
    return receipt


def scan(folder: Path, needle: str) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and needle.encode() in path.read_bytes()]


def test_what_is_deleted_is_in_no_file(filled: Store) -> None:
    assert scan(filled.folder, SECRET)
    receipt = delete(filled, "t.speaker = ?", "Bob")
    assert receipt.found == []
    assert (receipt.looked_for, receipt.told_by_others) == (1, 1)  # Ann says the other one too
    assert scan(filled.folder, SECRET) == []
    assert scan(filled.folder, "treasure") == []
    assert receipt.removed == {
        "turns": 2, "sources": 1, "quarantine": 1, "answers": 1, "recall_events": 1,
    }  # fmt: skip
    assert {file["file"] for file in receipt.files} >= {"memory.duckdb"}
    assert [finding for finding in check(filled) if finding.kind != "mode"] == []


def test_what_is_not_deleted_stays_and_is_found(filled: Store) -> None:
    delete(filled, "t.speaker = ?", "Bob")
    fresh = Store.open(filled.folder, wait_s=0)
    assert [seq for seq, _ in fresh.index.lexical("lovely", limit=5, where=Filter())[0]] == [3]
    rows = fresh.index.rows([1, 2, 3, 4, 5])
    assert sorted(rows) == [1, 3, 5]
    windows = fresh.index.lexical("lovely", limit=5, where=Filter())[1]
    assert [seq for seq, _ in windows] == [3, 1, 5], "what stands beside it now"
    near, _ = fresh.index.dense(np.eye(5, 64, dtype=np.float32)[2], limit=1, where=Filter())
    assert near[0][0] == 3
    with fresh.reading() as catalogue:
        assert catalogue.counts()["answers"] == 1
        assert catalogue.last_answer() is not None
        assert catalogue.counts()["recall_events"] == 1


def test_a_reader_that_had_the_index_open_goes_on_with_the_new_one(filled: Store) -> None:
    readers = [Store.open(filled.folder, wait_s=0).index for _ in range(4)]
    query = np.eye(5, 64, dtype=np.float32)[2]
    for reader in readers:
        assert len(reader.rows([1, 2, 3, 4, 5])) == 5
    delete(filled, "t.speaker = ?", "Bob")
    assert sorted(readers[0].rows([1, 2, 3, 4, 5])) == [1, 3, 5]
    assert [seq for seq, _ in readers[1].lexical("lovely", limit=5, where=Filter())[0]] == [3]
    assert readers[2].dense(query, limit=1, where=Filter(speakers=("Ann",)))[0][0][0] == 3
    found = readers[3].begin_lexical("lovely", limit=5, where=Filter())
    assert [seq for seq, _ in found()[0]] == [3]


def test_the_proof_finds_what_was_only_marked_as_deleted(filled: Store) -> None:
    """Rows that are deleted and not written anew are still in the files, and the receipt says so."""
    receipt = delete(filled, "t.speaker = ?", "Bob", finish=False)
    assert not receipt.clean
    assert any(find["where"].startswith("index") for find in receipt.found)


@pytest.mark.parametrize("place", ["notes.txt", "spool.jsonl", "cache/states.bin", "receipts/old.json"])
def test_the_proof_looks_into_every_file(filled: Store, place: str) -> None:
    with filled.locks.writer():
        with filled.reading() as catalogue:
            erase.choose(catalogue.connection, "t.speaker = 'Bob'", [])
            texts, ids = prove.deleted_texts(catalogue.connection)
        erase.erase(filled, "t.speaker = 'Bob'", [], command="delete", what="by test")
        erase.finish(filled)
        path = filled.folder / place
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"quoted": f"He said: {SECRET}!"}))
        receipt = prove.Receipt(datetime.now(UTC), "by test", {}, 0, 0, 0)
        prove.look(filled, texts, ids, receipt)
    assert [find["where"] for find in receipt.found] == [place]
    assert SECRET not in json.dumps(prove.document(receipt))


def test_the_proof_knows_a_list_of_words_that_has_one_more(filled: Store) -> None:
    """The full-text index keeps its words compressed: no search among its bytes would see them."""
    folder = filled.folder / "index" / "turns.lance"
    old = max(folder.rglob(prove.WORD_LISTS), key=lambda path: path.stat().st_mtime).read_bytes()
    assert b"treasure" not in old
    receipt = delete(filled, "t.speaker = ?", "Bob")
    assert receipt.clean
    assert [one["as_of_what_stays"] for one in receipt.word_lists] == [True] * len(receipt.word_lists) != []
    left = folder / "_indices" / "left" / "part_0_tokens.lance"
    left.parent.mkdir()
    left.write_bytes(old)
    again = prove.Receipt(datetime.now(UTC), "by test", {}, 0, 0, 0)
    prove.look(filled, [SECRET], [], again)
    assert [find["where"].split(":")[0] for find in again.found] == [str(left.relative_to(filled.folder))]
    assert not (filled.folder / "index.new").exists()


def test_a_deletion_that_was_cut_off_is_finished_by_whoever_comes_next(filled: Store) -> None:
    delete(filled, "t.speaker = ?", "Bob", finish=False)
    assert filled.pending
    assert "erasure" in {finding.kind for finding in check(filled)}
    with filled.locks.writer():
        erase.finish(filled)
    assert not filled.erasing
    assert scan(filled.folder, SECRET) == []


@pytest.mark.parametrize("step", ["rewrite", "rename", "put_in_place"])
def test_finishing_can_be_cut_off_anywhere_and_done_again(
    filled: Store, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    delete(filled, "t.speaker = ?", "Bob", finish=False)

    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt), filled.locks.writer():
        if step == "rewrite":
            patch.setattr(erase, "rewrite", stop)
        elif step == "rename":
            patch.setattr(Path, "rename", stop)
        else:
            patch.setattr(erase, "put_in_place", stop)
        erase.finish(filled)
    assert filled.erasing
    with filled.locks.writer():
        erase.finish(filled)
    assert scan(filled.folder, SECRET) == []
    assert [finding for finding in check(Store.open(filled.folder, wait_s=0)) if finding.kind != "mode"] == []


def test_a_compaction_that_would_lose_rows_changes_nothing(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (filled.folder / "memory.duckdb").read_bytes()

    def lossy(db: Any) -> None:
        db.execute("DELETE FROM fresh.turns")
        compare(db)

    compare = erase._compare
    monkeypatch.setattr(erase, "_compare", lossy)
    with filled.locks.writer(), pytest.raises(StoreDamaged, match="turns"):
        erase.compact(filled)
    assert (filled.folder / "memory.duckdb").read_bytes() == before


def test_what_was_deleted_does_not_come_back_unless_it_may(filled: Store, turns: Callable[..., Any]) -> None:
    secret = {"id": 32 * "b", "speaker": "Bob", "text": SECRET, "said_at": NOON.replace(minute=1), "source": 1}
    elsewhere = secret | {"id": 32 * "f", "session": 1}  # the same words from another export have another id
    later = secret | {"id": 32 * "9", "said_at": NOON.replace(minute=30)}
    delete(filled, "t.speaker = ?", "Bob")
    with filled.writing() as catalogue:
        again = turns(secret, elsewhere)
        assert catalogue.deleted_before(again) == {1: 2}
        assert catalogue.add_turns(again) == {}
        assert catalogue.add_turns(turns(later)) == {1: 1}, "said at another time: not what was deleted"
        assert catalogue.add_turns(again, allow_return=True) == {1: 2}
        assert catalogue.deleted_before(again) == {}


def test_an_answer_that_quotes_it_does_not_bring_it_back(filled: Store) -> None:
    """Given just before the deletion, or by a reader that had not noticed it yet."""
    quoting = [
        {
            "kind": "answer", "id": f"late{number}", "asked_at": "2024-07-01T00:00:00+00:00", "question": "?",
            "document": json.dumps({"evidence": [{"n": 1, "id": 32 * "b", "text": SECRET}]}),
        }
        for number in range(2)
    ]  # fmt: skip
    filled.spool.append(quoting[:1])
    delete(filled, "t.speaker = ?", "Bob")
    assert scan(filled.folder, SECRET) == []
    filled.spool.append(quoting[1:])
    with filled.locks.writer():
        filled.fold_spool()
    assert scan(filled.folder, SECRET) == []
    with filled.reading() as catalogue:
        assert catalogue.counts()["answers"] == 1


def test_tombstones_and_the_trail_reveal_no_text(filled: Store) -> None:
    delete(filled, "contains(t.text, ?)", SECRET)
    with filled.reading() as catalogue:
        kept = catalogue.connection.execute("FROM tombstones").fetchall()
        trail = catalogue.connection.execute("FROM audit").fetchall()
    assert len(kept) == 2
    assert all(len(row[0]) == 32 for row in kept)
    assert [row[1:] for row in trail] == [("delete", "by test: 1 turns")]
    assert not (filled.folder / "receipts").exists()
