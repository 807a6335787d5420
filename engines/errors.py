"""What can go wrong with a model, each with what to do next."""

from __future__ import annotations


class EngineError(Exception):
    """Base of all engine errors. `hint` says what the user can do next."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ModelMissing(EngineError):
    """The model file is not there."""


class ModelCorrupt(EngineError):
    """The model file is there and is not what its card says, or cannot be parsed."""


class EngineUnavailable(EngineError):
    """This build or machine lacks what was demanded (a library, a GPU)."""


class EngineFailed(EngineError):
    """The engine was running and failed."""


class ServerRefused(EngineError):
    """The address of a server is none, or one that may not be used."""


class ModelRefused(EngineError):
    """A model cannot have that name, or is of a kind that memcli cannot use."""
