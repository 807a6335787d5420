"""What turns and questions say of time, in tables worked out by hand with a calendar: timex_table.tsv for English,
timex_table_german.tsv for German.

Their columns: turn or question; the day on which it was said; the text; the expression in it, or - if there is none;
its value, as `granularity first..last`, ~ for soft edges, @ for a time of day.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from memcli.memory.timex import find_time_expressions


def table(name: str) -> list[tuple[str, ...]]:
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()[1:]
    return [tuple(line.split("\t")) for line in lines]


ROWS, GERMAN_ROWS = table("timex_table.tsv"), table("timex_table_german.tsv")


def test_the_table_is_as_long_as_it_is_said_to_be():
    assert len(ROWS) >= 300
    assert sum(kind == "question" for kind, *_ in ROWS) >= 50
    assert len(GERMAN_ROWS) >= 80


@pytest.mark.parametrize(("kind", "said_on", "text", "expression", "value"), [*ROWS, *GERMAN_ROWS])
def test_row(kind, said_on, text, expression, value):
    found = find_time_expressions(text, date.fromisoformat(said_on))
    expected = [] if expression == "-" else [(expression, value)]
    assert [(one.text, shown(one)) for one in found] == expected


def test_languages_may_be_mixed():
    found = find_time_expressions("See you next Friday, oder am Montag.", date(2023, 5, 10))
    assert [(one.text, one.first.isoformat()) for one in found] == [
        ("next Friday", "2023-05-12"),
        ("Montag", "2023-05-15"),
    ]


def shown(one) -> str:
    days = f"{one.first}" if one.first == one.last else f"{one.first}..{one.last}"
    clock = f" @{one.clock}" if one.clock is not None else ""
    return f"{'~' if one.approximate else ''}{one.granularity} {days}{clock}"
