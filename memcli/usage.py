"""The error of a command that was called wrongly in a way that only its own code can see."""

from __future__ import annotations


class UsageError(Exception):
    """The arguments do not fit together, or name something that is not there."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
