"""The rows of CSV and TSV files, each with the line it starts on, in memory bounded by the longest row. Never raises.

RFC 4180, with what spreadsheets make of it: commas, semicolons, tabs or bars; quoted values over several lines.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field

from memcli.ingest.readers.base import EXCERPT_CHARS, LINE_BYTES, TOO_LONG, Skipped, Source

_DELIMITERS = (",", "\t", ";", "|")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its values by column, its text as written, the 1-based line it starts on, its 1-based number."""

    values: dict[str, str]
    text: str
    line: int
    number: int


@dataclass(slots=True)
class _Feed:
    """The lines on their way to the parser; what it took for the row at hand is kept, to show and to count."""

    source: Source
    lines: Iterator[tuple[int, str | None]]
    held: list[str] = field(default_factory=list)
    started: int = 0
    too_long: list[int] = field(default_factory=list)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        for number, line in self.lines:
            if line is None:
                self.too_long.append(number)
                continue
            if not self.held:
                self.started = number
                self.source.keep_place()
            self.held.append(line)
            # A carriage return within a line is the end of a row for the parser, where it does not refuse it.
            return line.replace("\r", " ") + "\n"
        raise StopIteration

    @property
    def text(self) -> str:
        return "\n".join(self.held)


def columns(source: Source) -> list[str]:
    """The names of the columns, which the first line that is not blank has."""
    line = (source.head_lines[:1] or [""])[0].replace("\r", " ")
    try:
        return [name.strip() for name in next(csv.reader([line], delimiter=delimiter(line)), [])]
    except csv.Error:
        return []  # one value of more than 128 KiB


def rows(source: Source) -> Iterator[Row | Skipped]:
    """Every row under the header. Leaves the number of those that were read in the source's carry, as "rows"."""
    csv.field_size_limit(LINE_BYTES)
    feed = _Feed(source, source.lines())
    names = columns(source) if source.start else None
    count: int = source.carry.get("rows", 0)
    mark = delimiter((source.head_lines[:1] or [""])[0])
    parser = csv.reader(feed, delimiter=mark)
    while True:
        try:
            values = next(parser, None)
        except csv.Error:
            # The parser is in the middle of a value that never ends: it starts anew at the next line.
            yield _skipped("a value longer than 1 MiB, or a quote that is not closed", feed)
            parser, values = csv.reader(feed, delimiter=mark), []
        for number in feed.too_long:
            yield Skipped(line=number, reason=TOO_LONG)
        feed.too_long.clear()
        if values is None:
            return
        if names is None and any(values):
            names = [name.strip() for name in values]
        elif names is not None and any(value.strip() for value in values):
            count += 1
            if len(feed.held) > 1 and feed.text.count('"') % 2:
                yield _skipped("a quote that is not closed", feed)
            elif any(value.strip() for value in values[len(names) :]):
                yield _skipped(f"{len(values)} values under {len(names)} columns", feed)
            else:
                yield Row(
                    values=dict(zip(names, values, strict=False)), text=feed.text, line=feed.started, number=count
                )
            source.carry["rows"] = count
        feed.held.clear()


def delimiter(line: str) -> str:
    """What parts the columns of a header: the character that makes most of them."""
    return max(_DELIMITERS, key=line.count)


def _skipped(reason: str, feed: _Feed) -> Skipped:
    return Skipped(line=feed.started or 1, reason=reason, excerpt=feed.text[:EXCERPT_CHARS])
