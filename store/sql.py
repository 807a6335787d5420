"""One read-only SQL statement over the catalogue, for people and programs that want more than the commands give.

It runs on a private copy of the catalogue, so it can neither change the store nor make anybody wait, and in a DuckDB
that may open no file, load no extension and reach no network, which the statement cannot change either.
"""

from __future__ import annotations

from typing import Any

from store.backup import snapshot
from store.errors import SqlRefused
from store.store import Store

READS = ("SELECT", "EXPLAIN")


def query(store: Store, statement: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Names of the columns, and the rows. Raises SqlRefused for what is no single statement that reads."""
    import duckdb

    try:
        statements = duckdb.extract_statements(statement)
    except duckdb.Error as error:
        raise SqlRefused(str(error)) from error
    if len(statements) != 1:
        raise SqlRefused(f"one statement at a time, please: these are {len(statements)}")
    if statements[0].type.name not in READS:
        raise SqlRefused(f"{statements[0].type.name} is not allowed: only statements that read are")
    with snapshot(store) as catalogue:
        db = catalogue.connection
        db.execute("SET lock_configuration = true")
        try:
            found = db.execute(statement)
            return [column[0] for column in found.description], found.fetchall()
        except duckdb.Error as error:
            raise SqlRefused(str(error)) from error
