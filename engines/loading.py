"""Models that are loaded beside other work, or not before they are needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from engines.protocols import AnswerReader, Reading, TokenEncoder, TokenVectors, Utterance

Loaded = TypeVar("Loaded")


class LoadingTokenEncoder:
    """A TokenEncoder. Whoever needs it first waits until it is there; what loading it raised is raised then."""

    def __init__(self, load: Callable[[], TokenEncoder]) -> None:
        self._loading = _beside(load)

    @property
    def id(self) -> str:
        """Name and revision of the model."""
        return self._loading.result().id

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._loading.result().dimension

    def encode(self, texts: Sequence[str]) -> list[TokenVectors]:
        """As the encoder's own. Raises what it raises, and what loading it raised."""
        return self._loading.result().encode(texts)


class WaitingReader:
    """An AnswerReader that is loaded once it is said to be needed, beside other work: most commands never do.

    What loading it raised is raised by read().
    """

    def __init__(self, load: Callable[[], AnswerReader]) -> None:
        self._load = load
        self._loading: Future[AnswerReader] | None = None

    def prepare(self) -> None:
        """Begin to load it, if that has not begun."""
        self._begun()

    def read(self, question: str, utterances: Sequence[Utterance]) -> list[Reading]:
        """As the reader's own. Raises what it raises, and what loading it raises."""
        return self._begun().result().read(question, utterances)

    def _begun(self) -> Future[AnswerReader]:
        if self._loading is None:
            self._loading = _beside(self._load)
        return self._loading


def _beside(load: Callable[[], Loaded]) -> Future[Loaded]:
    pool = ThreadPoolExecutor(1, "loading")
    loading = pool.submit(load)
    pool.shutdown(wait=False)
    return loading
