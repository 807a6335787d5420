"""The build scripts make the shipped files again, byte for byte. Needs the published weights (90 MB), not shipped."""

import hashlib
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
def test_the_token_encoder_is_reproducible(tmp_path):
    out = tmp_path / "folder" / "model.onnx"
    export_minilm.main([SAFETENSORS, str(out)])
    assert hashlib.sha256(out.read_bytes()).hexdigest() == MINILM_TOKENS.files[0].sha256


@needs_weights
@pytest.mark.parametrize("layers", [1, 3])
def test_fewer_layers_can_be_built(tensors, layers):
    assert len(export_minilm.build(tensors, layers=layers)) < MINILM_TOKENS.files[0].size


@needs_weights
def test_the_quantised_encoder_is_faithful(tensors, encoder, tmp_path):
    from engines.runtime import Session

    (tmp_path / "full.onnx").write_bytes(export_minilm.build(tensors, precision="fp32"))
    full = Session(tmp_path / "full.onnx")
    text = "I adopted a puppy last Friday; she has already chewed two pairs of shoes. How was your trip?"
    (tokens,) = encoder.encode([text])
    ids = np.array([[101, *tokens.ids, 102]], np.int64)
    states = full.run({"input_ids": ids, "attention_mask": np.ones_like(ids)})[0, 1:-1]
    cosines = (tokens.vectors * states).sum(axis=1) / np.linalg.norm(states, axis=1)
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
