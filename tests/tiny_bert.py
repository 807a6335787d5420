"""Writes a tiny BERT with random weights, as sentence-transformers lays out a model, and computes it in plain numpy."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

HIDDEN, HEADS, LAYERS, FEED = 32, 4, 2, 64
HEADS_OF = {"bert": ("pooler.dense", "classifier"), "xlm-roberta": ("classifier.dense", "classifier.out_proj")}
"""The two layers that make logits of the first token's state, by family."""


def write_tiny_bert(
    folder: Path,
    *,
    seed: int = 0,
    family: str = "bert",
    pooling: str = "mean",
    words: int = 30522,
    classes: int = 0,
    hidden: int = HIDDEN,
    heads: int = HEADS,
    layers: int = LAYERS,
    feed: int = FEED,
    places: int = 80,
    **config: Any,
) -> dict[str, np.ndarray]:
    """The folder, with MiniLM's tokenizer; returns the weights. `classes`: of a cross-encoder, laid out as transformers
    do it, how many logits it gives."""
    from safetensors.numpy import save_file

    from engines.cards import MINILM_TOKENS
    from engines.files import folder_of

    folder.mkdir(exist_ok=True)
    numbers = np.random.default_rng(seed)

    def some(*shape: int) -> np.ndarray:
        return (numbers.standard_normal(shape) / shape[-1] ** 0.5).astype(np.float32)

    weights = {
        "embeddings.word_embeddings.weight": some(words, hidden),
        "embeddings.position_embeddings.weight": some(places, hidden),
        "embeddings.token_type_embeddings.weight": some(2, hidden),
    }
    shapes = {
        "attention.self.query": (hidden, hidden), "attention.self.key": (hidden, hidden),
        "attention.self.value": (hidden, hidden), "attention.output.dense": (hidden, hidden),
        "intermediate.dense": (feed, hidden), "output.dense": (hidden, feed),
    }  # fmt: skip
    norms = ["embeddings.LayerNorm"]
    for layer in range(layers):
        prefix = f"encoder.layer.{layer}."
        norms += [f"{prefix}attention.output.LayerNorm", f"{prefix}output.LayerNorm"]
        for name, shape in shapes.items():
            weights[f"{prefix}{name}.weight"], weights[f"{prefix}{name}.bias"] = 3 * some(*shape), some(shape[0])
    for name in norms:
        weights[f"{name}.weight"], weights[f"{name}.bias"] = 1 + 0.3 * some(hidden), some(hidden)
    if classes:
        inner, outer = HEADS_OF[family]
        weights = {f"{family.removeprefix('xlm-')}.{name}": tensor for name, tensor in weights.items()}
        inner = f"bert.{inner}" if family == "bert" else inner
        for name, shape in {inner: (hidden, hidden), outer: (classes, hidden)}.items():
            weights[f"{name}.weight"], weights[f"{name}.bias"] = 3 * some(*shape), some(shape[0])
        config["architectures"] = ["BertForSequenceClassification"]
        config["id2label"] = {str(at): f"LABEL_{at}" for at in range(classes)}
    save_file(weights, folder / "model.safetensors")
    about = {
        "model_type": family, "hidden_size": hidden, "num_attention_heads": heads, "num_hidden_layers": layers,
        "intermediate_size": feed, "hidden_act": "gelu", "layer_norm_eps": 1e-12, "max_position_embeddings": places,
        "pad_token_id": 0 if family == "bert" else 1,
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(about | config))
    (folder / "modules.json").write_text(
        json.dumps([{"type": f"sentence_transformers.models.{kind}"} for kind in ("Transformer", "Pooling")])
    )
    (folder / "1_Pooling").mkdir(exist_ok=True)
    modes = {"mean": "pooling_mode_mean_tokens", "cls": "pooling_mode_cls_token", "last": "pooling_mode_lasttoken"}
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({mode: name == pooling for name, mode in modes.items()} | {"word_embedding_dimension": hidden})
    )
    shutil.copy(folder_of(MINILM_TOKENS) / "tokenizer.json", folder)
    return weights


def states_of(
    weights: dict[str, np.ndarray], ids: list[int], first_place: int = 0, kinds: Sequence[int] = ()
) -> np.ndarray:
    """The last hidden states (tokens, HIDDEN) of one text, in double precision. Source: Devlin et al. 2019, "BERT"."""
    deep = {name: tensor.astype(np.float64) for name, tensor in weights.items()}
    erf = np.vectorize(math.erf)

    def linear(name: str, x: np.ndarray) -> np.ndarray:
        return x @ deep[f"{name}.weight"].T + deep[f"{name}.bias"]

    def normalised(name: str, x: np.ndarray) -> np.ndarray:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return scaled * deep[f"{name}.weight"] + deep[f"{name}.bias"]

    places = deep["embeddings.position_embeddings.weight"][first_place : first_place + len(ids)]
    typed = deep["embeddings.token_type_embeddings.weight"][list(kinds) or [0] * len(ids)]
    x = deep["embeddings.word_embeddings.weight"][ids] + places + typed
    x = normalised("embeddings.LayerNorm", x)
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}."
        parts = [linear(f"{name}attention.self.{part}", x) for part in ("query", "key", "value")]
        mixed = []
        for head in range(HEADS):
            query, key, value = (part[:, head * HIDDEN // HEADS : (head + 1) * HIDDEN // HEADS] for part in parts)
            scores = np.exp(query @ key.T / math.sqrt(HIDDEN / HEADS))
            mixed.append(scores / scores.sum(-1, keepdims=True) @ value)
        out = linear(f"{name}attention.output.dense", np.concatenate(mixed, axis=1))
        x = normalised(f"{name}attention.output.LayerNorm", out + x)
        inner = linear(f"{name}intermediate.dense", x)
        out = linear(f"{name}output.dense", inner * 0.5 * (1 + erf(inner / math.sqrt(2))))
        x = normalised(f"{name}output.LayerNorm", out + x)
    return x


def logits_of(weights: dict[str, np.ndarray], family: str, ids: list[int], kinds: list[int]) -> np.ndarray:
    """The logits (classes,) of one pair. Source: transformers' BertForSequenceClassification and its RoBERTa likes."""
    plain = {name.removeprefix("bert.").removeprefix("roberta."): tensor for name, tensor in weights.items()}
    state = states_of(plain, ids, 0 if family == "bert" else 2, kinds if family == "bert" else ())[0]
    inner, outer = HEADS_OF[family]
    pooled = np.tanh(state @ plain[f"{inner}.weight"].T + plain[f"{inner}.bias"])
    return np.asarray(pooled @ plain[f"{outer}.weight"].T + plain[f"{outer}.bias"])
