"""Which conversations there are, and how much was said when."""

from __future__ import annotations

import pytest

SAID = [
    ("trip", "Ana", "2024-01-31T23:30:00-05:00", "The ferry leaves at nine."),
    ("trip", "Bo", "2024-02-01T09:00:00-05:00", "Tickets for the ferry are booked."),
    ("work", "Ana", "2024-04-02T10:00:00Z", "The report is late."),
    ("work", "Cy", None, "Which report?"),
    ("note", "Cy", None, "Nothing has a date here."),
]


@pytest.fixture
def talk(memcli, write_turns):
    turns = [
        {"session": session, "speaker": speaker, "text": text} | ({"time": time} if time else {})
        for session, speaker, time, text in SAID
    ]
    done = memcli("ingest", write_turns("talk.jsonl", *turns))
    assert done.code == 0, done.err
    return memcli


def test_sessions(talk):
    listed = talk("--json", "sessions").json
    assert [(row["native_id"], row["turns"], row["speakers"]) for row in listed["sessions"]] == [
        ("work", 2, ["Ana", "Cy"]),
        ("trip", 2, ["Ana", "Bo"]),
        ("note", 1, ["Cy"]),
    ]
    assert listed["sessions"][1]["first"] == "2024-02-01T04:30:00Z"
    assert listed["sessions"][2]["first"] is None
    shown = talk("sessions", "--limit", "2")
    assert "2 turns: Ana, Cy" in shown.out
    assert "1 more session" in shown.err


def test_sessions_of_one_speaker(talk):
    assert [row["turns"] for row in talk("--json", "sessions", "--speaker", "ana").json["sessions"]] == [1, 1]
    assert talk("sessions", "--speaker", "Zoe").code == 4


def test_timeline_counts_days_on_the_speakers_clock(talk):
    counted = talk("--json", "timeline", "--by", "day").json
    assert [(row["begins"], row["turns"]) for row in counted["stretches"]] == [
        ("2024-01-31", 1),
        ("2024-02-01", 1),
        ("2024-04-02", 2),  # one of them has the nearest known time of its session
    ]
    assert counted["untimed"] == 1
    assert "1 turn has no time" in talk("timeline").err


def test_timeline_shows_silence_too(talk):
    shown = talk("timeline", "--by", "month").out.splitlines()
    assert shown[0] == "▅▅ █"  # January, February, no March, April
    assert shown[1].startswith("2024-01  1  ███")


def test_timeline_of_a_topic(talk):
    counted = talk("--json", "timeline", "ferry").json
    assert [row["begins"] for row in counted["stretches"]] == ["2024-01-01", "2024-02-01"]
    nothing = talk("timeline", "submarine")
    assert (nothing.code, nothing.out) == (4, "")


def test_a_date_that_is_none(talk):
    assert talk("timeline", "--since", "soon").code == 2
