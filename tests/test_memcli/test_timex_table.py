"""What turns and questions say of time, in a table worked out by hand with a calendar: timex_table.tsv.

Its columns: turn or question; the day on which it was said; the text; the expression in it, or - if there is none; its
value, as `granularity first..last`, ~ for soft edges, @ for a time of day.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from memcli.memory.timex import find_time_expressions

LINES = (Path(__file__).parent / "timex_table.tsv").read_text(encoding="utf-8").splitlines()[1:]
ROWS = [tuple(line.split("\t")) for line in LINES]


def test_the_table_is_as_long_as_it_is_said_to_be():
    assert len(ROWS) >= 300
    assert sum(kind == "question" for kind, *_ in ROWS) >= 50


@pytest.mark.parametrize(("kind", "said_on", "text", "expression", "value"), ROWS)
def test_row(kind, said_on, text, expression, value):
    found = find_time_expressions(text, date.fromisoformat(said_on))
    expected = [] if expression == "-" else [(expression, value)]
    assert [(one.text, shown(one)) for one in found] == expected


def shown(one) -> str:
    days = f"{one.first}" if one.first == one.last else f"{one.first}..{one.last}"
    clock = f" @{one.clock}" if one.clock is not None else ""
    return f"{'~' if one.approximate else ''}{one.granularity} {days}{clock}"
