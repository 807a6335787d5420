"""The schema is brought up to date a step at a time, or the store stays as it was."""

from pathlib import Path

import duckdb
import pytest

from store import migrations
from store.errors import MigrationFailed, StoreNewer
from store.migrations import MIGRATIONS, Migration, applied, migrate
from store.store import Store

LAST = MIGRATIONS[-1].number


def test_steps_are_numbered_from_one_without_gaps() -> None:
    assert [step.number for step in MIGRATIONS] == list(range(1, LAST + 1))


def test_a_fresh_catalogue_gets_every_step_once() -> None:
    with duckdb.connect() as connection:
        migrate(connection)
        migrate(connection)
        done = connection.execute("SELECT number, name FROM migrations ORDER BY number").fetchall()
        assert done == [(step.number, step.name) for step in MIGRATIONS]
        assert applied(connection) == LAST


def test_a_later_step_is_added_and_keeps_what_is_there(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.writing() as catalogue:
        catalogue.keep_setting("embedder", "a@1")
    step = Migration(LAST + 1, "more", ("CREATE TABLE more (x INTEGER)", "INSERT INTO more VALUES (7)"))
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, step))
    with Store.create(store.folder, wait_s=0).reading() as catalogue:
        assert catalogue.setting("embedder") == "a@1"
    with duckdb.connect(str(store.folder / "memory.duckdb"), read_only=True) as connection:
        assert connection.execute("FROM more").fetchall() == [(7,)]
        assert applied(connection) == LAST + 1


def test_a_store_of_a_newer_program_is_left_alone(store: Store) -> None:
    path = store.folder / "memory.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("INSERT INTO migrations VALUES (999, 'from the future', current_timestamp::TIMESTAMP)")
    before = path.read_bytes()
    with pytest.raises(StoreNewer, match="999"), Store.open(store.folder, wait_s=0).reading():
        pass
    with pytest.raises(StoreNewer), Store.open(store.folder, wait_s=0).writing():
        pass
    with pytest.raises(StoreNewer):
        Store.create(store.folder, wait_s=0)
    assert path.read_bytes() == before


def test_a_step_that_fails_is_rolled_back(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.writing() as catalogue:
        catalogue.keep_setting("embedder", "a@1")
    good = Migration(LAST + 1, "good", ("CREATE TABLE good (x INTEGER)",))
    broken = Migration(LAST + 2, "broken", ("CREATE TABLE half (x INTEGER)", "DELETE FROM settings", "FROM nowhere"))
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, good, broken))
    with pytest.raises(MigrationFailed, match=r"broken.*rolled back"):
        Store.create(store.folder, wait_s=0)
    with duckdb.connect(str(store.folder / "memory.duckdb")) as connection:
        assert applied(connection) == LAST + 1
        tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        assert "good" in tables
        assert "half" not in tables
    with store.reading() as catalogue:
        assert catalogue.setting("embedder") == "a@1"
