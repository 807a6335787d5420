"""memcli delete names what goes, asks, erases, proves it, and keeps it away."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TURNS = [
    {"session": "s", "id": "1", "speaker": "Ann", "time": "2024-05-01T10:00:00Z", "text": "the kettle is blue"},
    {"session": "s", "id": "2", "speaker": "Bob", "time": "2024-05-02T10:00:00Z", "text": "my locker code is 7431"},
    {"session": "t", "id": "3", "speaker": "Bob", "time": "2024-05-03T10:00:00Z", "text": "the ladder is green"},
]


@pytest.fixture
def memory(memcli: Any, write_turns: Callable[..., Path]) -> Path:
    log = write_turns("chat.jsonl", *TURNS)
    place = memcli.home / "memory"
    assert memcli("--memory", place, "ingest", log).code == 0
    return place


def left(memcli: Any, memory: Path) -> list[str]:
    found = memcli("--memory", memory, "--json", "search", "kettle locker ladder", "-n", "9")
    return sorted(hit["native_id"] for hit in found.json["hits"]) if found.code == 0 else []


def test_a_preview_deletes_nothing(memcli: Any, memory: Path) -> None:
    shown = memcli("--memory", memory, "delete", "--speaker", "bob", "--dry-run")
    assert shown.code == 0
    assert "my locker code is 7431" in shown.out
    assert "2 turns would be deleted" in shown.out
    for arguments in (("--speaker", "bob"), ("--speaker", "nobody", "--yes"), (), ("abc", "--yes")):
        assert memcli("--memory", memory, "delete", *arguments).code == 2
    assert left(memcli, memory) == ["1", "2", "3"]


def test_all_of_a_person_go_under_whatever_name(
    memcli: Any, memory: Path, write_turns: Callable[..., Path], tmp_path: Path
) -> None:
    """Another format knows Bob as bobby_7; they are merged, and separate again."""
    other = write_turns("other.jsonl", {"session": "u", "id": "4", "speaker": "bobby_7", "text": "the violin is old"})
    assert memcli("--memory", memory, "ingest", other).code == 0
    assert memcli("--memory", memory, "speakers", "merge", "Bob", "bobby_7").code == 0
    shown = memcli("--memory", memory, "--json", "delete", "--speaker", "BOB", "--dry-run").json
    assert (shown["turns"], shown["names"]) == (3, ["Bob", "bobby_7"])
    assert memcli("--memory", memory, "--json", "delete", "--speaker", "bobby_7", "--dry-run").json == shown
    assert memcli("--memory", memory, "speakers", "unmerge", "Bob").code == 0
    alone = memcli("--memory", memory, "--json", "delete", "--speaker", "bob", "--dry-run").json
    assert (alone["turns"], alone["names"]) == (2, ["Bob"])
    assert memcli("--memory", memory, "speakers", "merge", "Bob", "bobby_7").code == 0
    done = memcli("--memory", memory, "delete", "--speaker", "Bob", "--yes", "--prove")
    assert done.code == 0, done.err
    assert "Bob also speaks as bobby_7" in done.err
    assert left(memcli, memory) == ["1"]
    assert [one["name"] for one in memcli("--memory", memory, "--json", "speakers").json["speakers"]] == ["Ann"]


def test_a_proven_deletion_stays_deleted(memcli: Any, memory: Path, tmp_path: Path) -> None:
    assert memcli("--memory", memory, "ask", "What is the locker code?").code == 0
    receipt = tmp_path / "receipt.json"
    arguments = ("delete", "--query", "locker code", "--yes", "--prove", "--receipt", receipt)
    done = memcli("--memory", memory, "--json", *arguments)
    assert done.code == 0, done.out + done.err
    assert (done.json["turns"], done.json["proof"]["clean"]) == (1, True)
    kept = json.loads(receipt.read_text())
    assert kept["clean"]
    assert {file["file"] for file in kept["files"]} >= {"memory.duckdb"}
    assert "7431" not in receipt.read_text()
    assert left(memcli, memory) == ["1", "3"]
    assert not [path for path in memory.rglob("*") if path.is_file() and b"7431" in path.read_bytes()]
    assert memcli("--memory", memory, "check").code == 0

    again = memcli("--memory", memory, "ingest", tmp_path / "chat.jsonl")
    assert again.code == 0
    assert "1 turns were deleted before" in again.err
    assert left(memcli, memory) == ["1", "3"]
    assert memcli("--memory", memory, "ingest", "--allow-return", tmp_path / "chat.jsonl").code == 0
    assert left(memcli, memory) == ["1", "2", "3"]


def test_a_deletion_is_proven_on_a_machine_of_many_processors(memcli: Any, write_turns: Callable[..., Path]) -> None:
    """Where LanceDB indexes words on several of them, it numbers them as they come."""
    said = [f"word{number:03} kettle{number % 7} ladder{number % 11}" for number in range(400)]
    turns = [{"id": str(number), "speaker": "Ann", "text": text} for number, text in enumerate(said)]
    memory = memcli.home / "memory"
    assert memcli("--memory", memory, "ingest", write_turns("many.jsonl", *turns)).code == 0
    done = memcli("--memory", memory, "delete", "--query", "word123", "--yes", "--prove", LANCE_CPU_THREADS="8")
    assert done.code == 0, done.out


@pytest.mark.parametrize(
    ("options", "remaining"),
    [
        (("--session", "t"), ["1", "2"]),
        (("--source", "SOURCE"), []),
        (("--since", "2024-05-02", "--until", "2024-05-03"), ["1", "3"]),
        (("--speaker", "Bob", "--since", "2024-05-03"), ["1", "2"]),
    ],
)
def test_what_is_named_is_deleted(
    memcli: Any, memory: Path, tmp_path: Path, options: tuple[str, ...], remaining: list[str]
) -> None:
    named = [str(tmp_path / "chat.jsonl") if option == "SOURCE" else option for option in options]
    assert memcli("--memory", memory, "delete", *named, "--yes").code == 0
    assert left(memcli, memory) == remaining
