"""Models by name: added, checked, chosen, changed behind our back, forgotten."""

from __future__ import annotations

import hashlib

import pytest

QUESTION = "When was Maya's job interview?"


@pytest.fixture
def added(memcli, tiny_gguf, tmp_path):
    path = tmp_path / "Tiny Writer.gguf"
    path.write_bytes(tiny_gguf.read_bytes())
    done = memcli("--json", "models", "add", path)
    assert done.code == 0, done.err
    return memcli, path, done.json


def listed(memcli) -> dict[str, dict[str, object]]:
    return {model["name"]: model for model in memcli("--json", "models").json["models"]}


def test_added_under_the_name_of_its_file(added):
    memcli, path, card = added
    assert card["name"] == "tiny-writer"
    assert card["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (card["architecture"], card["context_tokens"]) == ("llama", 2048)
    assert set(listed(memcli)) >= {"tiny-writer", "minilm-static-256", "minilm-l6-tokens"}
    assert memcli("models", "show", "tiny-writer").out.count(str(path)) == 1


def test_the_model_in_use_writes(added, examples):
    memcli, _, _ = added
    memcli("ingest", examples / "logs")
    assert memcli("models", "use", "tiny-writer").code == 0
    assert listed(memcli)["tiny-writer"]["in_use"]
    assert memcli("--json", "status", "--engines", MEMCLI_LLM_GPU="off").json["in_use"]["writer"].endswith("off: cpu")
    done = memcli("--json", "ask", QUESTION, MEMCLI_LLM_MAX_TOKENS="8")
    assert done.json["method"] == "llama"
    assert memcli("models", "use", "minilm-l6-reader").code == 0
    assert not listed(memcli)["tiny-writer"]["in_use"]
    assert memcli("--json", "ask", QUESTION).json["method"] == "extractive"
    by_name = memcli("--json", "ask", QUESTION, "--model", "tiny-writer", MEMCLI_LLM_MAX_TOKENS="8")
    assert by_name.json["answer"] == done.json["answer"]


def test_a_changed_file_is_noticed(added):
    memcli, path, _ = added
    assert memcli("--json", "models", "verify").json["verified"] == [
        "minilm-static-256",
        "minilm-l6-tokens",
        "minilm-l6-reader",
        "tiny-writer",
    ]
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    done = memcli("models", "verify", "tiny-writer")
    assert done.code == 21
    assert str(path) in done.err
    path.unlink()
    assert memcli("models", "verify").code == 20


def test_a_name_is_one_model(added, gguf_file):
    memcli, path, _ = added
    other = gguf_file("other.gguf", seed=1)
    assert memcli("models", "add", path, "--name", "tiny-writer").code == 0
    refused = memcli("models", "add", other, "--name", "tiny-writer")
    assert (refused.code, "another model" in refused.err) == (2, True)
    assert memcli("models", "add", other, "--name", "minilm-static-256").code == 2
    assert memcli("models", "add", other, "--name", "../escape").code == 2


def test_what_does_not_work_is_not_added(memcli, gguf_file, tmp_path):
    (tmp_path / "not.gguf").write_bytes(b"nothing")
    assert memcli("models", "add", tmp_path / "not.gguf").code == 21
    assert memcli("models", "add", tmp_path / "none.gguf").code == 20
    assert memcli("models", "add", gguf_file("deadly.gguf", deadly=True)).code == 23
    assert not [model for model in listed(memcli).values() if not model["built_in"]]


def test_forgotten_the_file_stays(added):
    memcli, path, _ = added
    assert memcli("models", "remove", "tiny-writer").code == 0
    assert path.is_file()
    assert memcli("models", "remove", "tiny-writer").code == 20
    assert memcli("models", "use", "tiny-writer").code == 20
    assert memcli("models", "show", "tiny-writer").code == 20


@pytest.fixture
def gguf_file(tmp_path):
    from tiny_gguf import write_tiny_gguf

    return lambda name, **how: write_tiny_gguf(tmp_path / name, **how)
