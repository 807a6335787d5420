"""From the words of a question to what recall needs to know of it."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from typing import Any

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")

FUNCTION_WORDS = frozenset(
    """
    a about after all also am an and any are as at be because been before being but by can could did do does doing done
    else ever every for from get got had has have having he her here hers him his how i if in into is it its just let
    like may me might mine more most much must my no nor not now of off on once one only or other our ours out over own
    please shall she should so some still such tell than that the their theirs them then there these they this those
    through to too under until up us very was we were what when where which while who whom whose why will with would
    yes yet you your yours
    """.split()  # noqa: SIM905 - a list of two hundred quoted words reads worse
)
"""English words that say how a question is put and not what it is about."""


def words(text: str) -> list[str]:
    """The words of a text, lower-cased, in order."""
    return [word.lower() for word in _WORD.findall(text)]


def content_words(text: str) -> list[str]:
    """The words that say what the text is about, lower-cased, without a possessive 's."""
    stripped = (word.removesuffix("'s").removesuffix("’s") for word in words(text))
    return [word for word in stripped if word not in FUNCTION_WORDS]


def stems(text: str) -> set[str]:
    """The content words of a text, reduced to their stems (Porter's English stemmer, Snowball)."""
    return set(_stemmer().stemWords(content_words(text)))


def places_of(wanted: Collection[str], text: str) -> list[tuple[int, int]]:
    """Where the words of a text stand that have one of these stems."""
    if not wanted:
        return []
    return [match.span() for match in _WORD.finditer(text) if stems(match[0]) & set(wanted)]


@cache
def _stemmer() -> Any:
    from Stemmer import Stemmer

    return Stemmer("english")
