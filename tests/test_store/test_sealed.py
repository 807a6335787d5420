"""An encrypted catalogue: the disk says nothing, and what a crash or a fault leaves is what was committed."""

from __future__ import annotations

import os
import random
import secrets
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from store.check import check
from store.errors import KeyRefused, StoreDamaged, StoreUnwritable
from store.sealed_file import PAGE, SealedFile
from store.sealing import HEADER_BYTES, Seal, is_sealed, new_key, parsed_key
from store.store import Store

KEY = secrets.token_bytes(32)


def key(_: Path) -> bytes:
    return KEY


@pytest.fixture(autouse=True)
def private() -> Any:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.create(tmp_path / "memory", wait_s=10, key=key, encrypted=True)


def again(store: Store) -> Store:
    return Store.open(store.folder, wait_s=5, key=key)


def remember(store: Store, turns: Callable[..., Any], *numbers: int) -> None:
    with store.writing() as catalogue:
        catalogue.add_turns(turns(*({"id": f"{n:032x}", "text": f"plainword {n}"} for n in numbers)))


def known(store: Store) -> list[str]:
    with store.reading() as catalogue:
        return [row[0] for row in catalogue.connection.execute("SELECT text FROM turns ORDER BY seq").fetchall()]


def test_what_is_written_is_read_again(store: Store, turns: Callable[..., Any]) -> None:
    remember(store, turns, 1, 2)
    remember(store, turns, 3)
    assert known(again(store)) == ["plainword 1", "plainword 2", "plainword 3"]
    assert known(store) == known(again(store))


def test_a_reader_sees_what_another_process_committed(store: Store, turns: Callable[..., Any]) -> None:
    reader = again(store)
    assert known(reader) == []
    remember(store, turns, 1)
    assert known(reader) == ["plainword 1"]


def test_nothing_is_in_clear(store: Store, turns: Callable[..., Any]) -> None:
    remember(store, turns, *range(500))
    store.spool.append([{"kind": "answer", "id": "0" * 32, "document": "plainword"}])
    for path in store.folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"plainword" not in data
            assert b"turns" not in data, "not even the names of tables"
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert is_sealed(store.folder / "memory.duckdb")
    assert store.spool.read() == again(store).spool.read() != []


def test_another_key_is_refused_and_changes_nothing(store: Store, turns: Callable[..., Any]) -> None:
    remember(store, turns, 1)
    before = (store.folder / "memory.duckdb").read_bytes()
    for way in (Store.open, Store.create):
        with pytest.raises(KeyRefused, match="not the key"):
            way(store.folder, wait_s=0, key=lambda _: secrets.token_bytes(32))
        with pytest.raises(KeyRefused, match="no key"):
            way(store.folder, wait_s=0)
    assert (store.folder / "memory.duckdb").read_bytes() == before
    assert known(again(store)) == ["plainword 1"]


def test_every_cut_leaves_a_whole_commit(store: Store, turns: Callable[..., Any]) -> None:
    """A crash may end the file anywhere behind the last commit that was acknowledged."""
    path = store.folder / "memory.duckdb"
    remember(store, turns, 1)
    first = path.stat().st_size
    remember(store, turns, 2)
    whole = path.read_bytes()
    chance = random.Random(1)
    cuts = [first + 1, first + 3, first + 4, first + 20, len(whole) - 1, *chance.sample(range(first, len(whole)), 20)]
    for cut in cuts:
        path.write_bytes(whole[:cut])
        assert known(again(store)) == ["plainword 1"], cut
        fresh = again(store)
        remember(fresh, turns, 3)
        assert known(again(store)) == ["plainword 1", "plainword 3"], cut
    path.write_bytes(whole[:first] + bytes(len(whole) - first))  # the length was written, the bytes were not
    assert known(again(store)) == ["plainword 1"]
    tails = [finding for finding in check(again(store)) if finding.kind == "catalogue tail"]
    assert len(tails) == 1
    remember(again(store), turns, 3)
    assert known(again(store)) == ["plainword 1", "plainword 3"]
    assert [finding for finding in check(again(store)) if "tail" in finding.kind] == []


@pytest.mark.parametrize("what", ["flipped", "exchanged", "left out"])
def test_a_change_is_damage_and_never_other_words(store: Store, turns: Callable[..., Any], what: str) -> None:
    path = store.folder / "memory.duckdb"
    ends = []
    for number in range(3):
        remember(store, turns, number)
        ends.append(path.stat().st_size)
    whole = path.read_bytes()
    second, third = whole[ends[0] : ends[1]], whole[ends[1] :]
    path.write_bytes(
        {
            "flipped": whole[: ends[0] + 100] + bytes([whole[ends[0] + 100] ^ 1]) + whole[ends[0] + 101 :],
            "exchanged": whole[: ends[0]] + third + second,
            "left out": whole[: ends[0]] + third,
        }[what]
    )
    with pytest.raises(StoreDamaged, match="cannot be decrypted"):
        known(again(store))
    with pytest.raises(StoreDamaged):
        remember(again(store), turns, 9)
    assert "catalogue" in [finding.kind for finding in check(again(store))]


def test_a_file_of_another_memory_is_refused(store: Store, tmp_path: Path, turns: Callable[..., Any]) -> None:
    """Even with the same key: its salt is another one, so its spool would not open."""
    other = Store.create(tmp_path / "other", wait_s=0, key=key, encrypted=True)
    remember(other, turns, 7)
    (store.folder / "memory.duckdb").write_bytes((other.folder / "memory.duckdb").read_bytes())
    with pytest.raises(KeyRefused):
        known(store)


def test_a_commit_that_the_disk_refuses_is_none(
    store: Store, turns: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk of this test is full at the third write; tests/faults has real ones."""
    import errno

    import store.sealed_file as module

    remember(store, turns, 1)
    size = (store.folder / "memory.duckdb").stat().st_size

    def refuse(stream: Any, data: bytes) -> None:
        stream.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(module, "_write_all", refuse)
        with pytest.raises(StoreUnwritable, match="no space left"):
            remember(store, turns, 2)
    assert (store.folder / "memory.duckdb").stat().st_size == size
    assert known(store) == ["plainword 1"]
    remember(store, turns, 3)
    assert known(again(store)) == ["plainword 1", "plainword 3"]


def test_an_error_keeps_what_was_committed_before_it(store: Store, turns: Callable[..., Any]) -> None:
    with pytest.raises(ZeroDivisionError), store.writing() as catalogue:
        catalogue.add_turns(turns({"id": "1" * 32, "text": "plainword 1"}))
        catalogue.connection.begin()
        catalogue.connection.execute("DELETE FROM turns")
        _ = 1 / 0
    assert known(again(store)) == ["plainword 1"]


def test_the_log_is_written_anew_when_it_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import store.sealed_file as module

    monkeypatch.setattr(module, "LOOSE_BYTES", 0)
    path, seal = tmp_path / "file", Seal.fresh(KEY)
    file = SealedFile.create(path, seal)
    number = path.read_bytes()[:HEADER_BYTES]
    contents = [secrets.token_bytes(3 * PAGE + 17 * place) for place in range(12)]
    for content in contents:
        file.content.seek(0)
        file.content.truncate()
        file.content.write(content)
        file.commit()
        reader = SealedFile(path, seal)
        reader.refresh()
        assert reader.content.getvalue() == content
    assert path.stat().st_size < 4 * len(contents[-1])
    assert path.read_bytes()[:HEADER_BYTES] != number
    assert list(tmp_path.iterdir()) == [path]


def test_a_shrinking_file_is_as_long_as_it_was_left(tmp_path: Path) -> None:
    path, seal = tmp_path / "file", Seal.fresh(KEY)
    file = SealedFile.create(path, seal)
    for size in (5 * PAGE, 2 * PAGE + 5, 2 * PAGE + 5, 0, PAGE):
        content = secrets.token_bytes(size)
        file.content.seek(0)
        file.content.truncate()
        file.content.write(content)
        file.commit()
        reader = SealedFile(path, seal)
        reader.refresh()
        assert reader.content.getvalue() == content


def test_nothing_reaches_outside(store: Store, tmp_path: Path) -> None:
    import duckdb

    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with store.reading() as catalogue:
        for statement in (f"FROM read_csv('{secret}')", "SET enable_external_access = true", "LOAD httpfs"):
            with pytest.raises(duckdb.Error):
                catalogue.connection.execute(statement).fetchall()


def test_what_does_not_fit_into_memory_is_not_spilled(store: Store, tmp_path: Path) -> None:
    import duckdb

    with store.reading() as catalogue:
        [(place,)] = catalogue.connection.execute("SELECT current_setting('temp_directory')").fetchall()
        assert not place
        catalogue.connection.execute("SET memory_limit = '20MB'")
        with pytest.raises(duckdb.OutOfMemoryException):
            catalogue.connection.execute(
                "SELECT count(*) FROM (SELECT md5(range::VARCHAR) || md5(range::VARCHAR) AS w FROM range(3000000) "
                "ORDER BY w DESC OFFSET 10)"
            ).fetchall()


@pytest.mark.parametrize(
    "text",
    ["", "password", "a" * 44, new_key()[:-4], new_key() + "AAAA"],
    ids=["nothing", "a word", "no bytes of a key", "too short", "too long"],
)
def test_only_a_key_is_a_key(text: str) -> None:
    with pytest.raises(KeyRefused) as refused:
        parsed_key(text, "the file")
    assert not text or text not in str(refused.value)


def test_a_key_may_be_written_in_both_alphabets() -> None:
    import base64

    raw = bytes(range(224, 256))
    for text in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
        assert parsed_key(f"{text.decode()}\n", "the file") == raw


def test_it_holds_what_an_ordinary_database_holds(store: Store) -> None:
    """Growing, shrinking, emptied: DuckDB cuts its file, and reuses space in it."""
    import duckdb

    chance = random.Random(5)
    table = "CREATE TABLE work (a BIGINT, b VARCHAR)"
    ordinary = duckdb.connect()
    ordinary.execute(table)
    with store.writing() as catalogue:
        catalogue.connection.execute(table)
    for step in range(16):
        first, count = chance.randrange(10**6), chance.choice([1, 100, 20_000])
        statement = (
            f"INSERT INTO work SELECT {first} + i, md5((i * {first})::VARCHAR) FROM range({count}) r(i)",
            f"DELETE FROM work WHERE a % {2 + step} = 0",
            "DELETE FROM work" if step % 8 == 7 else "UPDATE work SET b = b || 'y' WHERE a % 20 = 1",
            f"INSERT INTO work SELECT i, repeat('z', i % 300) FROM range({count}) r(i)",
        )[step % 4]
        ordinary.execute(statement)
        with store.writing() as catalogue:
            catalogue.connection.execute(statement)
        rows = "SELECT count(*), bit_xor(hash(a, b)) FROM work"
        with again(store).reading() as catalogue:
            assert catalogue.connection.execute(rows).fetchall() == ordinary.execute(rows).fetchall(), statement
