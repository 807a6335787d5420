"""What a folder with an embedder or a reranker holds, as ONNX exports and sentence-transformers write them.

Layout: https://sbert.net/docs/package_reference/sentence_transformer/models.html (modules.json names the parts,
1_Pooling/config.json the pooling, config_sentence_transformers.json the prompts); a cross-encoder is what
transformers write, with `architectures` of config.json ending in ForSequenceClassification. Weights as
Python pickles are never opened: they can run code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from engines.errors import ModelCorrupt, ModelMissing, ModelRefused

Pooling = Literal["mean", "cls", "last"]

LONGEST = 512
"""Tokens that are read of a text, where the folder does not say less: longer ones are rare, and cost much."""

_PARTS = ("Transformer", "Pooling", "Normalize")
_SCORES = "ForSequenceClassification"
_POOLINGS: Mapping[str, Pooling] = {
    "pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls", "pooling_mode_lasttoken": "last",
    "mean": "mean", "cls": "cls", "lasttoken": "last",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderFolder:
    """An encoder's files; of an embedder also how a text becomes a vector with them.

    `onnx`: the graph, None where it must be made from `safetensors` and `config`. `context_tokens`: tokens that are
    read of a text, special ones included. The prefixes go before questions and before texts.
    """

    kind: Literal["embedder", "reranker"]
    onnx: Path | None
    safetensors: Path | None
    tokenizer: Path
    config: Mapping[str, Any]
    pooling: Pooling
    context_tokens: int
    query_prefix: str
    document_prefix: str


def describe(folder: Path) -> EncoderFolder:
    """What the folder holds. Raises ModelMissing, ModelCorrupt; ModelRefused for what cannot be used as it is."""
    if not folder.is_dir():
        raise ModelMissing(f"there is no folder {folder}")
    tokenizer = folder / "tokenizer.json"
    if not tokenizer.is_file():
        raise ModelRefused(
            f"{folder} has no tokenizer.json", hint="memcli reads tokenizers in this form only; most models bring it"
        )
    onnx = next((path for path in (folder / "onnx" / "model.onnx", folder / "model.onnx") if path.is_file()), None)
    safetensors = folder / "model.safetensors"
    if onnx is None and not safetensors.is_file():
        pickled = any(folder.glob("*.bin")) or any(folder.glob("*.pt"))
        raise ModelRefused(
            f"{folder} has neither model.onnx nor model.safetensors",
            hint="its weights are Python pickles, which can run code: convert them to safetensors" if pickled else "",
        )
    config = _json(folder / "config.json")
    if onnx is None and not config:
        raise ModelRefused(f"{folder} has no config.json, which says what the weights are")
    kinds = config.get("id2label") or {}
    reranks = any(str(name).endswith(_SCORES) for name in config.get("architectures") or ())
    if reranks and len(kinds) > 2:
        raise ModelRefused(f"{folder} sorts texts into {len(kinds)} kinds: it is no reranker, which gives one score")
    prompts = _json(folder / "config_sentence_transformers.json").get("prompts") or {}
    return EncoderFolder(
        kind="reranker" if reranks else "embedder",
        onnx=onnx,
        safetensors=safetensors if safetensors.is_file() else None,
        tokenizer=tokenizer,
        config=config,
        pooling="mean" if reranks else _pooling(folder),
        context_tokens=_context(folder, config),
        query_prefix=str(prompts.get("query") or ""),
        document_prefix=str(prompts.get("document") or prompts.get("passage") or ""),
    )


def _pooling(folder: Path) -> Pooling:
    parts = _json(folder / "modules.json", [])
    for part in parts if isinstance(parts, list) else []:
        kind = str(part.get("type", "")).rsplit(".", 1)[-1]
        if kind not in _PARTS:
            raise ModelRefused(f"{folder} has a part of the kind {kind!r}, which memcli does not know")
    about = _json(folder / "1_Pooling" / "config.json")
    named = [str(about["pooling_mode"])] if isinstance(about.get("pooling_mode"), str) else []
    chosen = named or [key for key, on in about.items() if key.startswith("pooling_mode_") and on is True]
    if not chosen:
        return "mean"
    if len(chosen) > 1 or chosen[0] not in _POOLINGS:
        raise ModelRefused(f"{folder} pools by {', '.join(chosen)}; memcli knows mean, cls and the last token")
    return _POOLINGS[chosen[0]]


def _context(folder: Path, config: Mapping[str, Any]) -> int:
    said = _json(folder / "sentence_bert_config.json").get("max_seq_length")
    places = config.get("max_position_embeddings")
    if isinstance(places, int) and config.get("model_type") not in (None, "bert"):
        places -= int(config.get("pad_token_id", 1)) + 1
    known = [value for value in (said, places, LONGEST) if isinstance(value, int) and value > 2]
    return min(known)


def _json(path: Path, default: Any = None) -> Any:
    if not path.is_file():
        return {} if default is None else default
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelCorrupt(f"{path} is no JSON: {error}") from error
    return found if isinstance(found, dict | list) else {}
