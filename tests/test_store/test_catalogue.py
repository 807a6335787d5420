"""The catalogue keeps each turn once, knows what the index still misses, and gives back what it was given."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import duckdb
import pyarrow as pa
import pytest

from store.catalogue import Catalogue
from store.errors import StoreDamaged
from store.index_schema import turns_in
from store.store import Store
from store.tellings import sessions_with

Turns = Callable[..., pa.Table]

NOON = datetime(2024, 5, 1, 12)


def probe(*turns: tuple[str, str, datetime | None]) -> pa.Table:
    speakers, texts, times = zip(*turns, strict=True)
    return pa.table({"speaker": speakers, "text": texts, "said_at": pa.array(times, pa.timestamp("us"))})


def answer(id: str, asked_at: str = "2024-05-01T12:00:00+00:00") -> dict[str, object]:  # noqa: A002
    return {"kind": "answer", "id": id, "asked_at": asked_at, "question": "?", "document": f'{{"id": "{id}"}}'}


def recalled(id: str) -> dict[str, object]:  # noqa: A002
    at = "2024-05-01T12:00:00+00:00"
    return {"kind": "recall", "id": id, "item_id": "t", "recalled_at": at, "rating": 3, "answer_id": "a"}


def test_a_turn_is_added_once_to_its_session(catalogue: Catalogue, turns: Turns) -> None:
    assert catalogue.add_turns(turns({"id": "a"}, {"id": "b"})) == {1: 2}
    assert catalogue.add_turns(turns({"id": "a"}, {"id": "b"})) == {}
    assert catalogue.add_turns(turns({"id": "b"}, {"id": "c"}, {"id": "a", "session": 2})) == {1: 2}
    assert catalogue.counts()["turns"] == 4


def test_added_turns_are_counted_for_each_source(catalogue: Catalogue, turns: Turns) -> None:
    assert catalogue.keep_source(uri="/logs/b.txt", format="plain", sha256="1", size=1, batch=1) == 2
    assert catalogue.add_turns(turns({"id": "a"}, {"id": "b", "source": 2}, {"id": "c", "source": 2})) == {1: 1, 2: 2}
    assert [(row.uri, row.turns) for row in catalogue.source_rows()] == [("/logs/b.txt", 2), ("/logs/chat.txt", 1)]


def test_turns_are_numbered_in_the_order_of_reading_without_gaps(catalogue: Catalogue, turns: Turns) -> None:
    many = [{"id": f"{n:05}"} for n in reversed(range(5000))]
    catalogue.add_turns(turns(*many[:3000]))
    catalogue.add_turns(turns(*many[2000:]))
    rows = catalogue.rows_to_index(1, 6000)
    assert rows["seq"].to_pylist() == list(range(1, 5001))
    assert rows["id"].to_pylist() == [turn["id"] for turn in many]


def test_new_turns_wait_for_the_index(catalogue: Catalogue, turns: Turns) -> None:
    catalogue.add_turns(turns({"id": "a"}, {"id": "b"}))
    catalogue.add_turns(turns({"id": "a"}))
    catalogue.add_turns(turns({"id": "b"}, {"id": "c"}))
    assert catalogue.outbox() == [(1, 2), (3, 3)]
    assert catalogue.counts()["pending"] == 3


def test_a_stretch_of_turns_ends_where_its_words_grow_too_many(catalogue: Catalogue, turns: Turns) -> None:
    catalogue.add_turns(turns(*({"id": f"{number}", "text": "x" * 10 * number} for number in range(1, 7))))
    assert catalogue.pieces([(1, 6)], 1000) == [[(1, 6)]]
    assert catalogue.pieces([(1, 6)], 60) == [[(1, 3)], [(4, 4)], [(5, 5)], [(6, 6)]]
    assert catalogue.pieces([(1, 1), (4, 4), (6, 9)], 60) == [[(1, 1), (4, 4)], [(6, 9)]]
    assert catalogue.pieces([(5, 6)], 1) == [[(5, 5)], [(6, 6)]]
    assert catalogue.pieces([(7, 9)], 1) == [[(7, 9)]]


def test_turns_and_outbox_are_written_together_or_not_at_all(catalogue: Catalogue, turns: Turns) -> None:
    with pytest.raises(duckdb.ConstraintException):
        catalogue.add_turns(turns({"id": "a"}, {"id": "b", "text": None}))
    assert (catalogue.counts()["turns"], catalogue.outbox()) == (0, [])
    catalogue.add_turns(turns({"id": "a"}))
    assert [row.seq for row in catalogue.turns_by_id("")] == [1]


def test_the_outbox_can_be_cleared_in_part(catalogue: Catalogue, turns: Turns) -> None:
    catalogue.add_turns(turns(*({"id": f"a{n}"} for n in range(10))))
    catalogue.add_turns(turns(*({"id": f"b{n}"} for n in range(10))))
    catalogue.clear_outbox(4)
    assert catalogue.outbox() == [(5, 10), (11, 20)]
    catalogue.clear_outbox(15)
    assert catalogue.outbox() == [(16, 20)]
    catalogue.clear_outbox(20)
    assert (catalogue.outbox(), catalogue.counts()["pending"]) == ([], 0)


def test_what_comes_into_the_outbox_meanwhile_stays(catalogue):
    """Turns that were put in again after the indexing of their first entry had begun."""
    db = catalogue.connection
    db.execute("INSERT INTO outbox VALUES (1, 10), (3, 3), (11, 20)")
    seen = catalogue.outbox()
    db.execute("INSERT INTO outbox VALUES (3, 3), (5, 6), (21, 30)")
    left = catalogue.clear_outbox(10, seen)
    assert left == [(11, 20)]
    assert catalogue.outbox() == [(3, 3), (5, 6), (11, 20), (21, 30)]
    assert catalogue.clear_outbox(20, left) == []
    assert catalogue.outbox() == [(3, 3), (5, 6), (21, 30)]


def test_the_outbox_can_be_refilled_with_every_turn(catalogue: Catalogue, turns: Turns) -> None:
    catalogue.refill_outbox()
    assert catalogue.outbox() == []
    catalogue.add_turns(turns({"id": "a"}, {"id": "b"}))
    catalogue.clear_outbox(1)
    catalogue.refill_outbox()
    assert catalogue.outbox() == [(1, 2)]


def test_a_turn_is_indexed_with_its_speaker(catalogue: Catalogue, turns: Turns) -> None:
    said = [("a", 1, "one"), ("x", 2, "elsewhere"), ("b", 1, "two"), ("c", 1, "three")]
    catalogue.add_turns(
        turns(*({"id": name, "session": session, "text": text, "said_at": NOON, "position": position}
                for position, (name, session, text) in enumerate(said)))
    )  # fmt: skip
    rows = catalogue.rows_to_index(1, 4)
    assert rows["seq"].to_pylist() == [1, 2, 3, 4]
    assert rows["said"].to_pylist() == ["Ann: one", "Ann: elsewhere", "Ann: two", "Ann: three"]


def test_sessions_are_found_by_the_turns_they_share(catalogue: Catalogue, turns: Turns) -> None:
    catalogue.add_turns(
        turns(
            {"id": "a", "text": "hi", "said_at": NOON},
            {"id": "b", "text": "ho", "said_at": NOON},
            {"id": "c", "session": 2, "text": "hi", "said_at": NOON},
            {"id": "d", "session": 2, "text": "hi", "said_at": NOON},
        )
    )
    shared = probe(("Ann", "hi", NOON), ("Ann", "ho", NOON), ("Bob", "ho", NOON))
    assert sessions_with(catalogue.connection, "plain", shared) == [("s1", "s1", 2), ("s2", "s2", 1)]
    assert sessions_with(catalogue.connection, "irc", shared) == []
    assert (
        sessions_with(
            catalogue.connection, "plain", probe(("Ann", "hi", NOON + timedelta(minutes=1)), ("Ann", "hi", None))
        )
        == []
    )


def test_sessions_keep_their_numbers(catalogue: Catalogue) -> None:
    names = ["s2", "s9", "s1"]
    again = pa.table({"id": names, "format": ["plain"] * 3, "native_id": names, "title": ["new"] * 3})
    assert catalogue.keep_sessions(again) == {"s1": 1, "s2": 2, "s9": 3}


def test_a_source_that_changed_keeps_its_number(catalogue: Catalogue) -> None:
    assert catalogue.keep_source(uri="/logs/chat.txt", format="irc", sha256="2", size=20, batch=1) == 1
    assert [(row.uri, row.format) for row in catalogue.source_rows()] == [("/logs/chat.txt", "irc")]


def test_a_bad_record_is_kept_once(catalogue: Catalogue) -> None:
    bad = [("/a", 7, "no text"), ("/a", 7, "too deep"), ("/a", None, "binary"), ("/b", 7, "no text")]
    uris, lines, reasons = zip(*bad, strict=True)
    records = pa.table(
        {"batch": pa.array([1] * 4, pa.int32()), "uri": uris, "line": pa.array(lines, pa.int64()), "reason": reasons,
         "excerpt": [""] * 4}
    )  # fmt: skip
    catalogue.add_quarantine(records)
    catalogue.add_quarantine(records)
    assert catalogue.counts()["quarantine"] == 4


def test_a_record_that_one_ingest_meets_twice_is_in_quarantine_once(catalogue: Catalogue) -> None:
    met = [("/a", 1, "torn"), ("/a", None, "torn"), ("/a", 1, "torn"), ("/a", None, "torn"), ("/a", 1, "no text")]
    uris, lines, reasons = zip(*met, strict=True)
    excerpts = [f"meeting {number}" for number in range(len(met))]
    columns = {"batch": [1] * len(met), "uri": uris, "line": lines, "reason": reasons, "excerpt": excerpts}
    catalogue.add_quarantine(pa.table(columns))
    kept = catalogue.connection.execute("SELECT uri, line, reason FROM quarantine ORDER BY ALL").fetchall()
    assert kept == [("/a", 1, "no text"), ("/a", 1, "torn"), ("/a", None, "torn")]


def test_a_turn_comes_back_as_it_was_given(store: Store, catalogue: Catalogue, turns: Turns) -> None:
    at = NOON + timedelta(microseconds=1)
    catalogue.add_turns(
        turns({"id": "a", "session": 2, "text": "Öl \n'\x00", "said_at": at, "utc_offset": -330, "line": 41,
               "native_id": "D3:12", "metadata": "{}", "role": "tool", "position": 5})
    )  # fmt: skip
    row = catalogue.turns_by_id("a")[0]
    assert (row.seq, row.id, row.session, row.session_id, row.session_title) == (1, "a", 2, "s2", "s2")
    assert (row.speaker, row.role, row.text, row.position) == ("Ann", "tool", "Öl \n'\x00", 5)
    assert (row.said_at, row.utc_offset) == (at.replace(tzinfo=UTC), -330)
    assert (row.native_id, row.source, row.line, row.metadata) == ("D3:12", "/logs/chat.txt", 41, "{}")


def test_turns_are_found_by_the_beginning_of_their_id(catalogue: Catalogue, turns: Turns) -> None:
    catalogue.add_turns(turns(*({"id": f"ab{n:02}"} for n in range(12)), {"id": "ac"}))
    assert [row.id for row in catalogue.turns_by_id("ac")] == ["ac"]
    assert [row.id for row in catalogue.turns_by_id("ab")] == [f"ab{n:02}" for n in range(10)]
    assert catalogue.turns_by_id("a_") == catalogue.turns_by_id("%") == []


def test_the_index_gets_a_turn_as_the_catalogue_shows_it(catalogue: Catalogue, turns: Turns) -> None:
    catalogue.add_turns(turns({"id": "a", "session": 2, "said_at": NOON, "line": 41, "native_id": "D3:12"}))
    assert list(turns_in(catalogue.rows_to_index(1, 1)).values()) == catalogue.turns_by_id("a")


def test_a_turn_is_shown_among_its_neighbours(catalogue: Catalogue, turns: Turns) -> None:
    later = [{"id": f"{n}", "said_at": NOON - timedelta(minutes=n)} for n in range(6)]
    catalogue.add_turns(turns(*later, {"id": "x", "session": 2}))
    row = catalogue.turns_by_id("3")[0]
    assert [other.id for other in catalogue.turns_around(row, 1, 2)] == ["4", "3", "2", "1"]
    assert [other.id for other in catalogue.turns_around(row, 99, 0)] == ["5", "4", "3"]


def test_folding_twice_changes_nothing(catalogue: Catalogue) -> None:
    records = [answer("a"), recalled("r1"), recalled("r2")]
    catalogue.fold(records)
    catalogue.fold(records)
    counts = catalogue.counts()
    assert (counts["answers"], counts["recall_events"]) == (1, 2)


def test_the_last_answer_is_the_one_asked_last(catalogue: Catalogue) -> None:
    assert catalogue.last_answer() is None
    catalogue.fold([answer("late", "2024-05-01T13:30:00+02:00"), answer("early", "2024-05-01T11:00:00+00:00")])
    assert catalogue.last_answer() == '{"id": "late"}'


def test_a_record_of_unknown_kind_is_not_folded(store: Store) -> None:
    with pytest.raises(StoreDamaged, match="dream"), store.writing() as catalogue:
        catalogue.fold([recalled("r"), {"kind": "dream"}])
    with store.reading() as catalogue:
        assert catalogue.counts()["recall_events"] == 0


def test_the_span_of_time_leaves_untimed_turns_out(catalogue: Catalogue, turns: Turns) -> None:
    assert catalogue.time_span() == (None, None)
    catalogue.add_turns(
        turns({"id": "a", "said_at": NOON}, {"id": "b"}, {"id": "c", "said_at": NOON.replace(year=2020)})
    )
    assert catalogue.time_span() == (NOON.replace(year=2020, tzinfo=UTC), NOON.replace(tzinfo=UTC))


def test_a_batch_tells_what_it_added_and_when(store: Store, turns: Turns) -> None:
    began = datetime(2024, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    with store.writing() as catalogue:
        first, second = catalogue.begin_batch("x", began), catalogue.begin_batch("y", began)
        catalogue.add_turns(turns({"id": "a", "batch": second}))
        catalogue.end_batch(second, began)
        assert (first, second) == (1, 2)
    with duckdb.connect(str(store.folder / "memory.duckdb"), read_only=True) as database:
        rows = database.execute("SELECT started_at, finished_at, turns_added FROM batches ORDER BY number").fetchall()
    utc = datetime(2024, 1, 1)
    assert rows == [(utc, None, 0), (utc, utc, 1)]


def test_a_setting_is_kept_and_replaced(catalogue: Catalogue) -> None:
    assert catalogue.setting("embedder") is None
    catalogue.keep_setting("embedder", "a@1")
    catalogue.keep_setting("embedder", "b@1")
    assert catalogue.setting("embedder") == "b@1"
