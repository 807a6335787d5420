"""Models that are loaded beside other work, or not before they are needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engines.protocols import AnswerReader, Reading, TokenEncoder, TokenVectors, Utterance


class LoadingTokenEncoder:
    """A TokenEncoder. Whoever needs it first waits until it is there; what loading it raised is raised then."""

    def __init__(self, load: Callable[[], TokenEncoder]) -> None:
        pool = ThreadPoolExecutor(1, "loading")
        self._loading = pool.submit(load)
        pool.shutdown(wait=False)

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
    """An AnswerReader that is loaded when it is first asked to read: most commands never do."""

    def __init__(self, load: Callable[[], AnswerReader]) -> None:
        self._load = load

    def read(self, question: str, utterances: Sequence[Utterance]) -> list[Reading]:
        """As the reader's own. Raises what it raises, and what loading it raises."""
        return self._reader.read(question, utterances)

    @cached_property
    def _reader(self) -> AnswerReader:
        return self._load()
