"""The token encoder: MiniLM's contextual vector of every token, for late interaction."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from engines.batches import even_batches
from engines.cards import MINILM_TOKENS, ModelCard
from engines.files import locate
from engines.runtime import Session, cores
from engines.tokens import EncodedTokens, begin_and_end, shared_tokenizer, tokenize

if TYPE_CHECKING:
    from engines.protocols import TokenVectors, Vectors

SPECIAL_TOKENS = 2
"""[CLS] in front and [SEP] behind."""

BATCH_TOKENS = 128
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

        lengths = [len(tokens) + SPECIAL_TOKENS if tokens else 0 for tokens in ids]
        together = even_batches(lengths, BATCH_TOKENS, self._threads)
        if len(together) > 1 and self._threads > 1:
            with ThreadPoolExecutor(min(self._threads, len(together))) as pool:
                list(pool.map(fill, together))  # the list raises what a batch raised
        else:
            for batch in together:
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
