"""Days as they are given to options: 2024-05-01, last-week, "May 2023"."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from memcli.memory.timex import find_time_expressions
from memcli.usage import UsageError


def day(option: str, text: str, today: date, *, beginning: bool = False) -> date:
    """The day that a date or a time expression names: the last of several days, or the first (`beginning`).

    Raises UsageError if it names none.
    """
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        words = text.strip().replace("-", " ")
    found = find_time_expressions(words, today)
    if len(found) != 1 or found[0].end - found[0].start < len(words):
        raise UsageError(f"{option} {text}: not a date such as 2024-05-18 or a time such as last-week")
    return found[0].first if beginning else found[0].last


def end_of(at: date) -> datetime:
    """The last moment of a day, in UTC."""
    return datetime.combine(at, time.max, UTC)
