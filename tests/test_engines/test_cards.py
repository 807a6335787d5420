import shutil
from pathlib import Path

import numpy as np
import pytest

from engines.cards import BUILT_IN, MINILM_READER, MINILM_STATIC, MINILM_TOKENS
from engines.errors import ModelCorrupt, ModelMissing
from engines.files import folder_of, locate, verify


@pytest.mark.parametrize("card", BUILT_IN.values(), ids=BUILT_IN)
def test_shipped_files_are_what_the_card_says(card):
    assert verify(card) == folder_of(card)


@pytest.mark.parametrize("card", BUILT_IN.values(), ids=BUILT_IN)
def test_each_model_carries_its_licence_and_the_changes_made(card):
    folder = folder_of(card)
    assert "Apache License" in (folder / "LICENSE").read_text()
    assert "all-MiniLM-L6-v2" in (folder / "NOTICE").read_text()
    assert "Changes:" in (folder / "NOTICE").read_text()


def test_every_shipped_folder_has_a_card():
    models = Path(folder_of(MINILM_STATIC)).parent
    assert {folder.name for folder in models.iterdir()} == {card.folder for card in BUILT_IN.values()}


def test_the_models_stay_small():
    assert sum(card.size for card in BUILT_IN.values()) < 60_000_000


def test_ids_differ():
    assert len({card.id for card in BUILT_IN.values()}) == len(BUILT_IN)


@pytest.fixture
def copy(tmp_path):
    return Path(shutil.copytree(folder_of(MINILM_STATIC), tmp_path / "model"))


def test_a_missing_file_is_named(copy):
    (copy / "scales.npy").unlink()
    with pytest.raises(ModelMissing, match=r"scales\.npy"):
        locate(MINILM_STATIC, copy)


def test_a_missing_folder(tmp_path):
    with pytest.raises(ModelMissing):
        locate(MINILM_TOKENS, tmp_path / "none")


def test_a_cut_file_is_seen_at_load(copy):
    content = (copy / "vectors.npy").read_bytes()
    (copy / "vectors.npy").write_bytes(content[:-1])
    with pytest.raises(ModelCorrupt, match=r"vectors\.npy"):
        locate(MINILM_STATIC, copy)


def test_a_flipped_bit_is_seen_by_verify(copy):
    content = bytearray((copy / "vectors.npy").read_bytes())
    content[5_000_000] ^= 1
    (copy / "vectors.npy").write_bytes(content)
    assert locate(MINILM_STATIC, copy) == copy
    with pytest.raises(ModelCorrupt, match="SHA-256"):
        verify(MINILM_STATIC, copy)


@pytest.mark.parametrize("card", [MINILM_TOKENS, MINILM_READER], ids=lambda card: card.name)
def test_no_processor_cuts_a_sum_of_products(card):
    """Without VNNI, two products of neighbouring weights with uint8 are added in 16 bits, and cut if they pass them."""
    onnx = pytest.importorskip("onnx")
    graph = onnx.load(folder_of(card) / "model.onnx").graph
    constants = {one.name: onnx.numpy_helper.to_array(one) for one in graph.initializer}
    products = [node for node in graph.node if node.op_type == "MatMulIntegerToFloat"]
    assert len(products) == 36
    for node in products:
        sizes = np.abs(constants[node.input[1]].astype(int))
        assert 255 * (sizes[0::2] + sizes[1::2]).max() <= 32767
