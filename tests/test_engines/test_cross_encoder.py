import shutil

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from engines.batches import CPU_TOKENS
from engines.cards import MINILM_TOKENS
from engines.cross_encoder import CrossEncoderReranker
from engines.errors import ModelCorrupt, ModelMissing
from engines.files import folder_of


def write_model(folder, *, names=("input_ids", "attention_mask", "token_type_ids"), classes=1, nested=False):
    """A model that counts the tokens of the document: those of type 1 (or all that are not padding)."""
    counted = "token_type_ids" if "token_type_ids" in names else "attention_mask"
    axes = numpy_helper.from_array(np.array([1], np.int64), "axes")
    nodes = [
        helper.make_node("Cast", [counted], ["kinds"], to=TensorProto.FLOAT),
        helper.make_node("ReduceSum", ["kinds", "axes"], ["count"], keepdims=1),
        helper.make_node("Neg", ["count"], ["negative"]),
    ]
    nodes.append(helper.make_node("Concat", [*["negative"] * (classes - 1), "count"], ["logits"], axis=1))
    graph = helper.make_graph(
        nodes,
        "counter",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in names],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", classes])],
        [axes],
    )
    path = folder / "onnx" / "model.onnx" if nested else folder / "model.onnx"
    path.parent.mkdir(exist_ok=True)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    shutil.copy(folder_of(MINILM_TOKENS) / "tokenizer.json", folder)
    return folder


DOCUMENTS = ["one two three", "", "one", *("word " * count for count in range(2, 40))]
TYPE_1_COUNTS = [4, 1, 2, *(count + 1 for count in range(2, 40))]  # [SEP] is one of them


@pytest.mark.parametrize("classes", [1, 2])
@pytest.mark.parametrize("nested", [False, True])
def test_scores_come_back_in_order(tmp_path, classes, nested):
    reranker = CrossEncoderReranker(write_model(tmp_path, classes=classes, nested=nested), threads=1)
    assert len(DOCUMENTS) * max(map(len, DOCUMENTS)) > 2 * CPU_TOKENS, "they take several batches"
    scores = reranker.score("a question", DOCUMENTS)
    assert scores.dtype == np.float32
    assert scores.tolist() == TYPE_1_COUNTS
    assert reranker.device == "cpu"


def test_models_without_token_types(tmp_path):
    reranker = CrossEncoderReranker(write_model(tmp_path, names=("input_ids", "attention_mask")))
    assert reranker.score("why", ["a b"]).tolist() == [6]  # [CLS] why [SEP] a b [SEP]


def test_no_documents(tmp_path):
    assert CrossEncoderReranker(write_model(tmp_path)).score("why", []).shape == (0,)


def test_long_and_broken_texts(tmp_path):
    reranker = CrossEncoderReranker(write_model(tmp_path), max_tokens=64)
    assert reranker.score("why \ud800", ["word " * 1000]).tolist() == [64 - 4]  # [CLS] why ? [SEP] come first


def test_a_model_of_another_kind(tmp_path):
    with pytest.raises(ModelCorrupt, match="pixels"):
        CrossEncoderReranker(write_model(tmp_path, names=("pixels", "attention_mask")))


def test_an_output_of_another_kind(tmp_path):
    write_model(tmp_path)
    shutil.copy(folder_of(MINILM_TOKENS) / "model.onnx", tmp_path)
    with pytest.raises(ModelCorrupt, match="shape"):
        CrossEncoderReranker(tmp_path).score("why", ["because"])


def test_missing_files(tmp_path):
    with pytest.raises(ModelMissing):
        CrossEncoderReranker(tmp_path)
    write_model(tmp_path)
    (tmp_path / "model.onnx").unlink()
    with pytest.raises(ModelMissing):
        CrossEncoderReranker(tmp_path)


def test_batches_fit_the_device(tmp_path, card, monkeypatch):
    write_model(tmp_path)
    assert CrossEncoderReranker(tmp_path, probe=card(free=8 << 30)).batch_tokens == CPU_TOKENS, "it runs on the CPU"
    monkeypatch.setattr(CrossEncoderReranker, "device", "gpu")
    sizes = [CrossEncoderReranker(tmp_path, probe=card(free=free)).batch_tokens for free in (1 << 20, 1 << 32, 1 << 40)]
    assert CPU_TOKENS == sizes[0] < sizes[1] < sizes[2]
    two = CrossEncoderReranker(tmp_path, probe=card(free=(1 << 40, 1 << 32)))
    assert two.batch_tokens == sizes[1], "whichever of the cards is used"
    large = CrossEncoderReranker(tmp_path, probe=card(free=1 << 40))
    shapes = []
    monkeypatch.setattr(large._session, "run", lambda inputs: shapes.append(inputs["input_ids"].shape) or
                        np.zeros((len(inputs["input_ids"]), 1), np.float32))  # fmt: skip
    large.score("a question", DOCUMENTS)
    assert [rows for rows, _ in shapes] == [len(DOCUMENTS)], "all at once, where there is room"
