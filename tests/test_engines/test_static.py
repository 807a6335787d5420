import dataclasses
import shutil

import numpy as np
import pytest

from engines.cards import MINILM_STATIC
from engines.errors import ModelCorrupt, ModelMissing
from engines.files import folder_of
from engines.static import MANY_TEXTS, StaticEmbedder
from engines.words import FEW_TEXTS

CANONICAL = {
    "The quick brown fox jumps over the lazy dog.": [-0.1483915, -0.2154412, 0.1279999, 0.077546],
    "When did Caroline go to the support group?": [-0.2296179, -0.0261968, -0.0132015, 0.1185577],
}


@pytest.mark.parametrize("text", CANONICAL)
def test_canonical_vectors(embedder, text):
    assert embedder.embed_query(text)[:4] == pytest.approx(CANONICAL[text], abs=1e-6)


def test_shape_type_and_length(embedder, texts):
    vectors = embedder.embed(texts)
    assert vectors.shape == (len(texts), embedder.dimension)
    assert vectors.dtype == np.float32
    lengths = np.linalg.norm(vectors, axis=1)
    for text, length in zip(texts, lengths, strict=True):
        assert length == (0 if text in ("", "👍🎉") else pytest.approx(1, abs=1e-6))


def test_nothing_in_nothing_out(embedder):
    assert embedder.embed([]).shape == (0, 256)


def test_a_row_depends_on_its_text_only(embedder, texts):
    many = [*texts, *(f"filler number {at}" for at in range(2 * FEW_TEXTS)), *texts]
    together = embedder.embed(many)
    alone = np.stack([embedder.embed([text])[0] for text in many])
    assert np.array_equal(together, alone)


def test_very_many_at_once_are_the_same_bits(texts):
    few, many = StaticEmbedder(), StaticEmbedder()
    numbered = [f"filler number {at}, {text}" for at, text in enumerate(texts)]
    together = many.embed([*numbered, *(f"the {at}th" for at in range(MANY_TEXTS))])
    assert np.array_equal(together[: len(texts)], few.embed(numbered))


def test_a_query_is_embedded_like_a_text(embedder, texts):
    assert np.array_equal(embedder.embed(texts), np.stack([embedder.embed_query(text) for text in texts]))


def test_meaning_is_near(embedder):
    query, near, far = embedder.embed(["my puppy", "the dog barks", "quarterly tax report"])
    assert query @ near > query @ far + 0.2


def test_frequent_words_weigh_little(embedder):
    bare, dressed = embedder.embed(["volcano", "it is the volcano of a"])
    assert bare @ dressed > 0.9


def test_it_gives_token_vectors_too(embedder, texts):
    tokens = embedder.encode(texts)
    assert len(tokens) == len(texts)
    for text, found in zip(texts, tokens, strict=True):
        assert found.ids.dtype == np.int32
        assert found.vectors.dtype == np.float32
        assert found.vectors.shape == (len(found.ids), embedder.dimension)
        assert len(found.ids) <= MINILM_STATIC.context_tokens
        lengths = np.linalg.norm(found.vectors, axis=1)
        assert lengths == pytest.approx(0 if text == "👍🎉" else 1, abs=1e-5)
    assert embedder.encode([]) == []


def test_text_beyond_the_limit_is_not_read(embedder):
    cut = "river " * MINILM_STATIC.context_tokens
    assert np.array_equal(embedder.embed_query(cut), embedder.embed_query(cut + "mountain " * 50))


def test_a_table_that_is_no_table(tmp_path):
    folder = shutil.copytree(folder_of(MINILM_STATIC), tmp_path / "model")
    content = (folder / "vectors.npy").read_bytes()
    (folder / "vectors.npy").write_bytes(b"x" * len(content))
    with pytest.raises(ModelCorrupt):
        StaticEmbedder(folder=folder)


def test_a_tokenizer_that_is_none(tmp_path):
    folder = shutil.copytree(folder_of(MINILM_STATIC), tmp_path / "model")
    (folder / "tokenizer.json").write_bytes(b" " * (folder / "tokenizer.json").stat().st_size)
    with pytest.raises(ModelCorrupt, match="tokenizer"):
        StaticEmbedder(folder=folder)


def test_a_card_that_promises_another_width():
    with pytest.raises(ModelCorrupt):
        StaticEmbedder(dataclasses.replace(MINILM_STATIC, dimension=128))


def test_a_folder_without_a_model(tmp_path):
    with pytest.raises(ModelMissing):
        StaticEmbedder(folder=tmp_path)
