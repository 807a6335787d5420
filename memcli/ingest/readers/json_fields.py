"""What stands in the fields of a JSON value that anybody may have written: looked up without ever raising. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from memcli.ingest.readers.base import EXCERPT_CHARS, RawTurn, Skipped


def inner(value: object, *keys: str) -> Any:
    """The value under one key after another; None where one of them is missing."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def text(value: object, *keys: str) -> str:
    """The text, or number as text, under the keys; empty where there is none."""
    found = inner(value, *keys)
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int | float) and not isinstance(found, bool) else ""


def objects(value: object, *keys: str) -> list[dict[str, Any]]:
    """The objects in the list under the keys."""
    found = inner(value, *keys)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def broken(reason: str, line: int, written: str) -> Skipped:
    """A Skipped with the beginning of what is written there."""
    return Skipped(line=line, reason=reason, excerpt=written[:EXCERPT_CHARS])


def in_time(turns: Sequence[RawTurn]) -> list[RawTurn]:
    """Turns that a service gave newest first, or in no order, in the order of their times; without a time, last."""
    return sorted(turns, key=lambda turn: (turn.said_at is None, turn.said_at.timestamp() if turn.said_at else 0.0))
