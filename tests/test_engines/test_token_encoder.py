import os
import shutil

import numpy as np
import pytest

from engines.batches import batches, even_batches
from engines.cards import MINILM_TOKENS
from engines.errors import ModelCorrupt
from engines.files import folder_of
from engines.token_encoder import MiniLMTokenEncoder

# From the tuned weights in float32 (train_tokens.py): the first three numbers of tokens 0 and 3 ("the", "fox").
SENTENCE = "The quick brown fox jumps over the lazy dog."
REFERENCE = {0: [0.0346, 0.0245, 0.0156], 3: [0.0454, -0.0047, 0.0054]}


def test_canonical_vectors(encoder):
    (tokens,) = encoder.encode([SENTENCE])
    assert list(tokens.ids) == [1996, 4248, 2829, 4419, 14523, 2058, 1996, 13971, 3899, 1012]
    for at, expected in REFERENCE.items():
        assert tokens.vectors[at, :3] == pytest.approx(expected, abs=8e-3)


def test_shapes_types_and_lengths(encoder, texts):
    for tokens in encoder.encode(texts):
        assert tokens.ids.dtype == np.int32
        assert tokens.vectors.dtype == np.float32
        assert tokens.vectors.shape == (len(tokens.ids), encoder.dimension)
        assert np.linalg.norm(tokens.vectors, axis=1) == pytest.approx(1, abs=1e-5)
        assert not {101, 102} & set(tokens.ids.tolist())  # [CLS], [SEP]


def test_empty_text_and_no_text(encoder):
    assert encoder.encode([]) == []
    (tokens,) = encoder.encode([""])
    assert tokens.ids.shape == (0,)
    assert tokens.vectors.shape == (0, 384)


def test_long_text_is_cut(encoder, texts):
    assert len(encoder.encode([texts[-1]])[0].ids) == MINILM_TOKENS.context_tokens - 2


def test_vectors_do_not_depend_on_the_batch(encoder, texts):
    many = [*texts, *(f"Turn {at} of a conversation " + "about things " * (at % 17) for at in range(60))]
    for alone, together in zip((encoder.encode([text])[0] for text in many), encoder.encode(many), strict=True):
        assert np.array_equal(alone.ids, together.ids)
        assert np.abs(alone.vectors - together.vectors).max(initial=0) < 1e-5


def test_threads_change_nothing(encoder, texts):
    one = MiniLMTokenEncoder(threads=1).encode(texts)
    for left, right in zip(one, encoder.encode(texts), strict=True):
        assert np.array_equal(left.vectors, right.vectors)


def test_context_changes_a_token(encoder):
    river, money = encoder.encode(["the bank of the river", "the bank holds my money"])
    assert river.ids[1] == money.ids[1]
    assert river.vectors[1] @ money.vectors[1] < 0.95


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_batches_hold_every_text_once_and_stay_small(threads):
    lengths = [0, 5, 90, 254, 17, 3, 44, 44, 44, 130, 0]
    for together in (batches(lengths, 96), even_batches(lengths, 96, threads)):
        assert sorted(at for batch in together for at in batch) == [at for at, length in enumerate(lengths) if length]
        for batch in together:
            assert len(batch) == 1 or len(batch) * max(lengths[at] for at in batch) <= 96


def test_no_thread_waits_for_two_batches_of_another_where_each_could_have_one():
    lengths = [40, 36, 32, 29, 27, 27, 26, 24]
    assert len(batches(lengths, 160)) == 2
    assert even_batches(lengths, 160, 2) == [[0, 1, 2], [3, 4, 5, 6, 7]]
    assert even_batches([30, 30], 160, 2) == [[0], [1]]
    assert even_batches([0, 0], 160, 2) == even_batches([], 160, 2) == []


def test_models_with_the_same_tokenizer_share_it(encoder, embedder):
    assert encoder._tokenizer is embedder._tokenizer


def test_a_broken_graph(tmp_path):
    folder = shutil.copytree(folder_of(MINILM_TOKENS), tmp_path / "model")
    os.truncate(folder / "model.onnx", 1000)
    os.truncate(folder / "model.onnx", MINILM_TOKENS.files[0].size)
    with pytest.raises(ModelCorrupt, match=r"model\.onnx"):
        MiniLMTokenEncoder(folder=folder)
