"""Questions that lean on the one before them are made whole; those that stand by themselves are left alone."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcli.answer.follow_up import Exchange, made_whole

PEOPLE = ("Maya", "Jonas", "Tomás")
TODAY = date(2024, 9, 30)


def after(question: str, follow: str, answer: str = "", *, abstained: bool = False, said_by: str | None = None) -> str:
    before = [Exchange(question=question, answer=answer, abstained=abstained, said_by=said_by)]
    return made_whole(follow, before, people=PEOPLE, today=TODAY)


@pytest.mark.parametrize(
    ("question", "answer", "follow", "whole"),
    [
        ("Where does Maya work?", "the harbour", "And Jonas?", "Where does Jonas work?"),
        ("Where does Maya work?", "the harbour", "what about Tomás?", "Where does Tomás work?"),
        ("Where does Maya work?", "the harbour", "How about Ruth?", "Where does Ruth work?"),
        ("What did Maya bake in June?", "bread", "And in July?", "What did Maya bake in July?"),
        ("What did Maya bake?", "bread", "and last week?", "What did Maya bake last week?"),
        ("When does the oven arrive?", "24 September", "And the table?", "When does the table arrive?"),
        ("Who signed the lease?", "Jonas", "When?", "When signed the lease?"),
        ("When does the oven arrive?", "Tuesday", "Why?", "Why the oven arrive?"),
        ("When does the oven arrive?", "Tuesday", "How much does it cost?", "How much does the oven cost?"),
        ("Where does Maya work?", "Lisbon", "Does she like it?", "Does Maya like it?"),
        ("Who signed the lease?", "Jonas", "Where does he live?", "Where does Jonas live?"),
        ("Where did Maya go?", "Elba", "What did she do there?", "What did Maya do in Elba?"),
        (
            "When was Maya's interview?",
            "10 April 2024",
            "What did she wear then?",
            "What did Maya wear on 10 April 2024?",
        ),
        ("Where does Maya live?", "Lisbon", "What is her dog called?", "What is Maya's dog called?"),
        ("What did Maya tell Jonas?", "no", "Did he answer?", "Did Jonas answer?"),
    ],
)
def test_what_is_left_out_is_taken_over(question, answer, follow, whole):
    assert after(question, follow, answer) == whole


@pytest.mark.parametrize(
    "follow",
    [
        "When does the ferry leave?",
        "Who is the landlady of the new flat?",
        "And who is the landlady?",
        "Is there a dog?",
        "Did Maya say that Jonas left?",
    ],
)
def test_what_stands_by_itself_is_left_alone(follow):
    assert after("Where does Maya work?", follow, "the harbour") == follow


def test_the_first_question_is_itself():
    assert made_whole("Where does she live?", [], people=PEOPLE, today=TODAY) == "Where does she live?"


def test_a_pronoun_reaches_back_past_a_question_without_a_person():
    before = [
        Exchange(question="Where does Maya work?", answer="the harbour", abstained=False),
        Exchange(question="When does the ferry leave?", answer="nine", abstained=False),
    ]
    assert made_whole("Does she sail?", before, people=PEOPLE, today=TODAY) == "Does Maya sail?"


def test_what_was_not_answered_is_not_carried_on():
    assert after("Where did Maya go?", "What did she do there?", "nothing", abstained=True) == "What did Maya do there?"


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=20))
def test_any_text_is_survived_and_never_lost(question, follow, answer):
    whole = after(question, follow, answer)
    assert whole == whole.strip()
    assert bool(whole) == bool(follow.strip())
