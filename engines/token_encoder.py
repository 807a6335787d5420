"""The token encoder: MiniLM's contextual vector of every token, for late interaction."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from engines.cards import MINILM_TOKENS, ModelCard
from engines.files import locate
from engines.runtime import Session, cores
from engines.tokens import EncodedTokens, begin_and_end, shared_tokenizer, tokenize

if TYPE_CHECKING:
    from engines.protocols import TokenVectors, Vectors

SPECIAL_TOKENS = 2
"""[CLS] in front and [SEP] behind."""

BATCH_TOKENS = 96
"""How many tokens, padding included, go through the model at a time: so few stay in the processor's cache."""


class MiniLMTokenEncoder:
    """A TokenEncoder. The model is quantised so that a text's vectors do not depend on the texts that share its call.

    It runs on the CPU even where there is a GPU: its 8-bit operators exist there only. `threads` is how many batches
    run side by side (0: one a core), each in one thread: threads that shared a batch would wait for each other at every
    operator. `folder` holds the card's files, if not the built-in one. Raises ModelMissing, ModelCorrupt,
    EngineUnavailable.
    """

    def __init__(self, card: ModelCard = MINILM_TOKENS, *, folder: Path | None = None, threads: int = 0) -> None:
        folder = locate(card, folder)
        self._card = card
        self._tokenizer = shared_tokenizer(folder / "tokenizer.json")
        self._begin, self._end = begin_and_end(self._tokenizer, folder / "tokenizer.json")
        self._session = Session(folder / "model.onnx", threads=1)
        self._threads = threads or cores()

    @property
    def id(self) -> str:
        """Name and revision of the model."""
        return self._card.id

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._card.dimension

    def encode(self, texts: Sequence[str]) -> list[TokenVectors]:
        """One TokenVectors a text, in order, without [CLS] and [SEP]; tokens beyond `context_tokens` are left out.

        Raises EngineFailed.
        """
        import numpy as np

        ids = tokenize(self._tokenizer, texts, limit=self._card.context_tokens - SPECIAL_TOKENS)
        nothing = EncodedTokens(np.zeros(0, np.int32), np.zeros((0, self.dimension), np.float32))
        result: list[TokenVectors] = [nothing] * len(texts)

        def fill(batch: Sequence[int]) -> None:
            for at, states in zip(batch, self._states([ids[at] for at in batch]), strict=True):
                vectors = states[1 : len(ids[at]) + 1]
                lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
                result[at] = EncodedTokens(np.array(ids[at], np.int32), vectors / lengths[:, None])

        batches = _batches([len(tokens) for tokens in ids])
        if len(batches) > 1 and self._threads > 1:
            with ThreadPoolExecutor(min(self._threads, len(batches))) as pool:
                list(pool.map(fill, batches))  # the list raises what a batch raised
        else:
            for batch in batches:
                fill(batch)
        return result

    def _states(self, batch: Sequence[Sequence[int]]) -> Vectors:
        """float32 (batch, longest, dimension): last hidden states, special tokens and padding included."""
        import numpy as np

        padded = np.zeros((len(batch), max(len(tokens) for tokens in batch) + SPECIAL_TOKENS), np.int64)
        mask = np.zeros_like(padded)
        for row, tokens in enumerate(batch):
            length = len(tokens) + SPECIAL_TOKENS
            padded[row, :length] = [self._begin, *tokens, self._end]
            mask[row, :length] = 1
        states: Vectors = self._session.run({"input_ids": padded, "attention_mask": mask})
        return states


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Places of the texts in batches of at most BATCH_TOKENS padded tokens (or of one text), longest first.

    Texts of like length share a batch, so that little padding is computed; the longest start first, so that threads
    finish together. Texts without tokens are left out.
    """
    order = sorted((at for at in range(len(lengths)) if lengths[at]), key=lambda at: -lengths[at])
    batches: list[list[int]] = []
    for at in order:
        if batches and (len(batches[-1]) + 1) * (lengths[batches[-1][0]] + SPECIAL_TOKENS) <= BATCH_TOKENS:
            batches[-1].append(at)
        else:
            batches.append([at])
    return batches
