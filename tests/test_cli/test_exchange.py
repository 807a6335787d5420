"""memcli export and import: documented rows that other programs read, and that bring a memory to another machine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

QUERY = ("search", "Kipper at the vet", "--now", "2025-01-01")


@pytest.fixture
def memory(story: Any, tmp_path: Path) -> Path:
    place = tmp_path / "memory"
    shutil.copytree(story[1], place)
    return place


def hits(memcli: Any, memory: Path) -> list[Any]:
    return [(hit["id"], hit["score"]) for hit in memcli("--memory", memory, "--json", *QUERY).json["hits"]]


@pytest.mark.parametrize("options", [(), ("--parquet",)])
def test_a_memory_goes_to_another_machine(memcli: Any, memory: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    assert memcli("--memory", memory, "ask", "When was Maya's job interview?").code == 0
    assert memcli("--memory", memory, "delete", "--query", "Tomás's scooter", "--yes").code in (0, 2)
    out = tmp_path / "out"
    exported = memcli("--memory", memory, "--json", "export", out, *options)
    assert exported.code == 0, exported.err
    other = tmp_path / "other"
    imported = memcli("--memory", other, "--json", "import", out)
    assert imported.code == 0, imported.err
    assert imported.json["rows"] == {name: count for name, count in exported.json["rows"].items() if count}
    assert hits(memcli, other) == hits(memcli, memory)
    assert memcli("--memory", other, "check").code == 0
    assert memcli("--memory", other, "--json", "import", out).json["rows"] == {}
    assert memcli("--memory", memory, "export", out, *options).code == 2, "nothing is overwritten unasked"


def test_other_programs_read_the_turns(memcli: Any, memory: Path, tmp_path: Path) -> None:
    printed = memcli("--memory", memory, "export", "-")
    assert printed.code == 0
    header, *records = map(json.loads, printed.out.splitlines())
    assert header["memcli"] == "export"
    turns = [record for record in records if record["memcli"] == "turns"]
    assert all({"session", "id", "speaker", "role", "time", "text"} <= set(turn) for turn in turns)
    assert any(turn["time"] and not turn["time"].endswith("+00:00") for turn in turns), "the speaker's own clock"
    out = tmp_path / "out.jsonl"
    out.write_text(printed.out, encoding="utf-8")
    read = memcli("--memory", tmp_path / "third", "--json", "ingest", out)
    assert read.code == 0, read.err
    assert read.json["turns_added"] == len(turns)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("not JSON", "line 3"),
        ('{"memcli": "letters", "row": {}}', "line 3"),
        ('{"memcli": "turns", "row": {"seq": 1}}', "line 3"),
        ('{"memcli": "answers", "row": {"id": {"x": 1}}}', "line 3"),
        ('{"memcli": "answers", "row": {"nonsense": "1"}}', "nonsense"),
        ('{"memcli": "sources", "row": {"number": 1, "uri": "u", "batch": 7}}', "batches"),
    ],
)
def test_an_export_that_was_harmed_adds_nothing(memcli: Any, tmp_path: Path, line: str, what: str) -> None:
    row = '{"number": 1, "id": "b", "started_at": "2024-01-01 00:00:00", "turns_added": 0}'
    batch = f'{{"memcli": "batches", "row": {row}}}'
    path = tmp_path / "out.jsonl"
    header = '{"memcli": "export", "format": 1, "store_schema": 1, "exported_at": "2024-06-01T00:00:00Z"}'
    path.write_text(f"{header}\n{batch}\n{line}\n")
    done = memcli("--memory", tmp_path / "memory", "--json", "import", path)
    assert done.code == 14, done.err
    assert what in json.loads(done.err.splitlines()[-1])["error"]["message"]
    printed = memcli("--memory", tmp_path / "memory", "export", "-")
    assert len(printed.out.splitlines()) <= 1


def test_changed_words_and_newer_exports_are_refused(memcli: Any, memory: Path, tmp_path: Path) -> None:
    lines = memcli("--memory", memory, "export", "-").out.splitlines()
    place = next(place for place, line in enumerate(lines) if '"memcli": "turns"' in line)
    changed = json.loads(lines[place]) | {"text": "nobody said that"}
    path = tmp_path / "out.jsonl"
    path.write_text("\n".join([*lines[:place], json.dumps(changed), *lines[place + 1 :]]) + "\n")
    assert memcli("--memory", tmp_path / "other", "import", path).code == 14
    newer = json.loads(lines[0]) | {"store_schema": 999}
    path.write_text("\n".join([json.dumps(newer), *lines[1:]]) + "\n")
    assert memcli("--memory", tmp_path / "other", "import", path).code == 12
