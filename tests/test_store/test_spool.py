"""What was appended to the spool is folded into the catalogue exactly once, whatever comes between."""

import os
import subprocess
import sys
from typing import Any

import pytest

from store.store import Store


def recalled(id: str) -> dict[str, Any]:  # noqa: A002
    at = "2024-05-01T12:00:00+00:00"
    return {"kind": "recall", "id": id, "item_id": "Öl\n\u2028", "recalled_at": at, "rating": 3, "answer_id": "a"}


def ids(records: list[dict[str, Any]]) -> list[str]:
    return [record["id"] for record in records]


def folded(store: Store) -> int:
    with store.reading() as catalogue:
        return catalogue.counts()["recall_events"]


APPEND = """
import sys
from pathlib import Path
from store.store import Store
store = Store.open(Path(sys.argv[1]), wait_s=30)
for number in range(60):
    store.spool.append([{"kind": "recall", "id": f"{sys.argv[2]}-{number}", "item_id": "t", "rating": 3,
                         "recalled_at": "2024-05-01T12:00:00+00:00", "answer_id": "a"}])
"""


def test_records_are_read_as_they_were_appended(store: Store) -> None:
    assert store.spool.read() == []
    store.spool.append([recalled("a"), recalled("b")])
    store.spool.append([recalled("c")])
    assert store.spool.read() == [recalled("a"), recalled("b"), recalled("c")]


def test_the_spool_is_private_whatever_the_process_has_as_its_mask(store: Store) -> None:
    before = os.umask(0o022)
    try:
        store.spool.append([recalled("a")])
    finally:
        os.umask(before)
    assert (store.folder / "spool.jsonl").stat().st_mode & 0o077 == 0


def test_folding_empties_the_spool_into_the_catalogue(store: Store) -> None:
    store.spool.append([recalled("a"), recalled("b")])
    store.fold_spool()
    store.fold_spool()
    assert (folded(store), store.spool.read()) == (2, [])


def test_what_is_appended_during_a_fold_waits_for_the_next(store: Store) -> None:
    store.spool.append([recalled("a")])
    assert ids(store.spool.begin_fold()) == ["a"]
    store.spool.append([recalled("b")])
    assert ids(store.spool.read()) == ["a", "b"]
    store.spool.end_fold()
    assert ids(store.spool.begin_fold()) == ["b"]


@pytest.mark.parametrize("committed", [False, True])
def test_a_fold_that_was_cut_off_is_done_once(store: Store, committed: bool) -> None:
    store.spool.append([recalled("a")])
    records = store.spool.begin_fold()
    if committed:
        with store.writing() as catalogue:
            catalogue.fold(records)
    store.spool.append([recalled("b")])

    afterwards = Store.open(store.folder, wait_s=0)
    assert ids(afterwards.spool.read()) == ["a", "b"]
    afterwards.fold_spool()
    afterwards.fold_spool()
    assert (folded(afterwards), afterwards.spool.read()) == (2, [])


@pytest.mark.parametrize("torn", ['{"kind": "recall", "id": "to', '{"kind": "recall", "id": "t\N{BLACK HEART SUIT}'])
def test_a_torn_line_costs_only_itself(store: Store, torn: str) -> None:
    store.spool.append([recalled("a")])
    with (store.folder / "spool.jsonl").open("ab") as stream:
        stream.write(torn.encode()[:-1])
    assert ids(store.spool.read()) == ["a"]
    store.spool.append([recalled("b")])
    assert ids(store.spool.read()) == ["a", "b"]
    store.fold_spool()
    assert folded(store) == 2


def test_processes_append_while_one_folds(store: Store) -> None:
    arguments = [sys.executable, "-c", APPEND, str(store.folder)]
    writers = [subprocess.Popen([*arguments, name]) for name in ("p", "q", "r")]
    while any(writer.poll() is None for writer in writers):
        store.fold_spool()
    store.fold_spool()
    assert [writer.returncode for writer in writers] == [0, 0, 0]
    assert folded(store) == 180
