"""A store is made only where nothing else is, is private, and says plainly what is wrong with it."""

import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from store.errors import StoreDamaged, StoreExposed, StoreLocked, StoreMissing
from store.migrations import latest, schema_of
from store.store import CATALOGUE, Store


def test_a_store_that_was_created_can_be_opened(tmp_path: Path) -> None:
    Store.create(tmp_path / "new" / "memory", wait_s=0)
    with Store.open(tmp_path / "new" / "memory", wait_s=0).reading() as catalogue:
        assert catalogue.counts()["turns"] == 0


def test_creating_twice_keeps_what_is_there(store: Store) -> None:
    with store.writing() as catalogue:
        catalogue.keep_setting("embedder", "a@1")
    with Store.create(store.folder, wait_s=0).reading() as catalogue:
        assert catalogue.setting("embedder") == "a@1"


def test_there_is_no_store_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing, match="does not exist"):
        Store.open(tmp_path / "none", wait_s=0)
    with pytest.raises(StoreMissing, match="not a memory"):
        Store.open(tmp_path, wait_s=0)
    assert list(tmp_path.iterdir()) == []


def test_a_store_is_never_put_among_other_files(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Ann")
    for place in (tmp_path, tmp_path / "letter.txt"):
        with pytest.raises(StoreMissing, match="not an empty folder"):
            Store.create(place, wait_s=0)
    assert [entry.name for entry in tmp_path.iterdir()] == ["letter.txt"]


def test_an_empty_folder_becomes_private(tmp_path: Path) -> None:
    folder = tmp_path / "memory"
    folder.mkdir(mode=0o755)
    Store.create(folder, wait_s=0)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_store_that_others_may_enter_is_refused_unless_told(store: Store) -> None:
    store.folder.chmod(0o750)
    for way in (Store.open, Store.create):
        with pytest.raises(StoreExposed, match="750"):
            way(store.folder, wait_s=0)
        with way(store.folder, wait_s=0, exposed=True).reading() as catalogue:
            assert catalogue.counts()["turns"] == 0


def test_a_creation_that_was_cut_off_is_taken_up_again(tmp_path: Path) -> None:
    """Killed after making the locks, or with a catalogue that has a file and no tables yet."""
    (tmp_path / "a" / "locks").mkdir(parents=True)
    Store.create(tmp_path / "a", wait_s=0)
    (tmp_path / "b").mkdir(mode=0o700)
    duckdb.connect(str(tmp_path / "b" / "memory.duckdb")).close()
    with Store.create(tmp_path / "b", wait_s=0).reading() as catalogue:
        assert catalogue.counts()["turns"] == 0


@pytest.mark.parametrize("content", [b"this is no database\n" * 1000, b"x", b"\0" * 8192])
def test_a_garbage_catalogue_is_damage(store: Store, content: bytes) -> None:
    path = store.folder / "memory.duckdb"
    path.write_bytes(content)
    with pytest.raises(StoreDamaged, match=r"memory\.duckdb"), store.reading():
        pass
    with pytest.raises(StoreDamaged, match=r"memory\.duckdb"):
        Store.create(store.folder, wait_s=0)
    assert path.read_bytes() == content


@pytest.mark.parametrize("table", ["turns", "migrations", "letters"])
def test_a_database_of_something_else_is_no_store(tmp_path: Path, table: str) -> None:
    with duckdb.connect(str(tmp_path / "memory.duckdb")) as connection:
        connection.execute(f"CREATE TABLE {table} (x INTEGER)")
    with (
        pytest.raises(StoreDamaged, match="not a memcli catalogue"),
        Store.open(tmp_path, wait_s=0).reading() as catalogue,
    ):
        catalogue.counts()
    with pytest.raises(StoreDamaged, match="not a memcli catalogue"):
        Store.create(tmp_path, wait_s=0)
    with duckdb.connect(str(tmp_path / "memory.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT table_name FROM duckdb_tables()").fetchall() == [(table,)]


def test_a_catalogue_open_in_another_program_is_locked_not_damaged(store: Store) -> None:
    code = "import duckdb, sys; held = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    arguments = [sys.executable, "-c", code, str(store.folder / "memory.duckdb")]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(StoreLocked, match=str(other.pid)), Store.open(store.folder, wait_s=0).reading():
            pass
        other.kill()


def test_added_turns_are_safe_whatever_happens_next(store: Store, turns: Callable[..., Any]) -> None:
    with pytest.raises(RuntimeError, match="stop"), store.writing() as catalogue:
        catalogue.add_turns(turns({"id": "a"}))
        raise RuntimeError("stop")
    with store.reading() as catalogue:
        assert (catalogue.counts()["turns"], catalogue.outbox()) == (1, [(1, 1)])


def test_the_catalogue_runs_no_files_but_its_own(store: Store, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with store._connection(read_only=True) as connection, pytest.raises(duckdb.PermissionException):
        connection.execute(f"FROM '{secret}'")


def test_everything_the_command_writes_is_the_users_alone(memcli: Any, write_turns: Callable[..., Path]) -> None:
    log = write_turns("chat.jsonl", {"speaker": "Ann", "text": "the kettle is blue"})
    assert memcli("--memory", "./memory", "ingest", log).code == 0
    assert memcli("--memory", "./memory", "ask", "What colour is the kettle?").code in (0, 4)
    modes = {
        path: stat.S_IMODE(path.stat().st_mode) for path in [memcli.home / "memory", *memcli.home.rglob("memory/**/*")]
    }
    assert {path.name for path in modes} >= {"memory", "memory.duckdb", "spool.jsonl", "turns.lance", "writer.lock"}
    assert {path: oct(mode) for path, mode in modes.items() if mode != (0o700 if path.is_dir() else 0o600)} == {}


def test_a_store_whose_making_was_cut_off_is_made_when_it_is_used(tmp_path: Path) -> None:
    folder = tmp_path / "memory"
    Store.create(folder, wait_s=0)
    (folder / CATALOGUE).unlink()
    duckdb.connect(str(folder / CATALOGUE)).close()  # as a process leaves it that is killed right after
    with Store.open(folder, wait_s=0).reading() as catalogue:
        assert catalogue.counts()["turns"] == 0
    with Store.open(folder, wait_s=0).writing() as catalogue:
        assert schema_of(catalogue.connection) == latest()
