"""The shortest part of a sentence that answers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcli.answer.spans import span
from memcli.recall.question import understand

NOW = datetime(2024, 5, 1, tzinfo=UTC)


def short(question: str, sentence: str, speaker: str = "Ana") -> str:
    return span(understand(question, NOW, ["Ana", "Bo"]), sentence, speaker)


@pytest.mark.parametrize(
    ("question", "sentence", "answer"),
    [
        ("How many boats did Ana see?", "Yesterday we saw seven boats and two gulls.", "seven boats"),
        ("How much did the lamp cost?", "I paid $45 for the lamp.", "$45"),
        ("How long have they been friends?", "We've been friends for four years now.", "four years"),
        ("Who came along?", "My sister Clara came along to the lake.", "Clara, My sister"),
        ("Where does Bo work?", "I work in Lisbon as a baker.", "Lisbon"),
        ("What is the cat called?", "I adopted a cat, she's called Bolota.", "Bolota"),
        ("Why did she leave?", "She left because of the noise.", "the noise"),
        ("Is the tent in the car?", "The tent is in the car.", "Yes"),
        ("Is the tent in the car?", "No, it isn't there.", "No"),
        ("Did Bo not come?", "He never came.", "Yes"),
        ("What did Ana paint?", "Oh wow, thanks! I painted a sunset over the lake.", "sunset over the lake"),
    ],
)
def test_what_is_asked_for_is_what_is_given(question, sentence, answer):
    assert short(question, sentence) == answer


def test_a_time_is_no_place():
    assert "May" not in short("Where is the flat?", "We gave notice at the end of May.").split()[:1]


@given(st.sampled_from(["What?", "How many?", "Who?", "Where is it?", "Why?", "How long?"]), st.text(min_size=1))
def test_only_words_that_were_said(question, sentence):
    found = short(question, sentence, speaker="")
    assert all(part in sentence for part in found.split(", "))
