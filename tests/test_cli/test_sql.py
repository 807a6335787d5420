"""memcli sql reads the tables, one statement at a time, and can do nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from store.errors import SqlRefused
from store.sql import query
from store.store import Store


def test_rows_come_out_for_people_and_for_programs(story: Any) -> None:
    memcli, memory = story
    statement = (
        "SELECT speaker, count(*) AS turns, min(said_at) AS first FROM turns GROUP BY ALL ORDER BY 2 DESC LIMIT 2"
    )
    printed = memcli("--memory", memory, "sql", statement)
    assert printed.code == 0, printed.err
    assert printed.out.splitlines()[0] == "speaker\tturns\tfirst"
    document = memcli("--memory", memory, "--json", "sql", "-", stdin=statement).json
    assert (document["schema"], document["columns"]) == (1, ["speaker", "turns", "first"])
    assert document["rows"][0][2].endswith("Z")
    assert len(document["rows"]) == 2


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM turns",
        "DROP TABLE turns",
        "INSERT INTO settings VALUES ('a', 'b')",
        "SELECT 1; SELECT 2",
        "",
        "COPY turns TO 'FOLDER/out.csv'",
        "ATTACH 'FOLDER/other.duckdb'",
        "EXPORT DATABASE 'FOLDER/out'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "PRAGMA database_list",
        "CREATE TABLE x (y INTEGER)",
        "SELECT * FROM read_text('FOLDER/secret.txt')",
        "SELECT * FROM 'FOLDER/secret.csv'",
        "SELECT * FROM glob('FOLDER/*')",
        "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
        "EXPLAIN ANALYZE DELETE FROM turns",
        "CALL force_checkpoint()",
        "SELEC 1",
        "SELECT nothing FROM turns",
    ],
)
def test_nothing_but_reading_the_tables_is_possible(story: Any, tmp_path: Path, statement: str) -> None:
    _, memory = story
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "secret.csv").write_text("a\nsecret\n")
    before = (memory / "memory.duckdb").read_bytes()
    with pytest.raises(SqlRefused):
        query(Store.open(memory, wait_s=5), statement.replace("FOLDER", str(tmp_path)))
    assert (memory / "memory.duckdb").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret.csv", "secret.txt"]


def test_a_refusal_is_wrong_usage(story: Any) -> None:
    memcli, memory = story
    done = memcli("--memory", memory, "--json", "sql", "DROP TABLE turns")
    assert (done.code, done.out) == (2, "")
    assert "DROP" in json.loads(done.err.splitlines()[-1])["error"]["message"]
