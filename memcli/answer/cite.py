"""Checks an answer's citations against the evidence that it was given."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from memcli.patterns import regex

_CITATION = regex(r"\s*\[(\d+(?:\s*,\s*\d+)*)\]")


class Checked(NamedTuple):
    """The text with only citations that exist, those citations in order, and the numbers that were made up."""

    text: str
    citations: tuple[int, ...]
    unknown: tuple[int, ...]


def check(text: str, known: Collection[int]) -> Checked:
    """Keep the citations of `text` that name evidence in `known`; take out the others."""
    cited: list[int] = []
    unknown: list[int] = []

    def verdict(match: re.Match[str]) -> str:
        numbers = [int(number) for number in match.group(1).split(",")]
        cited.extend(number for number in numbers if number in known)
        unknown.extend(number for number in numbers if number not in known)
        return "".join(f" [{number}]" for number in numbers if number in known)

    checked = _CITATION.sub(verdict, text).strip()
    return Checked(checked, tuple(sorted(set(cited))), tuple(sorted(set(unknown))))
