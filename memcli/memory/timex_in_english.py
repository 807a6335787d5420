"""English as a language of time expressions: finds the phrases of `timex_english`, and joins them.

What the phrases are is in `timex_english`, what each denotes in `timex_rules` and `timex_compounds`.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from memcli.memory import timex_english as english
from memcli.memory.timex_calendar import Days
from memcli.memory.timex_compounds import COMPOUNDS
from memcli.memory.timex_language import Found, Language
from memcli.memory.timex_reading import Reading
from memcli.memory.timex_rules import ALL_CUES, RULES


def find(text: str, lowered: str, said_on: date, day_first: bool) -> dict[int, Found]:
    """The English expressions of a text, by where they begin; see `timex_language`."""
    words = frozenset(english.WORDS.findall(lowered))
    has_digits = english.DIGIT.search(lowered) is not None
    if not has_digits and words.isdisjoint(ALL_CUES):
        return {}
    reading = Reading(text, lowered, said_on, day_first)
    found: dict[int, Found] = {}
    for rule in RULES:
        if (rule.digits and has_digits) or not words.isdisjoint(rule.cues):
            for match in rule.pattern.finditer(lowered):
                try:
                    days = rule.resolve(reading, match)
                except (ValueError, OverflowError):  # no calendar has such a day, or no date can hold it
                    continue
                _keep(found, match.start(), _end(lowered, match), days)
    if not found:
        return {}
    _combine(reading, words, found)
    if not words.isdisjoint(english.FROM_CUES):
        _join_ranges(lowered, found)
    if has_digits or not words.isdisjoint(english.NOON_CUES):
        _add_clocks(lowered, found)
    return found


def _end(lowered: str, match: re.Match[str]) -> int:
    """Where a match ends, without the full stop after a month that is written out: that ends the sentence."""
    end = match.end()
    return end - 1 if lowered[end - 1] == "." and english.FULL_MONTH_AT_END.search(lowered, match.start(), end) else end


def _keep(found: dict[int, Found], start: int, end: int, days: Days | None, clock: str | None = None) -> None:
    """Record an expression, unless a longer one begins at the same place."""
    if days is not None and days.first <= days.last and (start not in found or found[start].end < end):
        found[start] = Found(end, days, clock)


def _base(lowered: str, found: dict[int, Found], end: int) -> Found | None:
    """The expression that begins where the head of a compound ends, or after the article there."""
    article = english.ARTICLE.match(lowered, end)
    return found.get(end) or (found.get(article.end()) if article else None)


def _combine(reading: Reading, words: frozenset[str], found: dict[int, Found]) -> None:
    """Compounds, each built on an expression that is already found: "the week before" + "9 June"."""
    for compound in COMPOUNDS:
        if words.isdisjoint(compound.cues):
            continue
        for match in compound.head.finditer(reading.lowered):
            base = _base(reading.lowered, found, match.end())
            if base is not None:
                try:
                    days = compound.resolve(reading, match, base.days)
                except (ValueError, OverflowError):
                    continue
                _keep(found, match.start(), base.end, days)


def _join_ranges(lowered: str, found: dict[int, Found]) -> None:
    """ "From X to Y", "between X and Y"."""
    for match in english.FROM_HEAD.finditer(lowered):
        one = _base(lowered, found, match.end())
        joint = english.RANGE_JOINT.match(lowered, one.end) if one else None
        other = _base(lowered, found, joint.end()) if joint else None
        if one and other:
            soft = one.days.approximate or other.days.approximate
            first, last = one.days.first, other.days.last
            if first > last:  # "between March and June 2022": the year holds for both
                day = 28 if (first.month, first.day) == (2, 29) else first.day
                first = first.replace(year=last.year - (first.replace(year=last.year, day=day) > last), day=day)
            _keep(found, match.start(), other.end, Days(first, last, "range", soft))


def _add_clocks(lowered: str, found: dict[int, Found]) -> None:
    """The time of day beside a day: "tomorrow at 7 pm", "14:30 on 8 May"."""
    for start, one in found.items():
        if one.days.granularity == "day" and (tail := english.CLOCK_TAIL.match(lowered, one.end)):
            found[start] = Found(tail.end(), one.days, _clock(tail))
    for head in english.CLOCK_HEAD.finditer(lowered):
        day = _base(lowered, found, head.end())
        if day and day.days.granularity == "day" and day.clock is None:
            _keep(found, head.start(), day.end, day.days, _clock(head))


def _clock(match: re.Match[str]) -> str:
    if match["hour"]:
        return f"{int(match['hour']) % 12 + (12 if match['half'] == 'p' else 0):02d}:{match['minute'] or '00'}"
    if match["hour24"]:
        return f"{int(match['hour24']):02d}:{match['minute24']}"
    return "12:00" if match["noon"] else "00:00"


ENGLISH: Final = Language("en", find)
