"""Looks into JSON that may hold anything anywhere: what is not of the kind that was expected is as good as absent."""

from __future__ import annotations

from typing import Any

from memcli.ingest.readers.base import EXCERPT_CHARS


def text(value: object) -> str:
    """The value if it is a text that says something, else an empty text."""
    return value if isinstance(value, str) and value.strip() else ""


def fields(value: object) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def elements(value: object) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def objects(value: object) -> list[dict[str, Any]]:
    """The objects in a value that is a list of them."""
    return [item for item in elements(value) if isinstance(item, dict)]


def key(value: object) -> str:
    """An id as text: a text or a whole number; else an empty text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else text(value)


def texts(value: object, name: str) -> list[str]:
    """The texts of that name in a list of objects."""
    return [found for item in objects(value) if (found := text(item.get(name)))]


def excerpt(written: str) -> str:
    """The beginning of a record as written, to show with the reason why it could not be read."""
    return written[:EXCERPT_CHARS]


def present(**details: object) -> dict[str, Any]:
    """The details that have a value: what goes into a turn's metadata."""
    return {name: value for name, value in details.items() if value not in (None, "", [], {}, False)}
