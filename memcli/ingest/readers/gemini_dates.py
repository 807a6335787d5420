"""Times as Google's My Activity pages write them: in the account's language, with the zone as an abbreviation.

    Mar 10, 2026, 6:12:00 PM UTC
    10.03.2026, 18:12:00 MEZ
    10 de mai. de 2026, 03:46:09 BRT
    2026年6月20日 00:28:51 CST

A month is a name (English, German, French, Spanish, Portuguese, Italian, Dutch, Polish, Russian) or a number whose
place is known from the year's or from full stops. An abbreviation that several zones share (CST, IST, BST) says nothing
here: the time is then on the clock of whoever made the export, which it is anyway.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta, timezone

from memcli.patterns import regex

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan janv ene gen sty янв",
            "feb fevr fev febr lut фев",
            "mar mars marz marc mrt maerz мар",
            "apr avr abr avril kwi апр",
            "may mai mei mag maj мая май",
            "jun juin giu cze июн",
            "jul juil lug lip июл",
            "aug aout ago sie авг",
            "sep sept set wrz сен",
            "oct okt out ott paz окт",
            "nov lis ноя",
            "dec dez dic dic gru дек",
        ),
        start=1,
    )
    for name in names.split()
}
_CLOCK = regex(r"(\d{1,2}):(\d\d):(\d\d)")
_NAMED = regex(
    r"([^\W\d_]{3,12})\.?\s+(\d{1,2}),?\s+(\d{4})"
    r"|(\d{1,2})\.?\s+(?:de\s+)?([^\W\d_]{3,12})\.?\s+(?:de\s+)?(\d{4})"
)
_YEAR_FIRST = regex(r"(\d{4})\s?[年./-]\s?(\d{1,2})\s?[月./-]\s?(\d{1,2})")
_DAY_FIRST = regex(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_AFTERNOON = regex(r"(?<!\w)(?:p\.?\s?m\.?|下午|오후|午後)", re.IGNORECASE)
_MORNING = regex(r"(?<!\w)(?:a\.?\s?m\.?|上午|오전|午前)", re.IGNORECASE)
_OFFSET = regex(r"(?:GMT|UTC)([+-])(\d{1,2})(?::?(\d\d))?$")
_ZONES = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2, "EET": 2, "EEST": 3,
    "MSK": 3, "TRT": 3, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11, "NZST": 12, "NZDT": 13, "BRT": -3, "EDT": -4,
    "EST": -5, "CDT": -5, "MDT": -6, "PDT": -7, "PST": -8,
}  # fmt: skip
_CHARS = 60


def activity_time(text: str) -> datetime | None:
    """The time that the text is, naive where it names no zone that is certain; None where it is none."""
    text = unicodedata.normalize("NFKC", text).strip()
    clock = _CLOCK.search(text) if len(text) <= _CHARS else None
    date = _date(text) if clock else None
    if not clock or not date:
        return None
    hour, minute, second = (int(part) for part in clock.groups())
    if _AFTERNOON.search(text) and hour < 12:
        hour += 12
    elif _MORNING.search(text) and hour == 12:
        hour = 0
    try:
        return datetime(*date, hour, minute, second, tzinfo=_zone(text[clock.end() :]))
    except ValueError:
        return None


def _date(text: str) -> tuple[int, int, int] | None:
    if match := _YEAR_FIRST.search(text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := _DAY_FIRST.search(text):
        return int(match[3]), int(match[2]), int(match[1])
    if match := _NAMED.search(text):
        name, day, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
        if month := _month(name):
            return int(year), month, int(day)
    return None


def _month(name: str) -> int | None:
    """The month of a name or an abbreviation, by the longest beginning that is known."""
    plain = "".join(char for char in unicodedata.normalize("NFD", name.lower()) if not unicodedata.combining(char))
    return next((_MONTHS[plain[:size]] for size in range(len(plain), 2, -1) if plain[:size] in _MONTHS), None)


def _zone(rest: str) -> timezone | None:
    word = rest.split()[-1] if rest.split() else ""
    if offset := _OFFSET.search(word):
        minutes = 60 * int(offset[2]) + int(offset[3] or 0)
        return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes)) if minutes < 24 * 60 else None
    return timezone(timedelta(hours=_ZONES[word])) if word in _ZONES else None
