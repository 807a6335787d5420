"""What the user said of memories counts at once, from the spool, and the same once it is folded."""

from datetime import UTC, datetime
from typing import Any

from store.standing import Standing
from store.states import StateRow
from store.store import Store

AT = datetime(2024, 5, 1, 12, tzinfo=UTC).isoformat()


def mark(item: str, what: str | None) -> dict[str, Any]:
    return {"kind": "mark", "item_id": item, "mark": what, "since": AT}


def rejection(item: str) -> dict[str, Any]:
    return {"kind": "rejection", "question": "Who?", "item_id": item, "answer_id": "a", "since": AT}


def rating(item: str, value: int) -> dict[str, Any]:
    return {
        "kind": "rating", "id": f"a-{item}", "item_id": item, "recalled_at": AT, "rating": value, "answer_id": "a",
        "question": "Who?",
    }  # fmt: skip


def folded(store: Store) -> Standing:
    with store.locks.writer():
        store.fold_spool()
    return Store.open(store.folder, wait_s=5).standing()


def test_a_reader_sees_each_record_when_it_is_written(store: Store) -> None:
    assert store.standing() == Standing(
        strengths={}, marks={}, rejections=[], claims=False, instructions=False, me=None, consolidated=""
    )
    store.spool.append([mark("one", "pinned"), mark("two", "forgotten")])
    assert store.standing().marks == {"one": "pinned", "two": "forgotten"}
    store.spool.append([mark("one", None), rejection("three"), {"kind": "answer", "id": "x"}])
    now = store.standing()
    assert (now.marks, now.rejections) == ({"two": "forgotten"}, [("Who?", "three")])
    store.spool.append([rating("three", 4)])
    assert store.standing().rejections == []


def test_what_is_kept_beside_the_catalogue_is_what_the_catalogue_says(store: Store) -> None:
    known = StateRow("one", "turn", 12.5, 4.25, datetime(2024, 5, 1, 12, 0, 0, 7, tzinfo=UTC), 3)
    never = StateRow("two", "turn", 1.0, 5.0, None, 0)
    store.spool.append([mark("one", "pinned"), rejection("three")])
    with store.locks.writer():
        store.fold_spool()
        with store.writing() as catalogue:
            catalogue.states.keep_states([known, never])
    read = Store.open(store.folder, wait_s=5).standing()
    assert read.strengths == {"one": known, "two": never}
    kept = store.folder / "cache" / "standing.json"
    assert kept.stat().st_mode & 0o077 == 0
    with store.locks.catalogue(shared=False):  # nobody can open the catalogue now, and nobody needs to
        assert Store.open(store.folder, wait_s=0).standing() == read
    for damaged in (b"", b"[]", b"{}", kept.read_bytes()[:-9], b"\xff"):
        kept.write_bytes(damaged)
        assert Store.open(store.folder, wait_s=5).standing() == read
    store.spool.append([mark("one", None)])
    assert folded(store).marks == {}


def test_folding_changes_nothing_of_it(store: Store) -> None:
    store.spool.append([mark("one", "pinned"), mark("one", "forgotten"), rejection("two"), rejection("two")])
    before = store.standing()
    after = folded(store)
    assert after.marks == before.marks == {"one": "forgotten"}
    assert set(after.rejections) == set(before.rejections)
    assert len(after.rejections) == 1
    store.spool.append([mark("one", "pinned")])
    assert store.standing().marks == {"one": "pinned"}


def test_a_users_rating_takes_the_place_of_the_one_that_citing_gave(store: Store) -> None:
    cited = {"kind": "recall", "id": "a-one", "item_id": "one", "recalled_at": AT, "rating": 3, "answer_id": "a"}
    store.spool.append([cited, rating("one", 1)])
    folded(store)
    store.spool.append([cited])  # the same answer, told again
    folded(store)
    with store.reading() as catalogue:
        assert [rating for _, rating in catalogue.states.events_of("one")] == [1]


def test_the_spool_is_read_on_from_where_a_reader_was(store: Store) -> None:
    store.spool.append([mark("one", "pinned")])
    records, position = store.spool.read_since((0, 0))
    assert [record["item_id"] for record in records] == ["one"]
    assert store.spool.read_since(position) == ([], position)
    store.spool.append([mark("two", "pinned")])
    records, position = store.spool.read_since(position)
    assert [record["item_id"] for record in records] == ["two"]
    folded(store)
    store.spool.append([mark("three", "pinned")])
    records, _ = store.spool.read_since(position)
    assert [record["item_id"] for record in records] == ["three"]
