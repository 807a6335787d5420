"""What memcli asks of a model. Arrays are numpy; texts go in as they are, prefixes are the model's own matter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]


class Embedder(Protocol):
    """Turns texts into unit vectors that can be compared by dot product."""

    @property
    def id(self) -> str:
        """Name and revision of the model: vectors of different ids must never be compared."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """float32 (len(texts), dimension), rows of length 1 (all zero where a text has no token).

        A row depends on its own text only, not on the others of the call.
        """
        ...

    def embed_query(self, text: str) -> Vectors:
        """float32 (dimension,): the vector of a question."""
        ...


class TokenEncoder(Protocol):
    """Turns texts into one unit vector a token, for late interaction."""

    @property
    def id(self) -> str:
        """Name and revision of the model: vectors of different ids must never be compared."""
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    def encode(self, texts: Sequence[str]) -> list[TokenVectors]:
        """One TokenVectors a text, in order; independent of the other texts of the call."""
        ...


class TokenVectors(Protocol):
    """The tokens of one text, without special tokens: `ids` int32 (n,), `vectors` float32 (n, dimension), unit rows."""

    @property
    def ids(self) -> npt.NDArray[np.int32]: ...

    @property
    def vectors(self) -> Vectors: ...


class Reranker(Protocol):
    """Scores documents against a query; higher is better; scales of different rerankers do not compare."""

    def score(self, query: str, documents: Sequence[str]) -> Vectors:
        """float32 (len(documents),)."""
        ...


class Utterance(NamedTuple):
    """What somebody said."""

    speaker: str
    text: str


class Reading(NamedTuple):
    """The best answer in an utterance: its place in the text (None: it is the speaker), and the log odds that this
    answers rather than nothing there."""

    span: tuple[int, int] | None
    sure: float


class AnswerReader(Protocol):
    """Points at the words that answer a question."""

    def read(self, question: str, utterances: Sequence[Utterance]) -> list[Reading]:
        """The best answer in each utterance, in order; independent of the other utterances of the call."""
        ...

    def prepare(self) -> None:
        """Say that it will be asked to read soon, so that what takes time before that can begin."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a text came about. `stop`: the model ended it, or it met `max_tokens`, or the end of the context.

    Of `prompt_tokens`, `evaluated_tokens` were computed; the others were there from earlier prompts (see
    engines/prompt_states.py). `written_tokens` are those of the answer.
    """

    stop: Literal["end", "length", "context"]
    prompt_tokens: int
    evaluated_tokens: int
    written_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a model is to write an answer to: a system and a user message, and how.

    It ends after `max_tokens` tokens at the latest. `temperature` 0 always takes the likeliest token; the same `seed`
    on the same machine gives the same text. `grammar`: GBNF that the answer follows as far as it goes (engines/gbnf.py
    says which is let through), "" for none. `stable`: what the user message begins with, before `user`, and shares with
    other questions, so that it need not be computed again. `today`: the day that it is for the model, 2024-10-01, where
    its chat template tells one; else one that never changes.
    """

    system: str
    user: str
    max_tokens: int
    temperature: float
    seed: int
    grammar: str = ""
    stable: str = ""
    today: str = ""


class Generator(Protocol):
    """Writes text."""

    def count_tokens(self, text: str) -> int:
        """How many tokens of the context the text takes."""
        ...

    @property
    def context_tokens(self) -> int:
        """How many tokens prompt and output may take together."""
        ...

    @property
    def device(self) -> str:
        """What computes, in words."""
        ...

    @property
    def last_run(self) -> Run | None:
        """How the last stream() went, once it has ended."""
        ...

    def stream(self, request: Request) -> Iterator[str]:
        """The answer, through the model's own chat template, piece by piece."""
        ...
