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


KNOWN = [
    {"session": "a", "speaker": "Maya", "time": "2024-05-01T10:00:00Z", "text": "I live in Rome."},
    {"session": "a", "speaker": "Maya", "time": "2024-05-01T10:01:00Z", "text": "My sister is Ines."},
    {"session": "a", "speaker": "Bo", "time": "2024-05-01T10:02:00Z", "text": "Maya works at Acme."},
    {"session": "b", "speaker": "maya42", "time": "2024-06-01T10:00:00Z", "text": "I moved to Oslo last week."},
    {"session": "b", "speaker": "maya42", "time": "2024-06-01T10:01:00Z", "text": "My dentist is Vera Novak."},
]


def facts_of(memcli, *name: str) -> list[tuple[str, str, str, str | None]]:
    found = memcli("--json", "facts", *name, "--history", "--now", "2024-07-01").json["facts"]
    return sorted((one["subject"], one["predicate"], one["object"], one["valid_to"]) for one in found)


@pytest.mark.parametrize("consolidated", ["before", "after", "never"])
def test_facts_of_merged_speakers_are_of_one_person(memcli, write_turns, consolidated):
    memcli("ingest", write_turns("known.jsonl", *KNOWN))
    memcli("facts", "--update")
    apart = facts_of(memcli)
    assert {subject for subject, *_ in apart} == {"Maya", "maya42"}
    if consolidated == "before":
        memcli("consolidate")
    assert memcli("speakers", "merge", "Maya", "maya42", "--as", "Maya Lindt").code == 0
    if consolidated == "after":
        report = memcli("--json", "consolidate").json["steps"]["facts"]
        assert report["turns"] == 0 and report["superseded"] == 1
        assert not memcli("--json", "consolidate").json["changed"]
    together = facts_of(memcli)
    assert together == [
        ("Maya Lindt", "dentist", "Vera Novak", None),
        ("Maya Lindt", "lives in", "Oslo", None),
        ("Maya Lindt", "lives in", "Rome", "2024-05-20"),
        ("Maya Lindt", "sister", "Ines", None),
        ("Maya Lindt", "works at", "Acme", None),
    ]
    assert facts_of(memcli, "maya42") == facts_of(memcli, "Maya") == together
    answer = memcli("--json", "ask", "Where does Maya live?", "--now", "2024-07-01").json["answer"]
    assert answer.startswith("Oslo")
    assert len(memcli("--json", "profile", "maya42").json["facts"]) == len(together)
    if consolidated != "never":
        memcli("consolidate")
        counted = memcli("sql", "SELECT DISTINCT subject_key FROM facts", "--json")
        assert "maya42" not in counted.out
    assert memcli("speakers", "unmerge", "Maya Lindt").code == 0
    assert facts_of(memcli) == apart
    memcli("consolidate")
    assert facts_of(memcli) == apart


def test_deleting_what_a_merged_speaker_said_deletes_the_facts(memcli, write_turns):
    memcli("ingest", write_turns("known.jsonl", *KNOWN))
    memcli("speakers", "merge", "Maya", "maya42")
    memcli("consolidate")
    assert memcli("delete", "--query", "dentist", "--yes").code == 0
    assert "Vera Novak" not in memcli("sql", "FROM facts", "--json").out
    memcli("consolidate")
    assert [what for _, what, *_ in facts_of(memcli, "Maya")] == ["lives in", "lives in", "sister", "works at"]


def test_a_name_that_two_people_have_is_not_taken_for_either(memcli, write_turns):
    memcli("ingest", write_turns("known.jsonl", *KNOWN))
    log = memcli.home / "chat.txt"
    log.write_text("[2024-06-01 10:00] Maya: I work at Beta.\n[2024-06-01 10:01] Bo: Nice.\n", encoding="utf-8")
    assert memcli("ingest", "--format", "plain", log).code == 0
    numbers = [f"#{one['number']}" for one in memcli("--json", "speakers").json["speakers"] if one["turns"] == 2][:1]
    assert memcli("speakers", "merge", *numbers, "maya42", "--as", "Maya Lindt").code == 0
    memcli("consolidate")
    assert {one for one in facts_of(memcli) if one[1] == "works at"} == {
        ("Maya", "works at", "Acme", "2024-06-01"),
        ("Maya", "works at", "Beta", None),
    }


ASSISTED = [
    {"session": "a", "speaker": "user", "time": "2024-05-01T10:00:00Z", "text": "My shoe size is 39."},
    {"session": "a", "speaker": "user", "time": "2024-05-01T10:01:00Z", "text": "The red skis are in the attic."},
    {"session": "a", "speaker": "assistant", "role": "assistant", "time": "2024-05-01T10:02:00Z", "text": "Noted!"},
    {"session": "b", "speaker": "Bo", "time": "2024-05-02T10:00:00Z", "text": "My shoe size is 44."},
    {"session": "b", "speaker": "Bo", "time": "2024-05-02T10:01:00Z", "text": "The red skis are in the cellar."},
]


def test_who_speaks_to_an_assistant_is_who_the_user_says_they_are(memcli, write_turns):
    memcli("ingest", write_turns("assisted.jsonl", *ASSISTED))
    memcli("facts", "--update")
    asked = ("ask", "What is Maya's shoe size?", "--now", "2024-06-01")
    assert memcli(*asked).code == 4, "nobody has said who Maya is"
    assert "(you)" not in memcli("speakers").out
    memcli("ingest", write_turns("assisted.jsonl", *ASSISTED), "--me", "Maya")
    assert "user (you)" in memcli("speakers").out
    assert "assistant (you)" not in memcli("speakers").out
    for question in ("What is Maya's shoe size?", "What is my shoe size?"):
        answer = memcli("ask", question, "--now", "2024-06-01").out
        assert "39" in answer
        assert "Maya: “My shoe size is 39.”" in answer
    assert memcli("--json", "ask", "Where did Maya say the skis are?").json["answer"] == "in the attic"
    assert memcli("--json", "ask", "What is Bo's shoe size?").json["answer"] == "44"
    found = memcli("--json", "search", "skis", "--speaker", "Maya").json["hits"]
    assert {hit["speaker"] for hit in found} == {"Maya"}
    assert found[0]["text"] == "The red skis are in the attic."
    assert [fact["object"] for fact in memcli("--json", "facts", "Maya").json["facts"]] == ["39"]
