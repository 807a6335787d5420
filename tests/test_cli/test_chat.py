"""Question after question: follow-ups, what was recalled on demand, and lines that are wrong."""

from __future__ import annotations

import json

import pytest

SAID = [
    ("Maya", "2024-05-01T10:00:00Z", "I start at the harbour office in Lisbon on Monday."),
    ("Jonas", "2024-05-01T10:01:00Z", "I work at the bakery in Porto now."),
    ("Maya", "2024-05-02T10:00:00Z", "My new bike is a red cargo bike."),
]


@pytest.fixture
def talk(memcli, write_turns):
    turns = [{"session": "s", "speaker": who, "time": at, "text": text} for who, at, text in SAID]
    assert memcli("ingest", write_turns("talk.jsonl", *turns)).code == 0
    return memcli


def test_a_follow_up_knows_the_question_before_it(talk):
    typed = "Where does Jonas work?\nAnd Maya?\n/new\nAnd Jonas?\n"
    done = talk("chat", "--json", "--now", "2024-06-01", stdin=typed)
    assert (done.code, done.err) == (0, "")
    first, second, third = map(json.loads, done.out.splitlines())
    assert (second["asked"], second["question"]) == ("And Maya?", "Where does Maya work?")
    assert first["citations"][0]["speaker"] == "Jonas"
    assert second["citations"][0]["speaker"] == "Maya"
    assert third["question"] == "And Jonas?", "/new forgets what was asked"


def test_what_was_recalled_is_shown_on_demand(talk):
    typed = "Where does Jonas work?\n/open 1\n/why\n/evidence\n/good\n/help\n/quit\nnever reached\n"
    done = talk("chat", "--now", "2024-06-01", stdin=typed)
    assert done.code == 0
    assert "I start at the harbour office" in done.out, "what was said before it"
    assert "found by" in done.out
    assert "/open N" in done.out
    assert "right: Where does Jonas work?" in done.err
    assert "never reached" not in done.out + done.err
    status = talk("--json", "status").json
    assert (status["answers"], status["recall_events"]) == (1, 1)


def test_how_a_follow_up_was_understood_is_shown(talk):
    done = talk("chat", stdin="What colour is Maya's new bike?\nHow old is it?\n")
    assert "(How old is Maya's new bike?)" in done.out


def test_a_line_that_is_wrong_ends_nothing(talk):
    done = talk("chat", stdin="/open 1\n/fly\n/why\nWhere does Jonas work?\n/open 77\n/open\n")
    assert done.code == 0
    assert done.err.count("nothing was asked yet") == 2
    assert "there is no /fly" in done.err
    assert "no evidence [77]" in done.err
    assert "Porto" in done.out


def test_a_chat_without_a_memory_says_so(memcli):
    assert memcli("chat", stdin="Who?\n").code == 10
