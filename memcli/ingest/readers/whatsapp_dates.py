"""Day first or month first? What a WhatsApp export leaves open, decided over the whole file.

In this order: the order under which every date exists (31/12 is no month and day); then the one under which time goes
back less often, since an export is in order; then the one that spans less time, since chats of a few days are more
common than chats on the same day of each month; then month first for a slashed date with am and pm (United States),
and day first for everything else. Four digits in front are a year, followed by month and day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from typing import Any


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

    def carried(self) -> list[Any]:
        """As JSON."""
        ends = [at and at.isoformat() for at in (self.first, self.last)]
        return [self.order.value, self.impossible, self.steps_back, *ends]

    @classmethod
    def carry_on(cls, carried: list[Any]) -> _Trial:
        order, impossible, steps_back, *ends = carried
        return cls(DateOrder(order), impossible, steps_back, *(at and datetime.fromisoformat(at) for at in ends))


@dataclass(slots=True)
class Dates:
    """The headers of a file, tried in both orders."""

    day_first: _Trial = field(default_factory=lambda: _Trial(DateOrder.DAY_FIRST))
    month_first: _Trial = field(default_factory=lambda: _Trial(DateOrder.MONTH_FIRST))
    american: bool = False

    def take(self, header: re.Match[str]) -> None:
        """Take the next header."""
        self.day_first.take(header)
        self.month_first.take(header)
        self.american = self.american or (header["mark"] == "/" and header["half"] is not None)

    @property
    def order(self) -> DateOrder:
        """The order of day and month that fits all headers best; see above for what fits means."""
        if self.day_first.badness() != self.month_first.badness():
            return min((self.day_first, self.month_first), key=_Trial.badness).order
        return DateOrder.MONTH_FIRST if self.american else DateOrder.DAY_FIRST

    def copy(self) -> Dates:
        """These headers; what is taken later is taken by one of the two."""
        return Dates(replace(self.day_first), replace(self.month_first), self.american)

    def carried(self) -> dict[str, Any]:
        """As JSON, for the part of the file that goes on where this one ends."""
        trials = [self.day_first.carried(), self.month_first.carried()]
        return {"trials": trials, "american": self.american}

    @classmethod
    def carry_on(cls, carried: Mapping[str, Any]) -> Dates:
        """The headers of the part before."""
        day_first, month_first = map(_Trial.carry_on, carried["trials"])
        return cls(day_first, month_first, carried["american"])


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
