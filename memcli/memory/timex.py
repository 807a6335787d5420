"""Time expressions: which days "yesterday", "last Friday" or "in May" meant on the day that they were said.

The notions are those of TIMEX3 in TimeML: an expression has a span in the text and a value, here an inclusive range of
days with the granularity in which it was put. What English says is in `timex_english`, what each phrase denotes in
`timex_rules`, the arithmetic in `timex_calendar`; this module finds, joins and describes.

Where English leaves a choice, one rule is kept:

- "last week", "last month" are the calendar week and month before; "the past week", "the last two weeks" are the days
  up to the day of speaking. "Last Friday" is the nearest one before it, "next Friday" the nearest one after it, "this
  Friday" the coming one; "last summer" and "last May" are the latest that were over. "This weekend" is the one of the
  present week, "next weekend" the one after that.
- "in May", "8 May", "at Christmas" without a year are the next if the sentence looks ahead ("will", "going to",
  "plan", "see you"), the latest that had begun if it looks back, else the nearest. "On Friday" is the latest before the
  day of speaking, unless the sentence looks ahead.
- "two weeks ago", "in three months" are the calendar week or month in which that day falls; "a year ago" is the month,
  "five years ago" the year.
- "The week before 9 June" is the seven days before it; "the Friday before 9 June" the nearest one before it.
- What is unfounded ("31 February 2023", "in 9999 years") is passed over. Nothing raises.

Weeks begin on Monday, seasons are the meteorological ones of the northern half of the earth. Durations ("for three
days"), repeated times ("every Monday") and ages are no time expressions here: they name no date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from memcli.memory import timex_english as english
from memcli.memory.timex_calendar import Days, Granularity, third_of, unit_of
from memcli.memory.timex_compounds import COMPOUNDS
from memcli.memory.timex_reading import Reading
from memcli.memory.timex_rules import ALL_CUES, RULES

__all__ = ["Granularity", "TimeExpression", "describe", "find_time_expressions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeExpression:
    """Words that denote a time: characters `start` to `end` of the text, and the days `first` to `last`, inclusive.

    approximate: the speaker said "around", "a few", "early", so the edges are soft.
    clock: the time of day given with it, as "19:30"; None if there was none.
    """

    start: int
    end: int
    text: str
    first: date
    last: date
    granularity: Granularity
    approximate: bool = False
    clock: str | None = None


def find_time_expressions(text: str, said_on: date, *, day_first: bool = False) -> list[TimeExpression]:
    """The time expressions of `text` in its order, none overlapping another, resolved against the day it was said.

    day_first: how to read 5/8/2023, where both readings are dates: True for 5 August, False for May 8.
    """
    lowered = _lower(text)
    words = frozenset(english.WORDS.findall(lowered))
    has_digits = english.DIGIT.search(lowered) is not None
    if not has_digits and words.isdisjoint(ALL_CUES):
        return []
    reading = Reading(text, lowered, said_on, day_first)
    found: dict[int, _Found] = {}
    for rule in RULES:
        if (rule.digits and has_digits) or not words.isdisjoint(rule.cues):
            for match in rule.pattern.finditer(lowered):
                try:
                    days = rule.resolve(reading, match)
                except (ValueError, OverflowError):  # no calendar has such a day, or no date can hold it
                    continue
                _keep(found, match.start(), _end(lowered, match), days)
    if not found:
        return []
    _combine(reading, words, found)
    if not words.isdisjoint(english.FROM_CUES):
        _join_ranges(lowered, found)
    if has_digits or not words.isdisjoint(english.NOON_CUES):
        _add_clocks(lowered, found)
    return [
        TimeExpression(start=start, end=one.end, text=text[start : one.end], clock=one.clock, **one.days._asdict())
        for start, one in _longest(found)
    ]


def describe(expression: TimeExpression) -> str:
    """The resolved time in English, as fine as it was said: "7 May 2023", "the week of 1 May 2023", "around 2013"."""
    first, last = expression.first, expression.last
    said = _range_name(first, last)
    if expression.granularity == "day":
        said = _day_name(first)
    elif expression.granularity in ("week", "weekend"):
        said = f"the {expression.granularity} of {_day_name(first)}"
    elif expression.granularity == "season":
        name = next(name for name, month in english.SEASONS.items() if month == first.month)
        said = f"{name} {first.year:04d}" + (f"-{last.year % 100:02d}" if last.year > first.year else "")
    elif expression.granularity == "range" and expression.approximate:
        for words, third in english.PORTION_NAMES.items():
            for whole in (unit_of(first, "month"), unit_of(first, "year")):
                if third_of(whole, third)[:2] == (first, last):
                    return f"{words} {_range_name(*whole[:2])}"
    at = f" at {expression.clock}" if expression.clock is not None else ""
    return ("around " if expression.approximate else "") + said + at


class _Found(NamedTuple):
    """An expression on its way: where it ends, and what it denotes."""

    end: int
    days: Days
    clock: str | None = None


def _end(lowered: str, match: re.Match[str]) -> int:
    """Where a match ends, without the full stop after a month that is written out: that ends the sentence."""
    end = match.end()
    return end - 1 if lowered[end - 1] == "." and english.FULL_MONTH_AT_END.search(lowered, match.start(), end) else end


def _lower(text: str) -> str:
    """The text in lower case, letter for letter: lower() lengthens a few (İ), which would shift every span."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


def _keep(found: dict[int, _Found], start: int, end: int, days: Days | None, clock: str | None = None) -> None:
    """Record an expression, unless a longer one begins at the same place."""
    if days is not None and days.first <= days.last and (start not in found or found[start].end < end):
        found[start] = _Found(end, days, clock)


def _base(lowered: str, found: dict[int, _Found], end: int) -> _Found | None:
    """The expression that begins where the head of a compound ends, or after the article there."""
    article = english.ARTICLE.match(lowered, end)
    return found.get(end) or (found.get(article.end()) if article else None)


def _combine(reading: Reading, words: frozenset[str], found: dict[int, _Found]) -> None:
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


def _join_ranges(lowered: str, found: dict[int, _Found]) -> None:
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


def _add_clocks(lowered: str, found: dict[int, _Found]) -> None:
    """The time of day beside a day: "tomorrow at 7 pm", "14:30 on 8 May"."""
    for start, one in found.items():
        if one.days.granularity == "day" and (tail := english.CLOCK_TAIL.match(lowered, one.end)):
            found[start] = _Found(tail.end(), one.days, _clock(tail))
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


def _longest(found: dict[int, _Found]) -> Iterator[tuple[int, _Found]]:
    """Of two that overlap the longer, or the earlier if they are equally long; in the order of the text."""
    held: tuple[int, _Found] | None = None
    for start, one in sorted(found.items()):
        if held is None or start >= held[1].end:
            if held is not None:
                yield held
            held = (start, one)
        elif one.end - start > held[1].end - held[0]:
            held = (start, one)
    if held is not None:
        yield held


def _day_name(day: date) -> str:
    return f"{day.day} {english.MONTH_NAMES[day.month - 1]} {day.year:04d}"


def _range_name(first: date, last: date) -> str:
    """A range in the largest units that it fills: years, months or days."""
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        ends = [f"{first.year:04d}", f"{last.year:04d}"]
    elif first.day == 1 and unit_of(last, "month").last == last:
        ends = [f"{english.MONTH_NAMES[day.month - 1]} {day.year:04d}" for day in (first, last)]
    else:
        ends = [_day_name(first), _day_name(last)]
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)
