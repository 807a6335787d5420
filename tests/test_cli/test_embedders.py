"""Another embedder: added, chosen, and in its place once the index is whole."""

from __future__ import annotations

import pytest
from tiny_bert import write_tiny_bert

SPLIT = ("--json", "search", "Kipper at the vet", "--limit", "4")


@pytest.fixture
def with_tiny(memcli, examples, tmp_path):
    assert memcli("ingest", examples / "logs").code == 0
    write_tiny_bert(tmp_path / "Tiny Finder")
    done = memcli("--json", "models", "add", tmp_path / "Tiny Finder")
    assert done.code == 0, done.err
    return memcli, done.json


def embedder(memcli) -> str:
    return str(memcli("--json", "sql", "SELECT value FROM settings WHERE key = 'embedder'").json["rows"][0][0])


def found(memcli) -> list[str]:
    done = memcli(*SPLIT)
    assert done.code == 0, done.err
    return [hit["id"] for hit in done.json["hits"]]


def test_a_sentence_transformers_folder_is_converted_and_kept(with_tiny, tmp_path):
    memcli, card = with_tiny
    assert (card["name"], card["kind"], card["dimension"], card["pooling"]) == ("tiny-finder", "embedder", 32, "mean")
    assert not card["in_use"]
    assert memcli("models", "verify").code == 0
    again = memcli("models", "add", tmp_path / "Tiny Finder")
    assert again.code == 0, "the same model may be added again"
    write_tiny_bert(tmp_path / "other", seed=1)
    refused = memcli("models", "add", tmp_path / "other", "--name", "tiny-finder")
    assert (refused.code, "another model" in refused.err) == (2, True)
    assert memcli("models", "verify", "tiny-finder").code == 0, "and what was there is as it was"
    shelf = memcli.home / ".local/share/memcli/models"
    assert sorted(path.name for path in shelf.iterdir()) == ["tiny-finder", "tiny-finder.json"]
    (shelf / "tiny-finder" / "model.onnx").write_bytes(b"other")
    assert memcli("models", "verify", "tiny-finder").code == 21
    assert memcli("models", "remove", "tiny-finder").code == 0
    assert list(shelf.iterdir()) == []


def test_what_cannot_be_used_says_why(memcli, tmp_path):
    write_tiny_bert(tmp_path / "m", model_type="mpnet")
    done = memcli("models", "add", tmp_path / "m")
    assert (done.code, "mpnet" in done.err) == (2, True)
    assert memcli("models", "use", "m").code == 20


def test_the_old_index_is_searched_until_the_new_one_is_whole(with_tiny):
    memcli, card = with_tiny
    before, old = found(memcli), embedder(memcli)
    assert memcli("models", "use", "tiny-finder").code == 0
    assert found(memcli) == before
    assert memcli("--json", "consolidate", "--max-minutes", "0").code == 0
    assert embedder(memcli) == old
    done = memcli("--json", "consolidate")
    assert done.code == 0, done.err
    turns = memcli("--json", "status").json["turns"]
    assert done.json["steps"]["vectors"] == {"embedded": turns}
    assert embedder(memcli) == f"tiny-finder@{card['sha256'][:12]}"
    assert found(memcli), "words are found whatever the vectors say"
    checked = memcli("--json", "check")
    assert checked.json["findings"] == []
    assert memcli("--json", "consolidate").json["steps"]["vectors"] == {}
    assert memcli("remember", "The new dentist is called Dr. Abreu.").code == 0
    assert memcli("--json", "check").json["findings"] == []

    assert memcli("models", "use", "minilm-static-256").code == 0
    back = memcli("repair", "--reembed")
    assert (back.code, embedder(memcli)) == (0, old)
    assert memcli("--json", "check").json["findings"] == []
    assert found(memcli) == before


def test_a_model_that_is_gone_is_named(with_tiny):
    memcli, _ = with_tiny
    memcli("models", "use", "tiny-finder")
    assert memcli("repair", "--reembed").code == 0
    memcli("models", "remove", "tiny-finder")
    done = memcli("search", "oven")
    assert done.code == 20
    assert "--reembed" in done.err
    memcli("config", "embedder.model", "")
    assert memcli("repair", "--reembed").code == 0
    assert found(memcli)


def test_a_gpu_that_is_not_there_is_not_replaced_in_silence(with_tiny):
    from engines.devices import nvidia_device_present

    if nvidia_device_present():
        pytest.skip("an NVIDIA card is here")
    memcli, _ = with_tiny
    memcli("models", "use", "tiny-finder")
    assert memcli("repair", "--reembed", MEMCLI_EMBEDDER_GPU="on").code == 22
    assert memcli("repair", "--reembed").code == 0


def test_status_shows_what_computes(with_tiny):
    memcli, card = with_tiny
    memcli("models", "use", "tiny-finder")
    document = memcli("--json", "status", "--engines").json
    assert document["llama"]["version"]
    assert [device["kind"] for device in document["llama"]["devices"]].count("cpu") == 1
    assert "CPUExecutionProvider" in document["onnx"]["providers"]
    assert document["threads"] >= 1
    assert card["sha256"][:12] in document["in_use"]["embedder"]
    shown = memcli("status", "--engines")
    assert "llama-cpp-python" in shown.out
    assert "tiny-finder" in shown.out
