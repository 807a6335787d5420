"""Streams the rows of a CSV file with a header, each with the line it starts on, in bounded memory.

https://www.rfc-editor.org/rfc/rfc4180: a quoted field may hold line breaks, and a quote in it is doubled.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from memcli.ingest.readers.base import TOO_LONG, Skipped, Source


@dataclass(frozen=True, slots=True)
class Row:
    """The fields of one row by the names of their columns, and the 1-based line it starts on."""

    fields: dict[str, str]
    line: int


def rows(source: Source) -> Iterator[Row | Skipped]:
    """Every row below the header; a Skipped for one that has not as many fields as the header. Never raises."""
    line = 1
    too_long: list[int] = []

    def lines() -> Iterator[str]:
        for number, written in source.lines():
            if written is None:
                too_long.append(number)
            else:
                yield written + "\n"

    reader = csv.reader(lines())
    header: list[str] | None = None
    while True:
        try:
            values = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            yield Skipped(line=line, reason=f"no row of CSV: {error}")
            line = reader.line_num + len(too_long) + 1
            continue
        first, line = line, reader.line_num + len(too_long) + 1
        if not values:
            continue
        if header is None:
            header = [name.strip() for name in values]
        elif len(values) != len(header):
            reason = f"a row of {len(values)} fields where the header has {len(header)}"
            yield Skipped(line=first, reason=reason, excerpt=",".join(values)[:200])
        else:
            yield Row(dict(zip(header, values, strict=True)), first)
    yield from (Skipped(line=number, reason=TOO_LONG) for number in too_long)
