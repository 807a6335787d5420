"""The index finds turns by word and by vector, within filters, exactly or nearly so, and replaces what it is told."""

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from store import by_code
from store import index as index_module
from store.archive import Archive
from store.errors import StoreDamaged
from store.index import Filter, Index
from store.index_schema import CODES, COLUMNS, EARLIER_CODES, schema

DIMENSION = 256
EVERYTHING = Filter()
NOON = datetime(2024, 5, 1, 12)


def word_vector(word: str) -> Any:
    seed = int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big")
    return np.random.default_rng(seed).normal(size=DIMENSION)


def embed(texts: Sequence[str]) -> Any:
    """Sums of word vectors, of length 1: texts that share words are near each other."""
    sums = np.array([sum(map(word_vector, text.split()), np.zeros(DIMENSION)) for text in texts])
    return (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)


def rows(*turns: tuple[int, str], session: int = 1, speaker: str = "Ann", at: datetime | None = NOON) -> pa.Table:
    """Rows as Catalogue.rows_to_index gives them, from (seq, text)."""
    values = {
        "seq": pa.array([seq for seq, _ in turns], pa.int64()), "session": pa.array([session] * len(turns), pa.int32()),
        "speaker": [speaker] * len(turns), "said_at": pa.array([at] * len(turns), pa.timestamp("us")),
        "said": [f"{speaker}: {text}" for _, text in turns],
    }  # fmt: skip
    return pa.table({name: values.get(name, pa.nulls(len(turns))) for name in COLUMNS})


@pytest.fixture
def index(tmp_path: Path) -> Index:
    return Index(tmp_path / "index")


def put(index: Index, table: pa.Table) -> None:
    index.put(table, embed([said.partition(": ")[2] for said in table["said"].to_pylist()]))


def seqs(pairs: Sequence[tuple[int, float]]) -> list[int]:
    return [seq for seq, _ in pairs]


def by_words(index: Index, text: str, where: Filter = EVERYTHING) -> list[int]:
    return seqs(index.lexical(text, limit=10, where=where)[0])


def windows_by_words(index: Index, text: str, where: Filter = EVERYTHING) -> list[int]:
    return seqs(index.lexical(text, limit=10, where=where)[1])


def by_vector(index: Index, text: str, where: Filter = EVERYTHING, limit: int = 10) -> tuple[list[int], list[int]]:
    turns, windows = index.dense(embed([text])[0], limit=limit, where=where)
    return seqs(turns), seqs(windows)


def test_an_index_that_was_never_made_finds_nothing(index: Index) -> None:
    assert not index.exists
    assert (index.count(), index.highest_seq()) == (0, 0)
    assert by_words(index, "kettle") == []
    assert by_vector(index, "kettle") == ([], [])
    index.refresh_text()
    assert not index.exists


def test_an_index_without_rows_finds_nothing(index: Index) -> None:
    index.put(rows((1, "x")).slice(0, 0), np.zeros((0, DIMENSION), np.float32))
    where = Filter(speakers=["ann"], since=NOON)
    assert (index.count(), index.highest_seq()) == (0, 0)
    assert by_words(index, "kettle", where) == []
    assert by_vector(index, "kettle", where) == ([], [])


def test_words_are_found_in_the_turn_or_in_its_window(index: Index) -> None:
    put(index, rows((1, "the river"), (2, "Some KETTLES"), (3, "a Café"), (4, "a fence")))
    index.refresh_text()
    assert by_words(index, "kettle") == [2]
    assert windows_by_words(index, "kettle") == [2, 1, 3]
    assert by_words(index, "cafe") == by_words(index, "cafés") == [3]
    assert by_words(index, "the") == by_words(index, "zebra") == by_words(index, "?!") == []


def test_words_are_found_alike_before_the_text_index_is_refreshed(index: Index) -> None:
    """As beside an ingest at work, or after one that was cut off."""
    put(index, rows((1, "the Kettles")))
    assert (by_words(index, "kettle"), by_words(index, "the")) == ([1], [])
    index.refresh_text()
    put(index, rows((2, "two kettles")))
    assert sorted(by_words(index, "kettle")) == [1, 2]


def test_beside_a_large_ingest_words_are_sought_where_they_are_indexed(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A search that read through all that an ingest has brought so far would take long."""
    monkeypatch.setattr(index_module, "WAITING_ROWS", 3)
    put(index, rows((1, "the kettle"), (2, "a ferry")))
    index.refresh_text()
    put(index, rows((3, "one kettle"), (4, "two kettles"), (5, "a boat")))
    assert (index.passed_over, sorted(by_words(index, "kettle"))) == (0, [1, 3, 4])
    put(index, rows((6, "three kettles")))
    assert (index.passed_over, by_words(index, "kettle")) == (4, [1])
    assert sorted(by_vector(index, "kettle")[0]) == [1, 2, 3, 4, 5, 6], "by meaning they are found"
    index.refresh_text()
    assert (index.passed_over, sorted(by_words(index, "kettle"))) == (0, [1, 3, 4, 6])


def test_a_few_turns_among_many_do_not_call_for_a_refresh_of_the_text_index(index: Index) -> None:
    """It rewrites the index: `remember` would take minutes in a large memory."""
    assert not index.lags
    put(index, rows(*((seq, "the kettles") for seq in range(1, 201))))
    assert index.lags
    index.refresh_text()
    assert not index.lags
    for more in range(4):
        put(index, rows((201 + more, "one more kettle")))
        assert not index.lags
        assert len(by_words(index, "one more")) == 1 + more
    put(index, rows((205, "kettle")))
    assert index.lags


def test_hits_are_in_order_of_score_then_of_seq(index: Index) -> None:
    put(index, rows((9, "red kettle"), (3, "red kettle"), (5, "kettle kettle")))
    index.refresh_text()
    pairs, _ = index.lexical("kettle", limit=10, where=EVERYTHING)
    assert seqs(pairs) == [5, 3, 9]
    assert pairs[1][1] == pairs[2][1]
    assert by_vector(index, "red kettle")[0] == [3, 9, 5]


def test_the_limit_holds(index: Index) -> None:
    put(index, rows(*((seq, "kettle") for seq in range(1, 30))))
    assert [len(part) for part in index.lexical("kettle", limit=7, where=EVERYTHING)] == [7, 7]
    assert [len(part) for part in by_vector(index, "kettle", limit=7)] == [7, 7]


def test_vectors_find_the_turn_and_the_middle_of_the_window(index: Index) -> None:
    put(index, rows((1, "river"), (2, "kettle"), (3, "kettle fence"), (4, "kettle"), (5, "garden")))
    turns, windows = by_vector(index, "kettle", limit=2)
    assert turns == [2, 4]
    assert windows[0] == 3


def test_windows_end_with_the_session_and_follow_the_time(index: Index) -> None:
    """Three kettles in a row count together only if they were said in a row in one session."""
    put(index, rows((1, "kettle"), session=1, at=NOON))
    put(index, rows((2, "kettle"), session=2, at=NOON))
    put(index, rows((3, "kettle"), session=3, at=NOON + timedelta(minutes=2)))
    put(index, rows((4, "kettle"), session=3, at=NOON))
    put(index, rows((5, "kettle"), session=3, at=NOON + timedelta(minutes=1)))
    _, windows = index.dense(embed(["kettle"])[0], limit=10, where=EVERYTHING)
    scores = dict(windows)
    assert scores[5] == pytest.approx(1, abs=1e-3)
    assert scores[3] == pytest.approx(scores[4])
    assert scores[3] == pytest.approx(0.75, abs=1e-3)
    assert scores[1] == pytest.approx(scores[2])
    assert scores[1] == pytest.approx(0.5, abs=1e-3)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (Filter(since=NOON), [2, 3]),
        (Filter(until=NOON), [1]),
        (Filter(since=NOON, until=NOON + timedelta(microseconds=1)), [2]),
        (Filter(since=datetime(1, 1, 1), until=datetime(9999, 12, 31)), [1, 2, 3]),
        (Filter(since=NOON.replace(tzinfo=UTC), speakers=["d'arcy o'neil"]), [3]),
        (Filter(speakers=["ANN", "Bob"]), [1, 2]),
        (Filter(speakers=["nobody"]), []),
        (Filter(speakers=["x') OR ('1'='1"]), []),
    ],
    ids=str,
)
def test_filters_hold_for_words_and_vectors(index: Index, where: Filter, found: list[int]) -> None:
    put(index, rows((1, "kettle"), speaker="Ann", at=NOON - timedelta(microseconds=1)))
    put(index, rows((2, "kettle"), speaker="bob", at=NOON))
    put(index, rows((3, "kettle"), speaker="D'Arcy O'Neil", at=NOON + timedelta(days=1)))
    put(index, rows((4, "kettle"), speaker="Eve", at=None))
    index.refresh_text()
    assert sorted(by_words(index, "kettle", where)) == found
    assert [sorted(part) for part in by_vector(index, "kettle", where)] == [found, found]


def test_windows_by_words_end_with_the_session_and_follow_the_time(index: Index) -> None:
    """Whatever came in when: of a session, what was said between two turns parts them, though it is read later."""
    put(index, rows((1, "kettle"), (2, "river"), session=1))
    put(index, rows((3, "kettle"), session=2, at=NOON))
    put(index, rows((4, "kettle"), session=2, at=NOON + timedelta(minutes=2)))
    index.refresh_text()
    found = dict(index.lexical("kettle", limit=10, where=EVERYTHING)[1])
    assert sorted(found) == [1, 2, 3, 4]
    assert found[3] == found[4] > found[1] > found[2]
    put(index, rows((5, "garden"), session=2, at=NOON + timedelta(minutes=1)))
    later = dict(index.lexical("kettle", limit=10, where=EVERYTHING)[1])
    assert sorted(later) == [1, 2, 3, 4, 5]
    assert later[3] == later[4] == later[5] == later[1] > later[2]


def test_what_a_filter_leaves_out_still_says_what_was_said_beside_it(index: Index) -> None:
    """Bob's answer to a question about the kettle is found among what Bob said; the question is not."""
    put(index, rows((1, "where is the kettle"), at=NOON))
    put(index, rows((2, "behind you"), speaker="Bob", at=NOON + timedelta(minutes=1)))
    put(index, rows((3, "good morning"), speaker="Bob", session=2))
    turns, windows = index.lexical("kettle", limit=10, where=Filter(speakers=["Bob"]))
    assert (seqs(turns), seqs(windows)) == ([], [2])


def test_a_table_of_an_earlier_version_is_written_on(index: Index) -> None:
    """There was a column with each turn's neighbours, with a full-text index of its own, and one of the bare text."""
    from store.lance import full_text

    put(index, rows((1, "the kettle"), (2, "a ferry")))
    table = index.database().open_table("turns")
    table.add_columns({"window": "said", "text": "said"})
    table.create_index("window", config=full_text())
    index.reopen()
    assert by_words(index, "kettle") == [1], "it is read as it is"
    put(index, rows((3, "one more kettle")))
    index.refresh_text()
    assert sorted(by_words(index, "kettle")) == [1, 3]
    table = index.database().open_table("turns")
    assert not {"window", "text"} & set(table.schema.names)
    assert [one.columns for one in table.list_indices()] == [["said"]]


def test_rows_of_a_table_of_an_earlier_version_are_put_into_another(index: Index, tmp_path: Path) -> None:
    """As when a turn comes back from an archive that was made before: it has other columns, in another order."""
    put(index, rows((1, "the kettle")))
    old = Index(tmp_path / "old")
    table = index.whole_rows([1])
    doubled = table.append_column("text", table["said"]).append_column("window", table["said"])
    old.database().create_table("turns", doubled.select(sorted(doubled.column_names)))
    other = Index(tmp_path / "other")
    other.put(old.database().open_table("turns").to_arrow(), embed(["the kettle"]))
    assert by_words(other, "kettle") == [1]


def test_a_table_whose_codes_are_of_an_earlier_version_goes_on_as_it_is(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its codes are of vectors that were not turned. What is added to it, and to the archive, must be of its kind."""
    monkeypatch.setattr(index_module, "EXACT_ROWS", 100)
    monkeypatch.setattr(by_code, "RESCORED_SHARE", by_code.REFINED // 20)
    index.database().create_table("turns", schema=schema(DIMENSION, EARLIER_CODES))
    archive = Archive(index.folder)
    for first in (1, 501):
        put(index, rows(*((seq, f"w{seq} w{seq + 1}") for seq in range(first, first + 500))))
    archive.take(index.whole_rows(range(301, 701)))
    index.remove(range(301, 701))
    back = archive.whole_rows(range(601, 701))
    archive.remove(range(601, 701))
    put(index, back)
    for reader in (index, archive):
        assert {CODES, EARLIER_CODES} & set(reader.whole_rows([300, 400]).column_names) == {EARLIER_CODES}
    for seq in (1, 300, 601, 700, 701, 1000):
        assert by_vector(index, f"w{seq} w{seq + 1}")[0][0] == seq
    for seq in (301, 600):
        assert archive.near(embed([f"w{seq} w{seq + 1}"])[0], embed, limit=10, where=EVERYTHING)[0][0][0] == seq


@pytest.mark.parametrize("name", ["İpek", "ΝΙΚΟΣ", "Straße", 'Ann \\ "Q" %', "小明"])
def test_a_speaker_is_found_by_the_name_as_it_is_written(index: Index, name: str) -> None:
    put(index, rows((1, "kettle"), speaker=name))
    put(index, rows((2, "kettle"), speaker="Bob"))
    for written in (name, name.lower()):
        assert by_words(index, "kettle", Filter(speakers=[written])) == [1]
        assert by_vector(index, "kettle", Filter(speakers=[written])) == ([1], [1])


def test_rows_are_replaced(index: Index) -> None:
    put(index, rows((1, "river"), (2, "kettle")))
    index.refresh_text()
    index.remove_ranges([(2, 2)])
    put(index, rows((2, "garden"), (3, "fence")))
    index.refresh_text()
    assert (index.count(), index.highest_seq()) == (3, 3)
    assert by_words(index, "kettle") == []
    assert by_words(index, "garden") == [2]
    assert by_vector(index, "garden")[0][0] == 2


def test_another_process_sees_the_index_as_it_was_until_it_reopens(index: Index, tmp_path: Path) -> None:
    put(index, rows((1, "kettle")))
    reader = Index(tmp_path / "index")
    assert by_words(reader, "kettle") == [1]
    put(index, rows((2, "kettle")))
    index.refresh_text()
    assert by_words(reader, "kettle") == by_vector(reader, "kettle")[0] == [1]
    reader.reopen()
    assert sorted(by_words(reader, "kettle")) == sorted(by_vector(reader, "kettle")[0]) == [1, 2]


def test_the_threads_of_a_search_see_one_version_of_the_index(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often others write meanwhile: rows of one version are not looked up in another."""
    put(index, rows((1, "kettle on"), (2, "kettle off")))
    versions = []

    class Opened(index_module.LanceReader):
        def __init__(self, *arguments: Any) -> None:
            put(index, rows((3 + len(versions), "kettle again")))
            super().__init__(*arguments)
            versions.append(self.version())
            time.sleep(0.2)  # the others come meanwhile

    asking = Index(tmp_path / "index", cache=tmp_path / "cache")
    monkeypatch.setattr(index_module, "LanceReader", Opened)
    with ThreadPoolExecutor(3) as pool:
        looks = [pool.submit(by_words, asking, "kettle"), pool.submit(windows_by_words, asking, "kettle")]
        looks.append(pool.submit(lambda: sorted(by_vector(asking, "kettle")[0])))
        found = [sorted(look.result()) for look in looks]
    assert len(versions) == 1
    assert found == [[1, 2, 3]] * 3
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".rows"]


def test_turns_come_back_by_their_numbers(index: Index) -> None:
    assert index.rows([1]) == {}
    put(index, rows((7, "river"), (3, "kettle")))
    put(index, rows((5, "garden"), session=2, speaker="Bob", at=None))
    found = index.rows([5, 3, 9, 3, 1])
    assert sorted(found) == [3, 5]
    assert (found[3].text, found[3].speaker, found[3].said_at) == ("kettle", "Ann", NOON.replace(tzinfo=UTC))
    assert (found[5].text, found[5].speaker, found[5].said_at) == ("garden", "Bob", None)
    assert index.rows([]) == {}


@pytest.mark.parametrize("read", ["words", "meaning", "codes", "rows", "count"])
def test_a_reader_whose_files_a_writer_has_removed_looks_afresh(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: str
) -> None:
    """Old files are removed with each compaction, whoever has them open: a large index would take twice its size."""
    if read == "codes":
        monkeypatch.setattr(index_module, "EXACT_ROWS", 10)
    everything = list(range(1, 121))
    for start in range(1, 101, 20):
        put(index, rows(*((seq, f"kettle w{seq}") for seq in range(start, start + 20))))
    index.refresh_text()
    reader = Index(tmp_path / "index")
    reads: dict[str, Callable[[], object]] = {
        "words": lambda: sorted(seqs(reader.lexical("kettle", limit=200, where=EVERYTHING)[1])),
        "meaning": lambda: sorted(by_vector(reader, "kettle", limit=200)[0]),
        "codes": lambda: sorted(by_vector(reader, "kettle", limit=200)[0]),
        "rows": lambda: sorted(reader.rows(everything)),
        "count": reader.count,
    }
    before = reads[read]()
    put(index, rows(*((seq, f"kettle w{seq}") for seq in range(101, 121))))
    index.refresh_text()
    old, new = (100, 120) if read == "count" else (everything[:100], everything)
    assert before == old
    assert reads[read]() in (old, new), "it may know all that it takes"
    assert reads["rows"]() == everything, "rows are read from the files"
    assert reads["words"]() == everything


def test_an_index_that_grew_takes_no_more_than_one_made_at_once(index: Index, tmp_path: Path) -> None:
    for start in range(1, 3001, 100):
        put(index, rows(*((seq, f"kettle w{seq}") for seq in range(start, start + 100))))
        index.refresh_text()
    at_once = Index(tmp_path / "other")
    put(at_once, rows(*((seq, f"kettle w{seq}") for seq in range(1, 3001))))
    at_once.refresh_text()
    assert index.size < 1.1 * at_once.size


def test_a_dropped_index_is_gone(index: Index) -> None:
    put(index, rows((1, "kettle")))
    index.drop()
    assert not index.exists
    assert by_words(index, "kettle") == []


def test_an_index_that_cannot_be_opened_is_damage(index: Index, tmp_path: Path) -> None:
    put(index, rows((1, "kettle")))
    for manifest in (tmp_path / "index").rglob("*.manifest"):
        manifest.write_bytes(b"garbage")
    with pytest.raises(StoreDamaged, match="index"):
        Index(tmp_path / "index").count()


def test_vectors_of_another_length_are_refused(index: Index) -> None:
    put(index, rows((1, "kettle")))
    with pytest.raises(StoreDamaged, match=r"256.*64"):
        index.dense(np.ones(64, np.float32), limit=1, where=EVERYTHING)


def test_nothing_is_lost_when_search_becomes_approximate(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """At least 95 % of the ten best, of turns and of windows, are those of the exact search, on skewed word counts."""
    random = np.random.default_rng(7)
    vocabulary = np.array([f"w{n}" for n in range(1500)])
    shares = 1 / np.arange(1, 1501)
    shares /= shares.sum()
    texts = [" ".join(random.choice(vocabulary, random.integers(3, 12), p=shares)) for _ in range(6000)]
    for start in range(0, 6000, 2000):
        part = [(start + place + 1, text) for place, text in enumerate(texts[start : start + 2000])]
        put(index, rows(*part, session=start))
    queries = [" ".join(random.choice(vocabulary, 5, p=shares)) for _ in range(20)]
    exact = [by_vector(index, query) for query in queries]
    monkeypatch.setattr(index_module, "EXACT_ROWS", 5999)
    index.reopen()
    near = [by_vector(index, query) for query in queries]
    for kind in (0, 1):
        agreeing = sum(len({*one[kind]} & {*other[kind]}) for one, other in zip(exact, near, strict=True))
        assert agreeing >= 0.95 * 10 * len(queries)


def test_approximate_scores_are_true_scores(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is found approximately has the score that exact search would give it."""
    random = np.random.default_rng(3)
    put(index, rows(*((seq, " ".join(f"w{n}" for n in random.integers(0, 300, 6))) for seq in range(1, 801))))
    query = embed(["w1 w2 w3"])[0]
    exact = [dict(part) for part in index.dense(query, limit=800, where=EVERYTHING)]
    monkeypatch.setattr(index_module, "EXACT_ROWS", 799)
    monkeypatch.setattr(by_code, "RESCORED_SHARE", by_code.REFINED // 40)
    index.reopen()
    for part, truth in zip(index.dense(query, limit=100, where=EVERYTHING), exact, strict=True):
        assert part
        assert dict(part) == pytest.approx({seq: truth[seq] for seq in dict(part)}, abs=1e-4)


def test_filters_hold_in_approximate_search(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    """A filter that leaves few turns finds them, however many others are nearer."""
    put(index, rows(*((seq, f"kettle w{seq}") for seq in range(1, 501))))
    put(index, rows((501, "kettle"), speaker="Bob", session=2))
    put(index, rows((502, "garden fence"), speaker="Bob", session=3))
    monkeypatch.setattr(index_module, "EXACT_ROWS", 100)
    monkeypatch.setattr(by_code, "RESCORED_SHARE", by_code.REFINED // 10)
    index.reopen()
    assert by_vector(index, "kettle", Filter(speakers=["Bob"])) == ([501, 502], [501, 502])


def test_searches_by_words_that_are_begun_together_find_what_each_finds_alone(index: Index) -> None:
    assert index.begin_lexical("kettle", limit=5, where=EVERYTHING)() == ([], [])
    put(index, rows(*((seq, f"kettle w{seq % 5}" if seq % 3 else f"ferry w{seq}") for seq in range(1, 101))))
    asked = ["kettle", "w3", "ferry w4", "none"]
    alone = [index.lexical(text, limit=5, where=EVERYTHING) for text in asked]
    begun = [index.begin_lexical(text, limit=5, where=EVERYTHING) for text in asked]
    assert [finish() for finish in begun] == alone
    assert [[len(part) for part in found] for found in alone] == [[5, 5], [5, 5], [5, 5], [0, 0]]


def test_a_process_that_goes_on_searching_has_the_rows_in_memory(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    put(index, rows(*((seq, f"kettle w{seq % 9}") for seq in range(1, 301))))
    monkeypatch.setattr(index_module, "EXACT_ROWS", 100)
    index.reopen()
    queries = ["kettle w1", "w2 w3", "w4", "w8 kettle", "w5"]

    def answers() -> list[object]:
        return [(by_vector(index, query), index.rows([3, 1, 299, 9999])) for query in queries]

    from_disk = answers()
    for thread in threading.enumerate():
        if thread.name == "resident":
            thread.join()
    shutil.rmtree(index.folder / "turns.lance" / "data")
    assert answers() == from_disk
