"""Time expressions: which days "yesterday", "last Friday" or "in May" meant on the day that they were said.

The notions are those of TIMEX3 in TimeML: an expression has a span in the text and a value, here an inclusive range of
days with the granularity in which it was put. Each language is a module with a `Language` (see `timex_language`), and
joins by a line in LANGUAGES; all of them read every text, since people mix them, and the longest expression counts. The
arithmetic is in `timex_calendar`.

Where a language leaves a choice, one rule is kept:

- "last week", "last month" are the calendar week and month before; "the past week", "the last two weeks" are the days
  up to the day of speaking. "Last Friday" is the nearest one before it, "next Friday" the nearest one after it, "this
  Friday" the coming one; "last summer" and "last May" are the latest that were over. "This weekend" is the one of the
  present week, "next weekend" the one after that.
- "in May", "8 May", "the 8th", "at Christmas" without a year (or month) are the next if the sentence looks ahead
  ("will", "going to", "plan", "see you"), the latest that had begun if it looks back, else the nearest; a weekday named
  with a day decides. "On Friday" is the latest before the day of speaking, unless the sentence looks ahead.
- "two weeks ago", "in three months" are the calendar week or month in which that day falls; "a year ago" is the month,
  "five years ago" the year.
- "The week before 9 June" is the seven days before it; "the Friday before 9 June" the nearest one before it.
- What is unfounded ("31 February 2023", "in 9999 years") is passed over. Nothing raises.

Weeks begin on Monday, seasons are the meteorological ones of the northern half of the earth. Durations ("for three
days"), repeated times ("every Monday") and ages are no time expressions here: they name no date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from memcli.memory import timex_english as english
from memcli.memory.timex_calendar import Granularity, third_of, unit_of
from memcli.memory.timex_german import GERMAN
from memcli.memory.timex_in_english import ENGLISH
from memcli.memory.timex_language import Found, Language, longest, lower

__all__ = ["Granularity", "TimeExpression", "describe", "find_time_expressions"]

LANGUAGES: Final[tuple[Language, ...]] = (ENGLISH, GERMAN)


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
    lowered = lower(text)
    found: dict[int, Found] = {}
    for language in LANGUAGES:
        for start, one in language.find(text, lowered, said_on, day_first).items():
            if start not in found or found[start].end < one.end:
                found[start] = one
    return [
        TimeExpression(start=start, end=one.end, text=text[start : one.end], clock=one.clock, **one.days._asdict())
        for start, one in longest(found)
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
        if first < last and first.replace(day=1) == last.replace(day=1):  # "25 to 27 October 2024"
            ends[0] = f"{first.day}"
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)
