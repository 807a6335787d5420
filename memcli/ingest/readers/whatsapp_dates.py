"""Day first or month first? What a WhatsApp export leaves open, decided over the whole file.

In this order: the order under which every date exists (31/12 is no month and day); then the one under which time goes
back less often, since an export is in order; then the one that spans less time, since chats of a few days are more
common than chats on the same day of each month; then month first for a slashed date with am and pm (United States),
and day first for everything else. Four digits in front are a year, followed by month and day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class DateOrder(Enum):
    """Which of the first two numbers of a date is the month."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"


@dataclass(slots=True)
class _Trial:
    """How well the dates of a file read in one order."""

    order: DateOrder
    impossible: int = 0
    steps_back: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def take(self, header: re.Match[str]) -> None:
        found = moment(header, self.order)
        if found is None:
            self.impossible += 1
            return
        self.steps_back += self.last is not None and found < self.last
        self.first, self.last = self.first or found, found

    def badness(self) -> tuple[int, int, float]:
        span = abs((self.last - self.first).total_seconds()) if self.first and self.last else 0.0
        return self.impossible, self.steps_back, span


def find_order(headers: Iterable[re.Match[str]]) -> DateOrder:
    """The order of day and month that fits all headers best; see above for what fits means."""
    day_first, month_first = _Trial(DateOrder.DAY_FIRST), _Trial(DateOrder.MONTH_FIRST)
    american = False
    for header in headers:
        day_first.take(header)
        month_first.take(header)
        american = american or (header["mark"] == "/" and header["half"] is not None)
    if day_first.badness() != month_first.badness():
        return min((day_first, month_first), key=_Trial.badness).order
    return DateOrder.MONTH_FIRST if american else DateOrder.DAY_FIRST


def moment(header: re.Match[str], order: DateOrder) -> datetime | None:
    """The time of a header, None where there is no such date or time of day."""
    first, second, third = int(header["a"]), int(header["b"]), int(header["c"])
    if len(header["a"]) == 4:
        year, month, day = first, second, third
    elif order is DateOrder.DAY_FIRST:
        year, month, day = third, second, first
    else:
        year, month, day = third, first, second
    if year < 100:
        year += 2000
    hour = int(header["hour"])
    late = header["late"] or header["late_after"] or header["half"] in ("p", "P")
    early = header["early"] or header["early_after"] or header["half"] in ("a", "A")
    if late and hour < 12:
        hour += 12
    elif early and hour == 12:
        hour = 0
    try:
        return datetime(year, month, day, hour, int(header["minute"]), int(header["second"] or 0))
    except ValueError:
        return None
