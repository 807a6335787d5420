"""German as a language of time expressions: "vor zwei Wochen", "am 3. Mai", "letzten Sommer", "Ende 2022".

The same choices as for English (see `timex`), but for one: German tells what is to come in the present tense, so "am
Montag" without a word that looks back is the coming one. "Morgen" is tomorrow unless it is the morning ("heute Morgen",
"guten Morgen"). Durations ("drei Tage lang") and repeated times ("jeden Montag", "montags") are left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from functools import cache
from typing import Final, Literal, NamedTuple

from memcli.memory.timex_calendar import (
    Days,
    easter,
    moved,
    one_day,
    third_of,
    unit_of,
    weekday_from,
    whole_months,
    yearly,
)
from memcli.memory.timex_language import Found, Language
from memcli.patterns import regex

_DAYS: Final = {"vorgestern": -2, "gestern": -1, "heute": 0, "morgen": 1, "übermorgen": 2, "letzte nacht": -1}
_WEEKDAYS: Final = {
    "montag": 0, "dienstag": 1, "mittwoch": 2, "donnerstag": 3, "freitag": 4, "samstag": 5, "sonnabend": 5,
    "sonntag": 6,
}  # fmt: skip
_MONTHS: Final = {
    "januar": 1, "jänner": 1, "februar": 2, "märz": 3, "april": 4, "mai": 5, "juni": 6, "juli": 7, "august": 8,
    "september": 9, "oktober": 10, "november": 11, "dezember": 12,
}  # fmt: skip
_SEASONS: Final = {"frühling": 3, "frühjahr": 3, "sommer": 6, "herbst": 9, "winter": 12}
_FEASTS: Final = {"neujahr": (1, 1), "heiligabend": (12, 24), "weihnachten": (12, 25), "silvester": (12, 31)}
_AROUND_EASTER: Final = {"karfreitag": -2, "ostern": 0, "ostermontag": 1, "pfingsten": 49}
_NUMBERS: Final = {
    "ein": 1, "einem": 1, "einer": 1, "eine": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7,
    "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwölf": 12, "vierzehn": 14, "zwanzig": 20, "dreißig": 30,
}  # fmt: skip
#: Numbers that are not meant exactly.
_LOOSE: Final = {"ein paar": 3, "einigen": 4, "mehreren": 4, "wenigen": 3}
_UNITS: Final = {
    "tag": "day", "tagen": "day", "tage": "day", "woche": "week", "wochen": "week", "monat": "month",
    "monaten": "month", "monate": "month", "jahr": "year", "jahren": "year", "jahre": "year",
}  # fmt: skip
_PORTIONS: Final = {"anfang": 0, "mitte": 1, "ende": 2}

_SHARED: Final = frozenset({"april", "august", "september", "november", "winter"})
"""Months and seasons that English has too: there they are German only beside German words."""
_BESIDE: Final = frozenset(
    ["im", "am", "vom", "bis", "seit", "ende", "anfang", "mitte", "letzten", "nächsten", "diesen", "den", "dem", "der"]
)
_WORD: Final = regex(r"[^\W\d_]+")
_DOTTED: Final = regex(
    r"\d\.\s?(?:april|august|september|november)\b|\d\.\d{1,2}\.|\b(?:anfang|mitte|ende)\s+(?:19|20)\d\d\b"
)
_CUES: Final = (
    frozenset(
        word
        for table in (_DAYS, _WEEKDAYS, _MONTHS, _SEASONS, _FEASTS, _AROUND_EASTER, _UNITS)
        for phrase in table
        for word in phrase.split()
    )
    | {f"{day}{part}" for day in _WEEKDAYS for part in ("abend", "morgen", "nachmittag", "nacht", "früh", "mittag")}
    | {"wochenende", "jahre", "vorletzte", "vorletzten"}
) - (_SHARED | {"letzte", "tag", "mitte"})

_AHEAD: Final = regex(
    r"\b(?:werde|wirst|wird|werden|werdet|will|wollen|möchte|möchten|plane|planen|freue|freuen|bald|vorhaben)\b"
)
_BACK: Final = regex(
    r"\b(?:war|waren|warst|hatte|hatten|habe|hab|hast|hat|haben|habt|wurde|wurden|ging|gingen|kam|kamen|fuhr|fuhren|sah|"
    r"sahen|fand|fanden|gab|blieb|flog|flogen|rief|traf|trafen|[a-zäöüß]{3,}t(?:e|en))\b"
)
#: Words with the ending of a past tense that are none.
_NOT_BACK: Final = frozenset(
    """achte achten alte alten antworte antworten arbeite arbeiten bereiten beste besten biete bieten bitte dritte
    dritten dürfte erste ersten garten guten gäste gästen halte halten heirate heiraten heute hätte hätten karte
    karten kosten könnte könnten leite leiten letzte letzten leute miete mieten minuten mitte monaten möchte
    möchten müsste müssten neueste nächste nächsten rate raten reite reiten seite seiten sollte sollten starte
    starten tante tanten trete treten warte warten weite weiten würde zweite zweiten""".split()  # noqa: SIM905 - a word list
)
_SENTENCE: Final = regex(r"[!?\n]|\.(?=\s+[^\W\d_])(?<!\d\.)")

Resolve = Callable[["_Context", "re.Match[str]"], Days | None]


class _Context(NamedTuple):
    """The text in lower case, and the day on which it was said."""

    lowered: str
    said_on: date

    def outlook(self, start: int) -> Literal[-1, 0, 1]:
        """Whether the sentence here looks ahead (1) or back (-1), or does not show it (0)."""
        first = max((end.end() for end in _SENTENCE.finditer(self.lowered, 0, start)), default=0)
        after = _SENTENCE.search(self.lowered, start)
        last = after.start() if after else len(self.lowered)
        if _AHEAD.search(self.lowered, first, last):
            return 1
        back = any(cue[0] not in _NOT_BACK for cue in _BACK.finditer(self.lowered, first, last))
        return -1 if back else 0

    def before(self, start: int) -> str:
        """The word before a place; "" where there is none."""
        words: list[str] = _WORD.findall(self.lowered[max(0, start - 24) : start])
        return words[-1] if words else ""


def _day_name(context: _Context, match: re.Match[str]) -> Days | None:
    name = " ".join(match["name"].split())
    if name == "morgen" and context.before(match.start()) in _MORNING_AFTER:
        return None
    return one_day(context.said_on + timedelta(days=_DAYS[name]))


_MORNING_AFTER: Final = frozenset(
    ["heute", "gestern", "guten", "am", "jeden", "jedem", "der", "den", "dem", "diesen", "eines", "einen", "schönen",
     "vorgestern", *_WEEKDAYS]
)  # fmt: skip


def _amount(day: date, match: re.Match[str], sign: int) -> Days:
    """As `timex_rules.amount_from`: as fine as its unit, but a single year as fine as a month."""
    words, unit = " ".join(match["number"].split()), _UNITS[match["unit"]]
    loose = bool(match["about"]) or words in _LOOSE
    number = _LOOSE.get(words) or (int(words) if words.isdigit() else _NUMBERS[words])
    target = moved(day, sign * number, unit)
    if unit == "day":
        return one_day(target, loose)
    whole = "year" if unit == "year" and number >= 2 else "month" if unit == "year" else unit
    return unit_of(target, whole)._replace(approximate=loose)


def _ago(context: _Context, match: re.Match[str]) -> Days:
    return _amount(context.said_on, match, -1)


def _ahead(context: _Context, match: re.Match[str]) -> Days | None:
    # "Ich habe es in zwei Tagen gelesen" is how long it took.
    return None if context.outlook(match.start()) < 0 else _amount(context.said_on, match, 1)


def _shift(word: str) -> int:
    """Which one is meant: -1 the last, 0 this, 1 the next."""
    if word.startswith(("letzt", "vorig", "vergangen")):
        return -1
    return (
        -2
        if word.startswith("vorletzt")
        else 2
        if word.startswith("übernächst")
        else 0
        if word.startswith("dies")
        else 1
    )


def _relative(context: _Context, match: re.Match[str]) -> Days | None:
    """ "Letzte Woche", "nächsten Montag", "diesen Sommer"."""
    name, shift, said_on = match["name"], _shift(match["which"]), context.said_on
    if name in _WEEKDAYS:
        if shift == 0:
            monday = unit_of(said_on, "week").first
            day = monday + timedelta(days=_WEEKDAYS[name])
            return one_day(day) if day >= said_on else weekday_from(said_on, _WEEKDAYS[name], 1)
        return weekday_from(said_on, _WEEKDAYS[name], shift)
    if name == "wochenende":
        # On a weekend "letztes Wochenende" is the one before; in the week it is the one that is over.
        return unit_of(said_on, "weekend", shift)
    if name in _UNITS:
        return unit_of(said_on, _UNITS[name], shift) if name != "tag" else None
    return yearly(_of_year(name), said_on, shift)


def _of_year(name: str) -> Callable[[int], Days]:
    if name in _MONTHS:
        return lambda year: whole_months(year, _MONTHS[name], 1, "month")
    if name in _SEASONS:
        return lambda year: whole_months(year, _SEASONS[name], 3, "season")
    if name in _AROUND_EASTER:
        return lambda year: one_day(easter(year) + timedelta(days=_AROUND_EASTER[name]))
    return lambda year: one_day(date(year, *_FEASTS[name]))


def _weekday(context: _Context, match: re.Match[str]) -> Days | None:
    """ "Am Montag", "Montagabend": the latest if the sentence looks back, else the coming one."""
    if context.before(match.start()) in _NO_DAY_AFTER:
        return None
    back = context.outlook(match.start()) < 0
    return weekday_from(context.said_on, _WEEKDAYS[match["name"]], -1 if back else 1)


_NO_DAY_AFTER: Final = frozenset(["jeden", "jedem", "jede", "jeder", "immer", "ein", "einem", "einen", "manchen"])


def _weekend(context: _Context, match: re.Match[str]) -> Days | None:
    if context.before(match.start()) not in ("am", "übers"):
        return None
    ahead = context.outlook(match.start()) >= 0
    return unit_of(context.said_on, "weekend", 0 if ahead or context.said_on.weekday() >= 5 else -1)


def _year(match: re.Match[str]) -> int | None:
    return int(match["year"]) if match["year"] else None


def _month_or_season(context: _Context, match: re.Match[str]) -> Days | None:
    """ "Im Mai", "Mai 2023", "Ende Mai", "im Sommer 2022"."""
    make, year = _of_year(match["name"]), _year(match)
    if _DAY_BEFORE.search(context.lowered, max(0, match.start() - 5), match.start()):
        return None  # "31. Februar": no calendar has it
    if year is None and match["portion"] is None and context.before(match.start()) not in _MONTH_LEADS:
        return None
    found = make(year) if year else yearly(make, context.said_on, None, context.outlook(match.start()))
    return third_of(found, _PORTIONS[match["portion"]]) if found and match["portion"] else found


_DAY_BEFORE: Final = regex(r"\d\.\s?$")
_MONTH_LEADS: Final = frozenset(["im", "seit", "bis", "vom", "ab"])
_DATE_LEADS: Final = frozenset(["am", "vom", "bis", "zum", "den", "dem", "seit", "ab"])


def _portion_of_year(_context: _Context, match: re.Match[str]) -> Days:
    return third_of(whole_months(int(match["year"]), 1, 12, "year"), _PORTIONS[match["portion"]])


def _whole_year(_context: _Context, match: re.Match[str]) -> Days:
    return whole_months(int(match["year"]), 1, 12, "year")


def _feast(context: _Context, match: re.Match[str]) -> Days | None:
    make, year = _of_year(match["name"]), _year(match)
    return make(year) if year else yearly(make, context.said_on, None, context.outlook(match.start()))


def _dated(context: _Context, match: re.Match[str]) -> Days | None:
    """ "3. Mai", "3. Mai 2023", "3.5.", "3.5.2023"."""
    found = match.groupdict()
    month = _MONTHS[found["month"]] if found.get("month") else int(match["number"])
    day, year = int(match["day"]), found["year"]
    weekday = _WEEKDAYS.get(found["weekday"] or "")
    clear = found.get("month") or (year and len(year) == 4) or weekday is not None
    if not clear and context.before(match.start()) not in _DATE_LEADS:
        return None  # 1.2.30 is a version

    def in_year(number: int) -> Days:
        return one_day(date(number, month, day))

    if year:
        short = len(year) == 2
        century = context.said_on.year // 100 * 100
        whole = century + int(year) - (100 if century + int(year) > context.said_on.year + 20 else 0)
        return in_year(whole if short else int(year))
    return yearly(in_year, context.said_on, None, context.outlook(match.start()), weekday)


def _any(words: Iterable[str]) -> str:
    return "(?:" + "|".join(sorted(words, key=lambda word: (-len(word), word))).replace(" ", r"\s+") + ")"


@cache
def _rules() -> tuple[tuple[re.Pattern[str], Resolve], ...]:
    """Patterns over lower-case text, and what their matches denote."""
    about = r"(?P<about>(?:etwa|ungefähr|circa|ca\.|rund)\s+)?"
    amount = rf"{about}(?P<number>\d{{1,3}}|{_any((*_NUMBERS, *_LOOSE))})\s+(?P<unit>{_any(_UNITS)})"
    which = r"(?P<which>(?:letzt|vorig|vergangen|vorletzt|nächst|übernächst|kommend|dies)(?:en|es|er|em|e)?)"
    year = r"(?P<year>(?:19|20)\d\d)"
    month, day = _any(_MONTHS), r"(?P<day>[12]\d|3[01]|0?[1-9])"
    weekday = rf"(?:(?P<weekday>{_any(_WEEKDAYS)}),?\s+(?:den\s+|dem\s+)?)?"
    part = r"(?:früh|morgen|vormittag|mittag|nachmittag|abend|nacht)"
    named = (
        (rf"(?P<name>{_any(_DAYS)})(?:\s+{part})?", _day_name),
        (rf"vor\s+{amount}", _ago),
        (rf"in\s+{amount}", _ahead),
        (rf"{which}\s+(?P<name>{_any((*_WEEKDAYS, *_MONTHS, *_SEASONS, *_UNITS, 'wochenende'))})", _relative),
        (rf"(?P<name>{_any(_WEEKDAYS)}){part}?(?:\s+{part})?", _weekday),
        (r"(?P<name>wochenende)", _weekend),
        (
            rf"(?:(?P<portion>{_any(_PORTIONS)})\s+)?(?P<name>{_any((*_MONTHS, *_SEASONS))})(?:\s+{year})?",
            _month_or_season,
        ),
        (rf"(?P<portion>{_any(_PORTIONS)})\s+{year}", _portion_of_year),
        (rf"jahre?\s+{year}", _whole_year),
        (rf"(?P<name>{_any((*_FEASTS, *_AROUND_EASTER))})(?:\s+{year})?", _feast),
        (rf"{weekday}{day}\.\s?(?P<month>{month})(?:\s+{year})?", _dated),
        (rf"{weekday}{day}\.\s?(?P<number>1[0-2]|0?[1-9])\.(?:\s?(?P<year>(?:19|20)\d\d|\d\d))?(?!\d|\.\d)", _dated),
    )
    return tuple((re.compile(rf"(?<![\w-])(?:{pattern})(?![\w])"), resolve) for pattern, resolve in named)


@cache
def _clock() -> re.Pattern[str]:
    return re.compile(r"\s+(?:um|gegen)\s+(?P<hour>[01]?\d|2[0-4])(?:[:.](?P<minute>[0-5]\d))?\s+uhr\b")


def find(text: str, lowered: str, said_on: date, day_first: bool) -> dict[int, Found]:
    """The German expressions of a text, by where they begin; see `timex_language`."""
    words = frozenset(_WORD.findall(lowered))
    if words.isdisjoint(_CUES) and not ((words & _SHARED and words & _BESIDE) or _DOTTED.search(lowered)):
        return {}
    context = _Context(lowered, said_on)
    found: dict[int, Found] = {}
    for start, one in _matches(context):
        if start not in found or found[start].end < one.end:
            found[start] = one
    for start, one in found.items():
        if one.days.granularity == "day" and (clock := _clock().match(lowered, one.end)):
            found[start] = Found(clock.end(), one.days, f"{int(clock['hour']):02d}:{clock['minute'] or '00'}")
    return found


def _matches(context: _Context) -> Iterator[tuple[int, Found]]:
    for pattern, resolve in _rules():
        for match in pattern.finditer(context.lowered):
            try:
                days = resolve(context, match)
            except (ValueError, OverflowError):  # no calendar has such a day, or no date can hold it
                continue
            if days is not None and days.first <= days.last:
                yield match.start(), Found(match.end(), days)


GERMAN: Final = Language("de", find)
