"""Dates written out in words of any language, as exporters write them in the language of an account.

The words and their order are those of CLDR (https://cldr.unicode.org), which Babel brings along. A date is taken only
where all of it is there as its language writes it, with the right day of the week: the same word means October in one
language and November in the next, and a date that is wrong is worse than none.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from memcli.ingest.readers.timestamps import MONTHS
from memcli.patterns import regex

_ENGLISH = regex(
    r"(?P<weekday>[A-Z][a-z]+), (?:(?P<month>[A-Z][a-z]+) (?P<day>\d{1,2})|(?P<day2>\d{1,2}) (?P<month2>[A-Z][a-z]+)),?"
    r" (?P<year>\d{4})(?:,| at) (?P<clock>\d{1,2}:\d\d(?::\d\d)?) ?(?P<half>[AaPp]\.?[Mm]\.?)?(?P<zone>.*)",
    re.ASCII,
)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = regex(
    r"(?<!\d)(\d{1,2})(?:[:.]| ?(?:[時时시]|นาฬิกา) ?)(\d{1,2})(?:(?:[:.]| ?(?:[分분]|นาที) ?)(\d{1,2}))?(?!\d)"
)
_YEAR = regex(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_UTC = regex(r"\b(?:UTC|GMT|TU)\b|Z$")

# The languages of Google's own interface; the other locales of CLDR would make every foreign date slower to read.
_LANGUAGES = (
    "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "uk", "tr", "ja", "ko", "zh", "zh_Hant", "sv", "da", "nb", "fi",
    "cs", "sk", "hu", "ro", "bg", "el", "hr", "sr", "sl", "lt", "lv", "et", "ca", "eu", "gl", "id", "ms", "fil", "vi",
    "th", "hi", "bn", "ta", "te", "mr", "gu", "kn", "ml", "ur", "ar", "fa", "he", "af", "sw", "is", "sq", "mk",
)  # fmt: skip


def from_words(written: str) -> datetime:
    """A date and time like `Tuesday, February 10, 2015 at 6:03:26 PM UTC`, in any of Google's languages.

    It has a zone (UTC) if it says so. Raises ValueError where it is none, or where its weekday disagrees.
    """
    text = _even(written[:200])
    found = _english(text) or _any_language(text)
    if found is None:
        raise ValueError(f"{written[:60]!r} is no date and time in a known language")
    return found.replace(tzinfo=UTC) if _UTC.search(text) else found


def _even(written: str) -> str:
    """The text with plain digits, single plain blanks, and no marks of writing direction."""
    digits = ((char, unicodedata.decimal(char, None)) for char in written)
    plain = "".join(char if digit is None else str(digit) for char, digit in digits)
    return re.sub(r"[\s\u200e\u200f]+", " ", plain).strip()


def _english(text: str) -> datetime | None:
    match = _ENGLISH.fullmatch(text)
    month = MONTHS.get((match["month"] or match["month2"])[:3].lower()) if match else None
    if not match or month is None:
        return None
    half = (match["half"] or "")[:1].lower()
    hour, minute, second = (*map(int, match["clock"].split(":")), 0)[:3]
    try:
        day = date(int(match["year"]), month, int(match["day"] or match["day2"]))
        clock = time(hour % 12 + 12 * (half == "p") if half and 1 <= hour <= 12 else hour, minute, second)
    except ValueError:
        return None
    return datetime.combine(day, clock) if match["weekday"][:3].lower() == _WEEKDAYS[day.weekday()] else None


def _any_language(text: str) -> datetime | None:
    year, clock = _YEAR.search(text), _CLOCK.search(text)
    if not year or not clock:
        return None
    days: dict[str, date] = {}
    for language in _LANGUAGES:
        if any(name in text for name in _weekdays(language)):
            found = [(len(name), day) for name, day in _calendar(language, int(year[0])) if name in text]
            if found:
                days[language] = max(found)[1]
    # Some languages write the same date: the one that writes the time in this way, too, comes first.
    for way in (_exact_time, _likely_time):
        for language, day in days.items():
            if moment := way(text, language, *(int(part or 0) for part in clock.groups())):
                return datetime.combine(day, moment)
    return None


def _exact_time(text: str, language: str, hour: int, minute: int, second: int) -> time | None:
    """The time that the language writes exactly as it is written here."""
    from babel.dates import format_time

    possible = [time(each, minute, second) for each in {hour, (hour + 12) % 24} if hour < 24 and minute < 60 > second]
    exact = [one for one in possible if _even(format_time(one, "medium", locale=language)) in text]
    return exact[0] if len(exact) == 1 else None


def _likely_time(text: str, language: str, hour: int, minute: int, second: int) -> time | None:
    """The time by the language's words for the halves of the day; None where it could be in either."""
    from babel.dates import get_period_names, get_time_format

    if not (hour < 24 and minute < 60 > second):
        return None
    if hour in (0, *range(13, 24)) or "h" not in get_time_format("medium", locale=language).pattern:
        return time(hour, minute, second)
    for half in ("am", "pm"):
        names = [get_period_names(width, "format", language).get(half, half) for width in ("abbreviated", "wide")]
        if any(_even(name).lower() in text.lower() for name in names):
            return time(hour % 12 + 12 * (half == "pm"), minute, second)
    return None


@lru_cache(maxsize=len(_LANGUAGES))
def _weekdays(language: str) -> tuple[str, ...]:
    from babel.dates import get_day_names

    inside, alone = get_day_names("wide", "format", language), get_day_names("wide", "stand-alone", language)
    return tuple(_even(name) for name in (*inside.values(), *alone.values()))


@lru_cache(maxsize=64)
def _calendar(language: str, year: int) -> tuple[tuple[str, date], ...]:
    """Every day of a year as the language writes it in full."""
    from babel.dates import format_date

    first = date(year, 1, 1)
    days = (first + timedelta(days=number) for number in range(366))
    return tuple((_even(format_date(day, "full", locale=language)), day) for day in days if day.year == year)
