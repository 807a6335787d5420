"""Damage is found and named, nothing is changed by looking, and repair brings back what was there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from engines.static import StaticEmbedder
from memcli.ingest.mending import check_vectors, repair
from memcli.progress import Unwatched
from store.check import check
from store.index import Filter
from store.lance import lance
from store.store import Store

QUERY = ("search", "Kipper at the vet")


@pytest.fixture(autouse=True)
def private() -> Iterator[None]:
    """Files are made private by the mask that the command sets for its process."""
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture
def memory(story: Any, tmp_path: Path) -> Path:
    """A memory of one's own with the example logs."""
    place = tmp_path / "memory"
    shutil.copytree(story[1], place)
    return place


def contents(memory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(memory)): path.read_bytes()
        for path in memory.rglob("*")
        if path.is_file() and "locks" not in path.parts
    }


def hits(memcli: Any, memory: Path) -> list[tuple[str, float]]:
    done = memcli("--memory", memory, "--json", *QUERY, "--now", "2025-01-01")
    assert done.code == 0, done.err
    return [(hit["id"], hit["score"]) for hit in done.json["hits"]]


def edit(sql: str) -> Callable[[Path], None]:
    def damage(memory: Path) -> None:
        with duckdb.connect(str(memory / "memory.duckdb")) as connection:
            connection.execute(sql)

    return damage


def flip_middle(memory: Path) -> None:
    """Bits that the disk turned, in the blocks of the catalogue that hold its rows."""
    path = memory / "memory.duckdb"
    data = bytearray(path.read_bytes())
    at = data.find(b"Kipper", 12_288)
    at = at if at > 0 else len(data) // 2
    data[at] ^= 0xFF
    path.write_bytes(data)


def garbage(memory: Path) -> None:
    (memory / "memory.duckdb").write_bytes(b"this is no database\n" * 1000)


def no_index(memory: Path) -> None:
    shutil.rmtree(memory / "index")


def index_lacks(memory: Path) -> None:
    lance().connect(str(memory / "index")).open_table("turns").delete("seq = 7")


def index_lies(memory: Path) -> None:
    lance().connect(str(memory / "index")).open_table("turns").update("seq = 7", {"said": "Ana: nobody said that"})


def index_garbage(memory: Path) -> None:
    for path in (memory / "index" / "turns.lance" / "data").iterdir():
        path.write_bytes(b"\0" * 100)


def other_vectors(memory: Path) -> None:
    zeros = [0.0] * 256
    lance().connect(str(memory / "index")).open_table("turns").update("true", {"vector": zeros})


def wider_modes(memory: Path) -> None:
    (memory / "memory.duckdb").chmod(0o644)


def torn_spool(memory: Path) -> None:
    with (memory / "spool.jsonl").open("a") as spool:
        spool.write('{"kind": "recall", "id": "to')


def erasure_cut_off(memory: Path) -> None:
    (memory / "erase.pending").touch(mode=0o600)


DAMAGES = {
    "checksum": (edit("UPDATE turns SET text = 'nobody said that' WHERE seq = 7"), "turn "),
    "reference": (edit("DELETE FROM sessions WHERE number = 1"), "sessions"),
    "double": (edit("INSERT INTO turns FROM turns WHERE seq = 9"), "twice"),
    "number": (edit("UPDATE settings SET value = '3' WHERE key = 'next_seq'"), "next number"),
    "outbox": (edit("INSERT INTO outbox VALUES (900, 1000)"), "900 to 1000"),
    "catalogue": (garbage, "memory.duckdb"),
    "index": (no_index, "not there"),
    "index lacks": (index_lacks, "1 turns are missing"),
    "index lies": (index_lies, "another text"),
    "index garbage": (index_garbage, "index"),
    "vectors": (other_vectors, "vectors"),
    "mode": (wider_modes, "other users"),
    "spool": (torn_spool, "torn"),
    "erasure": (erasure_cut_off, "cut off"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damage_is_told_without_a_change_and_mended(memory: Path, name: str) -> None:
    """By the functions that the commands call: a process for each step would take minutes."""
    embedder = StaticEmbedder()
    expected = found(memory, embedder)
    damage, said = DAMAGES[name]
    damage(memory)
    before = contents(memory)
    store = Store.open(memory, wait_s=0)
    findings = list(check(store))
    findings += check_vectors(store, embedder) if not findings else []
    assert contents(memory) == before
    assert name.split()[0] in {finding.kind for finding in findings}, findings
    assert any(said in f"{finding.where} {finding.what}" for finding in findings), findings

    told: list[str] = []
    with store.locks.writer():
        assert repair(Store.open(memory, wait_s=0), embedder, Unwatched(), told.append) == []
    assert told
    assert found(memory, embedder) == expected


def found(memory: Path, embedder: StaticEmbedder) -> Any:
    """What every channel finds, and all that the catalogue knows of the turns."""
    store, every = Store.open(memory, wait_s=0), Filter()
    with store.reading() as catalogue:
        rows = catalogue.rows_to_index(1, 10_000).drop_columns(["session", "session_title", "source"]).to_pylist()
    near = store.index.dense(embedder.embed_query(QUERY[1]), limit=20, where=every)
    named = store.index.lexical(QUERY[1], limit=20, where=every)
    if not store.index.exists:
        raise AssertionError
    return sorted((row["id"], row["said"], str(row["said_at"])) for row in rows), _ids(near, rows), _ids(named, rows)


def _ids(ranked: Any, rows: list[dict[str, Any]]) -> list[list[tuple[str, float]]]:
    by_seq = {row["seq"]: row["id"] for row in rows}
    return [sorted((by_seq[seq], round(score, 4)) for seq, score in channel) for channel in ranked]


def test_the_commands_tell_and_mend(memcli: Any, memory: Path) -> None:
    expected = hits(memcli, memory)
    no_index(memory)
    checked = memcli("--memory", memory, "--json", "check")
    assert (checked.code, checked.json["clean"]) == (14, False)
    assert memcli("--memory", memory, "check").out.count("not there") == 1
    mended = memcli("--memory", memory, "--json", "repair")
    assert (mended.code, mended.json["findings"]) == (0, [])
    assert hits(memcli, memory) == expected


def test_a_clean_memory_is_clean(memcli: Any, memory: Path) -> None:
    done = memcli("--memory", memory, "--json", "check")
    assert (done.code, done.json["findings"], done.json["clean"]) == (0, [], True)
    mended = memcli("--memory", memory, "--json", "repair")
    assert (mended.code, mended.json["done"]) == (0, [])


def test_bits_that_turned_in_the_catalogue_cost_no_turn(memcli: Any, memory: Path) -> None:
    expected = hits(memcli, memory)
    flip_middle(memory)
    assert memcli("--memory", memory, "check").code == 14
    assert memcli("--memory", memory, "repair").code == 0
    assert hits(memcli, memory) == expected
    assert list((memory / "damaged").iterdir())


def test_what_neither_database_has_right_is_quarantined(memcli: Any, memory: Path) -> None:
    edit("UPDATE turns SET text = 'nobody said that' WHERE seq = 7")(memory)
    no_index(memory)
    turns = memcli("--memory", memory, "--json", "status").json["turns"]
    assert memcli("--memory", memory, "repair").code == 0
    assert memcli("--memory", memory, "--json", "status").json["turns"] == turns - 1
    [aside] = (memory / "damaged").iterdir()
    assert "nobody said that" in aside.read_text(encoding="utf-8")


def test_a_memory_of_a_newer_program_is_not_touched(memcli: Any, memory: Path) -> None:
    edit("INSERT INTO migrations VALUES (999, 'from the future', current_timestamp::TIMESTAMP)")(memory)
    before = contents(memory)
    assert memcli("--memory", memory, "check").code == 12
    assert memcli("--memory", memory, "repair").code == 12
    assert contents(memory) == before
