"""The static embedder: a text's vector is the weighted sum of its tokens' vectors, looked up in a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engines.cards import MINILM_STATIC, ModelCard
from engines.errors import ModelCorrupt
from engines.files import REINSTALL, locate
from engines.tokens import EncodedTokens, readable, shared_tokenizer
from engines.words import TextTokens, Words

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from engines.protocols import TokenVectors, Vectors

SLICE_ROWS = 512
"""How many rows of the table are looked up at a time: they fit the processor's cache, which doubles the speed."""

MANY_TEXTS = 4096
"""For so many texts at once the whole table is multiplied out, which takes 30 MB from then on."""

BATCH_TEXTS, BATCH_CHARS = 16_384, 16 * 1024 * 1024
"""How many texts, and characters of them, are tokenized at a time, which bounds memory."""


class StaticEmbedder:
    """An Embedder without a network to run: some 30,000 short texts a second and 50 microseconds a question.

    Idea: model2vec (https://github.com/MinishLab/model2vec); the table is made by `engines.build.distill_static`.
    Sums run in token order, so that a row has the same bits whatever texts share its call.
    Raises ModelMissing, ModelCorrupt. `folder` holds the card's files, if not the built-in one.
    """

    def __init__(self, card: ModelCard = MINILM_STATIC, *, folder: Path | None = None) -> None:
        folder = locate(card, folder)
        self._card = card
        self._tokenizer = shared_tokenizer(folder / "tokenizer.json")
        self._words = Words(self._tokenizer)
        self._vectors: npt.NDArray[np.int8] = _array(folder / "vectors.npy")
        self._scales: npt.NDArray[np.float32] = _array(folder / "scales.npy")
        self._scaled: npt.NDArray[np.float32] | None = None
        if self._vectors.shape != (len(self._scales), card.dimension):
            raise ModelCorrupt(f"{folder}: vectors and scales do not fit together", hint=REINSTALL)

    @property
    def id(self) -> str:
        """Name and revision of the model."""
        return self._card.id

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._card.dimension

    def count_tokens(self, text: str) -> int:
        """How many tokens a text has, without a limit."""
        return len(self._tokenizer.encode(readable(text), add_special_tokens=False).ids)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dimension), rows of length 1; all zero where no token is known (empty, only emoji).

        Tokens beyond the card's `context_tokens` do not count.
        """
        import numpy as np

        result = np.zeros((len(texts), self.dimension), np.float32)
        for start, end in _batches(texts):
            result[start:end] = self._sums(self._words.tokens(texts[start:end], limit=self._card.context_tokens))
        lengths = np.sqrt(np.einsum("ij,ij->i", result, result))
        lengths[lengths == 0] = 1
        result /= lengths[:, None]
        return result

    def embed_query(self, text: str) -> Vectors:
        """float32 (dimension,): the same as the text's row from `embed`."""
        vector: Vectors = self.embed([text])[0]
        return vector

    def encode(self, texts: Sequence[str]) -> list[TokenVectors]:
        """One TokenVectors a text, in order: the table's rows for its tokens, brought to length 1.

        It makes the embedder a TokenEncoder too, whose vectors know nothing of their context and cost next to nothing.
        """
        import numpy as np

        found = self._words.ids(texts, limit=self._card.context_tokens)
        ids = [np.array(tokens, np.int32) for tokens in found]
        vectors = self._vectors[np.concatenate([np.zeros(0, np.int32), *ids])].astype(np.float32)
        lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        lengths[lengths == 0] = 1
        vectors /= lengths[:, None]
        ends = np.cumsum([len(tokens) for tokens in ids])
        return [EncodedTokens(tokens, vectors[end - len(tokens) : end]) for tokens, end in zip(ids, ends, strict=True)]

    def _sums(self, tokens: TextTokens) -> Vectors:
        """float32 (texts, dimension): the weighted sums, before they are brought to length 1."""
        import numpy as np

        counts, scaled = tokens.counts, self._scaled
        if scaled is None and len(counts) >= MANY_TEXTS:
            scaled = self._scaled = np.asarray(self._vectors) * np.asarray(self._scales)[:, None]
        sums = np.zeros((len(counts), self.dimension), np.float32)
        # Texts of as many tokens are summed together, token by token: which ones share a call changes no bit.
        by_count = np.argsort(counts, kind="stable")
        for count, (first, end) in enumerate(pairwise(np.cumsum(np.bincount(counts)).tolist()), 1):
            step = max(1, SLICE_ROWS // count)
            for part in (by_count[at : min(at + step, end)] for at in range(first, end, step)):
                ids = tokens.ids[tokens.starts[part] + np.arange(count)[:, None]]
                # The same bits either way, and three times as fast where the whole table is there already: to look up
                # without checking that there is such a row ("clip") takes a third less.
                if scaled is None:
                    rows = self._vectors[ids] * self._scales[ids][:, :, None]
                else:
                    rows = scaled.take(ids, axis=0, mode="clip")
                sums[part] = rows.sum(axis=0)
        return sums


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The texts in stretches (start, end) that keep to the bounds, or hold one text that does not."""
    start = chars = 0
    for at, text in enumerate(texts):
        if at > start and (at - start == BATCH_TEXTS or chars + len(text) > BATCH_CHARS):
            yield start, at
            start, chars = at, 0
        chars += len(text)
    if start < len(texts):
        yield start, len(texts)


def _array(path: Path) -> npt.NDArray[Any]:
    """An .npy file mapped into memory: only the rows that are used are read."""
    import numpy as np

    try:
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise ModelCorrupt(f"{path} is not a table that can be loaded: {error}", hint=REINSTALL) from error
    return array
