"""Fragments of the index that other processes write are the rows that the index would have put itself."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from s3_server import s3_server

from store import fragments
from store.errors import StoreUnreachable
from store.index import Filter, Index
from store.index_on_s3 import IndexOnS3
from store.index_schema import COLUMNS
from store.place import Place

pytest.importorskip("lance", reason="pylance, which writes fragments, is not installed: memcli[ray]")

DIMENSION = 64
WORDS = ("kettle", "ferry", "ladder", "violin")


def rows(first: int, last: int) -> pa.Table:
    """Turns as Catalogue.rows_to_index gives them: each says one of the words, and its own number."""
    turns = range(first, last + 1)
    values = {
        "seq": pa.array(turns, pa.int64()), "session": pa.array([1] * len(turns), pa.int32()),
        "speaker": ["Ann"] * len(turns), "said": [f"Ann: {WORDS[one % 4]} number{one}" for one in turns],
    }  # fmt: skip
    return pa.table({name: values.get(name, pa.nulls(len(turns))) for name in COLUMNS})


def vectors(table: pa.Table) -> Any:
    found = [np.random.default_rng(seq).normal(size=DIMENSION) for seq in table["seq"].to_pylist()]
    return np.array([one / np.linalg.norm(one) for one in found], np.float32)


def written(at: fragments.TableAt, first: int, last: int) -> list[str]:
    return fragments.write(at, rows(first, last), vectors(rows(first, last)))


def by_words(index: Index, text: str) -> list[int]:
    return [seq for seq, _ in index.lexical(text, limit=10, where=Filter())[0]]


@pytest.fixture(params=["folder", "s3"])
def index(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    if request.param == "folder":
        yield Index(tmp_path / "index")
        return
    pytest.importorskip("moto", reason="moto, which speaks S3 in this test, is not installed")
    with s3_server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        place = Place(uri=f"s3://{server.bucket}/family/")
        yield IndexOnS3(tmp_path / "index", place, cache=tmp_path / "cache")


def test_what_two_processes_write_is_joined_in_order(index: Index, tmp_path: Path) -> None:
    index.make_ready(DIMENSION)
    with ProcessPoolExecutor(2, get_context("spawn")) as processes:
        later, earlier = (
            processes.submit(fragments.write, index.at, some, vectors(some)) for some in (rows(301, 600), rows(1, 300))
        )
        index.join([*earlier.result(), *later.result()], rows(1, 600))
    assert (index.count(), index.highest_seq()) == (600, 600)
    assert by_words(index, "number17") == [17]
    index.put(rows(601, 610), vectors(rows(601, 610)))
    index.remove_ranges([(590, 605)])

    alone = Index(tmp_path / "alone")
    alone.put(rows(1, 610), vectors(rows(1, 610)))
    alone.remove_ranges([(590, 605)])
    for _ in range(2):
        names = index._reading().columns()
        assert index._reading().scan(names).equals(alone._reading().scan(names))
        query = vectors(rows(450, 450))[0]
        assert index.dense(query, limit=5, where=Filter()) == alone.dense(query, limit=5, where=Filter())
        for text in ("number450 kettle", "number607", "number600"):
            assert by_words(index, text) == by_words(alone, text)
        for one in (index, alone):
            one.refresh_text()


def test_what_is_never_joined_goes_when_the_files_are_next_compacted(tmp_path: Path) -> None:
    index = Index(tmp_path / "index")
    index.put(rows(1, 100), vectors(rows(1, 100)))
    index.refresh_text()
    written(index.at, 101, 200)  # and the writer, or who would have joined it, is killed
    assert index.count() == 100
    index.put(rows(101, 110), vectors(rows(101, 110)))
    index.refresh_text()
    assert index.count() == 110
    [file] = (tmp_path / "index" / "turns.lance" / "data").iterdir()
    assert b"number150" not in file.read_bytes()


def test_a_table_of_an_earlier_version_is_written_on(tmp_path: Path) -> None:
    """Its columns are others, in another order."""
    index = Index(tmp_path / "index")
    index.put(rows(1, 10), vectors(rows(1, 10)))
    old = index._reading().scan(index._reading().columns())
    old = old.append_column("window", old["said"])
    index.database().create_table("turns", old.select(sorted(old.column_names, reverse=True)), mode="overwrite")
    index.reopen()
    index.make_ready(DIMENSION)
    index.join(written(index.at, 11, 20), rows(11, 20))
    index.refresh_text()
    assert by_words(index, "number7") == [7]
    assert by_words(index, "number17") == [17]
    assert index.rows([17])[17].text == "ferry number17"
    assert index.dense(vectors(rows(17, 17))[0], limit=1, where=Filter())[0][0][0] == 17


def test_its_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        index = Index(tmp_path / "index")
        index.make_ready(DIMENSION)
        index.join(written(index.at, 1, 10), rows(1, 10))
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(file.stat().st_mode) for file in index.folder.rglob("*") if file.is_file()}
    assert modes == {0o600}


def test_storage_that_cannot_be_reached_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ENDPOINT_URL": "http://127.0.0.1:9", "REGION": "x", "ACCESS_KEY_ID": "a"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    place = Place(uri="s3://memories/family")
    at = IndexOnS3(tmp_path / "index", place, cache=tmp_path / "cache").at
    with pytest.raises(StoreUnreachable, match="s3://memories/family"):
        fragments.write(at, rows(1, 10), vectors(rows(1, 10)))
