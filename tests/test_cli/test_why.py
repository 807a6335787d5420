"""memcli why and why-not, as a user meets them."""

from __future__ import annotations

QUESTION = "When was Maya's job interview?"


def test_why_shows_what_the_last_answer_rests_on(story):
    memcli, memory = story
    asked = memcli("--memory", memory, "--json", "ask", QUESTION)
    done = memcli("--memory", memory, "--json", "why", asked.json["id"][:8])
    assert done.code == 0, done.err
    document = done.json
    assert document["question"] == QUESTION
    assert document["understood"]["kind"] == "when"
    assert document["understood"]["names"] == ["maya"]
    cited = {one["id"] for one in asked.json["citations"]}
    assert cited == {hit["id"] for hit in document["hits"] if hit["cited"]}
    for hit in document["hits"]:
        assert hit["channels"].keys() == hit["channel_scores"].keys()
        assert abs(sum(part["part"] for part in hit["parts"]) - hit["log_odds"]) < 0.01
    assert document["gate"]["confidence"] >= document["gate"]["bar"]
    for_people = memcli("--memory", memory, "why", asked.json["id"])
    assert "found by" in for_people.out


def test_why_of_what_was_never_answered(story):
    memcli, memory = story
    assert memcli("--memory", memory, "why", "ffffffffffffffffffffffffffffffff").code == 2


def test_why_not_says_at_which_stage(story):
    memcli, memory = story
    hit = memcli("--memory", memory, "--json", "search", QUESTION, "-n", "1").json["hits"][0]

    def stage(question, *options):
        done = memcli("--memory", memory, "--json", "why-not", hit["id"], question, *options)
        assert done.code == 0, done.err
        assert done.json["reason"]
        return done.json["stage"]

    assert stage(QUESTION) in ("used", "gate")
    assert stage(QUESTION, "--since", "2100-01-01") == "filter"
    assert stage("Zwieback qqq") in ("channels", "looks", "gate")
    assert memcli("--memory", memory, "why-not", "ffff", QUESTION).code == 2
