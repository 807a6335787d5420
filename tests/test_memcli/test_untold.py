"""A question that asks for a detail which was not told, with the real models on a real store."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from memcli import config
from memcli.engines_in_use import for_recall
from memcli.recall.pipeline import recall
from memcli.recall.time_budget import TimeBudget
from memcli.types import Query
from store.store import Store

NOW = datetime(2025, 1, 1, tzinfo=UTC)
TOLD = "Can you suggest a good vet? My parrot Otto has lost some feathers, and he sleeps all day."
TALK = (
    ("user", TOLD),
    ("assistant", "Ask for one who treats birds. Loss of feathers has many causes, and a check-up tells which it is."),
    ("user", "I swim thirty lengths on Tuesdays. How do I get faster?"),
    ("assistant", "Shorter sets with rest between them help most swimmers. Try ten times fifty metres."),
    ("user", "By the way, the flight to Montreal took nine hours, and my luggage came a day later."),
    ("assistant", "That is annoying! You may be able to claim what you had to buy until it came."),
)


@pytest.fixture(scope="module")
def engines():
    return for_recall(config.load(None, {}, {}), None)


@pytest.fixture
def asked(memcli, write_turns, tmp_path, engines):
    """Recalls a question from a memory of the talk."""
    turns = [{"speaker": role, "role": role, "text": text, "time": NOW.isoformat()} for role, text in TALK]
    assert memcli("--memory", tmp_path / "memory", "ingest", write_turns("talk.jsonl", *turns)).code == 0
    store = Store.open(tmp_path / "memory", wait_s=5)

    def ask(text, **options):
        return recall(Query(text=text, asked_at=NOW, limit=8), store, engines, **options)

    return ask


@pytest.mark.parametrize(
    ("told", "changed"),
    [
        ("What is my parrot called?", "What is my tortoise called?"),
        ("How many lengths do I swim on Tuesdays?", "How many lengths do I swim on Fridays?"),
        ("How long was the flight to Montreal?", "How long was the flight to Nairobi?"),
    ],
)
def test_a_changed_detail_is_seen(asked, told, changed):
    right, wrong = asked(told), asked(changed)
    assert right.candidates[0].turn.id == wrong.candidates[0].turn.id, "both are about the same turn"
    assert wrong.signs["untold"] > 0.3 > right.signs["untold"]
    assert right.confidence > wrong.confidence


def test_what_is_asked_for_need_not_be_there(asked):
    """Not "city", of which Montreal is one, nor "travel", which was said in other words."""
    assert asked("Which city did I travel to?").signs["untold"] == 0


def test_without_time_for_a_second_look_it_is_seen_too(asked):
    hurried = {"time_budget": TimeBudget(until=0)}
    assert asked("What is my tortoise called?", **hurried).signs["untold"] > 0.3
    hurried = {"time_budget": TimeBudget(until=0)}
    assert asked("What is my parrot called?", **hurried).signs["untold"] < 0.3


def test_a_question_for_a_changed_detail_is_declined(memcli, write_turns, tmp_path):
    turns = [{"speaker": role, "role": role, "text": text, "time": NOW.isoformat()} for role, text in TALK]
    memory = tmp_path / "memory"
    assert memcli("--memory", memory, "ingest", write_turns("talk.jsonl", *turns)).code == 0
    assert memcli("--memory", memory, "ask", "How long was the flight to Montreal?").code == 0
    declined = memcli("--memory", memory, "ask", "How long was the flight to Nairobi?")
    assert declined.code == 4
    assert "Montreal" in declined.out, "what comes nearest is shown"
