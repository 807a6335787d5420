"""A token encoder that loads in a thread of its own."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from engines.errors import ModelCorrupt
from engines.loading import LoadingTokenEncoder
from engines.token_encoder import MiniLMTokenEncoder


def test_it_gives_what_the_encoder_gives_once_it_is_there():
    may_load = threading.Event()

    def load():
        assert may_load.wait(60)
        return MiniLMTokenEncoder()

    loading = LoadingTokenEncoder(load)  # returns at once
    may_load.set()
    encoder = MiniLMTokenEncoder()
    assert (loading.id, loading.dimension) == (encoder.id, encoder.dimension)
    texts = ["Ana: The ferry leaves at nine.", "", "Why?"]
    for one, other in zip(loading.encode(texts), encoder.encode(texts), strict=True):
        assert np.array_equal(one.ids, other.ids)
        assert np.array_equal(one.vectors, other.vectors)


def test_what_is_wrong_with_the_model_is_told_to_whoever_uses_it():
    def load():
        raise ModelCorrupt("not a model")

    loading = LoadingTokenEncoder(load)
    for _ in range(2):
        with pytest.raises(ModelCorrupt, match="not a model"):
            loading.encode(["Why?"])
