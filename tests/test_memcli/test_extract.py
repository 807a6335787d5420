"""An extractive answer: the words that were pointed at, quoted with the sentences that they are part of."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from engines.protocols import Reading, Utterance
from memcli.answer.extract import extract
from memcli.answer.yes_no import yes_or_no
from memcli.recall.question import understand
from memcli.types import Evidence, Locator, Turn

NOW = datetime(2024, 5, 1, tzinfo=UTC)


class Pointing:
    """An AnswerReader that points at given words, as sure as it is told to be."""

    def __init__(self, places: dict[str, tuple[str | None, float]]) -> None:
        self._places = places

    def read(self, question: str, utterances: Sequence[Utterance]) -> list[Reading]:
        return [self._one(one.text) for one in utterances]

    def _one(self, text: str) -> Reading:
        words, sure = self._places[text]
        return Reading(None if words is None else (text.index(words), text.index(words) + len(words)), sure)


def answer(question: str, said: dict[str, tuple[str | None, float]], scores: Sequence[float] = (1.0, 1.0, 1.0)):
    evidence = [
        Evidence(
            number=number, score=score, match=0.5,
            turn=Turn(id=str(number), session_id="s", position=number, speaker="Eve", role="user", text=text,
                      said_at=NOW + timedelta(hours=number), utc_offset=0, native_id=None,
                      locator=Locator(source="log")),
        )
        for number, (text, score) in enumerate(zip(said, scores, strict=False), start=1)
    ]  # fmt: skip
    return extract(understand(question, NOW, ["Eve"]), evidence, Pointing(said), None, None)  # type: ignore[arg-type]


def test_the_words_and_the_sentences_around_them():
    text = "Good morning! I found two kittens. They are grey. Bye."
    assert answer("What did Eve find?", {text: ("two kittens. They are grey", 1)}) == (
        "two kittens. They are grey. Eve: “I found two kittens. They are grey.” [1]",
        "two kittens. They are grey",
        (1,),
    )


def test_marks_around_the_words_are_left_out():
    assert answer("What did Eve find?", {"I found *kittens*, two.": (" *kittens*,", 1)}).short == "kittens"


def test_what_belongs_to_the_words_stays():
    assert answer("How cold was it?", {"It was -5 degrees.": ("-5 degrees.", 1)}).short == "-5 degrees"
    assert answer("What file is it?", {"Edit __init__.py now.": ("__init__.py", 1)}).short == "__init__.py"
    assert answer("What did Eve say?", {"Well ...": ("...", 1)}).short == "..."


def test_the_speaker_can_be_the_answer():
    found = answer("Who is coming?", {"I am!": (None, 1)})
    assert (found.short, found.text) == ("Eve", "Eve. Eve: “I am!” [1]")


def test_a_turn_that_was_recalled_far_better_wins_over_a_surer_reading():
    said = {"A cat.": ("cat", 1.0), "A dog.": ("dog", 1.5)}
    assert answer("What is it?", said, (1.0, 1.0)).short == "dog"
    assert answer("What is it?", said, (1.0, 0.1)).short == "cat"


def test_a_list_takes_what_is_as_likely_from_other_turns_in_order_of_time():
    said = {"A cat.": ("cat", 1.0), "A dog.": ("dog", 1.5), "A newt.": ("newt", -4.0)}
    found = answer("What kinds of pets are there?", said)
    assert (found.short, found.citations) == ("cat, dog", (1, 2))
    assert answer("What is it?", said).citations == (2,)


def test_what_was_taken_back_later_is_told_as_that():
    before, after = "The number is 555 0148.", "Argh, I swapped two digits. It is 555 0184."
    said = {before: ("555 0148", 6.0), after: ("555 0184", 4.0)}
    found = answer("What is the number?", said)
    assert (found.short, found.citations) == ("555 0184", (2, 1))
    before_it = "Before: 555 0148, said on 1 May 2024. Eve: “The number is 555 0148.” [1]"
    assert found.text == f"555 0184. Eve: “It is 555 0184.” [2]\n{before_it}"
    first = answer("What was the number originally?", said)
    assert (first.short, first.citations) == ("555 0148", (1, 2))
    assert first.text.endswith("Later: 555 0184, said on 1 May 2024. Eve: “It is 555 0184.” [2]")


@pytest.mark.parametrize(
    "after",
    [
        ("I swapped two digits. It is 555 0184.", "555 0184", -1.0),  # does not answer
        ("Their number is 555 0184.", "555 0184", 4.0),  # takes nothing back
        ("My mistake. It is the bakery.", "the bakery", 4.0),  # no number
    ],
)
def test_what_takes_nothing_back_leaves_the_answer(after: tuple[str, str, float]):
    text, words, sure = after
    said = {"The number is 555 0148.": ("555 0148", 6.0), text: (words, sure)}
    assert answer("What is the number?", said).short == "555 0148"
    earlier = {"My mistake. It is 555 0184.": ("555 0184", 4.0), "The number is 555 0148.": ("555 0148", 6.0)}
    assert answer("What is the number?", earlier).short == "555 0148"


def test_yes_or_no():
    asked = understand("Is the tent in the car?", NOW, [])
    assert yes_or_no(asked, "The tent is in the car.") == "Yes"
    assert yes_or_no(asked, "It isn't there.") == "No"
    assert yes_or_no(understand("Did Bo not come?", NOW, []), "He never came.") == "Yes"


@pytest.mark.parametrize(
    ("before", "after", "short"),
    [
        (("The code is 4471.", "4471", 6.0), ("The code is 8820.", "8820", 5.0), "8820"),  # the same, said anew
        (("The code is 4471.", "4471", 6.0), ("The code is 8820.", "8820", 3.0), "4471"),  # far less sure
        (("Heron does it.", "Heron", 6.0), ("Heron died. Pelican does it now.", "Pelican", -5.0), "Pelican"),
        (("Heron does it.", "Heron", 6.0), ("Pelican swims now.", "Pelican", -5.0), "Heron"),
        (("The code is 4471.", "4471", 6.0), ("It is still 4471, not 8820.", "8820", 5.0), "4471"),
    ],
)
def test_what_is_said_anew_or_said_to_be_over_gives_way(before, after, short):
    said = {text: (words, sure) for text, words, sure in (before, after)}
    asked = "What is the code?" if "code" in before[0] else "What does it?"
    assert answer(asked, said).short == short
    if short != before[1]:
        assert answer(asked.replace("is", "was").replace("does", "did"), said).short == before[1], "then"
