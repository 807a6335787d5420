"""The models that come with memcli, described: what they are, where they are from, and the hashes of their files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Kind = Literal["embedder", "token_encoder", "reader"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A file of a model: its name in the model's folder, size in bytes, and SHA-256 in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """A model and what one must know to use it.

    `folder` lies in engines/models. `dimension` is the length of a vector; `pooling` says how the tokens of a text
    become one vector ("none": they do not); the prefixes go before queries and documents (the engines add them, not the
    caller); `context_tokens` is how many tokens of a text are read, special ones included. `source` is the page of the
    model that this one was made from, `source_sha256` the hash of its weights, `command` what made this one out of it.
    """

    kind: Kind
    name: str
    revision: str
    folder: str
    files: tuple[ModelFile, ...]
    licence: str
    dimension: int
    pooling: Literal["none", "weighted sum"]
    query_prefix: str = ""
    document_prefix: str = ""
    context_tokens: int
    source: str
    source_sha256: str
    command: str
    description: str

    @property
    def id(self) -> str:
        """Name and revision: vectors of models of different ids must never be compared."""
        return f"{self.name}@{self.revision}"

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


_SOURCE = "https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2"
_SOURCE_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_TOKENIZER = ModelFile(
    name="tokenizer.json", size=466247, sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
)

MINILM_STATIC = ModelCard(
    kind="embedder",
    name="minilm-static-256",
    revision="1",
    folder="minilm-static-256",
    files=(
        ModelFile(
            name="vectors.npy",
            size=7813760,
            sha256="6abc0a99760aaabd5b73325c8ab6b9a947d163fd755e75c70baa4e1e393f154b",
        ),
        ModelFile(
            name="scales.npy", size=122216, sha256="6bd1bfcb887483ba2ddec58dc4ab99515e8c5f65b2d9b1fd2f80f53fc2bf907d"
        ),
        _TOKENIZER,
    ),
    licence="Apache-2.0",
    dimension=256,
    pooling="weighted sum",
    context_tokens=512,
    source=_SOURCE,
    source_sha256=_SOURCE_SHA256,
    command="python -m engines.build.distill_static model.safetensors tokenizer.json OUT",
    description="A table of token vectors distilled from MiniLM: finds turns by meaning, thousands a second.",
)

MINILM_TOKENS = ModelCard(
    kind="token_encoder",
    name="minilm-l6-tokens",
    revision="2",
    folder="minilm-l6-tokens",
    files=(
        ModelFile(
            name="model.onnx",
            size=23086747,
            sha256="f3af48a3d061390045b512df98b755e148ed772c9aa5a5ec0e4dd0753ee83142",
        ),
        _TOKENIZER,
    ),
    licence="Apache-2.0",
    dimension=384,
    pooling="none",
    context_tokens=256,
    source=_SOURCE,
    source_sha256=_SOURCE_SHA256,
    command="python -m engines.build.train_tokens model.safetensors tokenizer.json DATA TALKS OUT",
    description="MiniLM's contextual token vectors, tuned for questions, in 8 bits: reranks and finds what answers.",
)

MINILM_READER = ModelCard(
    kind="reader",
    name="minilm-l6-reader",
    revision="2",
    folder="minilm-l6-reader",
    files=(
        ModelFile(
            name="model.onnx",
            size=23086747,
            sha256="d715b2eed23acbf6b024386b934c2c81dc0c232d4b041115c9ae023335ec67be",
        ),
        ModelFile(
            name="head.npy", size=3208, sha256="747be60010c74a4f3226642741aa2ed92409fb3a2c7f13fe1bfdc74ef3310aa6"
        ),
        _TOKENIZER,
    ),
    licence="Apache-2.0",
    dimension=384,
    pooling="none",
    context_tokens=256,
    source=_SOURCE,
    source_sha256=_SOURCE_SHA256,
    command="python -m engines.build.train_reader model.safetensors tokenizer.json DATA OUT",
    description="MiniLM tuned to point at the words of a turn that answer, or to say that none do, in 8 bits.",
)

BUILT_IN: Mapping[str, ModelCard] = MappingProxyType(
    {card.name: card for card in (MINILM_STATIC, MINILM_TOKENS, MINILM_READER)}
)
"""The cards by name."""
