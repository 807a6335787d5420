"""Who speaks: listed, merged, parted again, and the user among them."""

from __future__ import annotations

import pytest

TALK = [
    {"session": "a", "speaker": "Maya", "time": "2024-05-01T10:00:00Z", "text": "The ferry leaves at nine."},
    {"session": "a", "speaker": "@maya", "time": "2024-05-01T10:01:00Z", "text": "The ferry is late."},
    {"session": "a", "speaker": "Bo", "time": "2024-05-01T10:02:00Z", "text": "Which ferry?"},
    {"session": "b", "speaker": "maya42", "time": "2024-05-02T10:00:00Z", "text": "The ferry has sunk."},
]


@pytest.fixture
def talk(memcli, write_turns):
    assert memcli("ingest", write_turns("talk.jsonl", *TALK), "--me", "Bo").code == 0
    return memcli


def said_by(memcli, name: str) -> set[str]:
    return {hit["text"] for hit in memcli("--json", "search", "ferry", "--speaker", name).json["hits"]}


def test_speakers_are_listed(talk):
    found = talk("--json", "speakers").json
    assert found["me"] == "Bo"
    by_name = {speaker["name"]: speaker for speaker in found["speakers"]}
    assert sorted(by_name) == ["Bo", "Maya", "maya42"]
    maya = by_name["Maya"]
    assert (maya["turns"], maya["sessions"], maya["sources"]) == (2, 1, 1)
    assert maya["names"] == ["@maya", "Maya"]
    assert (maya["first_said_at"], maya["last_said_at"]) == ("2024-05-01T10:00:00Z", "2024-05-01T10:01:00Z")
    assert by_name["Bo"]["me"] and not maya["me"]
    assert "Bo (you)" in talk("speakers").out


def test_merged_speakers_are_shown_and_found_under_one_name(talk):
    before = talk("--json", "speakers").json
    assert talk("speakers", "merge", "Maya", "maya42", "--as", "Maya Lindt").code == 0
    everything = {turn["text"] for turn in TALK if turn["speaker"] != "Bo"}
    for name in ("Maya Lindt", "maya42", "@Maya"):
        assert said_by(talk, name) == everything
    hits = talk("--json", "search", "ferry").json["hits"]
    assert {hit["speaker"] for hit in hits} == {"Maya Lindt", "Bo"}
    opened = talk("--json", "open", hits[0]["id"])
    assert "maya42" not in opened.out
    assert [speaker["turns"] for speaker in talk("--json", "speakers").json["speakers"]] == [3, 1]
    assert talk("speakers", "unmerge", "Maya Lindt").code == 0
    assert talk("--json", "speakers").json == before
    assert said_by(talk, "maya42") == {"The ferry has sunk."}


def test_an_ingest_after_a_merge_keeps_to_it(talk, write_turns):
    talk("speakers", "merge", "Maya", "maya42")
    more = {"session": "c", "speaker": "maya42", "time": "2024-06-01T10:00:00Z", "text": "A new ferry came."}
    talk("ingest", write_turns("more.jsonl", more))
    assert "A new ferry came." in said_by(talk, "Maya")


def test_nobody_of_that_name(talk):
    done = talk("speakers", "merge", "Maya", "maia42")
    assert done.code == 2
    assert "maya42" in done.err
    assert talk("speakers", "merge", "Maya", "@MAYA").code == 2, "they are one already"
    assert talk("speakers", "unmerge", "Bo").code == 2
