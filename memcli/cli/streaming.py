"""An answer on stdout while a language model writes it, on a terminal and through a pipe alike."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from memcli.ingest.normalise import visible

if TYPE_CHECKING:
    from memcli.types import Answer


class Streamed:
    """Prints the pieces of an answer as they come, each at once. Where it is not `wanted`, it swallows them."""

    def __init__(self, *, wanted: bool) -> None:
        self._wanted = wanted
        self._begun = False

    def piece(self, text: str) -> None:
        """A piece of the answer."""
        if self._wanted:
            self._begun = True
            sys.stdout.write(shown(text))
            sys.stdout.flush()

    def holds(self, answer: Answer) -> bool:
        """Whether this answer stands there. Where one was begun and another took its place, its line is ended."""
        written = self._begun and answer.run is not None and not answer.abstained
        if self._begun and not written:
            sys.stdout.write("\n")
        self._begun = False
        return written


def shown(text: str) -> str:
    """What a model has written, line by line, without what would drive the terminal."""
    return "\n".join(map(visible, text.split("\n")))
