"""Streams the inner parts of one large JSON document, in memory bounded by the largest part.

Exports of chat services are often a single object with all messages in one list deep inside. Here a reader names the
objects and lists to go into, and is given what stands in them one by one, each with the line it starts on; whatever
is not named is given whole. Parts come in the order in which they are written.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from memcli.ingest.readers.base import EXCERPT_CHARS, Skipped, Source
from memcli.ingest.readers.json_stream import Broken, Window
from memcli.patterns import regex

Path = tuple[str, ...]
"""Keys from the root of the document; "*" stands for any element of a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A value that was given whole: where it stands, its value, its text as written, its 1-based line."""

    path: Path
    value: Any
    text: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """An object or a list that was named begins."""

    path: Path
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """It ends; `whole` is False where the file ends, or is no longer JSON, before it does."""

    path: Path
    whole: bool = True


def parts(source: Source, inside: Collection[Path]) -> Iterator[Part | Begin | End | Skipped]:
    """The document of a source, taken apart at the places in `inside`, the root being `()`. Never raises.

    A broken element of a list costs only itself where the next one starts on a line that is indented like it; any
    other break ends the document with a Skipped.
    """
    with source.open() as stream:
        window = Window(stream)
        if window.next_char():
            yield from _value(window, (), frozenset(inside))


def _value(window: Window, path: Path, inside: frozenset[Path]) -> Iterator[Part | Begin | End | Skipped]:
    """One value and whatever is in it; the last thing of a place that was gone into is its End."""
    line, opening = window.line, window.next_char()
    if path not in inside or opening not in ("{", "["):
        excerpt = window.text[window.at : window.at + EXCERPT_CHARS]
        try:
            value, text = window.value()
        except Broken as broken:
            yield Skipped(line=line, reason=str(broken), excerpt=excerpt)
            return
        yield Part(path=path, value=value, text=text, line=line)
        return
    yield Begin(path=path, line=line)
    window.move(window.at + 1)
    window.indent = ""
    yield from (_members if opening == "{" else _elements)(window, path, inside)


def _members(window: Window, path: Path, inside: frozenset[Path]) -> Iterator[Part | Begin | End | Skipped]:
    while (char := window.next_char()) and char == '"':
        try:
            key, _ = window.value()
        except Broken as broken:
            yield Skipped(line=window.line, reason=str(broken))
            yield End(path=path, whole=False)
            return
        if window.next_char() != ":":
            break
        window.move(window.at + 1)
        window.next_char()
        last: Part | Begin | End | Skipped | None = None
        for last in _value(window, (*path, key), inside):
            yield last
        if isinstance(last, Skipped) or (isinstance(last, End) and not last.whole):
            yield End(path=path, whole=False)
            return
    yield from _end(window, path, "}")


def _elements(window: Window, path: Path, inside: frozenset[Path]) -> Iterator[Part | Begin | End | Skipped]:
    while (char := window.next_char()) and char != "]":
        indent = window.indent
        last: Part | Begin | End | Skipped | None = None
        for last in _value(window, (*path, "*"), inside):
            yield last
        if isinstance(last, End) and not last.whole:
            yield End(path=path, whole=False)
            return
        if isinstance(last, Skipped) and not window.leave(_boundary(indent)):
            yield End(path=path, whole=False)
            return
    yield from _end(window, path, "]")


def _boundary(indent: str) -> re.Pattern[str]:
    """Where the next element starts, a line indented like this one; or where the list ends, a line indented less."""
    indent = indent if indent.isspace() else ""
    return regex(rf"\n(?:{re.escape(indent)}(?=[{{\[])|[ \t]{{0,{max(0, len(indent) - 1)}}}(?=\]))")


def _end(window: Window, path: Path, closing: str) -> Iterator[End | Skipped]:
    if window.next_char() == closing:
        window.move(window.at + 1)
        window.indent = ""
        yield End(path=path)
        return
    reason = "not JSON" if window.next_char() else "the file is cut off"
    yield Skipped(line=window.line, reason=f"{reason}: {'/'.join(path) or 'the document'} is not closed")
    yield End(path=path, whole=False)
