"""The schema is brought up to date a step at a time, or the store stays as it was."""

import gzip
from pathlib import Path

import duckdb
import pytest

from store import migrations
from store.check import check_catalogue
from store.errors import MigrationFailed, StoreNewer
from store.migrations import MIGRATIONS, Migration, applied, copies, migrate
from store.store import Store

LAST = MIGRATIONS[-1].number
GOLDEN = Path(__file__).parent / "golden"


def test_steps_are_numbered_in_the_order_in_which_they_are_done() -> None:
    numbers = [step.number for step in MIGRATIONS]
    assert numbers == sorted(set(numbers))
    assert numbers[0] == 1


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
        assert connection.execute("SELECT value FROM settings WHERE key = 'embedder'").fetchall() == [("a@1",)]
    [copy] = copies(store.folder)
    assert copy.name == f"before-schema-{LAST}"
    with duckdb.connect(str(copy), read_only=True) as connection:
        assert applied(connection) == LAST


def test_a_step_that_would_lose_rows_is_rolled_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    lossy = Migration(LAST + 1, "lossy", ("DELETE FROM settings",))
    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, lossy))
    with pytest.raises(MigrationFailed, match=r"lossy.*lose rows of settings"), store.reading():
        pass
    with duckdb.connect(str(store.folder / "memory.duckdb"), read_only=True) as connection:
        assert applied(connection) == LAST
        assert connection.execute("SELECT count(*) FROM settings").fetchall() != [(0,)]


def test_a_reader_that_finds_an_older_schema_migrates_it_and_leaves_a_copy(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for ahead in (1, 2):
        step = Migration(LAST + ahead, "more", (f"CREATE TABLE more{ahead} (x INTEGER)",))
        monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, step))
        with store.reading() as catalogue:
            assert catalogue.connection.execute(f"FROM more{ahead}").fetchall() == []
        assert [copy.name for copy in copies(store.folder)] == [f"before-schema-{LAST + ahead - 1}"]


@pytest.mark.parametrize("schema", sorted(int(path.name.split("-")[1].split(".")[0]) for path in GOLDEN.glob("*.gz")))
def test_a_store_of_every_released_schema_becomes_one_of_today(tmp_path: Path, schema: int) -> None:
    """The golden stores are made by tests/test_store/golden/make.py."""
    folder = tmp_path / "memory"
    folder.mkdir(mode=0o700)
    (folder / "memory.duckdb").write_bytes(gzip.decompress((GOLDEN / f"schema-{schema}.duckdb.gz").read_bytes()))
    store = Store.open(folder, wait_s=0)
    with store.reading() as catalogue:
        counts = catalogue.counts()
        assert {name: counts[name] for name in ("sources", "sessions", "turns", "answers", "recall_events")} == {
            "sources": 1, "sessions": 2, "turns": 6, "answers": 1, "recall_events": 1,
        }  # fmt: skip
        assert list(check_catalogue(catalogue)) == []
        assert {row["said"] for row in catalogue.rows_to_index(1, 6).to_pylist()} == {f"Ann: word{n}" for n in range(6)}
    assert [copy.name for copy in copies(folder)] == [f"before-schema-{schema}"] * (schema < LAST)
