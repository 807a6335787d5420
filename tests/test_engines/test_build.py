"""The static table is made again as it is shipped; the export is faithful. Needs the published weights (90 MB)."""

import os
from pathlib import Path

import numpy as np
import pytest

from engines.build import distill_static, export_minilm, weights
from engines.cards import MINILM_STATIC, MINILM_TOKENS
from engines.files import folder_of

SAFETENSORS = os.environ.get("MEMCLI_MINILM_SAFETENSORS", "")
needs_weights = pytest.mark.skipif(
    not Path(SAFETENSORS).is_file(),
    reason="MEMCLI_MINILM_SAFETENSORS does not name model.safetensors of all-MiniLM-L6-v2",
)


@pytest.fixture(scope="module")
def tensors():
    return weights.load(Path(SAFETENSORS))


def test_other_weights_are_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(b"other")
    with pytest.raises(ValueError, match="sha256"):
        export_minilm.main([str(path), str(tmp_path / "out.onnx")])


def test_the_cards_name_the_weights():
    assert {card.source_sha256 for card in (MINILM_STATIC, MINILM_TOKENS)} == {weights.SHA256}


@needs_weights
def test_the_export_is_reproducible_and_as_large_as_the_encoder(tmp_path, tensors):
    out = tmp_path / "folder" / "model.onnx"
    export_minilm.main([SAFETENSORS, str(out)])
    assert out.read_bytes() == export_minilm.build(tensors)
    assert len(out.read_bytes()) == MINILM_TOKENS.files[0].size


@needs_weights
@pytest.mark.parametrize("layers", [1, 3])
def test_fewer_layers_can_be_built(tensors, layers):
    assert len(export_minilm.build(tensors, layers=layers)) < MINILM_TOKENS.files[0].size


@needs_weights
def test_the_quantised_encoder_is_faithful(tensors, encoder, tmp_path):
    from engines.runtime import Session

    text = "I adopted a puppy last Friday; she has already chewed two pairs of shoes. How was your trip?"
    ids = np.array([[101, *encoder.encode([text])[0].ids, 102]], np.int64)
    states = []
    for precision in ("fp32", "int8"):
        (tmp_path / f"{precision}.onnx").write_bytes(export_minilm.build(tensors, precision=precision))
        found = Session(tmp_path / f"{precision}.onnx").run({"input_ids": ids, "attention_mask": np.ones_like(ids)})
        states.append(found[0, 1:-1] / np.linalg.norm(found[0, 1:-1], axis=1, keepdims=True))
    cosines = (states[0] * states[1]).sum(axis=1)
    assert cosines.mean() > 0.995


@needs_weights
def test_the_static_table_is_reproducible(tmp_path):
    """To the byte on the machine that built it; elsewhere a few entries may round the other way."""
    folder = folder_of(MINILM_STATIC)
    distill_static.main([SAFETENSORS, str(folder / "tokenizer.json"), str(tmp_path)])
    for name, largest in (("vectors.npy", 1), ("scales.npy", 1e-6)):
        difference = np.abs(np.load(tmp_path / name).astype(float) - np.load(folder / name).astype(float))
        assert difference.max() <= largest
        assert (difference > largest / 2).mean() < 1e-3
