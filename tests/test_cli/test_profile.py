"""A person as the memory knows them."""

from __future__ import annotations

import pytest

SAID = [
    ("2024-01-01", "Ana", "I live in Rome with my plants, and I love jazz."),
    ("2024-01-01", "Bo", "Rome is a fine place for plants, I have heard."),
    ("2024-01-01", "Ana", "Bring your saxophone to Rome when you visit me there in spring."),
    ("2024-06-01", "Ana", "I moved to Oslo last week."),
    ("2024-06-01", "Bo", "Say hello to Oslo from me, and to Vera Novak."),
    ("2024-06-01", "Ana", "My dentist is Vera Novak."),
    ("2024-07-01", "Ana", "I really love jazz, the club plays it every night."),
]


@pytest.fixture
def known(memcli, write_turns):
    turns = [{"session": "s", "speaker": who, "time": f"{day}T10:00:00Z", "text": text} for day, who, text in SAID]
    memcli("ingest", write_turns("said.jsonl", *turns))
    memcli("consolidate", "--now", "2024-08-01")
    return memcli


def test_a_persona_is_what_holds_and_scenes_are_corrected_by_it(known):
    found = known("--json", "profile", "Ana", "--now", "2024-08-01").json
    facts = {one["id"]: (one["predicate"], one["object"]) for one in found["facts"]}
    assert {facts[one] for one in found["persona"]} == {
        ("lives in", "Oslo"),
        ("likes", "jazz"),
        ("dentist", "Vera Novak"),
    }
    told = {one["text"]: one["outdated"] for scene in found["scenes"] for one in scene["gist"]}
    rome = next(wrong for text, wrong in told.items() if "live in Rome" in text)
    assert [(one["was"], one["now"]) for one in rome] == [("Rome", "Oslo")]
    assert all(not wrong for text, wrong in told.items() if "live in Rome" not in text)
    assert "(now Oslo)" in known("profile", "Ana", "--now", "2024-08-01").out


def test_what_belongs_with_a_person_is_told_with_what_it_rests_on(known):
    found = known("--json", "profile", "Ana", "--now", "2024-08-01").json
    near = {one["name"]: one for one in found["near"]}
    assert near["Oslo"]["kind"] == "place" and near["Vera Novak"]["kind"] == "person"
    assert [link["relation"] for link in near["Oslo"]["links"]] == ["lives in", "mentioned with"] or [
        link["relation"] for link in near["Oslo"]["links"]
    ] == ["lives in"]
    assert near["Oslo"]["links"][0]["fact"] in {one["id"] for one in found["facts"]}
    assert near["Oslo"]["weight"] > near["Rome"]["weight"], "what is over belongs less"


def test_a_merged_person_has_one_profile(known):
    before = known("--json", "profile", "Ana", "--now", "2024-08-01").json
    known("speakers", "merge", "Ana", "Bo", "--as", "Ana Lindt")
    after = known("--json", "profile", "Bo", "--now", "2024-08-01").json
    assert after["name"] == "Ana Lindt"
    assert len(after["facts"]) == len(before["facts"])
    assert "Oslo" in {one["name"] for one in after["near"]}
