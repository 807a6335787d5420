"""A cross-encoder as reranker: query and document go through one network together. More exact and far slower."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engines.batches import batch_tokens, batches
from engines.devices import DeviceProbe, NvidiaProbe
from engines.errors import ModelCorrupt
from engines.runtime import OnnxGpu, Session
from engines.tokens import pair_tokenizer, readable

if TYPE_CHECKING:
    from engines.protocols import Vectors

MAX_TOKENS = 512
SPECIAL = 3
"""Tokens that frame a pair."""

WIDEST = 1024
"""The width of the inner states, which nothing here tells, is taken to be that of the largest in common use."""


class CrossEncoderReranker:
    """A Reranker from a folder: `model.onnx` (or onnx/model.onnx) and `tokenizer.json`.

    The model takes `input_ids`, `attention_mask` and perhaps `token_type_ids`, int64 (batch, length), and gives one
    logit a pair, (batch, 1) or (batch,); of two or more, (batch, classes), the last is taken as that of relevance. So
    cross-encoders are commonly exported to ONNX. `gpu` as for engines.runtime.Session; batches are sized to the device,
    by `probe`. A score may differ in its last bits with the pairs that share its batch.
    Source: Nogueira and Cho 2019, "Passage Re-ranking with BERT". Raises ModelMissing, ModelCorrupt.
    """

    def __init__(
        self,
        folder: Path,
        *,
        threads: int = 0,
        gpu: OnnxGpu = "auto",
        max_tokens: int = MAX_TOKENS,
        probe: DeviceProbe | None = None,
    ) -> None:
        nested = folder / "onnx" / "model.onnx"
        path = nested if nested.is_file() else folder / "model.onnx"
        self._tokenizer = pair_tokenizer(folder / "tokenizer.json", max_tokens=max_tokens)
        self._session = Session(path, threads=threads, gpu=gpu, fuse=True)
        unknown = set(self._session.inputs) - {"input_ids", "attention_mask", "token_type_ids"}
        if unknown or "input_ids" not in self._session.inputs:
            raise ModelCorrupt(
                f"{path} is no cross-encoder: its inputs are {', '.join(self._session.inputs)}",
                hint="Expected input_ids, attention_mask and optionally token_type_ids.",
            )
        self._path = path
        self._limit = max_tokens
        self._tokens = batch_tokens(self.device, WIDEST, probe or NvidiaProbe())

    @property
    def device(self) -> str:
        """Either "gpu" or "cpu"."""
        return self._session.device

    @property
    def batch_tokens(self) -> int:
        """Padded tokens of a batch."""
        return self._tokens

    def score(self, query: str, documents: Sequence[str]) -> Vectors:
        """float32 (len(documents),): the logits, higher for better; they compare within one query only.

        Raises EngineFailed.
        """
        import numpy as np

        scores = np.zeros(len(documents), np.float32)
        # A token is taken to be of one character at least, which is too many rather than too few.
        lengths = [min(len(query) + len(document) + SPECIAL, self._limit) for document in documents]
        for batch in batches(lengths, self._tokens):
            scores[batch] = self._logits(query, [documents[at] for at in batch])
        return scores

    def _logits(self, query: str, documents: Sequence[str]) -> Vectors:
        import numpy as np

        encodings = self._tokenizer.encode_batch([(readable(query), readable(document)) for document in documents])
        shape = (len(encodings), max(len(encoding.ids) for encoding in encodings))
        inputs = {name: np.zeros(shape, np.int64) for name in self._session.inputs}
        for row, encoding in enumerate(encodings):
            values = {
                "input_ids": encoding.ids,
                "attention_mask": encoding.attention_mask,
                "token_type_ids": encoding.type_ids,
            }
            for name, filled in inputs.items():
                filled[row, : len(encoding.ids)] = values[name]
        logits = np.asarray(self._session.run(inputs), np.float32)
        if logits.ndim == 0 or len(logits) != len(documents) or logits.ndim > 2:
            raise ModelCorrupt(f"{self._path} is no cross-encoder: its output has the shape {logits.shape}")
        last: Vectors = logits.reshape(len(documents), -1)[:, -1]
        return last
