"""Facts from the command line: what holds, what held, what changed, and answers that keep them apart."""

from __future__ import annotations

import pytest

TURNS = [
    {"session": "1", "speaker": "Ana", "time": "2023-02-01T10:00:00Z", "text": "I live in Rome."},
    {"session": "1", "speaker": "Ana", "time": "2023-02-01T10:01:00Z", "text": "If I moved to Bonn, I'd miss the sea."},
    {"session": "2", "speaker": "Ana", "time": "2024-03-01T10:00:00Z", "text": "I moved to Oslo last week."},
    {"session": "3", "speaker": "Bo", "time": "2024-03-05T10:00:00Z", "text": "Dee lives in Cork, I think it rains."},
    {"session": "4", "speaker": "Cy", "time": "2024-03-05T11:00:00Z", "text": "Dee lives in Graz."},
    {
        "session": "5",
        "speaker": "Bo",
        "time": "2024-04-01T10:00:00Z",
        "text": "We have a dog. I'm allergic to cashews.",
    },
]
NOW = ("--now", "2024-06-01")


@pytest.fixture
def lived(memcli, write_turns):
    memcli("ingest", write_turns("log.jsonl", *TURNS))
    assert memcli("facts", "--update", *NOW).code == 0
    return memcli


def test_facts_are_filtered_and_have_a_history(lived):
    now = lived("--json", "facts", "Ana", *NOW).json["facts"]
    assert [(one["predicate"], one["object"], one["current"]) for one in now] == [("lives in", "Oslo", True)]
    (source,) = now[0]["sources"]
    assert (source["line"], source["role"]) == (3, "says")
    assert TURNS[2]["text"][source["start"] : source["end"]] == now[0]["statement"]
    then = lived("--json", "facts", "Ana", "--as-of", "2023-06-01", *NOW).json["facts"]
    assert [one["object"] for one in then] == ["Rome"]
    history = lived("--json", "facts", "Ana", "--history", *NOW).json["facts"]
    assert [(one["object"], one["valid_to"], one["superseded_by"]) for one in history] == [
        ("Rome", "2024-02-19", history[1]["id"]),
        ("Oslo", None, None),
    ]
    assert lived("facts", "Ana", "--kind", "work", *NOW).code == 4


def test_answers_tell_what_holds_and_what_held(lived):
    now = lived("--json", "ask", "Where does Ana live?", *NOW).json
    assert now["method"] == "facts"
    assert now["answer"].startswith("Oslo")
    assert "Rome" not in now["answer"]
    assert [one["line"] for one in now["citations"]] == [3]
    assert (
        lived("--json", "ask", "Where does Ana live?", "--as-of", "2023-06-01", *NOW).json["answer"].startswith("Rome")
    )
    asked = lived("--json", "ask", "Where did Ana live in 2023?", *NOW).json
    assert asked["answer"] == "Rome"
    assert asked["text"].startswith("Rome, from 1 February 2023 until 19 February 2024")
    known = lived("--json", "ask", "Where does Ana live?", "--known-as-of", "2024-02-28", *NOW).json
    assert known["answer"].startswith("Rome")
    assert all(one["said_at"] < "2024-03" for one in known["evidence"])


def test_a_conflict_shows_both_sides_and_has_its_exit_code(lived):
    done = lived("--json", "ask", "Where does Dee live?", *NOW)
    assert done.code == 5
    assert len(done.json["conflicts"]) == 2
    assert "Cork" in done.json["answer"]
    assert "Graz" in done.json["answer"]


def test_a_note_is_kept_and_what_it_states_is_known_at_once(memcli):
    noted = memcli("--json", "remember", "My locker number is B-17. From now on, answer briefly.", *NOW)
    assert noted.code == 0, noted.err
    assert {(one["predicate"], one["object"]) for one in noted.json["facts"]} == {
        ("locker number", "B-17"),
        ("instruction", "From now on, answer briefly"),
    }
    assert memcli("--json", "ask", "What is my locker number?", *NOW).json["answer"].startswith("B-17")
    assert memcli("--json", "search", "locker", *NOW).json["hits"][0]["id"] == noted.json["id"]
    memcli("remember", "My new locker number is C-20.", "--now", "2024-06-02")
    assert memcli("--json", "ask", "What is my locker number?", "--now", "2024-06-03").json["answer"].startswith("C-20")
    assert memcli("remember", "   ").code == 30


def test_secrets_in_notes_are_redacted(memcli):
    noted = memcli("remember", "My token is ghp_0123456789abcdefghijABCDEFGHIJ012345.", *NOW)
    assert noted.code == 0
    assert "redacted" in noted.err
    assert memcli("--json", "search", "token", *NOW).json["hits"][0]["text"].endswith("[redacted: GitHub token].")


def test_diff_tells_what_was_added_changed_and_retired(lived):
    changes = lived("--json", "diff", "2024-02-01", *NOW).json["changes"]
    told = {(one["what"], one["fact"]["object"], one["before"]["object"] if one["before"] else None) for one in changes}
    assert ("changed", "Oslo", "Rome") in told
    assert ("added", "a dog", None) in told
    assert lived("diff", "last-month", *NOW).code == 4
    assert lived("diff", "someday", *NOW).code == 2


def test_a_profile_groups_what_is_known_of_a_person(lived):
    shown = lived("profile", "Ana", *NOW).out
    assert shown.index("Oslo") < shown.index("Rome")
    assert lived("profile", "Nobody", *NOW).code == 4


def test_what_a_deleted_turn_said_is_known_no_more(lived):
    rome = lived("--json", "facts", "Ana", "--as-of", "2023-06-01", *NOW).json["facts"][0]["sources"][0]["turn"]
    assert lived("delete", rome, "--yes").code == 0
    assert lived("facts", "Ana", "--as-of", "2023-06-01", "--update", *NOW).code == 4
    assert [one["object"] for one in lived("--json", "facts", "Ana", *NOW).json["facts"]] == ["Oslo"]
    assert lived("check").code == 0


def test_a_value_that_may_have_changed_is_not_told_as_if_it_held(memcli, write_turns):
    said = [("2024-01-01", "I live in Rome."), ("2024-06-01", "We've moved house!")]
    turns = [{"session": day, "speaker": "Ana", "time": f"{day}T10:00:00Z", "text": text} for day, text in said]
    memcli("ingest", write_turns("said.jsonl", *turns))
    memcli("facts", "--update")
    before = memcli("--json", "ask", "Where does Ana live?", "--now", "2024-05-01").json
    after = memcli("--json", "ask", "Where does Ana live?", "--now", "2024-07-01").json
    assert before["answer"] == "Rome" and after["answer"].startswith("Possibly outdated: Rome")
    assert [one["text"] for one in after["citations"]] == ["I live in Rome.", "We've moved house!"]
    assert after["confidence"] < before["confidence"]
    assert "possibly outdated" in memcli("facts", "Ana", "--now", "2024-07-01").out
    (fact,) = memcli("--json", "facts", "Ana", "--now", "2024-07-01").json["facts"]
    assert fact["possibly_outdated"] and [one["role"] for one in fact["sources"]] == ["says", "doubts"]


def test_facts_of_merged_speakers_are_those_of_one_person(memcli, write_turns):
    """What was said under the newer name takes the place of what was said under the older one."""
    turns = [
        {"session": "1", "speaker": "Ana", "time": "2023-02-01T10:00:00Z", "text": "I live in Rome."},
        {"session": "2", "speaker": "ana_k", "time": "2024-03-01T10:00:00Z", "text": "I moved to Oslo last week."},
    ]
    memcli("ingest", write_turns("log.jsonl", *turns))
    assert memcli("facts", "--update", *NOW).code == 0

    def places(name: str) -> list[tuple[str, str]]:
        facts = memcli("--json", "facts", name, *NOW)
        return [(one["subject"], one["object"]) for one in facts.json["facts"]]

    assert places("Ana") == [("Ana", "Rome")]
    assert memcli("speakers", "merge", "Ana", "ana_k").code == 0
    assert places("Ana") == places("ana_k") == [("Ana", "Oslo")]
    history = memcli("--json", "facts", "Ana", "--history", *NOW).json["facts"]
    assert [one["object"] for one in history] == ["Rome", "Oslo"]
    assert memcli("speakers", "unmerge", "Ana").code == 0
    assert places("ana_k") == [("ana_k", "Oslo")]
