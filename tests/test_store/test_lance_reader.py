"""Reading through lancedb's compiled core gives what lancedb itself gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.index import Filter, Index
from store.index_schema import COLUMNS
from store.lance import lance
from store.lance_reader import LanceReader
from store.loaded_rows import LoadedRows, lookups

WORDS = ["kettle", "ferry", "lease", "compost", "violin"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    chance = np.random.default_rng(7)
    said = [f"Ana: the {' and the '.join(chance.choice(WORDS, 3))} number {number}" for number in range(300)]
    values = {
        "seq": pa.array(range(1, 301), pa.int64()),
        "session": pa.array([1] * 300, pa.int32()),
        "speaker": pa.array(["Ana", "Bo", "Cy"] * 100),
        "said": pa.array(said),
    }
    rows = pa.table({name: values.get(name, pa.nulls(300)) for name in COLUMNS})
    index = Index(tmp_path_factory.mktemp("reader") / "index")
    index.put(rows, chance.standard_normal((300, 64)).astype(np.float32))
    index.refresh_text()
    index.remove([5, 6, 7])
    return index.folder


@pytest.mark.parametrize("where", [None, "lower(speaker) IN ('bo')"])
@pytest.mark.parametrize("text", ["kettle", "the ferry or a violin", 'lease\'s (compost) +number:17 "x"', "nothing"])
def test_the_same_words_match_with_the_same_scores(folder, text, where):
    from lancedb.query import MatchQuery

    search = lance().connect(str(folder)).open_table("turns").search(MatchQuery(text, "said"), query_type="fts")
    search = search.where(where, prefilter=True) if where else search
    expected = search.select(["seq", "_score"]).with_row_id(True).limit(500).to_arrow()
    found = LanceReader(folder, "turns").matching(text, column="said", limit=500, where=where)
    assert scores(found) == scores(expected)
    assert found["_score"].to_pylist() == sorted(found["_score"].to_pylist(), reverse=True)


def scores(found: pa.Table) -> dict[int, float]:
    return dict(zip(found["_rowid"].to_pylist(), found["_score"].to_pylist(), strict=True))


def test_of_turns_that_match_alike_the_first_are_found_every_time(tmp_path):
    """However many of them there are: which of them LanceDB gives of so many is left to chance."""
    count = 3000
    values = {
        "seq": pa.array(range(1, count + 1), pa.int64()),
        "session": pa.array([1] * count, pa.int32()),
        "said": pa.array(["Ana: kettle"] * count),
    }
    rows = pa.table({name: values.get(name, pa.nulls(count)) for name in COLUMNS})
    index = Index(tmp_path / "index")
    index.put(rows, np.ones((count, 64), np.float32))
    index.refresh_text()
    found = index.lexical("kettle", limit=120, where=Filter())[0]
    assert [seq for seq, _ in found] == list(range(1, 121))


@given(st.lists(st.integers(0, 60), unique=True, max_size=40), st.randoms(use_true_random=False))
def test_every_turn_is_found_by_its_row(numbers, chance):
    """The row of each of some seqs, and the seq of each of some rows, with or without gaps between them."""
    row_ids = [*numbers]
    chance.shuffle(row_ids)
    row_ids = [number + (number % 3 << 32) for number in row_ids]  # as in three files
    rows = loaded(numbers, row_ids)
    assert rows.seqs[rows.places_of_row_ids(np.array(row_ids, np.uint64))].tolist() == numbers
    pairs = dict(zip(numbers, row_ids, strict=True))
    assert rows.row_ids_of(range(-2, 64)).tolist() == [pairs[seq] for seq in range(-2, 64) if seq in pairs]


def loaded(seqs, row_ids):
    seqs, row_ids = np.array(seqs, np.int64), np.array(row_ids, np.uint64)
    return LoadedRows(
        seqs=seqs, sessions=np.zeros(len(seqs), np.int32), row_ids=row_ids, **lookups(seqs, row_ids), codes=None,
        turned=False, vectors=None, dimension=0,
    )  # fmt: skip


def test_the_same_rows_are_scanned_and_taken(folder):
    table, reader = lance().connect(str(folder)).open_table("turns"), LanceReader(folder, "turns")
    assert reader.count() == table.count_rows() == 297
    assert reader.columns() == table.schema.names
    names = ["seq", "speaker", "said", "vector"]
    expected = table.search().select(names).with_row_id(True).limit(500).to_arrow()
    assert reader.scan(names, row_ids=True).sort_by("seq").equals(expected.sort_by("seq"))
    some = expected["_rowid"].to_pylist()[10:20]
    assert reader.take(some, names).sort_by("seq").equals(expected.slice(10, 10).select(names).sort_by("seq"))


def test_a_table_that_is_not_there_is_an_error_of_its_kind(tmp_path):
    with pytest.raises((ValueError, RuntimeError, OSError), match="turns"):
        LanceReader(tmp_path, "turns")


def test_what_is_kept_of_an_index_serves_that_version_alone(folder, tmp_path):
    where, query = Filter(), np.ones(64, np.float32)
    bare = Index(folder).dense(query, limit=20, where=where)
    kept = tmp_path / "cache" / "turns.rows"
    assert Index(folder, cache=kept.parent).dense(query, limit=20, where=where) == bare
    made = kept.stat()
    assert made.st_mode & 0o077 == 0
    assert Index(folder, cache=kept.parent).dense(query, limit=20, where=where) == bare
    assert kept.stat().st_mtime_ns == made.st_mtime_ns
    for damaged in (b"", kept.read_bytes()[:-1], b"[]\n" * 400, b"\xff" * 5000):
        kept.write_bytes(damaged)
        assert Index(folder, cache=kept.parent).dense(query, limit=20, where=where) == bare
    gone = bare[0][0][0]
    Index(folder).remove([gone])
    found, _ = Index(folder, cache=kept.parent).dense(query, limit=20, where=where)
    assert gone not in {seq for seq, _ in found}
    assert found == Index(folder).dense(query, limit=20, where=where)[0]
