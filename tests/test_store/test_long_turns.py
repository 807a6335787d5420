"""Very long turns stay apart on the disk, so that reading some of them takes little memory; short ones do not."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from store import erase, long_turns
from store.catalogue import Catalogue
from store.errors import StoreOutOfMemory
from store.exchange import export_lines, export_parquet, read_lines, take_in
from store.store import Store
from tests.test_store.conftest import turns_table

COMMITS, EACH, CHARS = 40, 16, 64 * 1024
"""40 MB of long turns."""

LITTLE = "24MB"
"""Too little for all of them."""


def said(number: int, chars: int = CHARS) -> str:
    chance = random.Random(number)
    return "".join(chance.choices("abcdefghijklmnop ", k=64)) * (chars // 64)


def tell(store: Store, first: int, *texts: str) -> None:
    """A commit of its own, as an ingest makes it."""
    with store.writing() as catalogue:
        catalogue.hold_memory()
        catalogue.add_turns(turns_table(*({"id": f"{first + at:06}", "text": text} for at, text in enumerate(texts))))


def groups(store: Store) -> int:
    with store.reading() as catalogue:
        [(found,)] = catalogue.connection.execute(
            "SELECT count(DISTINCT row_group_id) FROM pragma_storage_info('turns')"
        ).fetchall()
    return int(found)


def read_with_little(store: Store) -> int:
    """Read every value under a small bound; returns how many turns there are."""
    with store.reading() as catalogue:
        catalogue.connection.execute(f"SET memory_limit = '{LITTLE}'")
        catalogue.connection.execute("SELECT bit_xor(hash(COLUMNS(*))) FROM turns").fetchall()
        [(count,)] = catalogue.connection.execute("SELECT count(*) FROM turns WHERE length(text) > 9").fetchall()
    return int(count)


@pytest.fixture
def few_may_merge(monkeypatch: pytest.MonkeyPatch) -> None:
    let_few_merge(monkeypatch)


def let_few_merge(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(long_turns, "MERGED_BYTES", 2 * 1024 * 1024)
    patched.setattr(long_turns, "GROUP_BYTES", 4 * 1024 * 1024)
    patched.setattr(long_turns, "SCATTERED", 4)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A memory of 640 long turns, committed 16 at a time."""
    store = Store.create(tmp_path_factory.mktemp("told") / "memory", wait_s=10)
    with pytest.MonkeyPatch.context() as patched:
        let_few_merge(patched)
        with store.writing() as catalogue:
            prepare(catalogue)
        for first in range(0, COMMITS * EACH, EACH):
            tell(store, first, *map(said, range(first, first + EACH)))
    return store.folder


@pytest.fixture
def long(told: Path, tmp_path: Path, few_may_merge: None) -> Store:
    """That memory, to be changed."""
    return Store.open(shutil.copytree(told, tmp_path / "long"), wait_s=10)


def prepare(catalogue: Catalogue) -> None:
    from datetime import UTC, datetime

    catalogue.begin_batch("b", datetime(2024, 5, 1, tzinfo=UTC))
    catalogue.keep_source(uri="/logs/chat.txt", format="plain", sha256="0", size=1, batch=1)
    catalogue.keep_sessions(pa.table({"id": ["s"], "format": ["plain"], "native_id": ["s"], "title": ["s"]}))


def test_commits_of_long_turns_are_not_brought_together(long: Store) -> None:
    assert read_with_little(long) == COMMITS * EACH


def test_nor_are_they_by_a_later_commit_of_something_else(long: Store) -> None:
    tell(long, 100_000, "hello, are you there?")
    with long.writing() as catalogue:
        catalogue.keep_setting("me", "ann")
    assert read_with_little(long) == COMMITS * EACH + 1


def test_small_commits_of_ordinary_turns_are(store: Store) -> None:
    with store.writing() as catalogue:
        prepare(catalogue)
    for first in range(0, 200, 10):
        tell(store, first, *(f"line number {number}" for number in range(first, first + 10)))
    assert groups(store) <= 3


def test_a_memory_of_an_earlier_version_is_seen_to_hold_long_turns(long: Store) -> None:
    with long.writing() as catalogue:
        catalogue.connection.execute("DELETE FROM settings WHERE key = 'long_bytes'")
    before = groups(long)
    tell(long, 100_000, "hello, are you there?")
    assert groups(long) == before + 1
    assert read_with_little(long) == COMMITS * EACH + 1


def test_what_is_told_again_is_not_counted_again(long: Store) -> None:
    with long.reading() as catalogue:
        counted = catalogue.setting("long_bytes")
    tell(long, 0, *map(said, range(EACH)))
    with long.reading() as catalogue:
        assert catalogue.setting("long_bytes") == counted == str(COMMITS * EACH * CHARS)


def test_writing_the_catalogue_anew_brings_them_together_by_size(long: Store) -> None:
    with long.reading() as catalogue:
        rows = catalogue.connection.execute("FROM turns").fetchall()
    erase.compact(long)
    with long.reading() as catalogue:
        assert catalogue.connection.execute("FROM turns").fetchall() == rows
    assert groups(long) == COMMITS * EACH * CHARS // long_turns.GROUP_BYTES + 1
    assert read_with_little(long) == COMMITS * EACH


def test_it_is_worth_it_once_many_small_commits_lie_apart(long: Store) -> None:
    def scattered() -> bool:
        with long.reading() as catalogue:
            return long_turns.scattered(catalogue.connection)

    erase.compact(long)
    assert not scattered()
    for number in range(100_000, 100_040):
        tell(long, number, f"a short line, number {number}")
    assert scattered()


@pytest.mark.parametrize("how", ["lines", "parquet"])
def test_an_export_holds_all_of_them_in_their_order(
    long: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    import json
    from datetime import UTC, datetime

    import pyarrow.parquet as pq

    monkeypatch.setattr("store.exchange._EXPORTED_CHARS", 1_000_000)
    now = datetime(2024, 5, 2, tzinfo=UTC)
    with long.reading() as catalogue:
        catalogue.connection.execute(f"SET memory_limit = '{LITTLE}'")
        if how == "lines":
            records = map(json.loads, export_lines(catalogue, now=now))
            texts = [record["text"] for record in records if record["memcli"] == "turns"]
        else:
            export_parquet(catalogue, tmp_path / "out", now=now)
            texts = pq.read_table(tmp_path / "out" / "turns.parquet")["text"].to_pylist()
    assert texts == list(map(said, range(COMMITS * EACH)))


def test_an_import_is_counted(long: Store, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    with long.reading() as catalogue:
        tables = read_lines(line.encode() for line in export_lines(catalogue, now=datetime(2024, 5, 2, tzinfo=UTC)))
    other = Store.create(tmp_path / "other", wait_s=10)
    with other.writing() as catalogue:
        take_in(catalogue, tables, allow_return=False)
        assert catalogue.setting("long_bytes") == str(COMMITS * EACH * CHARS)


def test_what_needs_more_memory_than_is_allowed_says_so(long: Store) -> None:
    with pytest.raises(StoreOutOfMemory, match=r"needs more memory than the 3\.8 MiB") as raised, long.reading() as one:
        one.connection.execute("SET memory_limit = '4MB'")
        one.connection.execute("SELECT list(text) FROM turns").fetchall()
    assert raised.value.hint and isinstance(raised.value.__cause__, duckdb.OutOfMemoryException)


def test_a_commit_that_cannot_be_brought_into_the_file_says_so_too(long: Store, turns: Callable[..., pa.Table]) -> None:
    fatal = duckdb.FatalException(
        "FATAL Error: Transaction COMMIT succeeded and is durable, but the autocheckpoint failed. Reopen the database "
        "instance to recover. Failed to create checkpoint because of error: failed to pin block of size 880.0 KiB "
        "(243.9 MiB/244.1 MiB used)"
    )
    with pytest.raises(StoreOutOfMemory, match=r"244\.1 MiB"), long.writing():
        raise fatal
    assert read_with_little(long) == COMMITS * EACH
