"""What can go wrong with an input, each with what to do next."""

from __future__ import annotations

from memcli.usage import UsageError


class InputUnreadable(Exception):
    """Nothing could be read from an input. `hint` says what the user can do next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class NotALog(InputUnreadable):
    """The input is there, and is no conversation in a format that is known: empty, binary, or other text."""


class UnknownFormat(UsageError):
    """A format was asked for by a name that no reader has: wrong usage, not a wrong file."""
