"""Models on a hub that are known to be good for something here. Nothing of them comes with memcli.

No hash stands here: what a revision is, and what its files must be, is asked of the hub when the user pulls a model,
shown, held against what comes, and kept (engines/hub.py, engines/shelf.py). Sizes and memory are about what to expect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

ENCODER_FILES = (
    "onnx/model.onnx", "onnx/model.onnx_data", "tokenizer.json", "config.json", "modules.json", "1_Pooling/config.json",
    "sentence_bert_config.json", "config_sentence_transformers.json",
)  # fmt: skip
"""What an embedder or a reranker takes; those that a repository has of them are fetched."""

WEIGHTS = "model.safetensors"
"""Fetched where there is no ONNX graph, and converted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubCard:
    """A model on a hub: its repository and (for a generator) the file in it; `megabytes` of its files, `memory_mb` that
    it takes when it works; prefixes that its makers want before questions and before texts.
    """

    name: str
    kind: Literal["embedder", "reranker", "generator"]
    repo: str
    file: str = ""
    licence: str
    megabytes: int
    memory_mb: int
    languages: str
    good_for: str
    query_prefix: str | None = None
    document_prefix: str | None = None


_RETRIEVE = "Represent this sentence for searching relevant passages: "

CARDS: Mapping[str, HubCard] = MappingProxyType(
    {
        card.name: card
        for card in (
            HubCard(
                name="multilingual-e5-small", kind="embedder", repo="intfloat/multilingual-e5-small", licence="mit",
                megabytes=490, memory_mb=800, languages="about 100",
                good_for="conversations in several languages, or questions in another language than the answers",
                query_prefix="query: ", document_prefix="passage: ",
            ),
            HubCard(
                name="paraphrase-multilingual-minilm", kind="embedder",
                repo="sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2", licence="apache-2.0",
                megabytes=480, memory_mb=800, languages="about 50",
                good_for="short utterances in several languages",
            ),
            HubCard(
                name="bge-small-en", kind="embedder", repo="BAAI/bge-small-en-v1.5", licence="mit",
                megabytes=135, memory_mb=350, languages="English", good_for="questions about English conversations",
                query_prefix=_RETRIEVE, document_prefix="",
            ),
            HubCard(
                name="arctic-embed-s", kind="embedder", repo="Snowflake/snowflake-arctic-embed-s", licence="apache-2.0",
                megabytes=135, memory_mb=350, languages="English", good_for="questions about English conversations",
                query_prefix=_RETRIEVE, document_prefix="",
            ),
            HubCard(
                name="ms-marco-minilm", kind="reranker", repo="cross-encoder/ms-marco-MiniLM-L6-v2",
                licence="apache-2.0", megabytes=92, memory_mb=300, languages="English",
                good_for="a closer look at what was found, on a laptop without a GPU",
            ),
            HubCard(
                name="mmarco-minilm", kind="reranker", repo="cross-encoder/mmarco-mMiniLMv2-L12-H384-v1",
                licence="apache-2.0", megabytes=490, memory_mb=900, languages="about 15",
                good_for="the same for conversations in several languages, slower",
            ),
            HubCard(
                name="bge-reranker-base", kind="reranker", repo="BAAI/bge-reranker-base", licence="mit",
                megabytes=1_130, memory_mb=2_000, languages="English, Chinese",
                good_for="the closest look, with patience or a GPU",
            ),
            HubCard(
                name="qwen2.5-0.5b", kind="generator", repo="Qwen/Qwen2.5-0.5B-Instruct-GGUF",
                file="qwen2.5-0.5b-instruct-q4_k_m.gguf", licence="apache-2.0", megabytes=490, memory_mb=900,
                languages="29", good_for="trying it out: fast on any machine, often wrong",
            ),
            HubCard(
                name="qwen2.5-1.5b", kind="generator", repo="Qwen/Qwen2.5-1.5B-Instruct-GGUF",
                file="qwen2.5-1.5b-instruct-q4_k_m.gguf", licence="apache-2.0", megabytes=1_120, memory_mb=1_800,
                languages="29", good_for="short answers on a laptop without a GPU",
            ),
            HubCard(
                name="smollm2-1.7b", kind="generator", repo="HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF",
                file="smollm2-1.7b-instruct-q4_k_m.gguf", licence="apache-2.0", megabytes=1_060, memory_mb=1_900,
                languages="English", good_for="short answers in English on a laptop without a GPU",
            ),
            HubCard(
                name="phi-3-mini", kind="generator", repo="microsoft/Phi-3-mini-4k-instruct-gguf",
                file="Phi-3-mini-4k-instruct-q4.gguf", licence="mit", megabytes=2_400, memory_mb=4_000,
                languages="English", good_for="better answers in English, with patience or a GPU of 4 GB",
            ),
        )
    }
)  # fmt: skip
"""The cards by name."""
