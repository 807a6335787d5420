"""Models on a hub that are known to be good for something here. Nothing of them comes with memcli.

Each card pins a commit of the repository and the SHA-256 of what works there: weights and tokenizer. A hub, or a
mirror, that serves other bytes under these names is refused. The hashes were not computed here, where nothing was
fetched: each is what two public projects or more, independent of each other, record of that file. Sizes and memory are
about what to expect.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

GRAPH = "onnx/model.onnx"
ENCODER_FILES = (
    GRAPH, "onnx/model.onnx_data", "tokenizer.json", "config.json", "modules.json", "1_Pooling/config.json",
    "sentence_bert_config.json", "config_sentence_transformers.json",
)  # fmt: skip
"""What an embedder or a reranker takes; those that a repository has of them are fetched."""

WEIGHTS = "model.safetensors"
"""Fetched where there is no ONNX graph, and converted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubCard:
    """A model on a hub: its repository, and (for a generator) the file in it; `revision` is the commit that is fetched,
    `sha256` the hash of its weights; `megabytes` of its files, `memory_mb` that it takes when it works; prefixes that
    its makers want before questions and before texts.
    """

    name: str
    kind: Literal["embedder", "reranker", "generator"]
    repo: str
    file: str = ""
    revision: str
    sha256: str
    tokenizer_sha256: str = ""
    licence: str
    megabytes: int
    memory_mb: int
    languages: str
    good_for: str
    query_prefix: str | None = None
    document_prefix: str | None = None

    @property
    def pins(self) -> dict[str, str]:
        """The SHA-256 that files must have, by their paths in the repository."""
        return {self.file: self.sha256} if self.file else {GRAPH: self.sha256, "tokenizer.json": self.tokenizer_sha256}


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
                revision="614241f622f53c4eeff9890bdc4f31cfecc418b3",
                sha256="ca456c06b3a9505ddfd9131408916dd79290368331e7d76bb621f1cba6bc8665",
                tokenizer_sha256="0b44a9d7b51c3c62626640cda0e2c2f70fdacdc25bbbd68038369d14ebdf4c39",
            ),
            HubCard(
                name="paraphrase-multilingual-minilm", kind="embedder",
                repo="sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2", licence="apache-2.0",
                megabytes=480, memory_mb=800, languages="about 50",
                good_for="short utterances in several languages",
                revision="e8f8c211226b894fcb81acc59f3b34ba3efd5f42",
                sha256="10f7a088420252b26caf819236ca2c9d2987afd0fc06fec7553b542a5655a05a",
                tokenizer_sha256="2c3387be76557bd40970cec13153b3bbf80407865484b209e655e5e4729076b8",
            ),
            HubCard(
                name="bge-small-en", kind="embedder", repo="BAAI/bge-small-en-v1.5", licence="mit",
                megabytes=135, memory_mb=350, languages="English", good_for="questions about English conversations",
                query_prefix=_RETRIEVE, document_prefix="",
                revision="5c38ec7c405ec4b44b94cc5a9bb96e735b38267a",
                sha256="828e1496d7fabb79cfa4dcd84fa38625c0d3d21da474a00f08db0f559940cf35",
                tokenizer_sha256="d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66",
            ),
            HubCard(
                name="arctic-embed-s", kind="embedder", repo="Snowflake/snowflake-arctic-embed-s", licence="apache-2.0",
                megabytes=135, memory_mb=350, languages="English", good_for="questions about English conversations",
                query_prefix=_RETRIEVE, document_prefix="",
                revision="e596f507467533e48a2e17c007f0e1dacc837b33",
                sha256="579c1f1778a0993eb0d2a1403340ffb491c769247fb46acc4f5cf8ac5b89c1e1",
                tokenizer_sha256="91f1def9b9391fdabe028cd3f3fcc4efd34e5d1f08c3bf2de513ebb5911a1854",
            ),
            HubCard(
                name="ms-marco-minilm", kind="reranker", repo="cross-encoder/ms-marco-MiniLM-L6-v2",
                licence="apache-2.0", megabytes=92, memory_mb=300, languages="English",
                good_for="a closer look at what was found, on a laptop without a GPU",
                revision="c5ee24cb16019beea0893ab7796b1df96625c6b8",
                sha256="5d3e70fd0c9ff14b9b5169a51e957b7a9c74897afd0a35ce4bd318150c1d4d4a",
                tokenizer_sha256="d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66",
            ),
            HubCard(
                name="mmarco-minilm", kind="reranker", repo="cross-encoder/mmarco-mMiniLMv2-L12-H384-v1",
                licence="apache-2.0", megabytes=490, memory_mb=900, languages="about 15",
                good_for="the same for conversations in several languages, slower",
                revision="1427fd652930e4ba29e8149678df786c240d8825",
                sha256="3e9a03ed1e966f7c5288dd4230e3d6a9bf5e3a170a06f1f4241c5bca12c6487c",
                tokenizer_sha256="62c24cdc13d4c9952d63718d6c9fa4c287974249e16b7ade6d5a85e7bbb75626",
            ),
            HubCard(
                name="qwen2.5-0.5b", kind="generator", repo="Qwen/Qwen2.5-0.5B-Instruct-GGUF",
                file="qwen2.5-0.5b-instruct-q4_k_m.gguf", licence="apache-2.0", megabytes=490, memory_mb=900,
                languages="29", good_for="trying it out: fast on any machine, often wrong",
                revision="9217f5db79a29953eb74d5343926648285ec7e67",
                sha256="74a4da8c9fdbcd15bd1f6d01d621410d31c6fc00986f5eb687824e7b93d7a9db",
            ),
            HubCard(
                name="qwen2.5-1.5b", kind="generator", repo="Qwen/Qwen2.5-1.5B-Instruct-GGUF",
                file="qwen2.5-1.5b-instruct-q4_k_m.gguf", licence="apache-2.0", megabytes=1_120, memory_mb=1_800,
                languages="29", good_for="short answers on a laptop without a GPU",
                revision="91cad51170dc346986eccefdc2dd33a9da36ead9",
                sha256="6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e",
            ),
            HubCard(
                name="smollm2-1.7b", kind="generator", repo="HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF",
                file="smollm2-1.7b-instruct-q4_k_m.gguf", licence="apache-2.0", megabytes=1_060, memory_mb=1_900,
                languages="English", good_for="short answers in English on a laptop without a GPU",
                revision="2d4a76a30b4af41ecd395c35725ac11688d4cfe4",
                sha256="decd2598bc2c8ed08c19adc3c8fdd461ee19ed5708679d1c54ef54a5a30d4f33",
            ),
            HubCard(
                name="phi-3-mini", kind="generator", repo="microsoft/Phi-3-mini-4k-instruct-gguf",
                file="Phi-3-mini-4k-instruct-q4.gguf", licence="mit", megabytes=2_400, memory_mb=4_000,
                languages="English", good_for="better answers in English, with patience or a GPU of 4 GB",
                revision="a64113399c2f6b8ad3e11c394733a2ddadaa7f33",
                sha256="8a83c7fb9049a9b2e92266fa7ad04933bb53aa1e85136b7b30f1b8000ff2edef",
            ),
        )
    }
)  # fmt: skip
"""The cards by name."""
