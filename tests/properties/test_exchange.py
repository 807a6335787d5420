"""An export brings everything to an empty store, and adds to another what is new there, whatever the rows are."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from store.catalogue import Catalogue
from store.check import check_catalogue
from store.exchange import EXPORTED, export_lines, export_parquet, read_lines, read_parquet, take_in
from store.migrations import migrate
from store.tables import TURN_CHECKSUM

NOW = datetime(2024, 6, 1, tzinfo=UTC)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "VARCHAR": TEXT,
    "TIMESTAMP": st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)),
    "BOOLEAN": st.booleans(),
    "DOUBLE": st.floats(allow_nan=False, allow_infinity=False),
    "FLOAT": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "TINYINT": st.integers(-100, 100),
    "SMALLINT": st.integers(-800, 800),
    "INTEGER": st.integers(0, 2**31 - 1),
    "BIGINT": st.integers(0, 2**62),
    "UBIGINT": st.integers(0, 2**64 - 1),
    "BLOB": st.binary(max_size=10),
    "VARCHAR[]": st.lists(st.text("abc", max_size=5), max_size=3),
    "FLOAT[]": st.lists(st.floats(-1, 1, width=16), max_size=3),
}
"""A column of another type needs a line here."""


def columns(db: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str, bool]]:
    return db.execute(
        "SELECT column_name, data_type, is_nullable FROM duckdb_columns() WHERE table_name = ? ORDER BY column_index",
        [table],
    ).fetchall()


def fill(db: duckdb.DuckDBPyConnection, data: st.DataObject, tag: str) -> None:
    """Random rows in every exported table, numbered from 1, that refer to each other as they should."""
    sizes = {table.name: data.draw(st.integers(1, 4), table.name) for table in EXPORTED}
    sizes["people"] = min(sizes["people"], sizes["speakers"])
    for table in EXPORTED:
        targets = {reference.column: reference.table for reference in table.refers}
        known = set()
        for number in range(1, sizes[table.name] + 1):
            row: dict[str, Any] = {}
            for name, kind, nullable in columns(db, table.name):
                if name == table.number:
                    row[name] = number
                elif (name,) == table.identity and name in targets:
                    row[name] = number  # a row a target at most
                elif name in targets:
                    row[name] = data.draw(st.integers(1, sizes[targets[name]]))
                elif name in table.identity and kind == "VARCHAR":
                    row[name] = f"{tag}{number}"
                elif name in table.identity and kind == "TIMESTAMP":
                    row[name] = datetime(2024, 1, 1) + timedelta(days=number, hours=len(tag))
                elif name in table.identity:
                    row[name] = number
                else:
                    row[name] = data.draw(st.none() | VALUES[kind] if nullable else VALUES[kind])
            identity = tuple(row[name] for name in table.identity)
            if all(name in targets for name in table.identity) and identity in known:
                continue  # no store has two rows of one identity
            known.add(identity)
            marks = ", ".join("?" * len(row))
            db.execute(f"INSERT INTO {table.name} ({', '.join(row)}) VALUES ({marks})", list(row.values()))
    db.execute(f"UPDATE turns SET checksum = {TURN_CHECKSUM}")
    db.execute("UPDATE settings SET value = ? WHERE key = 'next_seq'", [str(sizes["turns"] + 1)])


def rows(db: duckdb.DuckDBPyConnection) -> dict[str, list[Any]]:
    return {table.name: sorted(db.execute(f"FROM {table.name}").fetchall(), key=repr) for table in EXPORTED}


def lines(catalogue: Catalogue) -> list[bytes]:
    return [line.encode() for line in export_lines(catalogue, now=NOW)]


@settings(max_examples=10, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.data())
def test_an_export_into_an_empty_store_brings_everything(data: st.DataObject) -> None:
    with duckdb.connect() as one, duckdb.connect() as two, duckdb.connect() as three:
        for db in (one, two, three):
            migrate(db)
        fill(one, data, "a")
        first, second, third = Catalogue(one), Catalogue(two), Catalogue(three)
        exported = lines(first)
        take_in(second, read_lines(exported), allow_return=False)
        assert rows(two) == rows(one)
        assert lines(second) == exported
        assert list(check_catalogue(second)) == list(check_catalogue(first))
        assert take_in(second, read_lines(exported), allow_return=False) == {}, "a second time adds nothing"
        with tempfile.TemporaryDirectory() as folder:
            export_parquet(first, Path(folder, "out"), now=NOW)
            take_in(third, read_parquet(Path(folder, "out")), allow_return=False)
        assert rows(three) == rows(one)


@settings(max_examples=10, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.data())
def test_an_export_into_a_store_in_use_keeps_what_is_there_and_follows_references(data: st.DataObject) -> None:
    with duckdb.connect() as one, duckdb.connect() as two:
        for db in (one, two):
            migrate(db)
        fill(one, data, "a")
        fill(two, data, "b")
        before = rows(two)
        take_in(Catalogue(two), read_lines(lines(Catalogue(one))), allow_return=False)
        after = rows(two)
        said = """SELECT t.id, t.text, t.said_at, s.id, o.uri, b.id FROM turns t JOIN sessions s ON s.number = t.session
                  JOIN sources o ON o.number = t.source JOIN batches b ON b.number = t.batch"""
        assert set(one.execute(said).fetchall()) <= set(two.execute(said).fetchall())
        for name, known in before.items():
            assert all(row in after[name] for row in known), name
        [(first, last)] = two.execute("FROM outbox").fetchall()
        assert last - first + 1 == len(rows(one)["turns"])
