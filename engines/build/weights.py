"""Reads the published MiniLM weights and runs them in plain numpy, for calibration.

Model: sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), a BERT of 6 layers, 384 dimensions and 12 heads
(Wang et al. 2020, "MiniLM: Deep Self-Attention Distillation"; Devlin et al. 2019, "BERT").
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
HIDDEN = 384
HEADS = 12
EPSILON = 1e-12


def load(path: Path) -> dict[str, Floats]:
    """Every float tensor of model.safetensors, by its published name.

    Raises ValueError when the file is not the published one: a build from other weights would be another model.
    """
    from safetensors.numpy import load as parse

    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise ValueError(f"{path}: sha256 is {found}, the published weights have {SHA256}")
    return {name: tensor for name, tensor in parse(content).items() if tensor.dtype.kind == "f"}


def positions(weights: Mapping[str, Floats], length: int) -> Floats:
    """float32 (length, 384): position embeddings, with the embedding of token type 0 (the only one used) added."""
    table: Floats = (
        weights["embeddings.position_embeddings.weight"][:length]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    return table


def activation_peaks(
    weights: Mapping[str, Floats], sequences: list[npt.NDArray[np.int64]], layers: int
) -> dict[tuple[int, str], Floats]:
    """Largest absolute value seen a channel, float32 (384,), by (layer, place).

    Places: "layer" (input of the layer), "context" (output of attention), "middle" (input of the feed-forward part).
    """
    import numpy as np

    peaks: dict[tuple[int, str], Floats] = {}

    def record(layer: int, place: str, values: Floats) -> None:
        peak = np.abs(values).max(axis=0)
        peaks[layer, place] = np.maximum(peaks.get((layer, place), peak), peak)

    for ids in sequences:
        x = weights["embeddings.word_embeddings.weight"][ids] + positions(weights, len(ids))
        x = _normalise(weights, "embeddings.LayerNorm", x)
        for layer in range(layers):
            prefix = f"encoder.layer.{layer}."
            record(layer, "layer", x)
            context = _attention(weights, prefix + "attention.self.", x)
            record(layer, "context", context)
            out = _linear(weights, prefix + "attention.output.dense", context)
            x = _normalise(weights, prefix + "attention.output.LayerNorm", out + x)
            record(layer, "middle", x)
            hidden = _gelu(_linear(weights, prefix + "intermediate.dense", x))
            out = _linear(weights, prefix + "output.dense", hidden)
            x = _normalise(weights, prefix + "output.LayerNorm", out + x)
    return peaks


def _linear(weights: Mapping[str, Floats], name: str, x: Floats) -> Floats:
    out: Floats = x @ weights[name + ".weight"].T + weights[name + ".bias"]
    return out


def _normalise(weights: Mapping[str, Floats], name: str, x: Floats) -> Floats:
    import numpy as np

    centred = x - x.mean(axis=-1, keepdims=True)
    scale = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
    out: Floats = centred / scale * weights[name + ".weight"] + weights[name + ".bias"]
    return out


def _attention(weights: Mapping[str, Floats], prefix: str, x: Floats) -> Floats:
    import numpy as np

    width = HIDDEN // HEADS
    query, key, value = (
        _linear(weights, prefix + name, x).reshape(-1, HEADS, width).transpose(1, 0, 2)
        for name in ("query", "key", "value")
    )
    scores = query @ key.transpose(0, 2, 1) / np.float32(width**0.5)
    likely = np.exp(scores - scores.max(axis=-1, keepdims=True))
    mixed = likely / likely.sum(axis=-1, keepdims=True) @ value
    out: Floats = mixed.transpose(1, 0, 2).reshape(-1, HIDDEN)
    return out


def _gelu(x: Floats) -> Floats:
    """GELU in its tanh form (Hendrycks and Gimpel 2016): near enough for peaks, and numpy has no erf."""
    import numpy as np

    out: Floats = 0.5 * x * (1 + np.tanh(np.float32((2 / np.pi) ** 0.5) * (x + np.float32(0.044715) * x**3)))
    return out
