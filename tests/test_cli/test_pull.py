"""A model from a hub: shown, fetched, held against its hashes, put to work, verified ever after.

The hub of these tests has tiny models under the names of the cards, which are not what the cards pin: they are fetched
with --revision main, which asks for another state than the card's.
"""

from __future__ import annotations

import hashlib
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


MAIN = ("--revision", "main")


def test_a_hub_that_has_something_else_under_the_name_of_a_card_is_refused(memcli, hub):
    from engines.hub_cards import CARDS

    card = CARDS["qwen2.5-0.5b"]
    done = memcli("models", "pull", card.name, HF_ENDPOINT=hub.url)
    assert (done.code, card.sha256 in done.err) == (21, True), done.err
    assert any(card.revision in path for path, _ in hub.asked), "the commit that is pinned was asked for"
    lacking = memcli("models", "pull", "multilingual-e5-small", HF_ENDPOINT=hub.url)
    assert (lacking.code, "pinned" in lacking.err) == (20, True), "the graph that is pinned is not there"
    assert not any("/resolve/" in path for path, _ in hub.asked), "nothing was fetched"
    assert memcli("models", "show", card.name).code == 20


def test_a_model_of_ones_own_choice_can_be_pinned_too(memcli, hub, tmp_path):
    data = (tmp_path / "qwen" / "qwen2.5-0.5b-instruct-q4_k_m.gguf").read_bytes()
    wanted = ("models", "pull", "Qwen/Qwen2.5-0.5B-Instruct-GGUF", "--file", "qwen2.5-0.5b-instruct-q4_k_m.gguf")
    other = memcli(*wanted, "--sha256", "0" * 64, HF_ENDPOINT=hub.url)
    assert (other.code, "0" * 64 in other.err) == (21, True)
    assert memcli(*wanted, "--sha256", "no hash", HF_ENDPOINT=hub.url).code == 2
    done = memcli(*wanted, "--sha256", hashlib.sha256(data).hexdigest(), HF_ENDPOINT=hub.url)
    assert (done.code, "(pinned)" in done.err) == (0, True), done.err


def test_what_broke_off_is_gone_on_with_by_the_next_command_or_deleted(memcli, hub):
    hub.faults["cut_always"] = 500_000
    broken = memcli("models", "pull", "multilingual-e5-small", *MAIN, HF_ENDPOINT=hub.url)
    assert (broken.code, "goes on where it was" in broken.err) == (22, True)
    assert "multilingual-e5-small was not fetched whole" in memcli("models").err
    del hub.faults["cut_always"]
    hub.asked.clear()
    assert memcli("models", "pull", "multilingual-e5-small", *MAIN, HF_ENDPOINT=hub.url).code == 0
    assert ("bytes=1500000-") in [asked for _, asked in hub.asked]
    hub.faults["cut_always"] = 500_000
    assert memcli("models", "pull", "ms-marco-minilm", *MAIN, HF_ENDPOINT=hub.url).code == 22
    assert memcli("models", "remove", "ms-marco-minilm").code == 0
    shelf = memcli.home / ".local/share/memcli/models"
    assert sorted(path.name for path in shelf.iterdir()) == ["multilingual-e5-small", "multilingual-e5-small.json"]


def test_a_model_in_several_files_is_pulled_whole(memcli, hub, tmp_path):
    whole = tmp_path / "qwen" / "qwen2.5-0.5b-instruct-q4_k_m.gguf"
    parts = split_gguf(whole, tmp_path / "qwen" / "big")
    assert len(parts) == 2
    wanted = ("Qwen/Qwen2.5-0.5B-Instruct-GGUF", "--file", parts[0].name)
    done = memcli("--json", "models", "pull", *wanted, HF_ENDPOINT=hub.url)
    assert done.code == 0, done.err
    assert done.json["name"] == "big"
    assert done.json["bytes"] == sum(part.stat().st_size for part in parts)
    assert memcli("models", "verify", "big").code == 0


def test_an_embedder_is_pulled(memcli, hub):
    done = memcli("--json", "models", "pull", "multilingual-e5-small", *MAIN, HF_ENDPOINT=hub.url)
    assert done.code == 0, done.err
    card = done.json
    assert (card["revision"], card["licence"], card["kind"]) == (COMMIT, "apache-2.0", "embedder")
    assert (card["query_prefix"], card["document_prefix"]) == ("query: ", "passage: ")
    assert COMMIT in done.err
    assert "SHA-256" in done.err
    assert memcli("models", "verify", "multilingual-e5-small").code == 0
    again = memcli("models", "pull", "multilingual-e5-small", *MAIN, HF_ENDPOINT=hub.url)
    assert (again.code, "another model" in again.err) == (2, True)


@pytest.mark.parametrize("wanted", ["ms-marco-minilm", "cross-encoder/ms-marco-MiniLM-L6-v2"])
def test_a_reranker_is_pulled_by_its_card_or_known_by_its_files(memcli, hub, wanted):
    done = memcli("--json", "models", "pull", wanted, "--name", "judge", *MAIN, HF_ENDPOINT=hub.url)
    assert done.code == 0, done.err
    assert (done.json["kind"], done.json["revision"]) == ("reranker", COMMIT)
    assert memcli("models", "verify", "judge").code == 0


def test_a_generator_is_pulled_by_its_card_or_its_repository(memcli, hub):
    assert memcli("models", "pull", "qwen2.5-0.5b", "--name", "small", *MAIN, HF_ENDPOINT=hub.url).code == 0
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
    forged = memcli("models", "pull", "qwen2.5-0.5b", *MAIN, HF_ENDPOINT=hub.url)
    assert (forged.code, "not what the hub says" in forged.err) == (21, True)
    offline = memcli("models", "pull", "qwen2.5-0.5b", *MAIN, HF_ENDPOINT="http://127.0.0.1:9")
    assert (offline.code, "models add PATH" in offline.err) == (22, True)
    assert memcli("models", "pull", "no-such-card", HF_ENDPOINT=hub.url).code == 20
    assert memcli("models", "pull", "bge-small-en", HF_ENDPOINT=hub.url).code == 20
    assert [one["name"] for one in memcli("--json", "models").json["models"] if not one["built_in"]] == []


def split_gguf(whole: Path, stem: Path) -> list[Path]:
    """The model as llama.cpp's own splitting writes it: metadata and half of the tensors, then the other half."""
    import gguf

    read = gguf.GGUFReader(whole)
    tensors, paths = list(read.tensors), [stem.with_name(f"{stem.name}-0000{at}-of-00002.gguf") for at in (1, 2)]
    halves = (tensors[: len(tensors) // 2], tensors[len(tensors) // 2 :])
    for number, (path, half) in enumerate(zip(paths, halves, strict=True)):
        writer = gguf.GGUFWriter(path, "llama")
        if number == 0:
            for field in read.fields.values():
                if field.name.startswith("GGUF.") or field.name == "general.architecture":
                    continue
                kind = field.types[0]
                inner = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
                writer.add_key_value(field.name, field.contents(), kind, sub_type=inner)
        writer.add_uint16("split.no", number)
        writer.add_uint16("split.count", 2)
        writer.add_int32("split.tensors.count", len(tensors))
        for tensor in half:
            writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    return paths
