"""What belongs with what, and what comes to mind with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcli.memory.graph import MENTIONED, Link, kind_of, neighbours, spread, together

NEAR = {
    "ana": [("oslo", 0.9), ("bo", 0.3)],
    "oslo": [("ana", 0.9), ("ski club", 0.5)],
    "bo": [("ana", 0.3), ("cork", 0.9)],
    "cork": [("bo", 0.9)],
    "ski club": [("oslo", 0.5)],
}


def near(keys):
    return {key: NEAR[key] for key in keys}


def test_names_that_only_come_together_are_closer_than_those_that_come_everywhere():
    assert together(3, 3, 3) == 1.0
    assert together(3, 3, 300) < 0.2
    assert together(0, 3, 3) == 0.0


def test_a_fact_and_turns_together_bring_closer_than_either():
    said = Link("ana", "oslo", MENTIONED, 0.5, 4)
    known = Link("ana", "oslo", "lives in", 0.9, 1, "f1")
    other = Link("bo", "ana", MENTIONED, 0.2, 1)
    found = neighbours("ana", [said, other, known])
    assert [(one.key, round(one.weight, 2)) for one in found] == [("oslo", 0.95), ("bo", 0.2)]
    assert [link.relation for link in found[0].links] == ["lives in", MENTIONED]
    assert neighbours("ana", [Link("ana", "ana", MENTIONED, 1.0)]) == []


def test_what_an_entity_is_follows_from_what_is_said_of_it():
    assert kind_of("bo", {"ana", "bo"}) == "person"
    assert kind_of("vera", {"ana"}, as_object=["dentist"]) == "person"
    assert kind_of("oslo", {"ana"}, as_object=["lives in"]) == "place"
    assert kind_of("acme", {"ana"}, as_object=["works at"]) == "thing"
    assert kind_of("bolota", {"ana"}) == "unknown"


def test_activation_reaches_further_and_gets_weaker():
    found = spread({"ana": 1.0}, near)
    assert next(iter(found)) == "ana"
    assert found["oslo"] > found["bo"] > 0
    assert found["oslo"] > found["ski club"] > 0 and found["cork"] > 0
    assert "cork" not in spread({"ana": 1.0}, near, hops=1)
    assert found["ana"] == 1.0, "nothing feeds itself"


def test_two_that_lead_to_the_same_bring_it_to_mind_more():
    assert spread({"oslo": 1.0, "bo": 1.0}, near)["ana"] > spread({"oslo": 1.0}, near)["ana"]


def test_what_is_joined_to_much_gives_little_to_each():
    few = spread({"hub": 1.0}, lambda keys: {"hub": [("a", 0.9)]}, hops=1)
    many = spread({"hub": 1.0}, lambda keys: {"hub": [(name, 0.9) for name in "abcdefgh"]}, hops=1)
    assert few["a"] > 4 * many["a"]


def test_a_decay_that_never_ends_is_refused():
    with pytest.raises(ValueError, match="between 0 and 1"):
        spread({"ana": 1.0}, near, decay=1.0)


weighed = st.dictionaries(
    st.sampled_from("abcdef"),
    st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0.01, 1.0)), max_size=5, unique_by=lambda one: one[0]),
)


@given(weighed, st.dictionaries(st.sampled_from("abcdef"), st.floats(0.1, 1.0), max_size=3), st.integers(0, 4))
def test_activation_only_fades(graph, start, hops):
    found = spread(start, lambda keys: graph, hops=hops)
    assert all(value >= 0 for value in found.values())
    gained = sum(found.values()) - sum(start.values())
    assert gained <= sum(start.values()) + 1e-9, "each hop passes on at most half"
    assert all(found[key] == value for key, value in start.items())
    assert list(found.values()) == sorted(found.values(), reverse=True)
