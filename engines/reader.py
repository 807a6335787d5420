"""The reader: MiniLM tuned to point at the words of a turn that answer a question, or to say that none do."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engines.cards import MINILM_READER, ModelCard
from engines.errors import ModelCorrupt
from engines.files import REINSTALL, locate
from engines.protocols import Reading
from engines.runtime import Session, cores
from engines.tokens import begin_and_end, readable, shared_tokenizer

if TYPE_CHECKING:
    from engines.protocols import Utterance, Vectors

QUESTION_TOKENS = 48

WINDOW_TOKENS, STRIDE = 120, 80
"""A longer turn is read in windows of so many tokens, each beginning so many after the one before."""

LONGEST_ANSWER = 24
"""Tokens."""

BY_SPEAKER = 2.0
"""By so many log odds who said it must be likelier than any of the words, to be the answer. Set by hand; on the scenes
that `tests/bench/fit_reading.py` asks about it is worth 0.4 points of F1."""


class _Window(NamedTuple):
    """A part of an utterance as the model reads it: ids, where the said words begin in them, and those words' places in
    `speaker: text`."""

    ids: list[int]
    offset: int
    places: list[tuple[int, int]]


class MiniLMReader:
    """An AnswerReader. An utterance's reading does not depend on the others of the call.

    `threads` is how many utterances are read side by side (0: one a core). `folder` holds the card's files, if not the
    built-in one. Raises ModelMissing, ModelCorrupt, EngineUnavailable.
    """

    def __init__(self, card: ModelCard = MINILM_READER, *, folder: Path | None = None, threads: int = 0) -> None:
        import numpy as np

        folder = locate(card, folder)
        self._tokenizer = shared_tokenizer(folder / "tokenizer.json")
        self._begin, self._end = begin_and_end(self._tokenizer, folder / "tokenizer.json")
        self._session = Session(folder / "model.onnx", threads=1)
        self._head: Vectors = np.load(folder / "head.npy")
        if self._head.shape != (2, card.dimension + 1):
            raise ModelCorrupt(f"{folder / 'head.npy'} has the shape {self._head.shape}", hint=REINSTALL)
        self._threads = threads or cores()

    def read(self, question: str, utterances: Sequence[Utterance]) -> list[Reading]:
        """The best answer in each utterance, in order. Raises EngineFailed."""
        asked = self._encode(question)[0][:QUESTION_TOKENS]

        def one(utterance: Utterance) -> Reading:
            return max((self._best(utterance, window) for window in self._windows(asked, utterance)), key=_sure)

        if len(utterances) > 1 and self._threads > 1:
            with ThreadPoolExecutor(min(self._threads, len(utterances))) as pool:
                return list(pool.map(one, utterances))
        return [one(utterance) for utterance in utterances]

    def prepare(self) -> None:
        """It is there already."""

    def _windows(self, asked: Sequence[int], utterance: Utterance) -> list[_Window]:
        head = [self._begin, *asked, self._end]
        ids, places = self._encode(f"{utterance.speaker}: {utterance.text}")
        starts = range(0, max(1, len(ids) - WINDOW_TOKENS + STRIDE), STRIDE)
        within = [slice(at, at + WINDOW_TOKENS) for at in starts]
        return [_Window([*head, *ids[part], self._end], len(head), places[part]) for part in within]

    def _best(self, utterance: Utterance, window: _Window) -> Reading:
        """The likeliest span of at most LONGEST_ANSWER tokens."""
        import numpy as np

        ids, offset, places = window
        if not places:
            return Reading((0, 0), -np.inf)
        row = np.array([ids], np.int64)
        states = self._session.run({"input_ids": row, "attention_mask": np.ones_like(row)})[0]
        starts, ends = self._head[:, :-1] @ states.T + self._head[:, -1:]
        nothing = float(starts[0] + ends[0])
        said = slice(offset, offset + len(places))
        spans = starts[said, None] + ends[None, said]
        spans = np.where(np.tril(np.triu(np.ones(spans.shape, bool)), LONGEST_ANSWER - 1), spans, -np.inf)
        shift = len(utterance.speaker) + 2
        name = sum(place[0] < shift for place in places)  # tokens of it

        def best(first: int) -> tuple[int, int]:
            start, end = divmod(int(spans[first:].argmax()), len(places))
            return start + first, end

        start, end = best(0)
        if end < name < len(places):
            in_words = best(name)
            if spans[start, end] - spans[in_words] < BY_SPEAKER:
                start, end = in_words
        place = None if end < name else (max(0, places[start][0] - shift), places[end][1] - shift)
        return Reading(place, float(spans[start, end]) - nothing)

    def _encode(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        found = self._tokenizer.encode(readable(text), add_special_tokens=False)
        return found.ids, found.offsets


def _sure(reading: Reading) -> float:
    return reading.sure
