"""An embedder of the user's own: an encoder as ONNX, and the pooling of its token vectors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from engines.batches import batch_tokens, batches
from engines.devices import DeviceProbe, NvidiaProbe
from engines.errors import ModelCorrupt
from engines.model_folder import Pooling
from engines.runtime import OnnxGpu, Session
from engines.tokens import pair_tokenizer, readable

if TYPE_CHECKING:
    from engines.protocols import Vectors

SPECIAL = 2
"""Tokens that frame a text."""

INPUTS = frozenset({"input_ids", "attention_mask", "token_type_ids", "position_ids"})


class OnnxEmbedder:
    """An Embedder from an ONNX graph with a tokenizer.json.

    The graph takes `input_ids`, `attention_mask` and perhaps `token_type_ids` or `position_ids`, int64 (batch, length),
    and gives `sentence_embedding` (batch, dimension), or as its first output token vectors (batch, length, dimension),
    which `pooling` makes one of. `gpu` as for engines.runtime.Session; batches are sized to the device, by `probe`. A
    text's vector may differ in its last bits with the texts that share its batch.
    Raises ModelMissing, ModelCorrupt, EngineUnavailable.
    """

    def __init__(
        self,
        onnx: Path,
        tokenizer: Path,
        *,
        id: str,  # noqa: A002
        pooling: Pooling = "mean",
        context_tokens: int = 512,
        query_prefix: str = "",
        document_prefix: str = "",
        threads: int = 0,
        gpu: OnnxGpu = "auto",
        probe: DeviceProbe | None = None,
    ) -> None:
        self._id = id
        self._pooling = pooling
        self._limit = context_tokens
        self._prefixes = (query_prefix, document_prefix)
        self._tokenizer = pair_tokenizer(tokenizer, max_tokens=context_tokens)
        self._session = Session(onnx, threads=threads, gpu=gpu, fuse=True)
        unknown = set(self._session.inputs) - INPUTS
        if unknown or "input_ids" not in self._session.inputs:
            raise ModelCorrupt(
                f"{onnx} is no text encoder: its inputs are {', '.join(self._session.inputs)}",
                hint="Expected input_ids, attention_mask and optionally token_type_ids or position_ids.",
            )
        self._output = "sentence_embedding" if "sentence_embedding" in self._session.outputs else None
        self._path = onnx
        self._dimension = int(self._vectors(["a"]).shape[1])
        self._tokens = batch_tokens(self.device, self._dimension, probe or NvidiaProbe())

    @property
    def id(self) -> str:
        """Name and hash of the model."""
        return self._id

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    @property
    def device(self) -> str:
        """Either "gpu" or "cpu"."""
        return self._session.device

    @property
    def batch_tokens(self) -> int:
        """Padded tokens of a batch."""
        return self._tokens

    def embed(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dimension), rows of length 1; all zero for an empty text. Raises EngineFailed."""
        return self._embedded(texts, self._prefixes[1])

    def embed_query(self, text: str) -> Vectors:
        """float32 (dimension,): the vector of a question. Raises EngineFailed."""
        vector: Vectors = self._embedded([text], self._prefixes[0])[0]
        return vector

    def _embedded(self, texts: Sequence[str], prefix: str) -> Vectors:
        import numpy as np

        result = np.zeros((len(texts), self._dimension), np.float32)
        said = [prefix + readable(text) if text.strip() else "" for text in texts]
        # A token is taken to be of one character at least, which is too many rather than too few.
        lengths = [min(len(text) + SPECIAL, self._limit) if text else 0 for text in said]
        for batch in batches(lengths, self._tokens):
            result[batch] = self._vectors([said[at] for at in batch])
        return result

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dimension): unit rows."""
        import numpy as np

        encodings = self._tokenizer.encode_batch(list(texts))
        shape = (len(encodings), max(len(encoding.ids) for encoding in encodings))
        inputs = {name: np.zeros(shape, np.int64) for name in self._session.inputs}
        mask = np.zeros(shape, np.int64)
        for row, encoding in enumerate(encodings):
            length = len(encoding.ids)
            mask[row, :length] = 1
            inputs["input_ids"][row, :length] = encoding.ids
        if "attention_mask" in inputs:
            inputs["attention_mask"] = mask
        if "position_ids" in inputs:
            inputs["position_ids"][:] = np.arange(shape[1])
        states = np.asarray(self._session.run(inputs, self._output), np.float32)
        if states.ndim == 3 and states.shape[:2] == shape:
            states = self._pooled(states, mask.astype(np.float32))
        if states.ndim != 2 or len(states) != len(texts):
            raise ModelCorrupt(f"{self._path} is no text encoder: its output has the shape {states.shape}")
        lengths = np.sqrt(np.einsum("ij,ij->i", states, states))
        lengths[lengths == 0] = 1
        vectors: Vectors = states / lengths[:, None]
        return vectors

    def _pooled(self, states: Vectors, mask: Vectors) -> Vectors:
        """float32 (batch, dimension) of token vectors (batch, length, dimension); `mask` is 0 for padding."""
        import numpy as np

        counts = mask.sum(axis=1)
        if self._pooling == "cls":
            pooled: Vectors = states[:, 0]
        elif self._pooling == "last":
            pooled = states[np.arange(len(states)), counts.astype(np.int64) - 1]
        else:
            pooled = np.einsum("ijk,ij->ik", states, mask) / np.maximum(counts, 1)[:, None]
        return pooled
