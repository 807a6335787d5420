"""What makes an impression, what is a rule, what stays where, and which questions are the same."""

from __future__ import annotations

import pytest

from memcli.memory.gist import central, sentences
from memcli.memory.rejection import same_question
from memcli.memory.salience import is_standing_instruction, rating_of
from memcli.memory.tiers import Standing, tier_of

IMPRESSIONS = [
    (1, ["ok", "haha", "yes", "thanks!", "See you there", "", "🙂🙂", "what do you mean?"]),
    (2, ["I live near the sea", "wow that is a great picture", "my sister paints birds"]),
    (3, ["We moved to Bonn", "The oven arrives next Tuesday.", "the code is 4711", "see you on saturday"]),
    (4, ["Remember that the key is under the mat", "We decided to sell the boat", "I love this dog",
         "Always answer in German, please", "She passed away", "I got promoted!"]),
]  # fmt: skip


@pytest.mark.parametrize(("rating", "text"), [(rating, text) for rating, texts in IMPRESSIONS for text in texts])
def test_the_rating_that_a_turn_begins_with(rating, text):
    assert rating_of(text) == rating


@pytest.mark.parametrize(
    ("text", "is_rule"),
    [
        ("Always answer in German.", True),
        ("From now on, use metric units", True),
        ("Never mind.", False),
        ("I have never been to Rome.", False),
        ("She always forgets her keys.", False),
        ("Please always sign with my first name", True),
        ("Whenever I send a recipe, please convert it to grams.", True),
        ("never used it, sorry", False),
        ("Always a pleasure!", False),
        ("Always use the -w switch", False),
    ],
)
def test_standing_instructions(text, is_rule):
    assert is_standing_instruction(text, "user") is is_rule
    assert not is_standing_instruction(text, "assistant")


@pytest.mark.parametrize(
    ("tier", "standing"),
    [
        ("working", {"retrievability": 0.1, "pinned": True, "forgotten": True}),
        ("archive", {"retrievability": 0.99, "forgotten": True}),
        ("archive", {"retrievability": 0.99, "superseded": True, "kind": "fact"}),
        ("procedural", {"retrievability": 0.1, "instruction": True}),
        ("archive", {"retrievability": 0.39}),
        ("episodic", {"retrievability": 0.41}),
        ("semantic", {"retrievability": 0.9, "kind": "summary"}),
    ],
)
def test_tiers(tier, standing):
    assert tier_of(Standing(**{"kind": "turn", **standing})) == tier


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Where does Ana live?", "where does ana live", True),
        ("Where does Ana live now?", "Where is Ana living?", True),
        ("Who's the landlady?", "Who is the landlady?", True),
        ("Where did Ana move?", "When did Ana move?", False),
        ("Where does Ana live?", "Where does Bo live?", False),
        ("What did Ana not eat?", "What did Ana eat?", False),
        ("Who?", "Why?", False),
    ],
)
def test_nearly_the_same_question(one, other, same):
    assert same_question(one, other) is same
    assert same_question(other, one) is same


def test_sentences_keep_their_place():
    text = "  Well.  The ferry to Elba leaves at nine! Did you pack the tent?\nThe tent is in the blue car.  "
    found = sentences(7, text)
    assert [one.text for one in found] == ["The ferry to Elba leaves at nine!", "The tent is in the blue car."]
    assert all(text[one.first : one.last] == one.text and one.seq == 7 for one in found)


def test_what_stands_for_the_rest_says_nothing_twice():
    from engines.static import StaticEmbedder

    told = [
        "The ferry to Elba leaves at nine on Saturday.", "The ferry to Elba leaves on Saturday at nine.",
        "Tickets for the Elba ferry cost ten euros.", "My aunt collects old porcelain owls.",
    ]  # fmt: skip
    vectors = StaticEmbedder().embed(told)
    centre = vectors[:3].sum(axis=0)
    found = central([sentences(1, text)[0] for text in told], vectors, centre / (centre @ centre) ** 0.5, 2)
    assert {at for at, _ in found} in ({0, 2}, {1, 2})
