"""The main job, end to end: the example logs in seven formats, questions about them, true answers with their source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def test_every_log_is_read_whole_and_only_once(memcli, examples):
    first = memcli("--json", "ingest", examples / "logs")
    assert first.code == 0, first.err
    formats = {Path(source["uri"]).name: source["format"] for source in first.json["sources"]}
    assert set(formats.values()) == {"chatgpt", "irc", "locomo", "openai", "plain", "turns", "whatsapp"}
    assert first.json["turns_added"] == sum(source["turns_read"] for source in first.json["sources"]) > 400
    again = memcli("--json", "ingest", examples / "logs").json
    assert again["turns_added"] == 0
    assert sum(source["turns_known"] for source in again["sources"]) == first.json["turns_added"]


def test_secrets_never_reach_the_disk(story):
    _, memory = story
    token = b"ghp_ThisIsNotARealToken"
    assert not [path for path in memory.rglob("*") if path.is_file() and token in path.read_bytes()]


def test_files_are_private(story):
    _, memory = story
    for path in [memory, *memory.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When was Maya's job interview?", "10 April 2024"),
        ("When did Tomás's scooter die?", "6 May 2024"),
        ("When did the printed maps arrive?", "22 August 2024"),
        ("Who is the landlady of the new flat?", "Seidel"),
        ("What is the name of Tomás's cat?", "Bolota"),
        ("What is the dentist's phone number?", "0341 555 0184"),  # taken back three days later
    ],
)
def test_answers_are_true_and_cited(story, question, answer):
    memcli, memory = story
    done = memcli("--memory", memory, "--json", "ask", question)
    assert done.code == 0
    assert answer in done.json["answer"]
    (citation, *_) = done.json["citations"]
    assert f"[{citation['n']}]" in done.json["text"]
    lines = Path(citation["source"]).read_text(encoding="utf-8").splitlines()
    first_words = citation["text"].split("\n")[0][:30]
    assert first_words in lines[citation["line"] - 1], "the line cited is not where it was said"


def test_dates_follow_the_day_on_which_they_were_said(story):
    memcli, memory = story
    done = memcli("--memory", memory, "ask", "When was Maya's job interview?")
    assert "10 April 2024" in done.out  # "yesterday", said on the 11th
    assert "2024-04-11" in done.out


def test_of_a_date_within_another_the_inner_one_answers(story):
    memcli, memory = story
    done = memcli("--memory", memory, "--json", "ask", "When is Priya coming to visit Freiburg?")
    assert done.json["answer"] == "25 to 27 October 2024"  # "next month, from 25 to 27 October"


def test_it_says_when_it_does_not_know(story):
    memcli, memory = story
    done = memcli("--memory", memory, "--json", "ask", "How many submarines does the king of Norway own?")
    assert done.code == 4
    assert done.json["abstained"] is True
    assert done.json["citations"] == []


def test_a_batch_answers_in_order_and_most_answers_are_true(story, examples):
    memcli, memory = story
    questions = [json.loads(line) for line in (examples / "questions.jsonl").read_text(encoding="utf-8").splitlines()]
    done = memcli("--memory", memory, "ask", "-", stdin=(examples / "questions.jsonl").read_bytes())
    answers = [json.loads(line) for line in done.out.splitlines()]
    assert [answer["question_id"] for answer in answers] == [question["id"] for question in questions]
    answerable = [pair for pair in zip(questions, answers, strict=True) if pair[0]["evidence"]]
    found = [
        any(wanted["contains"] in shown["text"] for wanted in question["evidence"] for shown in answer["evidence"])
        for question, answer in answerable
    ]
    assert sum(found) / len(found) > 0.8, "evidence is not among what an answer rests on"


def test_the_same_question_has_the_same_answer(story):
    memcli, memory = story
    asked = ["--memory", memory, "--json", "ask", "Where is the new flat?", "--now", "2025-01-01"]
    one, two = memcli(*asked).json, memcli(*asked).json
    del one["timings_ms"], two["timings_ms"]
    assert one == two


def test_a_citation_opens_where_it_was_said(story):
    memcli, memory = story
    cited = memcli("--memory", memory, "--json", "ask", "When was Maya's job interview?").json["citations"][0]
    by_number = memcli("--memory", memory, "open", str(cited["n"]))
    by_id = memcli("--memory", memory, "open", cited["id"])
    assert by_number.out == by_id.out
    assert cited["text"].splitlines()[0] in by_number.out
    assert f"whatsapp-maya-jonas.txt:{cited['line']}" in by_number.out


@pytest.mark.parametrize("script", ["quickstart.sh", "pipes.sh"])
def test_example_scripts_run(memcli, examples, script):
    import subprocess

    done = subprocess.run(
        ["sh", examples / script], env=memcli.environment, cwd=memcli.home, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "whatsapp-maya-jonas.txt" in done.stdout
