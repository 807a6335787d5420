"""Models that load in a thread of their own."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from engines.errors import ModelCorrupt
from engines.loading import LoadingTokenEncoder, WaitingReader
from engines.protocols import Utterance
from engines.reader import MiniLMReader
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


def test_a_reader_loads_while_something_else_is_done_and_reads_the_same():
    loads, done = [], threading.Event()

    def load():
        loads.append(threading.current_thread())
        done.set()
        return MiniLMReader()

    waiting = WaitingReader(load)
    assert not loads  # most commands never need it
    waiting.prepare()
    assert done.wait(60)
    waiting.prepare()
    said = [Utterance(speaker="Ana", text="The ferry leaves at nine."), Utterance(speaker="Bo", text="Thanks!")]
    assert waiting.read("When does the ferry leave?", said) == MiniLMReader().read("When does the ferry leave?", said)
    assert loads != [threading.current_thread()]
    assert len(loads) == 1


def test_what_is_wrong_with_the_reader_is_told_to_whoever_reads():
    def load():
        raise ModelCorrupt("not a model")

    waiting = WaitingReader(load)
    waiting.prepare()
    for _ in range(2):
        with pytest.raises(ModelCorrupt, match="not a model"):
            waiting.read("Why?", [])
