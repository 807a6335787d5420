"""A memory whose index lies on object storage, written by one machine (here: a home) and read by others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Memcli, Result
from s3_server import S3, s3_server

from store.lance import lance

pytest.importorskip("moto", reason="moto, which speaks S3 in this test, is not installed")

QUESTIONS = ("When was Maya's job interview?", "cargo bike")
NEW = {
    "session": "shed",
    "id": "n1",
    "speaker": "Maya",
    "time": "2024-10-01T09:00:00Z",
    "text": "A marmot is in the shed.",
}


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with s3_server() as server:
        yield server


class Machine:
    """memcli on some machine, with what it takes to reach the storage."""

    def __init__(self, s3: S3, home: Path) -> None:
        home.mkdir()
        self.run, self.env, self.memory = Memcli(home), s3.environment, home / "memory"

    def __call__(self, *arguments: Any, **options: Any) -> Result:
        return self.run("--memory", self.memory, *arguments, **(self.env | options))

    def hits(self, question: str) -> list[tuple[str, float]]:
        found = self("search", question, "--json")
        assert found.code in (0, 4), found.err
        return [(hit["id"], hit["score"]) for hit in found.json["hits"]]


def test_one_writes_it_and_many_read_it(s3: S3, tmp_path: Path, story: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    local, local_memory = story
    uri = f"s3://{s3.bucket}/family"
    writer, reader = Machine(s3, tmp_path / "writer"), Machine(s3, tmp_path / "reader")
    assert writer("init", "--index-at", uri, "--json").json["index_at"] == uri
    ingested = writer("ingest", Path(__file__).parents[2] / "examples" / "logs")
    assert ingested.code == 0, ingested.err
    assert not list(writer.memory.rglob("*.lance"))

    expected = {}
    for question in QUESTIONS:
        hits = local("--memory", local_memory, "search", question, "--json").json["hits"]
        expected[question] = [(hit["id"], hit["score"]) for hit in hits]
        assert writer.hits(question) == expected[question] != []
    status = writer("status", "--json").json
    assert status["index_at"] == uri
    assert status["indexed"] == status["turns"] > 0
    assert status["sizes"]["index"] > 0
    assert uri in writer("status").out
    assert writer("check").code == 0

    backup = tmp_path / "family.memcli.zst"
    assert writer("backup", backup).code == 0
    assert reader("restore", backup, "--index-at", uri).code == 0
    assert {question: reader.hits(question) for question in QUESTIONS} == expected
    refused = reader("ingest", "-", "--format", "turns", "--json", stdin=json.dumps(NEW))
    assert refused.code == 15
    assert json.loads(refused.err.splitlines()[-1])["error"]["name"] == "StoreReadsOnly"

    # What is written later is found by everybody.
    assert writer("ingest", "-", "--format", "turns", stdin=json.dumps(NEW)).code == 0
    assert writer.hits("marmot shed")[0] == reader.hits("marmot shed")[0]

    # And what is deleted, by nobody: not in a version, not in a file that is left.
    assert writer("delete", "--query", "marmot", "--yes", "--prove").code == 2
    assert writer("delete", "--query", "marmot", "--yes").code == 0
    for machine in (writer, reader):
        assert not any("marmot" in hit["text"] for hit in machine("search", "marmot shed", "--json").json["hits"])
        assert machine.hits(QUESTIONS[0]) == expected[QUESTIONS[0]]
    table = lance().connect(uri, storage_options={"allow_http": "true"}).open_table("turns")
    assert len(table.list_versions()) == 1
    assert table.count_rows("contains(said, 'marmot')") == 0
    assert writer("check").code == 0

    # An index that is gone is built anew, by the one who may.
    lance().connect(uri, storage_options={"allow_http": "true"}).drop_table("turns")
    missing = reader("search", QUESTIONS[0])
    assert missing.code == 10
    assert uri in missing.err
    assert writer("repair").code == 0
    assert writer.hits(QUESTIONS[0]) == reader.hits(QUESTIONS[0]) == expected[QUESTIONS[0]]


def test_what_cannot_be_there_is_refused(s3: S3, tmp_path: Path) -> None:
    machine = Machine(s3, tmp_path / "machine")
    for place in ("gs://bucket/path", "s3://memories", "memories/path"):
        assert machine("init", "--index-at", place).code == 2
    assert machine("init", "--index-at", "s3://memories/x", "--encrypt", "--key-file", tmp_path / "key").code == 2
    assert machine("init", "--index-at", "s3://there-is-no-such-bucket/x").code == 15
    assert not machine.memory.exists()
    assert machine("init", "--index-at", f"s3://{s3.bucket}/one").code == 0
    assert machine("repair", "--reembed").code == 2

    machine("ingest", "-", "--format", "turns", stdin=json.dumps(NEW))
    other = Machine(s3, tmp_path / "other")
    taken = other("init", "--index-at", f"s3://{s3.bucket}/one")
    assert taken.code == 2
    assert "already" in taken.err


def test_storage_that_is_gone_costs_nothing_but_time(tmp_path: Path) -> None:
    with s3_server() as server:
        machine = Machine(server, tmp_path / "machine")
        assert machine("init", "--index-at", f"s3://{server.bucket}/path").code == 0
        server.stop()
        ingested = machine("ingest", "-", "--format", "turns", "--json", stdin=json.dumps(NEW))
        assert ingested.code == 15
        error = json.loads(ingested.err.splitlines()[-1])["error"]
        assert error["name"] == "StoreUnreachable"
        assert "AWS_ENDPOINT_URL" in error["hint"]
        assert machine("search", "marmot").code == 15
    with s3_server() as again:
        machine.env = again.environment
        found = machine("search", "marmot", "--json")
        assert found.code == 0, found.err
        assert found.json["hits"][0]["native_id"] == "n1"
