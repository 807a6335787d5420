"""What each phrase of `timex_english` denotes, on the day that it is said. The choices made are listed in `timex`.

A rule returns None where its words are no time expression after all ("may I", "every Monday").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

from memcli.memory import timex_english as english
from memcli.memory.timex_calendar import (
    Days,
    day_of_month_from,
    easter,
    moved,
    nth_weekday,
    one_day,
    third_of,
    unit_of,
    weekday_from,
    whole_months,
    yearly,
)
from memcli.memory.timex_reading import Reading

Resolve = Callable[[Reading, "re.Match[str]"], Days | None]


def single_spaced(words: str) -> str:
    """The words with a blank between them, as the tables have them."""
    return " ".join(words.replace("’", "'").split())


# Days and amounts.


def _day_name(reading: Reading, match: re.Match[str]) -> Days:
    return one_day(reading.said_on + timedelta(days=english.DAYS[single_spaced(match["name"])]))


def _amount(match: re.Match[str]) -> tuple[float, str, bool]:
    """How many of which unit, and whether that is loosely put: "a few weeks", "two or three weeks"."""
    words = match["number"].replace("-", " ").split()
    loose = bool(match["loose"] or match["loose2"])
    number: float
    if words[0].isdigit():
        number = int(words[0])
    elif english.HALF in words:
        number = 0.5
    elif english.COUPLE in words:
        number = 2
    elif words[-1] in english.LOOSE_NUMBERS:
        number, loose = english.LOOSE_NUMBERS[words[-1]], True
    else:
        number = sum(english.NUMBERS[word] for word in words)
    if match["half"] or match["half2"]:
        number += 0.5
    return number, english.UNITS[match["unit"]], loose


def amount_from(day: date, match: re.Match[str], sign: int) -> Days:
    """What "two weeks" before or after a day comes to: as fine as its unit, but a single year as fine as a month."""
    amount, unit, loose = _amount(match)
    if unit in english.WEEKDAYS:
        return weekday_from(day, english.WEEKDAYS[unit], sign * int(amount))._replace(approximate=loose)
    target = moved(day, sign * amount, unit)
    if unit == "day":
        return one_day(target, loose)
    if unit in ("week", "weekend", "fortnight"):
        found = unit_of(target, "weekend" if unit == "weekend" else "week")
    elif unit == "decade" or (unit == "year" and amount >= 2):
        found = unit_of(target, "year")
        loose = loose or unit == "decade"
    else:
        found = unit_of(target, "month")
    return found._replace(approximate=loose)


def _ago(reading: Reading, match: re.Match[str]) -> Days | None:
    return amount_from(reading.said_on, match, -1)


def _ahead(reading: Reading, match: re.Match[str]) -> Days | None:
    # "I read it in two days" is how long it took, "the first time in two years" how long it had not been.
    if reading.led_by(english.NO_DURATION_AFTER, match.start()) or reading.outlook(match.start()) < 0:
        return None
    return amount_from(reading.said_on, match, 1)


def _from_now(reading: Reading, match: re.Match[str]) -> Days | None:
    name = match["anchor"]
    anchor = (
        weekday_from(reading.said_on, english.WEEKDAYS[name], 1).first
        if name in english.WEEKDAYS
        else reading.said_on + timedelta(days=english.DAYS.get(name, 0))
    )
    if name not in english.DAYS and name not in english.WEEKDAYS:
        return amount_from(anchor, match, 1)
    return _to_the_day(anchor, match, 1)


def _ago_to_the_day(reading: Reading, match: re.Match[str]) -> Days | None:
    """ "A year ago today": an anniversary, so exact."""
    return _to_the_day(reading.said_on + timedelta(days=english.DAYS[match["anchor"]]), match, -1)


def _to_the_day(anchor: date, match: re.Match[str], sign: int) -> Days | None:
    amount, unit, loose = _amount(match)
    return None if unit in english.WEEKDAYS else one_day(moved(anchor, sign * amount, unit), loose)


def _yearly_ago(reading: Reading, match: re.Match[str]) -> Days | None:
    number = match["number"]
    back = int(number) if number.isdigit() else english.NUMBERS[number]
    return yearly(_of_year(single_spaced(match["name"])), reading.said_on, -back) if back <= 4 else None


def _stretch(reading: Reading, match: re.Match[str]) -> Days | None:
    amount, unit, loose = _amount(match) if "number" in match.groupdict() else (1, match["unit"], False)
    if unit in english.WEEKDAYS:
        return None
    if match["ahead"]:
        return Days(reading.said_on, moved(reading.said_on, amount, unit), "range", loose)
    return Days(moved(reading.said_on, -amount, unit), reading.said_on, "range", loose)


# Last, this, next.


def _named(
    reading: Reading, match: re.Match[str], group: str, shift: int | None, outlook: Literal[-1, 0, 1] = 0
) -> Days | None:
    """The unit, weekday, month, season or feast of this name."""
    name, said_on = single_spaced(match[group]), reading.said_on
    if name in english.UNITS:
        return unit_of(said_on, name, shift or 0)
    if name in english.WEEKDAYS:
        if name in english.DOUBTFUL_WEEKDAYS and not reading.is_capitalised(match.start(group)):
            return None
        number = english.WEEKDAYS[name]
        if shift is None:
            shift = 1 if outlook > 0 else -1
        elif shift == 0:
            if reading.outlook(match.start()) < 0:
                shift = -1
            else:
                return weekday_from(said_on - timedelta(days=1), number, 1)
        return weekday_from(said_on, number, shift)
    if name in english.MONTHS and name in english.DOUBTFUL_MONTHS and not reading.is_capitalised(match.start(group)):
        return None
    return yearly(_of_year(name), said_on, shift, outlook)


def _of_year(name: str) -> Callable[[int], Days]:
    """What gives a month, season or feast in any year."""
    if name in english.MONTHS:
        return lambda year: whole_months(year, english.MONTHS[name], 1, "month")
    if name in english.SEASONS:
        return lambda year: whole_months(year, english.SEASONS[name], 3, "season")
    if name in english.AROUND_EASTER:
        return lambda year: one_day(easter(year) + timedelta(days=english.AROUND_EASTER[name]))
    if name in english.NTH_WEEKDAYS:
        return lambda year: one_day(nth_weekday(year, *english.NTH_WEEKDAYS[name]))
    month, day = english.HOLIDAYS[name]
    return lambda year: one_day(date(year, month, day))


def _relative(reading: Reading, match: re.Match[str]) -> Days | None:
    said_on, name, word = reading.said_on, match["name"], single_spaced(match["shift"])
    coming = word in english.COMING
    shift = 1 if coming else english.SHIFTS[word]
    if name == "weekend":
        # Early in a week, "this weekend was fun" speaks of the one that is over.
        if shift == 0 and said_on.weekday() < 3 and reading.outlook(match.start()) < 0:
            shift = -1
        elif coming and said_on.weekday() < 5:
            shift = 0
    return _named(reading, match, "name", shift)


def _twice_removed(reading: Reading, match: re.Match[str]) -> Days | None:
    return _named(reading, match, "name", -2 if match["before"] else 2)


def _weekday_of_week(reading: Reading, match: re.Match[str]) -> Days:
    shift = english.SHIFTS[match["shift"] or match["shift2"]]
    monday = unit_of(reading.said_on, "week", shift).first
    return one_day(monday + timedelta(days=english.WEEKDAYS[match["name"] or match["name2"]]))


def _bare_weekday(reading: Reading, match: re.Match[str]) -> Days | None:
    start, name = match.start(), match["name"]
    earlier, word = reading.words_before(start)
    if (
        word in english.SHIFTS
        or word in english.NO_WEEKDAY_AFTER
        or (word in english.RANGE_JOINTS and earlier in english.WEEKDAYS)
    ):
        return None
    if name not in english.CLEAR_WEEKDAYS and word not in english.DAY_LEADS:
        return None
    return _named(reading, match, "name", None, reading.outlook(start))


def _bare_spell(reading: Reading, match: re.Match[str]) -> Days | None:
    start, said_on = match.start(), reading.said_on
    if not reading.led_by(english.SPELL_LEADS, start):
        return None
    outlook = reading.outlook(start)
    if match["name"] == "weekend":
        return unit_of(said_on, "weekend", 0 if outlook > 0 or said_on.weekday() >= 5 else -1)
    return _named(reading, match, "name", None, outlook)


def _part_of_unit(reading: Reading, match: re.Match[str]) -> Days:
    return third_of(unit_of(reading.said_on, match["name"]), english.PORTIONS[single_spaced(match["portion"])])


# Dates.


def _year(match: re.Match[str], said_on: date) -> int | None:
    """The year in a match: None if it names none; two digits mean a year up to twenty years ahead."""
    if match["year"] is None:
        return None
    digits = match["year"].lstrip("'’")
    if len(digits) > 2:
        return int(digits)
    year = said_on.year // 100 * 100 + int(digits)
    return year - 100 if year > said_on.year + 20 else year


def _date(reading: Reading, match: re.Match[str]) -> Days | None:
    start, name, year = match.start(), match["month"], _year(match, reading.said_on)
    # "The top 5 may win", "we march 5 miles".
    if (
        year is None
        and name in english.DOUBTFUL_MONTHS
        and not (match["ordinal"] or match["weekday"] or reading.led_by(english.DAY_LEADS, start))
        and not reading.is_capitalised(match.start("month"))
    ):
        return None
    days = sorted(int(day) for day in (match["day"], match["other_day"]) if day)

    def in_year(year: int) -> Days:
        first, last = (date(year, english.MONTHS[name], day) for day in (days[0], days[-1]))
        return Days(first, last, "range") if first < last else one_day(first)

    if year is not None:
        return in_year(year)
    weekday = english.WEEKDAYS.get(match["weekday"])
    return yearly(in_year, reading.said_on, None, reading.outlook(start), weekday)


def _day_of_month(reading: Reading, match: re.Match[str]) -> Days | None:
    """ "On the 15th": the latest before the day of speaking, the next to come, or the nearest of them."""
    start, day, said_on = match.start(), int(match["day"]), reading.said_on
    if not match["shift"] and not reading.led_by(english.DATE_LEADS, start):
        return None
    if match["shift"]:
        return one_day(unit_of(said_on, "month", english.SHIFTS[match["shift"]]).first.replace(day=day))
    outlook = reading.outlook(start)
    back, ahead = (day_of_month_from(said_on, day, step) for step in (-1, 1))
    return one_day(back if outlook < 0 or (outlook == 0 and said_on - back <= ahead - said_on) else ahead)


def _date_in_words(reading: Reading, match: re.Match[str]) -> Days | None:
    """ "The first of March"."""
    day, month, year = (
        english.DAY_WORDS[match["ordinal"]],
        english.MONTHS[match["month"]],
        _year(match, reading.said_on),
    )

    def in_year(year: int) -> Days:
        return one_day(date(year, month, day))

    if year is not None:
        return in_year(year)
    return yearly(in_year, reading.said_on, None, reading.outlook(match.start()))


def _date_iso(_reading: Reading, match: re.Match[str]) -> Days:
    return one_day(date(int(match["year"]), int(match["month"]), int(match["day"])))


def _date_numeric(reading: Reading, match: re.Match[str]) -> Days | None:
    one, other, year = int(match["first"]), int(match["second"]), _year(match, reading.said_on)
    short_year = match["sep"] != "/" and len(match["year"]) == 2  # 1.2.30 is a version, 1-2-30 anything
    if short_year and (match["sep"] == "-" or len(match["first"]) + len(match["second"]) < 4):
        return None
    # Only one reading may be a date; dots are used where the day comes first.
    day_first = one > 12 or (other <= 12 and (reading.day_first or match["sep"] == "."))
    day, month = (one, other) if day_first else (other, one)
    return one_day(date(year or 0, month, day))


def _month(reading: Reading, match: re.Match[str]) -> Days | None:
    start, name, year = match.start(), match["month"], _year(match, reading.said_on)
    if year is not None:
        return whole_months(year, english.MONTHS[name], 1, "month")
    earlier, word = reading.words_before(start)
    if name not in english.CLEAR_MONTHS and not (word in english.RANGE_JOINTS and earlier in english.MONTHS):
        doubtful = name in english.DOUBTFUL_MONTHS and not reading.is_capitalised(start)
        if word not in (english.STRONG_LEADS if doubtful else english.TIME_LEADS):
            return None
    return yearly(_of_year(name), reading.said_on, None, reading.outlook(start))


def _bare_year(reading: Reading, match: re.Match[str]) -> Days | None:
    earlier, word = reading.words_before(match.start())
    told = word in english.YEAR_LEADS or (word in english.YEAR_JOINTS and earlier.isdigit() and len(earlier) == 4)
    # An answer may be a year and nothing else.
    if not told and reading.lowered.strip(" .!?\n") != match[0]:
        return None
    return whole_months(int(match["year"]), 1, 12, "year")


def _season(reading: Reading, match: re.Match[str]) -> Days:
    return whole_months(_year(match, reading.said_on) or 0, english.SEASONS[match["name"]], 3, "season")


def _holiday(reading: Reading, match: re.Match[str]) -> Days | None:
    start, name, year = match.start(), single_spaced(match["name"]), _year(match, reading.said_on)
    if year is not None:
        return _of_year(name)(year)
    if name not in english.CLEAR_HOLIDAYS and not reading.led_by(english.DAY_LEADS, start):
        return None
    return yearly(_of_year(name), reading.said_on, None, reading.outlook(start))


def _decade(reading: Reading, match: re.Match[str]) -> Days | None:
    if not match["the"] and not reading.led_by(english.DECADE_LEADS, match.start()) and len(match["decade"] or "") < 4:
        return None
    year = english.DECADES[match["name"]] if match["name"] else int(match["decade"])
    if year < 100:
        year += 2000 if 2000 + year <= reading.said_on.year else 1900
    return whole_months(year, 1, 120, "range")


def _quarter(_reading: Reading, match: re.Match[str]) -> Days:
    return whole_months(int(match["year"]), int(match["quarter"]) * 3 - 2, 3, "range")


class Rule(NamedTuple):
    """A pattern, what its matches denote, and what a text must contain for the search to be worth it.

    cues: words, one of which is in every match; digits: a match has a digit in it, or one of the cues.
    """

    pattern: re.Pattern[str]
    resolve: Resolve
    cues: frozenset[str]
    digits: bool = False


def first_words(*tables: Iterable[str]) -> frozenset[str]:
    """The first word of every entry."""
    return frozenset(match[0] for table in tables for name in table if (match := english.WORDS.search(name)))


_UNITS: Final = first_words(english.UNITS)
_WEEKDAYS: Final = first_words(english.WEEKDAYS)
_MONTHS: Final = first_words(english.MONTHS)
_SEASONS: Final = first_words(english.SEASONS)
_HOLIDAYS: Final = first_words(english.FEASTS)

#: In no order: of the matches that overlap, the longest counts.
RULES: Final = (
    Rule(english.DAY_NAME, _day_name, english.DAY_CUES),
    Rule(english.AGO, _ago, english.AGO_CUES),
    Rule(english.AGO_TO_THE_DAY, _ago_to_the_day, english.AGO_CUES),
    Rule(english.YEARLY_AGO, _yearly_ago, english.AGO_CUES),
    Rule(english.AHEAD, _ahead, _UNITS),
    Rule(english.FROM_NOW, _from_now, _UNITS),
    Rule(english.STRETCH, _stretch, _UNITS),
    Rule(english.STRETCH_OF_ONE, _stretch, _UNITS),
    Rule(english.RELATIVE, _relative, _UNITS | _WEEKDAYS | _MONTHS | _SEASONS | _HOLIDAYS),
    Rule(english.TWICE_REMOVED, _twice_removed, english.TWICE_REMOVED_CUES),
    Rule(english.WEEKDAY_OF_WEEK, _weekday_of_week, english.WEEK_CUES),
    Rule(english.BARE_WEEKDAY, _bare_weekday, _WEEKDAYS),
    Rule(english.BARE_SPELL, _bare_spell, first_words(["weekend"], english.SEASONS)),
    Rule(english.PART_OF_UNIT, _part_of_unit, _UNITS),
    Rule(english.DATE, _date, _MONTHS),
    Rule(english.DATE_MONTH_FIRST, _date, _MONTHS),
    Rule(english.DAY_OF_MONTH, _day_of_month, english.ORDINAL_ENDINGS),
    Rule(english.DATE_IN_WORDS, _date_in_words, first_words(english.DAY_WORDS)),
    Rule(english.DATE_ISO, _date_iso, frozenset(), digits=True),
    Rule(english.DATE_NUMERIC, _date_numeric, frozenset(), digits=True),
    Rule(english.MONTH, _month, _MONTHS),
    Rule(english.BARE_YEAR, _bare_year, frozenset(), digits=True),
    Rule(english.SEASON, _season, _SEASONS),
    Rule(english.HOLIDAY, _holiday, _HOLIDAYS),
    Rule(english.DECADE, _decade, first_words(english.DECADES), digits=True),
    Rule(english.QUARTER, _quarter, frozenset(), digits=True),
)
#: A text with none of these and no digit holds no time expression.
ALL_CUES: Final = frozenset(word for rule in RULES for word in rule.cues)
