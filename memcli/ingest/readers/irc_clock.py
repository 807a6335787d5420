"""The clock of an IRC log: most lines tell only the time of day, and the date has to be carried along.

Two things make the time of day go back. At midnight a 24-hour clock goes back by nearly a day: the next day begins. A
12-hour clock without am and pm (ubuntu.com's logs until 2006) goes back by nearly half a day: half a day has passed.
A small step back is a clock set right or lines out of order, and changes no date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from memcli.ingest.readers.timestamps import MONTHS, from_iso
from memcli.patterns import regex

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
STAMP = regex(
    rf"""\[?(?:(?P<iso>\d{{4}}-\d\d-\d\d)[T ]
        |(?P<day>\d{{1,2}})[ ](?P<month>{_MONTH})[ ]
        |(?P<month2>{_MONTH})[ ]{{1,2}}(?P<day2>\d{{1,2}})[ ])?
    (?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?
    (?P<zone>Z|[+-]\d\d:?\d\d)?\]?(?=[ \t]|$)""",
    re.VERBOSE | re.ASCII,
)
"""What a line starts with: a time of day, perhaps with a date, perhaps in brackets."""

_NAMED_DATE = regex(r"(?<!\d)((?:19|20)\d\d)([-_.]?)(\d\d)\2(\d\d)(?!\d)", re.ASCII)
_DATE_LINE = regex(
    rf"""(?:---[ ](?:Log[ ]opened|Log[ ]closed|Day[ ]changed)|\*{{4}}[ ](?:BEGIN|ENDING)[ ]LOGGING[ ]AT
        |Session[ ](?:Start|Time|Close):)
    [ ]+(?:[A-Z][a-z]{{2}}[ ]+)?
    (?:(?P<month>{_MONTH})[ ]+(?P<day>\d{{1,2}})|(?P<day2>\d{{1,2}})[ ]+(?P<month2>{_MONTH}))
    (?:[ ]+\d\d:\d\d(?::\d\d)?)?[ ]+(?P<year>\d{{4}})""",
    re.VERBOSE | re.ASCII,
)
_NOTHING: Mapping[str, Any] = {}
_TIMES = 86_400
"""So many times of day are remembered as they are written."""
_times: dict[str, tuple[int, int, timedelta]] = {}
"""Hour, minute and time since midnight of stamps that have no date: the same in every log."""


def date_in_name(name: str) -> datetime | None:
    """Midnight of the date that a file's name has in it (2004-11-15_03.raw.txt, #chan_20041115.log), if any."""
    for match in _NAMED_DATE.finditer(name):
        try:
            return datetime(int(match[1]), int(match[3]), int(match[4]))
        except ValueError:
            continue
    return None


class Clock:
    """Reads one stamp after another. `now` is the time of the last one, None where no date is known."""

    def __init__(self, date: datetime | None) -> None:
        self.now: datetime | None = None
        self.stamp = ""
        self.metadata: Mapping[str, Any] = _NOTHING
        self._date = date
        self._year = date.year if date else None
        self._month = date.month if date else 0
        self._shift = timedelta()
        self._minutes: int | None = None
        self._twelve_hours = True

    def carried(self) -> dict[str, Any]:
        """What it knows, as JSON, for a clock that goes on where this one ended."""
        return {
            "now": self.now and self.now.isoformat(),
            "date": self._date and self._date.isoformat(),
            "year": self._year,
            "month": self._month,
            "shift": self._shift.total_seconds(),
            "minutes": self._minutes,
            "twelve": self._twelve_hours,
        }

    def carry_on(self, carried: Mapping[str, Any]) -> None:
        """Go on where the clock of the part before ended."""
        self.now = carried["now"] and datetime.fromisoformat(carried["now"])
        self._date = carried["date"] and datetime.fromisoformat(carried["date"])
        self._year, self._month = carried["year"], carried["month"]
        self._shift = timedelta(seconds=carried["shift"])
        self._minutes, self._twelve_hours = carried["minutes"], carried["twelve"]

    def sets_date(self, line: str) -> bool:
        """Whether the line is the client's own note of the date, by which the clock is then set."""
        if line[:1] not in "-*S" or not (match := _DATE_LINE.match(line)):
            return False
        try:
            month = MONTHS[(match["month"] or match["month2"]).lower()]
            self._set_date(datetime(int(match["year"]), month, int(match["day"] or match["day2"])))
        except ValueError:
            return False
        self.now, self.stamp, self.metadata = None, "", _NOTHING
        return True

    def read(self, stamped: re.Match[str]) -> bool:
        """Take the time of a line; False where there is no such time."""
        if stamped[0] == self.stamp:
            return True
        iso, day, month, day2, month2, hour, minute, second, zone = stamped.group(
            "iso", "day", "month", "day2", "month2", "hour", "minute", "second", "zone"
        )
        try:
            if iso:
                self.now = from_iso(f"{iso}T{hour}:{minute}:{second or '00'}{zone or ''}")
                self.metadata = _NOTHING
            else:
                if month or month2:
                    self._day_and_month(int(day or day2), MONTHS[(month or month2).lower()])
                time = timedelta(hours=int(hour), minutes=int(minute), seconds=int(second or 0))
                if int(hour) > 23 or int(minute) > 59:
                    raise ValueError("no such time of day")
                if not (month or month2) and len(_times) < _TIMES:
                    _times[stamped[0]] = int(hour), int(minute), time
                self._take(stamped[0], int(hour), int(minute), time)
        except (ValueError, OverflowError):
            return False
        self.stamp = stamped[0]
        return True

    def again(self, stamp: str) -> bool:
        """Take a time of day that some clock has read before; False where none has, or where a date was with it."""
        if (known := _times.get(stamp)) is None:
            return False
        try:
            self._take(stamp, *known)
        except OverflowError:
            return False
        self.stamp = stamp
        return True

    def _take(self, stamp: str, hour: int, minute: int, time: timedelta) -> None:
        self._follow(hour, minute)
        self.now = self._date + self._shift + time if self._date else None
        self.metadata = _NOTHING if self.now else {"clock": stamp.strip("[]")}

    def _set_date(self, date: datetime) -> None:
        if date != self._date:
            self._date, self._year, self._month = date, date.year, date.month
            self._shift, self._minutes = timedelta(), None

    def _day_and_month(self, day: int, month: int) -> None:
        """A date without its year: the year at hand, and the next one when December turns to January."""
        if self._year is not None:
            self._set_date(datetime(self._year + (self._month == 12 and month == 1), month, day))

    def _follow(self, hour: int, minute: int) -> None:
        """Notice midnight, or noon on a 12-hour clock, by how far the time of day goes back."""
        now = hour * 60 + minute
        self._twelve_hours = self._twelve_hours and hour <= 12
        back = (self._minutes if self._minutes is not None else now) - now
        self._minutes = now
        if back > 12 * 60:
            self._shift += timedelta(days=1)
        elif back > 10 * 60 and self._twelve_hours:
            self._shift += timedelta(hours=12)
        elif back < -23 * 60 and self._shift >= timedelta(days=1):
            self._shift -= timedelta(days=1)  # a line from before midnight that was written down after it
