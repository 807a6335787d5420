"""What claims add up to: supersession, ends, plans, conflicts, proofs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from memcli.memory.facts.beliefs import Belief, reconcile
from memcli.memory.facts.claims import Claim, Said
from memcli.memory.facts.extract import extract


def claims(*said: tuple[str | None, str, str]) -> list[Claim]:
    """Claims of turns given as (day, speaker, text)."""
    found = []
    for number, (day, speaker, text) in enumerate(said):
        on = date.fromisoformat(day) if day else None
        at = datetime(on.year, on.month, on.day, 12, tzinfo=UTC) if on else None
        session = day or f"undated {number}"
        one = Said(turn_id=f"t{number}", speaker=speaker, said_at=at, said_on=on, session=session, position=number)
        found += extract(text, one, to_assistant=False)
    return found


def beliefs(*said: tuple[str | None, str, str]) -> list[Belief]:
    return reconcile(claims(*said))


def held(found: Sequence[Belief], day: str) -> list[str]:
    return sorted(one.object for one in found if one.holds_on(date.fromisoformat(day)))


def test_a_new_value_takes_the_place_of_the_old_one():
    found = beliefs(("2024-01-01", "Ana", "I live in Rome."), ("2024-03-01", "Ana", "I moved to Oslo."))
    assert (held(found, "2024-02-01"), held(found, "2024-04-01")) == (["Rome"], ["Oslo"])
    rome, oslo = found
    assert (rome.superseded_by, rome.valid_to) == (oslo.id, date(2024, 3, 1))
    assert rome.retracted_at == oslo.recorded_at == datetime(2024, 3, 1, 12, tzinfo=UTC)


def test_the_same_said_again_is_one_belief_with_more_proofs():
    found = beliefs(("2024-01-01", "Ana", "I live in Rome."), ("2024-05-01", "Ana", "I'm still living in Rome."))
    assert [(one.object, one.proofs) for one in found] == [("Rome", 2)]
    assert found[0].confidence > beliefs(("2024-01-01", "Ana", "I live in Rome."))[0].confidence


def test_a_plan_takes_over_on_its_day_and_not_before():
    found = beliefs(
        ("2024-01-01", "Ana", "I live in Rome."),
        ("2024-03-10", "Ana", "Next month I'm moving to Oslo."),
        ("2024-03-20", "Ana", "I live in Rome."),
    )
    assert (held(found, "2024-03-25"), held(found, "2024-04-02")) == (["Rome"], ["Oslo"])


def test_a_plan_that_is_called_off_never_takes_over():
    found = beliefs(
        ("2024-01-01", "Ana", "I live in Rome."),
        ("2024-03-10", "Ana", "Next month I'm moving to Oslo."),
        ("2024-03-20", "Ana", "I'm not moving to Oslo."),
    )
    assert held(found, "2024-05-01") == ["Rome"]


def test_many_valued_facts_stand_side_by_side_until_each_ends():
    found = beliefs(
        ("2024-01-01", "Ana", "I have a red car."),
        ("2024-01-01", "Ana", "We have a dog."),
        ("2024-02-01", "Ana", "I sold the car."),
    )
    assert (held(found, "2024-01-15"), held(found, "2024-02-15")) == (["a dog", "a red car"], ["a dog"])


def test_an_end_without_a_name_closes_what_there_is():
    found = beliefs(("2024-01-01", "Ana", "My girlfriend is Ines."), ("2024-09-10", "Ana", "We broke up yesterday."))
    assert (held(found, "2024-05-01"), held(found, "2024-09-10")) == (["Ines"], [])


def test_taste_that_turns_is_not_held_both_ways():
    found = beliefs(("2024-01-01", "Ana", "I love jazz."), ("2024-06-01", "Ana", "I hate jazz."))
    on = date(2024, 7, 1)
    assert [(one.predicate, one.object) for one in found if one.holds_on(on)] == [("dislikes", "jazz")]


def test_two_people_on_the_same_day_are_a_conflict_that_a_newer_statement_settles():
    said = [("2024-01-01", "Ana", "Bo lives in Rome."), ("2024-01-01", "Cy", "Bo lives in Oslo.")]
    rome, oslo = beliefs(*said)
    assert (rome.rivals, oslo.rivals) == ((oslo.id,), (rome.id,))
    assert held([rome, oslo], "2024-01-03") == ["Oslo", "Rome"]
    settled = beliefs(*said, ("2024-01-05", "Bo", "I live in Oslo."))
    assert held(settled, "2024-01-06") == ["Oslo"]
    assert not any(one.rivals for one in settled)


def test_statements_without_a_time_are_in_conflict_and_give_way_to_dated_ones():
    said = [(None, "Ana", "I live in Rome."), (None, "Ana", "I live in Oslo.")]
    assert all(one.rivals for one in beliefs(*said))
    found = beliefs(*said, ("2024-03-01", "Ana", "I live in Bonn."))
    assert held(found, "2024-04-01") == ["Bonn"]


def test_what_was_once_is_history_and_nothing_else():
    (found,) = beliefs(("2024-03-01", "Ana", "I used to live in Pisa."))
    assert found.ended_by is not None
    assert held([found], "2024-03-02") == []


def test_an_end_that_names_an_earlier_day_ends_what_was_said_since():
    found = beliefs(("2024-02-01", "Ana", "I live in Rome."), ("2024-02-05", "Ana", "I moved out of Rome last month."))
    assert held(found, "2024-02-10") == []


def test_without_supersession_everything_stands():
    found = reconcile(
        claims(("2024-01-01", "Ana", "I live in Rome."), ("2024-03-01", "Ana", "I moved to Oslo.")), superseding=False
    )
    assert held(found, "2024-04-01") == ["Oslo", "Rome"]


def test_a_change_to_nobody_knows_what_puts_the_old_value_in_doubt_until_it_is_said_again():
    said = [
        ("2024-01-01", "Ana", "I live in Rome."),
        ("2024-06-01", "Ana", "We've moved house!"),
        ("2024-08-01", "Ana", "I still live in Rome."),
    ]
    (rome,) = beliefs(*said)
    assert [bool(rome.doubted_on(date(2024, month, 15))) for month in (5, 6, 7, 8)] == [False, True, True, False]
    assert rome.holds_on(date(2024, 7, 1))
    (oslo,) = [one for one in beliefs(*said[:2], ("2024-09-01", "Ana", "I live in Oslo.")) if one.object == "Oslo"]
    assert not oslo.doubts


def test_what_was_new_itself_is_not_in_doubt_for_being_called_new():
    found = beliefs(("2024-01-01", "Ana", "My new phone is a Pixel."), ("2024-02-01", "Ana", "I love my new phone."))
    assert [one.doubts for one in found] == [()]
    (later,) = beliefs(("2024-01-01", "Ana", "My phone is a Pixel."), ("2025-02-01", "Ana", "I love my new phone."))
    assert later.doubted_on(date(2025, 2, 1))


def test_what_several_values_hold_of_is_in_doubt_with_none():
    found = beliefs(("2024-01-01", "Ana", "I love jazz."), ("2024-06-01", "Ana", "We've moved house!"))
    assert [(one.object, one.doubts) for one in found] == [("jazz", ())]
