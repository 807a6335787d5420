"""Lists for other programs: forms, fields, NUL bytes, a stable order, and text that cannot break out of its cell."""

from __future__ import annotations

import csv
import io
import json

import pytest

HOSTILE = 'A "quoted", semi;colon\tand | pipe <b>bold</b> [link](http://x) `tick`\nsecond line'
SAID = [
    ("trip", "Ana", "2024-05-01T10:00:00Z", "The ferry to Elba leaves at nine."),
    ("trip", "Bo, Jr.", "2024-05-01T10:01:00Z", HOSTILE),
    ("work", "Cy", "2024-06-02T10:00:00Z", "I live in Lisbon. The ferry is late."),
]
LISTS = {
    "search": (["search", "ferry"], "hits"),
    "sessions": (["sessions"], "sessions"),
    "timeline": (["timeline"], "stretches"),
    "speakers": (["speakers"], "speakers"),
    "facts": (["facts"], "facts"),
    "episodes": (["episodes"], "episodes"),
}


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    from conftest import Memcli

    home = tmp_path_factory.mktemp("pipes")
    log = home / "talk.jsonl"
    turns = [{"session": session, "speaker": who, "time": at, "text": text} for session, who, at, text in SAID]
    log.write_text("".join(json.dumps(turn) + "\n" for turn in turns))
    run = Memcli(home)
    assert run("ingest", log).code == 0
    assert run("consolidate").code == 0
    return run


@pytest.mark.parametrize("name", LISTS)
def test_every_list_has_every_form(talk, name):
    arguments, key = LISTS[name]
    listed = talk(*arguments, "--json").json[key]
    assert listed
    lines = [json.loads(line) for line in talk(*arguments, "--format", "jsonl").out.splitlines()]
    assert [sorted(one) for one in lines] == [sorted(one) for one in listed]
    rows = list(csv.DictReader(io.StringIO(talk(*arguments, "--format", "csv").out)))
    assert len(rows) == len(listed)
    for row, one in zip(rows, listed, strict=True):
        for field, cell in row.items():
            value = one[field]
            assert cell == ("" if value is None else value if isinstance(value, str) else json.dumps(value))
    table = talk(*arguments, "--format", "md").out.splitlines()
    assert len(table) == 2 + len(listed)
    assert {line.replace("\\|", "").count("|") for line in table} == {len(rows[0]) + 1}


def test_fields_are_chosen_and_ordered_by_name(talk):
    plain = talk("search", "ferry", "--fields", "speaker,line").out
    assert sorted(plain.splitlines())[0] == "Ana\t1"
    cut = talk("--json", "search", "ferry", "--fields", "line,speaker").json
    assert [list(hit) for hit in cut["hits"]] == [["line", "speaker"]] * len(cut["hits"])
    assert cut["schema"] == 1
    assert talk("sessions", "--format", "csv", "--fields", "native_id").out == "native_id\nwork\ntrip\n"


def test_a_field_that_is_not_there_is_named(talk):
    done = talk("sessions", "--fields", "titel")
    assert (done.code, done.out) == (2, "")
    assert "titel" in done.err
    assert "native_id" in done.err


def test_records_that_end_in_nul_keep_their_line_breaks(talk):
    done = talk("search", "pipe", "-n", "1", "--fields", "text", "-0").out
    assert done.endswith("\0")
    assert done.count("\n") == 1
    assert done.startswith('A "quoted"')
    assert "\n" not in talk("search", "pipe", "-n", "1", "--fields", "text").out.rstrip("\n")


def test_markdown_shows_text_as_it_was_said_and_no_more(talk):
    table = talk("search", "pipe", "--format", "md", "-n", "1").out
    assert "<b>" not in table
    assert r"\[link\]" in table
    answer = talk("ask", "When does the ferry to Elba leave?", "--format", "md")
    assert answer.code == 0
    assert answer.out.startswith("**")
    assert "talk.jsonl:1`" in answer.out


def test_the_answer_alone(talk):
    question = "When does the ferry to Elba leave?"
    asked = talk("ask", question, "--fields", "answer")
    assert (asked.code, asked.out) == (0, talk("--json", "ask", question).json["answer"] + "\n")


def test_a_batch_as_a_table(talk):
    questions = '{"id": 7, "question": "When does the ferry to Elba leave?"}\n{"nothing": 1}\n'
    done = talk("ask", "-", "--format", "csv", "--fields", "question_id,abstained,error", stdin=questions)
    assert done.code == 3
    assert done.out == 'question_id,abstained,error\n7,false,\n,,"no text under ""question"""\n'
    hits = talk("search", "-", "--format", "csv", stdin="ferry\nLisbon\n").out
    assert {row["query"] for row in csv.DictReader(io.StringIO(hits))} == {"ferry", "Lisbon"}
    lines = talk("search", "-", "--fields", "speaker", stdin="ferry\n").out
    assert set(lines.splitlines()) <= {"Ana", "Bo, Jr.", "Cy"}


def test_options_that_do_not_go_together(talk):
    assert talk("sessions", "--json", "--format", "csv").code == 2
    assert talk("sessions", "-0", "--format", "csv").code == 2
    assert talk("sessions", "--fields", "id,,title").code == 2
    assert talk("sessions", "--format", "json").json == talk("sessions", "--json").json


def test_tables_of_ones_own(talk):
    rows = talk("sql", "SELECT speaker, text FROM turns ORDER BY line", "--format", "csv").out
    assert list(csv.reader(io.StringIO(rows)))[2] == ["Bo, Jr.", HOSTILE]


def test_the_order_does_not_depend_on_the_order_of_reading(memcli, write_turns):
    logs = [
        write_turns(
            f"{session}.jsonl", {"session": session, "speaker": who, "time": "2024-05-01T10:00:00Z", "text": text}
        )
        for session, who, text in (("b", "Bo", "The tent is green."), ("a", "Ana", "The tent is green."))
    ]
    for name, order in (("one", logs), ("two", logs[::-1])):
        for log in order:
            memcli("--memory", name, "ingest", log)
    for command in (["sessions"], ["speakers"], ["search", "tent"], ["timeline"]):
        one, two = (memcli("--memory", name, *command, "--format", "md").out for name in ("one", "two"))
        assert one == two
