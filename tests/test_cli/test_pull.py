"""A model from a hub: shown, fetched, held against its hashes, put to work, verified ever after."""

from __future__ import annotations

from pathlib import Path

import pytest
from model_hub import COMMIT, ModelHub
from tiny_bert import write_tiny_bert
from tiny_gguf import write_tiny_gguf


@pytest.fixture
def hub(tmp_path):
    write_tiny_bert(tmp_path / "e5")
    write_tiny_bert(tmp_path / "judge", classes=1)
    (tmp_path / "qwen").mkdir()
    write_tiny_gguf(tmp_path / "qwen" / "qwen2.5-0.5b-instruct-q4_k_m.gguf")
    server = ModelHub(
        {
            "intfloat/multilingual-e5-small": tmp_path / "e5",
            "cross-encoder/ms-marco-MiniLM-L6-v2": tmp_path / "judge",
            "Qwen/Qwen2.5-0.5B-Instruct-GGUF": tmp_path / "qwen",
        }
    )
    yield server
    server.close()


def test_the_cards_are_listed_without_a_network(memcli):
    listed = memcli("--json", "models", "pull", HF_ENDPOINT="http://127.0.0.1:9").json["cards"]
    assert {card["kind"] for card in listed} == {"embedder", "reranker", "generator"}
    assert "multilingual-e5-small" in memcli("models", "pull").out


def test_an_embedder_is_pulled(memcli, hub):
    done = memcli("--json", "models", "pull", "multilingual-e5-small", HF_ENDPOINT=hub.url)
    assert done.code == 0, done.err
    card = done.json
    assert (card["revision"], card["licence"], card["kind"]) == (COMMIT, "apache-2.0", "embedder")
    assert (card["query_prefix"], card["document_prefix"]) == ("query: ", "passage: ")
    assert COMMIT in done.err
    assert "SHA-256" in done.err
    assert memcli("models", "verify", "multilingual-e5-small").code == 0
    again = memcli("models", "pull", "multilingual-e5-small", HF_ENDPOINT=hub.url)
    assert (again.code, "another model" in again.err) == (2, True)


@pytest.mark.parametrize("wanted", ["ms-marco-minilm", "cross-encoder/ms-marco-MiniLM-L6-v2"])
def test_a_reranker_is_pulled_by_its_card_or_known_by_its_files(memcli, hub, wanted):
    done = memcli("--json", "models", "pull", wanted, "--name", "judge", HF_ENDPOINT=hub.url)
    assert done.code == 0, done.err
    assert (done.json["kind"], done.json["revision"]) == ("reranker", COMMIT)
    assert memcli("models", "verify", "judge").code == 0


def test_a_generator_is_pulled_by_its_card_or_its_repository(memcli, hub):
    assert memcli("models", "pull", "qwen2.5-0.5b", "--name", "small", HF_ENDPOINT=hub.url).code == 0
    repository = ("Qwen/Qwen2.5-0.5B-Instruct-GGUF", "--file", "qwen2.5-0.5b-instruct-q4_k_m.gguf")
    done = memcli("--json", "models", "pull", *repository, "--revision", COMMIT, HF_ENDPOINT=hub.url)
    assert done.code == 0, done.err
    assert done.json["name"] == "qwen2.5-0.5b-instruct-q4_k_m"
    assert memcli("models", "use", "small").code == 0
    file = Path(memcli("--json", "models", "show", "small").json["path"])
    file.write_bytes(file.read_bytes() + b"x")
    assert memcli("models", "verify", "small").code == 21
    assert memcli("models", "remove", "small").code == 0


def test_what_goes_wrong_says_what_to_do(memcli, hub):
    hub.faults["forged"] = True
    forged = memcli("models", "pull", "qwen2.5-0.5b", HF_ENDPOINT=hub.url)
    assert (forged.code, "not what the hub says" in forged.err) == (21, True)
    offline = memcli("models", "pull", "qwen2.5-0.5b", HF_ENDPOINT="http://127.0.0.1:9")
    assert (offline.code, "models add PATH" in offline.err) == (22, True)
    assert memcli("models", "pull", "no-such-card", HF_ENDPOINT=hub.url).code == 20
    assert memcli("models", "pull", "bge-small-en", HF_ENDPOINT=hub.url).code == 20
    assert [one["name"] for one in memcli("--json", "models").json["models"] if not one["built_in"]] == []
