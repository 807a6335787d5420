"""Times as exporters write them, made into datetimes. What cannot be a time raises ValueError."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta

from memcli.ingest.readers.base import UNEDITED
from memcli.patterns import regex

MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
"""English months by their first three letters. strptime would depend on the user's locale."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DISCORD_EPOCH_MS = 1_420_070_400_000
_EPOCH_TEXT = regex(r"-?[0-9]{9,19}(\.[0-9]{1,9})?", re.ASCII)


def from_epoch(number: float) -> datetime:
    """Seconds since 1970, or milli-, micro- or nanoseconds where the number is too large to be seconds.

    1e11 seconds is the year 5138; the same number of milliseconds is 1973, before any chat was exported.
    """
    seconds = number
    try:
        if not math.isfinite(number):
            raise ValueError("not finite")
        while abs(seconds) >= 1e11:
            seconds /= 1000
        return _sane(_EPOCH + timedelta(seconds=seconds))
    except (OverflowError, ValueError) as error:
        raise ValueError(f"{number!r:.40} is no time since 1970") from error


def from_snowflake(number: int) -> datetime:
    """The moment in an id of Discord, to the millisecond (https://discord.com/developers/docs/reference#snowflakes)."""
    return from_epoch(((number >> 22) + _DISCORD_EPOCH_MS) / 1000)


def from_iso(text: str) -> datetime:
    """An ISO 8601 time, with or without a zone; a date alone is its midnight."""
    try:
        return _sane(datetime.fromisoformat(text.strip()))
    except ValueError as error:
        raise ValueError(f"{text[:40]!r} is no ISO 8601 time") from error


def read_time(value: object) -> datetime | None:
    """A JSON value as a time: ISO 8601 text, a number since 1970 (also as text), or None where there is none.

    Eight digits are an ISO date (20240301); nine or more are counted from 1970.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return from_epoch(float(value)) if _EPOCH_TEXT.fullmatch(value.strip()) else from_iso(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return from_epoch(value)
    raise ValueError(f"a {type(value).__name__} is no time")


def worded_at(edited: object) -> datetime:
    """Since when a message has had its words, from the time of its edit; UNEDITED where there is no such time."""
    try:
        return read_time(edited) or UNEDITED
    except ValueError:
        return UNEDITED


def _sane(moment: datetime) -> datetime:
    """The same moment, unless it is so near the ends of the calendar that a change of zone would leave it."""
    if not 2 <= moment.year <= 9998:
        raise ValueError(f"the year {moment.year} is out of range")
    return moment
