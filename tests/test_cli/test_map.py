"""memcli ingest --map: logs of one's own shape, by the names of their fields."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NINE_S = 1_709_285_400  # 2024-03-01T09:30:00Z


def hits(memcli: Any, query: str) -> dict[str, dict[str, Any]]:
    return {hit["text"]: hit for hit in memcli("--json", "search", query).json["hits"]}


def test_json_lines_with_nested_fields_and_milliseconds(memcli: Any, tmp_path: Path) -> None:
    log = tmp_path / "own.jsonl"
    records = [
        {
            "from": {"name": "Ann"},
            "body": {"parts": ["the kettle is blue"]},
            "at": {"ms": 1000 * NINE_S},
            "mood": "glad",
        },
        {"from": {"name": "Bob"}, "body": {"parts": ["the kettle is green"]}, "at": {"ms": 1000 * (NINE_S + 60)}},
        {"from": {"name": "Bob"}, "body": {}, "at": {"ms": 1000 * (NINE_S + 120)}},
    ]
    log.write_text("".join(json.dumps(record) + "\n" for record in records))
    mapping = "speaker=from.name,text=body.parts.0,time=at.ms"
    done = memcli("--json", "ingest", log, "--map", mapping)
    assert done.code == 3, "a record without words is named"
    assert done.json["turns_added"] == 2
    assert done.json["sources"][0]["skipped"] == [{"locator": f"{log}:3", "reason": "no text"}]
    found = hits(memcli, "the kettle")
    assert {text: (hit["speaker"], hit["said_at"]) for text, hit in found.items()} == {
        "the kettle is blue": ("Ann", "2024-03-01T09:30:00Z"),
        "the kettle is green": ("Bob", "2024-03-01T09:31:00Z"),
    }
    again = memcli("--json", "ingest", log, "--map", mapping).json
    assert (again["sources"][0]["unchanged"], again["turns_added"]) == (True, 0)


def test_a_table_with_seconds(memcli: Any, tmp_path: Path) -> None:
    log = tmp_path / "own.csv"
    log.write_text(f'who;when;what\nAnn;{NINE_S};"the ladder;\nis long"\nBob;{NINE_S + 60};the ladder is short\n')
    assert memcli("ingest", log, "--map", "speaker=who,text=what,time=when").code == 0
    found = hits(memcli, "the ladder")
    assert {text: (hit["speaker"], hit["said_at"], hit["line"]) for text, hit in found.items()} == {
        "the ladder;\nis long": ("Ann", "2024-03-01T09:30:00Z", 2),
        "the ladder is short": ("Bob", "2024-03-01T09:31:00Z", 4),
    }


def test_what_a_file_does_not_have_is_named_with_what_it_has(memcli: Any, tmp_path: Path) -> None:
    table, lines = tmp_path / "own.csv", tmp_path / "own.jsonl"
    table.write_text("who,what\nAnn,hello there\n")
    lines.write_text('{"from": {"name": "Ann"}, "what": "hello there"}\n')
    done = memcli("ingest", table, "--map", "speaker=author,text=what")
    assert done.code == 30
    assert "no 'author' in it; there is: who, what" in done.err
    done = memcli("ingest", lines, "--map", "speaker=from.nick,text=what")
    assert done.code == 30
    assert "no 'from.nick' in it; there is: from.name, what" in done.err


def test_a_mapping_that_cannot_be_is_refused_before_anything_is_made(memcli: Any, tmp_path: Path) -> None:
    log = tmp_path / "own.csv"
    log.write_text("who,what\nAnn,hello there\n")
    for mapping, said in (
        ("speeker=who,text=what", "a turn has no field 'speeker'"),
        ("speaker=who", "the mapping names no text"),
        ("text", "not of the form"),
    ):
        done = memcli("ingest", log, "--map", mapping)
        assert done.code == 2, mapping
        assert said in done.err
        assert "Traceback" not in done.err
    assert not (memcli.home / ".local/share/memcli/memories/default").exists()
