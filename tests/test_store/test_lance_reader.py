"""Reading through lancedb's compiled core gives what lancedb itself gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from store.index import Filter, Index
from store.lance import lance
from store.lance_reader import LanceReader
from store.rows import TurnRow

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
        "window": pa.array(said),
    }
    rows = pa.table({name: values.get(name, pa.nulls(300)) for name in (*TurnRow._fields, "said", "window")})
    index = Index(tmp_path_factory.mktemp("reader") / "index")
    index.put(rows, chance.standard_normal((300, 64)).astype(np.float32), known=[])
    index.refresh_text()
    index.remove([5, 6, 7])
    return index.folder


@pytest.mark.parametrize("where", [None, "lower(speaker) IN ('bo')"])
@pytest.mark.parametrize("text", ["kettle", "the ferry or a violin", 'lease\'s (compost) +number:17 "x"', "nothing"])
def test_the_same_words_match_with_the_same_scores(folder, text, where):
    from lancedb.query import MatchQuery

    search = lance().connect(str(folder)).open_table("turns").search(MatchQuery(text, "said"), query_type="fts")
    search = search.where(where, prefilter=True) if where else search
    expected = search.select(["seq", "_score"]).limit(500).to_arrow()
    found = LanceReader(folder, "turns").matching(text, column="said", columns=["seq"], limit=500, where=where).result()
    assert dict(zip(found["seq"].to_pylist(), found["_score"].to_pylist(), strict=True)) == dict(
        zip(expected["seq"].to_pylist(), expected["_score"].to_pylist(), strict=True)
    )


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
