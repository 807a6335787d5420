"""Whatever is said in whatever order: the same beliefs, timelines without overlap, and not a word that was not said."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from memcli.memory.facts.beliefs import reconcile
from memcli.memory.facts.claims import Claim, Said
from memcli.memory.facts.extract import extract
from memcli.memory.facts.predicates import predicate

SENTENCES = (
    "I live in Rome.", "I moved to Oslo last week.", "Next month I'm moving to Bonn.", "I no longer live in Oslo.",
    "I used to live in Rome.", "I lived in Rome until last year.", "Bo lives in Rome.", "Bo moved to Oslo.",
    "I work at Acme.", "I joined Beta.", "I quit my job.", "My boss is Vera Novak.", "My boss is Zoe Marsh now.",
    "I have a dog.", "We have a red car.", "I sold the car.", "I love jazz.", "I hate jazz.", "I no longer like jazz.",
    "I'm dating Ines.", "We broke up yesterday.", "Ines and I got married.", "I'm not moving to Bonn.",
    "I've lived in Rome since May.", "If I lived in Oslo, I'd ski.", "Do you live in Rome?",
    "We've moved house!", "I love my new car.", "I started a new job.", "I used to play chess.",
    "I won the regional cup!",
)  # fmt: skip

turns = st.lists(
    st.tuples(
        st.sampled_from(SENTENCES), st.sampled_from(["Ana", "Bo"]), st.none() | st.integers(0, 400), st.integers(0, 2)
    ),
    max_size=14,
)


def claims_of(said: list[tuple[str, str, int | None, int]]) -> list[Claim]:
    found = []
    for number, (text, speaker, day, session) in enumerate(said):
        on = date(2023, 1, 1) + timedelta(days=day) if day is not None else None
        at = datetime(on.year, on.month, on.day, 9, tzinfo=UTC) if on else None
        one = Said(
            turn_id=f"t{number}", speaker=speaker, said_at=at, said_on=on, session=f"s{session}", position=number
        )
        found += extract(text, one, to_assistant=False)
    return found


@settings(max_examples=200, deadline=None)
@given(turns, st.randoms(use_true_random=False))
def test_the_order_of_ingest_changes_nothing(said, chance):
    claims = claims_of(said)
    shuffled = list(claims)
    chance.shuffle(shuffled)
    assert reconcile(shuffled) == reconcile(claims)


@settings(max_examples=200, deadline=None)
@given(turns)
def test_a_predicate_with_one_value_never_holds_two_but_in_conflict(said):
    found = reconcile(claims_of(said))
    assert len({one.id for one in found}) == len(found)
    lines = defaultdict(list)
    for one in found:
        if not predicate(one.predicate).many and not one.rivals and one.valid_from is not None:
            lines[one.subject, one.predicate].append(one)
    for line in lines.values():
        for day in {one.valid_from for one in line}:
            held = [one for one in line if one.holds_on(day)]
            assert len(held) <= 1 or any(one.ended_by for one in held)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200) | st.lists(st.sampled_from(SENTENCES), max_size=6).map(" ".join))
def test_every_claim_is_words_of_its_turn(text):
    at = datetime(2023, 5, 5, tzinfo=UTC)
    said = Said(turn_id="t", speaker="Ana", said_at=at, said_on=at.date(), session="s", position=0)
    for claim in extract(text, said, to_assistant=True):
        assert text[claim.start : claim.end] == claim.statement != ""
        assert claim.object in text
        assert claim.subject.split("'s ")[0] == "Ana" or claim.subject in text
