"""Expressions that are built on another one: "the week before" 9 June, "since" May, "around" 2013."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Final, NamedTuple

from memcli.memory import timex_english as english
from memcli.memory.timex_calendar import Days, half_of, one_day, third_of, unit_of, weekday_from
from memcli.memory.timex_reading import Reading
from memcli.memory.timex_rules import amount_from, first_words, single_spaced

Combine = Callable[[Reading, "re.Match[str]", Days], Days | None]


def _side(_reading: Reading, match: re.Match[str], base: Days) -> Days | None:
    """The week of, the Friday before, two days after."""
    name, side = match["name"], single_spaced(match["side"])
    if side == "of":
        if name == "week" or name == "weekend":
            return unit_of(base.first, name)
        if name in english.WEEKDAYS and base.granularity == "week":
            return one_day(base.first + timedelta(days=english.WEEKDAYS[name]))
        return None
    sign = -1 if side in english.BEFORE else 1
    edge = base.first if sign < 0 else base.last
    if name is None:
        return amount_from(edge, match, sign)
    if name in english.WEEKDAYS:
        return weekday_from(edge, english.WEEKDAYS[name], sign)
    if name == "week" and base.granularity != "week":
        near, far = edge + timedelta(days=sign), edge + timedelta(days=7 * sign)
        return Days(min(near, far), max(near, far), "range", base.approximate)
    if name == "weekend":
        saturday = weekday_from(edge + timedelta(days=-1 if sign < 0 else 0), english.WEEKDAYS["saturday"], sign)
        return unit_of(saturday.first, "weekend")
    if name in ("week", "month", "year"):
        return unit_of(edge, name, sign)
    return one_day(edge + timedelta(days=sign), base.approximate)


def _ordinal(_reading: Reading, match: re.Match[str], base: Days) -> Days | None:
    """The first week of, the last Friday in."""
    count, name = english.ORDINALS[match["ordinal"]], match["name"]
    if base.granularity in ("day", "weekend"):
        return None
    sign = 1 if count > 0 else -1
    edge = base.first if count > 0 else base.last
    if name in english.WEEKDAYS or name == "weekend":
        weekday = english.WEEKDAYS["saturday" if name == "weekend" else name]
        found = weekday_from(edge - timedelta(days=sign), weekday, count)
        return unit_of(found.first, "weekend") if name == "weekend" else found
    if name == "day":
        return one_day(edge + timedelta(days=count - sign))
    near, far = edge + timedelta(days=7 * (count - sign)), edge + timedelta(days=7 * count - sign)
    return Days(min(near, far), max(near, far), "range")


def _portion(reading: Reading, match: re.Match[str], base: Days) -> Days | None:
    """Early, late, the end of; and earlier or later this month, which the day of speaking divides."""
    if base.granularity in ("day", "weekend"):
        return base
    words = single_spaced(match["portion"])
    if words in english.PORTIONS:
        return third_of(base, english.PORTIONS[words])
    if words in english.HALVES:
        return half_of(base, english.HALVES[words])
    if not base.first <= reading.said_on <= base.last:
        return None
    if match["until_now"]:
        return Days(base.first, reading.said_on, "range")
    return Days(reading.said_on, base.last, "range")


def _about(_reading: Reading, _match: re.Match[str], base: Days) -> Days:
    return base._replace(approximate=True)


def _since(reading: Reading, match: re.Match[str], base: Days) -> Days:
    if match["since"]:
        return Days(base.first, reading.said_on, "range", base.approximate)
    return Days(reading.said_on, base.last, "range", base.approximate)


class Compound(NamedTuple):
    """The head of a compound expression, what it makes of the expression that follows it, and its cues as in Rule."""

    head: re.Pattern[str]
    resolve: Combine
    cues: frozenset[str]


#: In this order: a later one builds on what an earlier one found ("since around the end of the week of 5 May").
COMPOUNDS: Final = (
    Compound(english.SIDE_HEAD, _side, english.SIDE_CUES),
    Compound(english.ORDINAL_HEAD, _ordinal, first_words(english.ORDINALS)),
    Compound(english.PORTION_HEAD, _portion, english.PORTION_CUES),
    Compound(english.ABOUT_HEAD, _about, english.ABOUT_CUES),
    Compound(english.SINCE_HEAD, _since, english.SINCE_CUES),
)
