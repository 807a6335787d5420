"""Whatever was said, it stays in its cell, its line of a crontab and its place on a page."""

from __future__ import annotations

import csv
import io
import re
import shlex
from contextlib import redirect_stdout
from datetime import UTC, datetime

import lxml.html
from hypothesis import given
from hypothesis import strategies as st

from memcli.cli.records import Form, Shape, Writer, markdown
from memcli.report.page import Entry, Section, page
from memcli.schedule import crontab
from memcli.schedule.plan import Plan

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=40)
PRINTABLE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=40)


def printed(shape: Shape, records: list[dict[str, str]]) -> str:
    out = io.StringIO()
    with redirect_stdout(out):
        Writer(shape, ("a", "b"), key=None, rows=lambda one: one["rows"]).write({"rows": records})
    return out.getvalue()


@given(st.lists(st.fixed_dictionaries({"a": TEXT, "b": TEXT}), max_size=4))
def test_csv_gives_back_what_was_said(records):
    rows = list(csv.DictReader(io.StringIO(printed(Shape(Form.CSV, None, False), records), newline="")))
    assert rows == records


@given(st.lists(st.fixed_dictionaries({"a": TEXT, "b": TEXT}), max_size=4))
def test_records_ended_by_nul_give_back_what_was_said(records):
    out = printed(Shape(Form.PLAIN, ["b"], True), records)
    assert out.split("\0")[:-1] == [one["b"] for one in records]


@given(TEXT)
def test_a_cell_of_markdown_is_one_line_without_markup(text):
    cell = markdown(text)
    assert "\n" not in cell
    assert not re.search(r"(?<!\\)(?:\\\\)*[|*_`\[\]<>]", cell)


@given(st.lists(PRINTABLE, min_size=1, max_size=3), TEXT, st.integers(0, 999))
def test_a_crontab_is_left_as_it_was(command, theirs, jitter):
    plan = Plan(name="work-0123abcd", command=["/usr/bin/memcli", *command], every="hour", jitter_s=jitter)
    table = crontab.with_block(theirs, plan)
    rest = crontab.without(table, plan.name)
    assert rest in (theirs, theirs + "\n")
    line = crontab.found(table, plan.name).split("\n")[1]
    minute, *stars, run = line.split(" ", 5)
    assert (0 <= int(minute) < 60, stars) == (True, ["*"] * 4)
    assert shlex.split(as_cron_reads(run)) == [*plan.command, "--jitter", str(jitter)]


def as_cron_reads(line: str) -> str:
    r"""The command that cron hands to the shell: \% is %, a bare % ends it (crontab(5); cron's do_command.c)."""
    read, escaped = "", False
    for character in line:
        if not escaped and character == "%":
            break
        if not escaped and character == "\\":
            escaped = True
            continue
        read += character if character == "%" or not escaped else f"\\{character}"
        escaped = False
    return read


@given(TEXT, TEXT)
def test_a_page_shows_what_was_said_and_nothing_else(about, text):
    made = page(
        "Memory x", datetime(2024, 1, 1, tzinfo=UTC), [Section(title="t", entries=[Entry(about=about, text=text)])]
    )
    tree = lxml.html.document_fromstring(made)
    assert [len(list(tree.iter(tag))) for tag in ("script", "style", "h2", "img", "a", "iframe")] == [1, 1, 1, 0, 0, 0]
    [shown] = tree.xpath("//*[@class='entry']")
    visible = [character for character in about + text if character.isprintable()]
    assert [character for character in shown.text_content() if character.isprintable()] == visible
