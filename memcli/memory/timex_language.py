"""What a language of time expressions is: how another one joins `timex`.

A language is one value: its code, and a function that finds the expressions of a text. It is given the text as written
and in lower case letter for letter (so that places are the same in both), the day on which it was said, and whether
5/8/2023 is the fifth of August; it gives what it found by the place where each begins. Finding nothing in a text of
another language should cost next to nothing, and nothing is compiled before a text needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from memcli.memory.timex_calendar import Days


class Found(NamedTuple):
    """An expression on its way: where it ends, and what it denotes."""

    end: int
    days: Days
    clock: str | None = None


class Language(NamedTuple):
    """A language by its ISO 639-1 code. find: (text, lowered, said_on, day_first) -> what it found, by its start."""

    code: str
    find: Callable[[str, str, date, bool], Mapping[int, Found]]


def lower(text: str) -> str:
    """The text in lower case, letter for letter: lower() lengthens a few (İ), which would shift every span."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def longest(found: dict[int, Found]) -> Iterator[tuple[int, Found]]:
    """Of two that overlap the longer, or the earlier if they are equally long; in the order of the text."""
    held: tuple[int, Found] | None = None
    for start, one in sorted(found.items()):
        if held is None or start >= held[1].end:
            if held is not None:
                yield held
            held = (start, one)
        elif one.end - start > held[1].end - held[0]:
            held = (start, one)
    if held is not None:
        yield held
