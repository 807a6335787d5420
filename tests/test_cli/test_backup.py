"""One file holds the whole memory, is verified before it is used, and replaces nothing unasked."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from store.backup import back_up
from store.store import Store

QUERY = ("search", "Kipper at the vet", "--now", "2025-01-01")


@pytest.fixture
def memory(story: Any, tmp_path: Path) -> Path:
    place = tmp_path / "memory"
    shutil.copytree(story[1], place)
    return place


def hits(memcli: Any, memory: Path) -> list[Any]:
    return [(hit["id"], hit["score"]) for hit in memcli("--memory", memory, "--json", *QUERY).json["hits"]]


def test_a_backup_brings_back_the_same_memory(memcli: Any, memory: Path, tmp_path: Path) -> None:
    assert memcli("--memory", memory, "ask", "When was Maya's job interview?").code == 0
    file = tmp_path / "family.memcli.zst"
    made = memcli("--memory", memory, "--json", "backup", file)
    assert made.code == 0, made.err
    assert file.stat().st_mode & 0o777 == 0o600
    other = tmp_path / "other" / "memory"
    restored = memcli("--memory", other, "--json", "restore", file)
    assert restored.code == 0, restored.err
    assert restored.json["tables"] == made.json["tables"]
    assert memcli("--memory", other, "check").code == 0
    assert hits(memcli, other) == hits(memcli, memory)
    before, after = (memcli("--memory", place, "--json", "status").json for place in (memory, other))
    assert {key: before[key] for key in before if key not in ("memory", "bytes", "sizes")} == {
        key: after[key] for key in after if key not in ("memory", "bytes", "sizes")
    }
    assert [path.name for path in other.parent.iterdir()] == ["memory"]


def test_nothing_is_replaced_unasked(memcli: Any, memory: Path, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    assert memcli("--memory", memory, "backup", file).code == 0
    before = file.read_bytes()
    assert memcli("--memory", memory, "backup", file).code == 2
    assert file.read_bytes() == before
    log = tmp_path / "more.jsonl"
    log.write_text('{"speaker": "Ann", "text": "the kettle is blue"}\n')
    assert memcli("--memory", memory, "ingest", log).code == 0
    turns = memcli("--memory", memory, "--json", "status").json["turns"]
    assert memcli("--memory", memory, "restore", file).code == 2
    assert memcli("--memory", memory, "--json", "status").json["turns"] == turns
    assert memcli("--memory", memory, "restore", file, "--force").code == 0
    assert memcli("--memory", memory, "--json", "status").json["turns"] == turns - 1
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def unpacked(file: Path) -> dict[str, bytes]:
    with pa.CompressedInputStream(pa.OSFile(str(file), "rb"), "zstd") as stream:
        data = io.BytesIO(stream.read())
    with tarfile.open(fileobj=data) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def packed(file: Path, members: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> None:
    with pa.CompressedOutputStream(pa.OSFile(str(file), "wb"), "zstd") as stream:
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode="w") as tar:
            for name, content in members.items():
                member = tarfile.TarInfo(name)
                member.size = len(content) if kind == tarfile.REGTYPE or name == "manifest.json" else 0
                member.type = tarfile.REGTYPE if name == "manifest.json" else kind
                member.linkname = "/etc/passwd"
                tar.addfile(member, io.BytesIO(content))
        stream.write(data.getvalue())


@pytest.mark.parametrize(
    "harm", ["cut", "bits", "no backup", "empty", "changed", "stranger", "climbs", "link", "missing", "counts", "newer"]
)
def test_a_backup_that_was_harmed_is_refused_and_nothing_changes(
    memcli: Any, memory: Path, tmp_path: Path, harm: str
) -> None:
    file = tmp_path / "backup"
    assert memcli("--memory", memory, "backup", file).code == 0
    data = file.read_bytes()
    if harm == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif harm == "bits":
        file.write_bytes(data[:5000] + bytes([data[5000] ^ 1]) + data[5001:])
    elif harm == "no backup":
        file.write_bytes(b"Dear Ann,\n" * 100)
    elif harm == "empty":
        file.write_bytes(b"")
    else:
        members = unpacked(file)
        manifest = json.loads(members["manifest.json"])
        if harm == "changed":
            members["memory.duckdb"] = members["memory.duckdb"][:-1] + b"x"
        elif harm == "stranger":
            members["notes.txt"] = b"hello"
        elif harm == "climbs":
            members["../escaped"] = b"hello"
            manifest["files"].append({"name": "../escaped", "bytes": 5, "sha256": ""})
        elif harm == "missing":
            del members["memory.duckdb"]
        elif harm == "counts":
            manifest["tables"]["turns"] += 1
        elif harm == "newer":
            manifest["format"] = "memcli backup 2"
        members["manifest.json"] = json.dumps(manifest).encode()
        packed(file, members, tarfile.SYMTYPE if harm == "link" else tarfile.REGTYPE)
    before = hits(memcli, memory)
    done = memcli("--memory", memory, "--json", "restore", file, "--force")
    assert done.code == 14, done.err
    assert json.loads(done.err.splitlines()[-1])["error"]["name"] == "BackupDamaged"
    assert hits(memcli, memory) == before
    assert not (tmp_path / "escaped").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_backup_beside_an_ingest_is_of_one_moment(memcli: Any, tmp_path: Path) -> None:
    """Commits come 16,384 turns at a time: a backup holds whole ones, and its references hold."""
    log = tmp_path / "log.jsonl"
    with log.open("w") as stream:
        for number in range(40_000):
            turn = {
                "session": f"s{number // 100}",
                "speaker": "Ann",
                "text": f"zq{number}x",
                "time": "2024-05-01T09:00Z",
            }
            stream.write(json.dumps(turn) + "\n")
    memory = tmp_path / "memory"
    ingest = memcli.start("--memory", memory, "ingest", log)
    seen = set()
    number = 0
    while ingest.poll() is None:
        if (memory / "memory.duckdb").exists():
            file = tmp_path / f"backup{number}"
            done = memcli("--memory", memory, "--json", "backup", file)
            if done.code == 0:
                seen.add(done.json["tables"]["turns"])
                number += 1
    assert ingest.wait() == 0
    assert seen <= {0, 16_384, 32_768, 40_000}
    assert number > 0
    place = tmp_path / "restored"
    assert memcli("--memory", place, "restore", tmp_path / f"backup{number - 1}").code == 0
    assert memcli("--memory", place, "check").code == 0


def test_a_snapshot_does_not_wait_for_the_writer_lock(store_with_turns: Store, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    with store_with_turns.locks.writer():
        made = back_up(store_with_turns, tmp_path / "backup", now=datetime.now(UTC))
    assert made.tables["turns"] > 0


@pytest.fixture
def store_with_turns(memory: Path) -> Store:
    return Store.open(memory, wait_s=0)
