"""Where an episode ends: at a silence, and where the talk turns to something else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from engines.static import StaticEmbedder
from memcli.memory.segment import cuts

START = datetime(2024, 5, 1, 18, tzinfo=UTC)
GARDEN = [
    "The tomatoes on the plot need water.", "I watered the tomatoes and the beans this morning.",
    "The beans on the plot are full of lice.", "Ladybirds eat the lice on the beans.",
    "We could plant pumpkins beside the tomatoes.", "Pumpkins need compost, the compost heap is full.",
    "Then the compost goes on the pumpkin bed.", "And the tomatoes get the rest of the compost.",
    "The plot will be full of tomatoes and pumpkins.",
]  # fmt: skip
TRAIN = [
    "Which train do we take to Vienna on Friday?", "The night train to Vienna leaves at ten from platform four.",
    "A seat on the night train costs forty euros.", "A sleeping car on that train costs ninety euros.",
    "Book two seats on the train, then.", "The tickets for the night train are booked, two seats.",
    "The train arrives in Vienna at seven.", "From the station we take the tram to the hotel.",
    "The hotel in Vienna is near the station.", "Good, tickets, train and hotel are done.",
]  # fmt: skip


def times(count: int, gap: timedelta = timedelta(minutes=1)) -> list[datetime]:
    return [START + at * gap for at in range(count)]


def test_a_change_of_topic_is_found_at_its_place():
    vectors = StaticEmbedder().embed(GARDEN + TRAIN)
    assert cuts(vectors, times(len(vectors))) == [len(GARDEN)]


def test_a_silence_is_a_cut_whatever_is_said():
    vectors = StaticEmbedder().embed([*GARDEN[:3], GARDEN[2]])
    assert cuts(vectors, [*times(3), START + timedelta(hours=9)]) == [3]


def test_words_that_mean_nothing_cut_nothing():
    vectors = StaticEmbedder().embed(["🙂"] * 30)
    assert cuts(vectors, times(30)) == []


def test_turns_without_a_time_are_one_stretch_of_their_own():
    vectors = StaticEmbedder().embed(GARDEN[:4])
    assert cuts(vectors, [None, None, START, START]) == [2]
