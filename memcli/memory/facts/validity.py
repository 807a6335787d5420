"""From when until when a statement holds, by the times that it names: "since May", "until last year", "next month"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from memcli.memory.facts.clauses import Clause
from memcli.memory.timex import TimeExpression, find_time_expressions
from memcli.memory.timex_calendar import moved
from memcli.memory.timex_english import NUMBERS

#: The verbs whose time is when something came about or ended. Of a mere state ("I love Rome in May") a time says less.
_CHANGE: Final = re.compile(
    r"\b(?:moved|relocated|settled|started|began|got|landed|accepted|took|taken|found|joined|switched|changed|hired|became|"
    r"become|promoted|made|turned|went|gone|bought|adopted|married|engaged|broke|broken|split|separated|divorced|sold|gave|"
    r"given|quit|left|lost|crashed|stopped|died|stolen|retired|resigned|fired|laid|moving|relocating|starting|joining|will|"
    r"going|flying|travelling|traveling|driving|heading|passed|qualified|retrained)\b|['’]ll\b"
)
_UNTIL: Final = re.compile(r"\b(?:until|till|til|up to|through|to)\s+(?:the\s+)?$", re.I)
_AS_OF: Final = re.compile(r"\b(?:as of|from|starting)\s+(?:the\s+)?$", re.I)
_FOR: Final = re.compile(
    r"\bfor\s+(?:the\s+(?:last|past)\s+)?(?:about\s+|over\s+|around\s+|more than\s+)?(?P<number>\d{1,2}|[a-z]+)\s+"
    r"(?P<unit>year|month|week|day)s?(?:\s+now)?\b(?!\s+(?:until|in|from|starting))",
    re.I,
)
_PERFECT: Final = re.compile(r"['’]ve\b|['’]s\s+(?:been|\w+ed)\b|\b(?:have|has)\b")


class Validity(NamedTuple):
    """The days from `first`, and until `end` exclusively; None where the words name none.

    named: the days that a time in the statement names, both inclusive, whatever it says of them.
    lead: where the words begin that name the time, if that is before the clause.
    """

    first: date | None = None
    end: date | None = None
    since: bool = False
    until: bool = False
    named: tuple[date, date] | None = None
    lead: int | None = None


def validity(text: str, clause: Clause, spans: Sequence[TimeExpression], said_on: date, stated: str) -> Validity:
    """What the time expressions of a clause say of its statement. `stated`: the words that the rule recognised."""
    first = end = None
    named: tuple[date, date] | None = None
    since = until = False
    reach = _in_reach(text, clause, spans)
    for one in reach:
        before = text[max(clause.sentence_start, one.start - 14) : one.start]
        words = one.text.lower()
        if words.startswith("since"):
            first, since = one.first, True
        elif words.startswith(("until", "till")):
            end, until = one.last + timedelta(days=1), True
        elif words.startswith(("from", "between")):
            first, end, since, until = one.first, one.last + timedelta(days=1), True, True
        elif _UNTIL.search(before):
            end, until = one.last + timedelta(days=1), True
        elif _AS_OF.search(before):
            first, since = one.first, True
        if named is None:
            named = (one.first, one.last)
    if not since and _PERFECT.search(stated):
        length = _FOR.search(text, clause.start, clause.end)
        start = _counted_back(length, said_on) if length else None
        if start is not None:
            first, since = start, True
    if not (since or until) and named is not None and _CHANGE.search(stated):
        first = named[0]
    return Validity(
        first, end, since, until, named, clause.sentence_start if reach and reach[0].start < clause.start else None
    )


def times_of(text: str, said_on: date | None) -> list[TimeExpression]:
    """The time expressions of a turn; none where nobody knows when it was said."""
    return find_time_expressions(text, said_on) if said_on is not None else []


def _in_reach(text: str, clause: Clause, spans: Sequence[TimeExpression]) -> list[TimeExpression]:
    """Those in the clause, before which come those that open its sentence ("Last month, I moved")."""
    opening = text[clause.sentence_start : clause.start]
    start = clause.sentence_start if len(opening.split()) <= 5 else clause.start
    return [one for one in spans if start <= one.start and one.end <= clause.end]


def _counted_back(match: re.Match[str], said_on: date) -> date | None:
    number = match["number"].lower()
    count = int(number) if number.isdigit() else NUMBERS.get(number)
    if not count:
        return None
    try:
        return moved(said_on, -count, match["unit"].lower())
    except (ValueError, OverflowError):
        return None
