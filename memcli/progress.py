"""How long work tells how far it is, without knowing who watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Literal, Protocol

Unit = Literal["bytes", "turns", "questions"]


class Progress(Protocol):
    """Somebody who watches."""

    def phase(self, name: str, total: int, unit: Unit) -> AbstractContextManager[Callable[[int], None]]:
        """A phase of the work begins; the function it gives is told of each advance, in units."""
        ...


class Unwatched:
    """Nobody watches."""

    @contextmanager
    def phase(self, name: str, total: int, unit: Unit) -> Iterator[Callable[[int], None]]:
        """Run the phase and tell nobody."""
        yield lambda _: None
