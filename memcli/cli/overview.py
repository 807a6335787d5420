"""Lists of sessions, and of stretches of time with bars, for people to read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from memcli.cli.render import printer

if TYPE_CHECKING:
    from store.overview import SessionRow, Stretch, Unit

BAR = 30
"""Characters of the longest bar."""

SPARKS = "▁▂▃▄▅▆▇█"
"""Heights of a sparkline, lowest first; a blank where nothing was said."""

NAMES_SHOWN = 4
_FORMS = {"day": "%Y-%m-%d", "week": "%Y-%m-%d", "month": "%Y-%m", "year": "%Y"}


def sessions(rows: Sequence[SessionRow]) -> None:
    """A line or two for each session: when, what, how much, who."""
    show = printer()
    for row in rows:
        span = f"{row.first:%Y-%m-%d}" if row.first else "no date   "
        if row.first and row.last and row.last.date() != row.first.date():
            span += f" to {row.last:%Y-%m-%d}"
        names = ", ".join(row.speakers[:NAMES_SHOWN])
        more = f" and {len(row.speakers) - NAMES_SHOWN} more" if len(row.speakers) > NAMES_SHOWN else ""
        show((f"{span}  ", "cyan"), (row.title, "bold"), (f"  {row.format}", "dim"))
        show((f"    {row.turns:,} turn{'' if row.turns == 1 else 's'}: {names}{more}", ""), (f"  {row.id[:12]}", "dim"))


def timeline(counted: Sequence[Stretch], unit: Unit) -> None:
    """A sparkline over the whole time, then a bar for each stretch in which something was said."""
    if not counted:
        return
    show = printer()
    most = max(stretch.turns for stretch in counted)
    show((sparkline(counted, unit), "cyan"))
    digits = len(f"{most:,}")
    for stretch in counted:
        bar = "█" * max(1, round(BAR * stretch.turns / most))
        show(
            (f"{stretch.begins:{_FORMS[unit]}}  ", "cyan"),
            (f"{stretch.turns:>{digits},}  ", ""),
            (bar, "green"),
            (f"  {stretch.sessions:,} session{'' if stretch.sessions == 1 else 's'}", "dim"),
        )


def sparkline(counted: Sequence[Stretch], unit: Unit) -> str:
    """One character a stretch, from the first to the last, the silent ones between them too."""
    turns = {stretch.begins: stretch.turns for stretch in counted}
    most = max(turns.values())
    line, at, last = "", min(turns), max(turns)
    while at <= last:
        share = turns.get(at, 0) / most
        line += SPARKS[min(len(SPARKS) - 1, int(share * len(SPARKS)))] if at in turns else " "
        at = _next(at, unit)
    return line


def _next(at: date, unit: Unit) -> date:
    if unit == "year":
        return at.replace(year=at.year + 1)
    if unit == "month":
        return at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1)
    return at + timedelta(days=7 if unit == "week" else 1)
