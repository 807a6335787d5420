"""Which sentences state a fact, which fact, for when; and which state none."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from memcli.memory.facts.claims import Claim, Said
from memcli.memory.facts.extract import extract

SAID_ON = date(2024, 6, 15)  # a Saturday


def claims(text: str, *, to_assistant: bool = False, speaker: str = "Ana") -> list[Claim]:
    at = datetime(2024, 6, 15, 12, tzinfo=UTC)
    said = Said(turn_id="t", speaker=speaker, said_at=at, said_on=SAID_ON, session="s", position=1)
    return extract(text, said, to_assistant=to_assistant)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I live in Berlin.", ("place", "Ana", "lives in", "Berlin")),
        ("Well, my flat is in Kraków now.", ("place", "Ana", "lives in", "Kraków")),
        ("My sister lives in Ghent.", ("place", "Ana's sister", "lives in", "Ghent")),
        ("Bo moved to Ghent.", ("place", "Bo", "lives in", "Ghent")),
        ("I work for Northwind Labs.", ("work", "Ana", "works at", "Northwind Labs")),
        ("I'm a primary school teacher.", ("work", "Ana", "job", "primary school teacher")),
        ("My new boss is Carla Reyes.", ("relation", "Ana", "boss", "Carla Reyes")),
        ("Carla Reyes is my dentist.", ("relation", "Ana", "dentist", "Carla Reyes")),
        ("Ines and I got married.", ("relation", "Ana", "partner", "Ines")),
        ("I'm allergic to cashews.", ("preference", "Ana", "allergic to", "cashews")),
        ("I really love open-air concerts!", ("preference", "Ana", "likes", "open-air concerts")),
        ("I can't stand coriander.", ("preference", "Ana", "dislikes", "coriander")),
        ("My favourite colour is dark green.", ("preference", "Ana", "favourite colour", "dark green")),
        ("My favorite film is Alien.", ("preference", "Ana", "favourite film", "Alien")),
        ("Maya's locker number is B-17.", ("identity", "Maya", "locker number", "B-17")),
        ("We have a dog.", ("possession", "Ana", "has", "a dog")),
        ("Our cat Bolota sleeps all day.", ("possession", "Ana", "cat's name", "Bolota")),
        ("I adopted a cat, she's called Miso.", ("possession", "Ana", "cat's name", "Miso")),
        ("I drive a red Volvo.", ("possession", "Ana", "drives", "a red Volvo")),
        ("I play the violin.", ("habit", "Ana", "plays", "violin")),
        ("I go running every Tuesday.", ("habit", "Ana", "habit", "go running every Tuesday")),
        ("I ran a marathon last Sunday.", ("event", "Ana", "event", "ran a marathon last Sunday")),
        ("I'm planning to paint the kitchen.", ("plan", "Ana", "plan", "paint the kitchen")),
        ("My birthday is on 3 May.", ("identity", "Ana", "birthday", "3 May")),
        ("I volunteer at a shelter.", ("habit", "Ana", "volunteers", "at a shelter")),
        ("I joined a chess club last week!", ("habit", "Ana", "takes part in", "a chess club")),
        ("I'm taking a pottery class.", ("habit", "Ana", "takes part in", "a pottery class")),
        ("I coach a junior team.", ("habit", "Ana", "teaches", "a junior team")),
        ("I collect old maps.", ("habit", "Ana", "collects", "old maps")),
        ("I quit smoking two years ago.", ("habit", "Ana", "gave up", "smoking")),
        ("I don't eat meat.", ("habit", "Ana", "never", "eat meat")),
        ("I can't eat dairy.", ("preference", "Ana", "cannot eat", "dairy")),
        ("I've been rowing for three years, and it shows.", ("habit", "Ana", "has been", "rowing for three years")),
        ("I'm writing a book about moss.", ("habit", "Ana", "working on", "a book about moss")),
        ("My goal is to swim a mile.", ("plan", "Ana", "goal", "to swim a mile")),
        ("I want to become a nurse.", ("plan", "Ana", "goal", "become a nurse")),
        ("I'm training for a marathon.", ("plan", "Ana", "preparing for", "a marathon")),
        ("I run a small bakery.", ("work", "Ana", "runs", "a small bakery")),
        ("My brother works in finance.", ("work", "Ana's brother", "works in", "finance")),
        ("I work from home.", ("work", "Ana", "works", "from home")),
        ("I majored in botany.", ("identity", "Ana", "degree", "botany")),
        ("I graduated from Lund University.", ("identity", "Ana", "graduated from", "Lund University")),
        ("I was diagnosed with coeliac disease.", ("identity", "Ana", "health", "coeliac disease")),
        ("I'm a mother of two.", ("identity", "Ana", "is", "a mother of two")),
        ("I'm a huge jazz fan.", ("preference", "Ana", "likes", "jazz")),
        ("I've always loved trains.", ("preference", "Ana", "likes", "trains")),
        ("I'm terrified of spiders.", ("preference", "Ana", "afraid of", "spiders")),
        ("I can also speak Danish.", ("identity", "Ana", "speaks", "Danish")),
        ("I've been to Iceland.", ("event", "Ana", "has been to", "Iceland")),
        ("My kids, Max and Ina, sleep.", ("relation", "Ana", "kids", "Max and Ina")),
        ("We won the regional cup!", ("event", "Ana", "event", "won the regional cup")),
        ("I traded my bike for a Brompton.", ("possession", "Ana", "bike", "a Brompton")),
        ("I switched banks from Nordea to Triodos.", ("possession", "Ana", "bank", "Triodos")),
    ],
)
def test_a_plain_statement_is_a_claim(text, expected):
    found = {(one.kind, one.subject, one.predicate, one.object) for one in claims(text)}
    assert expected in found
    for one in claims(text):
        assert text[one.start : one.end] == one.statement
        assert one.object in text


@pytest.mark.parametrize(
    "text",
    [
        "Do I live in Rome?",
        "Where do I work now",
        "I live in Rome, don't I?",
        "If I moved to Rome, I would be happy.",
        "I would love Rome.",
        "I might move to Rome next month.",
        "Maybe I'm allergic to cats.",
        "I wish I lived in Rome.",
        "Imagine I live in Rome.",
        "Unless I work at Acme.",
        'He said "I live in Rome" and laughed.',
        "She told me I live in Rome.",
        "> I live in Rome.",
        "```\nI live in Rome.\n```",
        "I live in Rome, just kidding!",
        "I'm married to Zeus /s",
        "In my dream I live in Rome.",
        "When I lived in Rome, I had a dog.",
        "I almost moved to Rome.",
        "I'd be a terrible teacher.",
        "He lives in Rome.",
        "Everybody loves Rome.",
        "Sounds like Rome.",
        "You'll love Rome.",
        "I love it!",
        "I love your painting.",
        "I love the way that you sing.",
        "I visited Rome.",
        "My boss is annoying.",
        "I have a problem.",
        "Always look on the bright side.",
    ],
)
def test_what_states_nothing_is_no_claim(text):
    assert claims(text) == []


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("I live in Porto.", None, None),
        ("I've been living in Porto since May.", date(2024, 5, 1), None),
        ("I moved to Porto last week.", date(2024, 6, 3), None),
        ("Last month, I moved to Porto.", date(2024, 5, 1), None),
        ("Yesterday I moved to Porto.", date(2024, 6, 14), None),
        ("Next month I'm moving to Porto.", date(2024, 7, 1), None),
        ("I've lived in Porto for three years.", date(2021, 6, 15), None),
        ("I moved to Porto in March 2023.", date(2023, 3, 1), None),
        ("I live in Porto until 1 September.", None, date(2024, 9, 2)),
    ],
)
def test_times_say_from_when_until_when(text, first, end):
    (claim,) = [one for one in claims(text) if one.predicate == "lives in"]
    assert (claim.stance, claim.valid_from, claim.valid_to) == ("holds", first, end)
    assert claim.statement in text


@pytest.mark.parametrize(
    ("text", "predicate", "object_", "ended"),
    [
        ("I no longer live in Porto.", "lives in", "Porto", None),
        ("I used to live in Porto.", "lives in", "Porto", None),
        ("I lived in Porto until last year.", "lives in", "Porto", date(2024, 1, 1)),
        ("I don't have a car any more.", "has", "a car", None),
        ("I sold the car yesterday.", "has", "the car", date(2024, 6, 14)),
        ("We broke up last week.", "partner", "", date(2024, 6, 3)),
        ("I quit my job yesterday.", "works at", "", date(2024, 6, 14)),
        ("I stopped playing chess.", "plays", "chess", None),
        ("I'm not allergic to peanuts after all.", "allergic to", "peanuts", None),
    ],
)
def test_ends_are_told_apart_from_what_holds(text, predicate, object_, ended):
    found = {(one.predicate, one.object, one.stance, one.valid_to) for one in claims(text)}
    assert (predicate, object_, "ended", ended) in found


@pytest.mark.parametrize(
    ("text", "predicates"),
    [
        ("We've moved house!", ["lives in"]),
        ("My new phone is so fast.", ["phone"]),
        ("I finally changed my bank.", ["bank"]),
        ("I started a new job!", ["works at", "job"]),
        ("My old landlord retired.", ["landlord"]),
        ("I don't work there anymore.", ["works at"]),
        ("I'm single again.", ["partner"]),
        ("My new phone is a Pixel.", []),
        ("Is that your new phone?", []),
        ("If I changed my bank, I'd save money.", []),
        ("I moved the sofa out of the way.", []),
        ("My new phone case is green.", []),
        ("I ran into my old boss.", []),
    ],
)
def test_a_change_to_nobody_knows_what_is_a_doubt(text, predicates):
    assert [one.predicate for one in claims(text) if one.stance == "doubt"] == predicates


def test_instructions_are_taken_only_from_those_who_speak_to_the_memory():
    assert claims("From now on, answer in English.") == []
    (claim,) = claims("From now on, answer in English.", to_assistant=True)
    assert (claim.kind, claim.object) == ("instruction", "From now on, answer in English")
    (claim,) = claims("To reset the router, hold the button for ten seconds.", to_assistant=True)
    assert claim.predicate == "procedure"


def test_without_a_time_nothing_is_dated():
    said = Said(turn_id="t", speaker="Ana", said_at=None, said_on=None, session="s", position=1)
    (claim,) = extract("I moved to Porto last week.", said, to_assistant=False)
    assert (claim.object, claim.valid_from) == ("Porto", None)
    assert extract("I ran a marathon last Sunday.", said, to_assistant=False) == []
