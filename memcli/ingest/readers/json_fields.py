"""Looks into JSON that may hold anything anywhere: what is not of the kind that was expected is as good as absent.

Every look takes the keys that lead to the place, one inside the other; without keys it is the value itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from memcli.ingest.readers.base import EXCERPT_CHARS, RawTurn, Skipped


def inner(value: object, *keys: str) -> Any:
    """Whatever is there; None where one of the keys is missing."""
    for name in keys:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text(value: object, *keys: str) -> str:
    """The text that is there if it says something, else an empty text."""
    found = inner(value, *keys)
    return found if isinstance(found, str) and found.strip() else ""


def key(value: object, *keys: str) -> str:
    """The id that is there, as text: a text or a whole number; else an empty text."""
    found = inner(value, *keys)
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else text(found)


def fields(value: object, *keys: str) -> dict[str, Any]:
    """The object that is there, else an empty one."""
    found = inner(value, *keys)
    return found if isinstance(found, dict) else {}


def elements(value: object, *keys: str) -> list[Any]:
    """The list that is there, else an empty one."""
    found = inner(value, *keys)
    return found if isinstance(found, list) else []


def objects(value: object, *keys: str) -> list[dict[str, Any]]:
    """The objects in the list that is there."""
    return [item for item in elements(value, *keys) if isinstance(item, dict)]


def texts(value: object, name: str) -> list[str]:
    """The texts of that name in a list of objects."""
    return [found for item in objects(value) if (found := text(item, name))]


def excerpt(written: str) -> str:
    """The beginning of a record as written, to show with the reason why it could not be read."""
    return written[:EXCERPT_CHARS]


def broken(reason: str, line: int, written: str) -> Skipped:
    """A Skipped with the beginning of what is written there."""
    return Skipped(line=line, reason=reason, excerpt=excerpt(written))


def present(**details: object) -> dict[str, Any]:
    """The details that have a value: what goes into a turn's metadata."""
    return {name: value for name, value in details.items() if value not in (None, "", [], {}, False)}


def in_time(turns: Sequence[RawTurn]) -> list[RawTurn]:
    """Turns that a service gave newest first, or in no order, in the order of their times; without a time, last."""
    return sorted(turns, key=lambda turn: (turn.said_at is None, turn.said_at.timestamp() if turn.said_at else 0.0))
