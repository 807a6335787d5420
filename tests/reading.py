"""What tests of readers share: files to read from, and the items by their kinds."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from memcli.ingest.detect import detect
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Skipped, Source


def write(folder: Path, name: str, data: object, indent: int | None = 1) -> Source:
    """A file with that text, or with that value as JSON; `name` may have folders."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    text = data if isinstance(data, str) else json.dumps(data, indent=indent, ensure_ascii=False)
    path.write_bytes(data if isinstance(data, bytes) else text.encode())
    return Source(uri=str(path), path=path)


def read(source: Source, format_name: str) -> list[Item]:
    """The items of a file that is of this format, and is known to be."""
    reader = detect(source)
    assert reader.name == format_name
    return list(reader.read(source))


def turns(items: list[Item]) -> list[RawTurn]:
    return [item for item in items if isinstance(item, RawTurn)]


def texts(items: list[Item]) -> list[str]:
    return [turn.text for turn in turns(items)]


def sessions(items: list[Item]) -> list[tuple[str | None, str | None]]:
    return [(item.native_id, item.title) for item in items if isinstance(item, RawSession)]


def skipped(items: list[Item]) -> list[Skipped]:
    return [item for item in items if isinstance(item, Skipped)]


def ignored(items: list[Item]) -> Counter[str]:
    return Counter(item.reason for item in items if isinstance(item, Ignored))


def kept(items: list[Item]) -> list[tuple[Any, ...]]:
    """What decides which turn a turn is: session, speaker, time, text."""
    found, session = [], None
    for item in items:
        if isinstance(item, RawSession):
            session = item.native_id
        elif isinstance(item, RawTurn):
            found.append((session, item.speaker, item.said_at, item.text))
    return found
