"""Days, weeks, months and seasons counted from a day: the calendar under `timex`, without any language.

Weeks begin on Monday (ISO 8601). Functions raise ValueError or OverflowError where no date can hold the result.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

Granularity = Literal["day", "weekend", "week", "month", "season", "year", "range"]

_DAYS_IN: Final = {"day": 1, "week": 7, "weekend": 7, "fortnight": 14}
_MONTHS_IN: Final = {"month": 1, "quarter": 3, "year": 12, "decade": 120}


class Days(NamedTuple):
    """The inclusive range of days that a phrase denotes. approximate: its edges are soft."""

    first: date
    last: date
    granularity: Granularity
    approximate: bool = False


def one_day(day: date, approximate: bool = False) -> Days:
    """The range of a single day."""
    return Days(day, day, "day", approximate)


def add_months(day: date, months: int) -> date:
    """The same day of another month, or the last day of that month if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def moved(day: date, amount: float, unit: str) -> date:
    """The day that lies `amount` units later (earlier, if negative); half a month is 15 days."""
    if unit in _DAYS_IN:
        return day + timedelta(days=round(amount * _DAYS_IN[unit]))
    months = amount * _MONTHS_IN[unit]
    return add_months(day, int(months)) + timedelta(days=round((months - int(months)) * 30))


def whole_months(year: int, month: int, count: int, granularity: Granularity) -> Days:
    """`count` months from the first day of the one given."""
    first = date(year, month, 1)
    final = add_months(first, count - 1)
    return Days(first, final.replace(day=calendar.monthrange(final.year, final.month)[1]), granularity)


def unit_of(day: date, unit: str, shift: int = 0) -> Days:
    """The calendar week, weekend, month, quarter or year that a day is in, or the one `shift` further on.

    The weekend of a day is the one that ends its week.
    """
    monday = day - timedelta(days=day.weekday())
    if unit == "week":
        first = monday + timedelta(weeks=shift)
        return Days(first, first + timedelta(days=6), "week")
    if unit == "weekend":
        first = monday + timedelta(weeks=shift, days=5)
        return Days(first, first + timedelta(days=1), "weekend")
    count = _MONTHS_IN[unit]
    other = add_months(day.replace(day=1), count * shift)
    granularity: Granularity = "month" if unit == "month" else "year" if unit == "year" else "range"
    return whole_months(other.year, (other.month - 1) // count * count + 1, count, granularity)


def weekday_from(day: date, weekday: int, shift: int) -> Days:
    """The nearest such weekday (0 is Monday) before a day: shift -1, and -2 the one before that; after it: 1, 2."""
    if shift < 0:
        return one_day(day - timedelta(days=(day.weekday() - weekday - 1) % 7 + 1 + 7 * (-shift - 1)))
    return one_day(day + timedelta(days=(weekday - day.weekday() - 1) % 7 + 1 + 7 * (shift - 1)))


def day_of_month_from(day: date, number: int, shift: Literal[-1, 1]) -> date:
    """The nearest day of that number in its month, before a day (-1) or after it (1)."""
    month = unit_of(day, "month")
    while number > month.last.day or (month.first.replace(day=number) - day).days * shift <= 0:
        month = unit_of(month.first, "month", shift)
    return month.first.replace(day=number)


def yearly(
    make: Callable[[int], Days],
    said_on: date,
    shift: int | None,
    outlook: Literal[-1, 0, 1] = 0,
    weekday: int | None = None,
) -> Days | None:
    """The one that is meant of what `make` gives for each year; a year that has none (29 February) is passed over.

    shift: -1 the last that is over, 0 the one of this year, 1 the first yet to begin. None: as the speaker looks back
    (-1) the last that has begun, ahead (1) the first that is not over, or neither (0) the nearest; but if a weekday (0
    is Monday) is named, and only one of those two begins on it, that one. The result is None if there is no such one
    within four years.
    """
    every = []
    for year in range(said_on.year - 4, said_on.year + 5):
        try:
            every.append(make(year))
        except (ValueError, OverflowError):
            continue
    if shift == 0:
        now = [days for days in every if days.first <= said_on <= days.last]
        fitting = now or [days for days in every if days.first.year == said_on.year]
        place = 0
    elif shift is None:
        begun = [days for days in every if days.first <= said_on]
        open_ended = [days for days in every if days.last >= said_on]
        on_it = [days for days in (*begun[-1:], *open_ended[:1]) if days.first.weekday() == weekday]
        if len(on_it) == 1:
            return on_it[0]
        if outlook == 0 and begun and open_ended:
            back, ahead = said_on - begun[-1].last, open_ended[0].first - said_on
            return begun[-1] if back <= ahead else open_ended[0]
        fitting, place = (open_ended, 0) if outlook > 0 else (begun, -1)
    elif shift < 0:
        fitting = [days for days in every if days.last < said_on]
        place = shift
    else:
        fitting = [days for days in every if days.first > said_on]
        place = shift - 1
    return fitting[place] if -len(fitting) <= place < len(fitting) else None


def third_of(days: Days, third: int) -> Days:
    """The first, middle or last third (0, 1, 2): counted in years or months if it is of whole years, else in days."""
    first, last = days.first, days.last
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        years = last.year - first.year + 1
        unit, count = (1, 12) if years == 1 else (12, years)
        begin, end = unit * (count * third // 3), unit * (count * (third + 1) // 3)
        part = add_months(first, begin)
        return whole_months(part.year, part.month, end - begin, "range")._replace(approximate=True)
    length = (last - first).days + 1
    begin, end = length * third // 3, length * (third + 1) // 3 - 1
    return Days(first + timedelta(days=begin), first + timedelta(days=end), "range", True)


def half_of(days: Days, half: int) -> Days:
    """The first or second half (0, 1): counted in months if it is of a whole year, else in days."""
    first, last = days.first, days.last
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
        return whole_months(first.year, 1 + 6 * half, 6, "range")
    middle = first + timedelta(days=((last - first).days + 1) // 2 - 1)
    return Days(middle + timedelta(days=1), last, "range") if half else Days(first, middle, "range")


def nth_weekday(year: int, month: int, weekday: int, count: int) -> date:
    """The n-th such weekday (0 is Monday) of a month; -1 is the last."""
    whole = whole_months(year, month, 1, "month")
    if count < 0:
        return weekday_from(whole.last + timedelta(days=1), weekday, count).first
    return weekday_from(whole.first - timedelta(days=1), weekday, count).first


def easter(year: int) -> date:
    """Easter Sunday of the western churches (the Gregorian algorithm of Meeus, Jones and Butcher)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    month, day = divmod(h + m - 7 * ((a + 11 * h + 22 * m) // 451) + 114, 31)
    return date(year, month, day + 1)
