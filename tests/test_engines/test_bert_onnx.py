"""sentence-transformers folders: read, converted to ONNX without torch, and embedding as they should."""

import json
import os
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tiny_bert import HIDDEN, logits_of, states_of, write_tiny_bert

from engines.batches import CPU_TOKENS, MOST_TOKENS
from engines.bert_onnx import convert
from engines.cross_encoder import CrossEncoderReranker
from engines.errors import EngineUnavailable, ModelCorrupt, ModelMissing, ModelRefused
from engines.model_folder import describe
from engines.onnx_embedder import OnnxEmbedder
from engines.safetensors_file import read
from engines.tokens import pair_tokenizer

TEXTS = ["The oven arrives on Tuesday.", "naïve café", "word " * 300, "", "a", "Kipper was at the vet again, poor cat."]


def embedder_of(folder, **how):
    found = describe(folder)
    graph = folder / "made.onnx"
    graph.write_bytes(convert(found.config, read(found.safetensors)))
    how = {"pooling": found.pooling, "context_tokens": found.context_tokens} | how
    return OnnxEmbedder(graph, found.tokenizer, id="tiny@1", threads=1, **how)


def expected(folder, weights, text, pooling, first_place=0):
    tokenizer = pair_tokenizer(folder / "tokenizer.json", max_tokens=describe(folder).context_tokens)
    states = states_of(weights, tokenizer.encode(text).ids, first_place)
    vector = {"mean": states.mean(axis=0), "cls": states[0], "last": states[-1]}[pooling]
    return vector / np.linalg.norm(vector)


@pytest.mark.parametrize(
    ("family", "pooling", "first_place"), [("bert", "mean", 0), ("bert", "cls", 0), ("xlm-roberta", "last", 2)]
)
def test_the_graph_computes_what_the_paper_says(tmp_path, family, pooling, first_place):
    weights = write_tiny_bert(tmp_path / "m", family=family, pooling=pooling)
    embedder = embedder_of(tmp_path / "m")
    vectors = embedder.embed(TEXTS)
    assert (embedder.dimension, vectors.shape, vectors.dtype) == (HIDDEN, (len(TEXTS), HIDDEN), np.float32)
    for text, vector in zip(TEXTS, vectors, strict=True):
        if text:
            assert np.abs(vector - expected(tmp_path / "m", weights, text, pooling, first_place)).max() < 2e-5
        else:
            assert not vector.any()
    assert np.abs(embedder.embed_query(TEXTS[0]) - vectors[0]).max() < 1e-5
    assert np.abs(embedder.embed(TEXTS[::-1])[::-1] - vectors).max() < 1e-5, "whatever shares the call"


@pytest.mark.parametrize(("family", "classes"), [("bert", 1), ("bert", 2), ("xlm-roberta", 1)])
def test_a_cross_encoder_scores_as_transformers_do(tmp_path, family, classes):
    """Of two logits the second is that of relevance; question and text are told apart by token types, in BERT."""
    folder = tmp_path / "m"
    weights = write_tiny_bert(folder, family=family, classes=classes)
    found = describe(folder)
    assert found.kind == "reranker"
    (folder / "model.onnx").write_bytes(convert(found.config, read(found.safetensors), scores=True))
    reranker = CrossEncoderReranker(folder, threads=1, max_tokens=found.context_tokens)
    scores = reranker.score("Where is the oven?", TEXTS)
    tokenizer = pair_tokenizer(folder / "tokenizer.json", max_tokens=found.context_tokens)
    for text, score in zip(TEXTS, scores.tolist(), strict=True):
        pair = tokenizer.encode("Where is the oven?", text)
        assert abs(logits_of(weights, family, pair.ids, pair.type_ids)[-1] - score) < 5e-5
    assert len(set(scores.tolist())) == len(TEXTS)


def test_a_classifier_of_many_kinds_is_no_reranker(tmp_path):
    write_tiny_bert(tmp_path / "m", classes=3)
    with pytest.raises(ModelRefused, match="3 kinds"):
        describe(tmp_path / "m")


def test_a_cross_encoder_without_its_head_is_corrupt(tmp_path):
    write_tiny_bert(tmp_path / "m")
    found = describe(tmp_path / "m")
    with pytest.raises(ModelCorrupt, match="pooler"):
        convert(found.config, read(found.safetensors), scores=True)


def test_prefixes_go_before_questions_and_texts(tmp_path):
    write_tiny_bert(tmp_path / "m")
    (tmp_path / "m" / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": {"query": "query: ", "passage": "passage: "}})
    )
    found = describe(tmp_path / "m")
    assert (found.query_prefix, found.document_prefix) == ("query: ", "passage: ")
    plain = embedder_of(tmp_path / "m")
    prefixed = embedder_of(tmp_path / "m", query_prefix="query: ", document_prefix="passage: ")
    assert np.allclose(prefixed.embed_query("oven"), plain.embed_query("query: oven"), atol=1e-6)
    assert np.allclose(prefixed.embed(["oven"]), plain.embed(["passage: oven"]), atol=1e-6)


def test_batches_fit_the_device(tmp_path, card, monkeypatch):
    write_tiny_bert(tmp_path / "m")
    assert embedder_of(tmp_path / "m", probe=card(free=8 << 30)).batch_tokens == CPU_TOKENS, "it runs on the CPU"
    monkeypatch.setattr(OnnxEmbedder, "device", "gpu")
    sizes = [embedder_of(tmp_path / "m", probe=card(free=free)).batch_tokens for free in (1 << 20, 1 << 27, 1 << 40)]
    assert sizes[0] == CPU_TOKENS < sizes[1] < sizes[2] == MOST_TOKENS
    assert embedder_of(tmp_path / "m", probe=card(free=())).batch_tokens == CPU_TOKENS


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_type": "mpnet"}, "mpnet"),
        ({"model_type": None}, "None"),
        ({"position_embedding_type": "relative_key"}, "relative_key"),
        ({"hidden_act": "swish"}, "swish"),
    ],
)
def test_an_architecture_that_is_not_known_is_refused(tmp_path, change, said):
    write_tiny_bert(tmp_path / "m", **change)
    with pytest.raises(ModelRefused, match=said):
        embedder_of(tmp_path / "m")


def test_a_folder_that_cannot_be_used_says_why(tmp_path):
    with pytest.raises(ModelMissing):
        describe(tmp_path / "none")
    write_tiny_bert(tmp_path / "m")
    for name, content, error, said in (
        ("modules.json", '[{"type": "sentence_transformers.models.Dense"}]', ModelRefused, "Dense"),
        ("1_Pooling/config.json", '{"pooling_mode_max_tokens": true}', ModelRefused, "max_tokens"),
        ("config.json", "{", ModelCorrupt, "no JSON"),
    ):
        before = (tmp_path / "m" / name).read_text()
        (tmp_path / "m" / name).write_text(content)
        with pytest.raises(error, match=said):
            describe(tmp_path / "m")
        (tmp_path / "m" / name).write_text(before)
    (tmp_path / "m" / "model.safetensors").rename(tmp_path / "m" / "pytorch_model.bin")
    with pytest.raises(ModelRefused, match=r"neither") as caught:
        describe(tmp_path / "m")
    assert "can run code" in caught.value.hint
    (tmp_path / "m" / "tokenizer.json").unlink()
    with pytest.raises(ModelRefused, match="tokenizer"):
        describe(tmp_path / "m")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"12", b"\xff" * 16, b"\x02" + bytes(7) + b"[]",
        b'\x3b' + bytes(7) + b'{"a": {"dtype": "F32", "shape": [9], "data_offsets": [0, 9]}}',
    ],
)  # fmt: skip
def test_hostile_weights_are_refused(tmp_path, content):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content or b"\0")
    with pytest.raises(ModelCorrupt, match="safetensors"):
        read(path)


def test_half_precision_is_read(tmp_path):
    from safetensors.numpy import save_file

    save_file({"a": np.array([[1.5, -2]], np.float16), "n": np.array([1], np.int64)}, tmp_path / "m.safetensors")
    assert {name: tensor.tolist() for name, tensor in read(tmp_path / "m.safetensors").items()} == {"a": [[1.5, -2]]}
    header = json.dumps({"b": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}).encode()
    (tmp_path / "b").write_bytes(len(header).to_bytes(8, "little") + header + b"\x80\x3f\x00\xc0")
    assert read(tmp_path / "b")["b"].tolist() == [1, -2]


def test_weights_that_lack_a_tensor(tmp_path):
    weights = write_tiny_bert(tmp_path / "m")
    del weights["encoder.layer.1.output.dense.bias"]
    with pytest.raises(ModelCorrupt, match=r"encoder\.layer\.1\.output\.dense\.bias"):
        convert(describe(tmp_path / "m").config, weights)


def test_without_the_package_it_says_what_to_install(tmp_path, monkeypatch):
    weights = write_tiny_bert(tmp_path / "m")
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(EngineUnavailable) as caught:
        convert(describe(tmp_path / "m").config, weights)
    assert "memcli[convert]" in caught.value.hint


def test_a_prefix_of_the_whole_model_in_the_names_is_known(tmp_path):
    weights = write_tiny_bert(tmp_path / "m")
    config = describe(tmp_path / "m").config
    assert convert(config, {f"bert.{name}": tensor for name, tensor in weights.items()}) == convert(config, weights)


WHEEL = Path(os.environ.get("MEMCLI_MINILM_WHEEL", ""))


@pytest.mark.skipif(not WHEEL.is_file(), reason="MEMCLI_MINILM_WHEEL names no wheel with the published MiniLM folder")
def test_the_published_minilm_embeds_as_the_built_in_reference_does(tmp_path):
    """The published weights, converted here, against the reference that engines/build makes of them."""
    from engines.build import export_minilm, weights
    from engines.runtime import Session

    with zipfile.ZipFile(WHEEL) as wheel:
        wheel.extractall(tmp_path)
    [config] = [path for path in tmp_path.rglob("config.json") if "1_Pooling" not in path.parts]
    folder = config.parent
    embedder = embedder_of(folder)
    reference = tmp_path / "reference.onnx"
    reference.write_bytes(export_minilm.build(weights.load(folder / "model.safetensors"), precision="fp32"))
    session = Session(reference, threads=1)
    tokenizer = pair_tokenizer(folder / "tokenizer.json", max_tokens=256)
    for text in (TEXTS[0], TEXTS[1], TEXTS[5]):
        ids = np.array([tokenizer.encode(text).ids], np.int64)
        vector = session.run({"input_ids": ids, "attention_mask": np.ones_like(ids)})[0].mean(axis=0)
        assert np.abs(embedder.embed([text])[0] - vector / np.linalg.norm(vector)).max() < 1e-5
