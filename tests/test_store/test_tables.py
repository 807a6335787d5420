"""The declaration of the tables says what the schema is, so that no command can forget a table."""

import duckdb

from store.migrations import migrate
from store.tables import TABLES, VIEWS

NAMES = [table.name for table in TABLES]


def schema() -> dict[str, set[str]]:
    with duckdb.connect() as connection:
        migrate(connection)
        columns: dict[str, set[str]] = {}
        for table, column in connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE NOT internal"
        ).fetchall():
            columns.setdefault(table, set()).add(column)
        return {table: names for table, names in columns.items() if table not in VIEWS}


def test_every_table_is_declared() -> None:
    undeclared = sorted(set(schema()) - set(NAMES))
    assert undeclared == [], (
        f"add {undeclared} to TABLES in store/tables.py: what identifies a row, what its columns refer to, and, if a "
        "row tells anything of a turn, the condition `erased` by which it goes when that turn is deleted"
    )
    assert sorted(NAMES) == sorted(schema())


def test_declared_columns_exist() -> None:
    columns = schema()
    for table in TABLES:
        named = {*table.identity, *(reference.column for reference in table.refers)} | {table.number} - {None}
        assert named <= columns[table.name], table.name
        for reference in table.refers:
            assert reference.target in columns[reference.table], table.name


def test_conditions_run_and_read_only_what_is_erased_before() -> None:
    with duckdb.connect() as connection:
        migrate(connection)
        connection.execute("CREATE TEMP TABLE gone_turns AS FROM turns")
        for table in TABLES:
            if table.erased:
                rows = f"FROM {table.name} WHERE {table.erased}"
                connection.execute(f"CREATE OR REPLACE TEMP TABLE gone_{table.name} AS {rows}")


def test_a_column_that_looks_like_a_reference_to_a_turn_has_a_rule() -> None:
    """turn_id, turn_ids, item_id, seq, first_seq ...: whoever keeps one says what becomes of it."""
    declared = {table.name: table for table in TABLES}
    for name, columns in schema().items():
        if any(column in ("turn", "turn_id", "turn_ids", "item_id", "seq", "session", "source") for column in columns):
            assert declared[name].erased is not None, f"{name} refers to turns: declare `erased` in store/tables.py"
