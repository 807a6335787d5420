"""Every command that takes something away leaves a line about it, and none of its words."""

from __future__ import annotations

from typing import Any

import duckdb


def test_what_took_something_away_is_on_the_trail(memcli, write_turns, tmp_path):
    memory = tmp_path / "memory"

    def run(*arguments: Any) -> Any:
        done = memcli("--memory", memory, *arguments)
        assert done.code == 0, (arguments, done.err)
        return done

    def trail() -> list[list[Any]]:
        rows = run("--json", "sql", "SELECT command, what FROM audit ORDER BY done_at").json["rows"]
        return [list(row.values()) if isinstance(row, dict) else row for row in rows]

    run("ingest", write_turns("a.jsonl", {"speaker": "Ann", "text": "kettle"}, {"speaker": "Bo", "text": "ferry"}))
    run("ingest", write_turns("b.jsonl", {"speaker": "Cy", "text": "violin"}))
    assert trail() == []
    run("undo", "--yes")
    run("delete", "--speaker", "Bo", "--yes")
    with duckdb.connect(str(memory / "memory.duckdb")) as database:
        database.execute("UPDATE turns SET session = 99")
    run("repair")
    assert [command for command, _ in trail()] == ["undo", "delete"], "a stand-in takes nothing away"
    with duckdb.connect(str(memory / "memory.duckdb")) as database:
        database.execute("UPDATE turns SET text = 'nobody said that'")
    (memory / "index").rename(tmp_path / "index")
    run("repair")
    run("backup", tmp_path / "backup")
    run("restore", tmp_path / "backup", "--force")
    lines = trail()
    assert [line[0] for line in lines] == ["undo", "delete", "repair", "restore"]
    assert [line[1].split(":")[0] for line in lines[:1]] == ["an ingest"]
    assert "1 rows of turns" in lines[2][1]
    assert not any(word in str(lines) for word in ("kettle", "ferry", "violin", "Bo", "nobody"))
