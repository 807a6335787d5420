"""A token encoder that is loaded in a thread of its own, while the program gets on with what does not need it yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engines.protocols import TokenEncoder, TokenVectors


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
