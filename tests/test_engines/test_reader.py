"""The reader points at the words that answer."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from engines.cards import MINILM_READER
from engines.errors import ModelCorrupt
from engines.files import folder_of
from engines.protocols import Utterance
from engines.reader import MiniLMReader

SAID = [
    Utterance("Ana", "Oh, it's been a crazy week. I finally started taking cello lessons, the neighbours are patient."),
    Utterance("Bo", "My sister Clara came along to the lake."),
    Utterance("Ana", "See you tomorrow!"),
    Utterance("Bo", ""),
]


@pytest.fixture(scope="module")
def reader():
    return MiniLMReader()


def words(reading, utterance):
    return utterance.speaker if reading.span is None else utterance.text[slice(*reading.span)]


def test_it_points_at_what_is_asked_for(reader):
    about_ana = reader.read("What is Ana learning to play?", SAID)
    assert words(about_ana[0], SAID[0]) in ("cello", "cello lessons", "taking cello lessons")
    assert about_ana[0].sure == max(one.sure for one in about_ana)
    about_bo = reader.read("Who came along with Bo?", SAID)
    assert "Clara" in words(about_bo[1], SAID[1])
    assert about_bo[1].sure == max(one.sure for one in about_bo)


def test_who_said_it_is_the_answer_only_where_no_words_come_near(reader):
    text = "WE HAVE THE FLAT. The landlady is called Frau Seidel and she likes dogs more than people."
    (landlady,) = reader.read("Who is the landlady of the new flat?", [Utterance("Maya", text)])
    assert "Seidel" in text[slice(*landlady.span)]
    (job,) = reader.read("Who got the job?", [Utterance("Monica Geller", "I got the job!")])
    assert job.span is None


def test_a_reading_does_not_depend_on_the_others(reader):
    together = reader.read("What is Ana learning to play?", SAID)
    alone = [reader.read("What is Ana learning to play?", [one])[0] for one in SAID]
    assert together == alone


def test_the_end_of_a_long_turn_is_read_too(reader):
    long = Utterance("Ana", "We talked about the weather and the garden for a while. " * 60 + SAID[0].text)
    (reading,) = reader.read("What is Ana learning to play?", [long])
    assert "cello" in words(reading, long)


def test_every_place_lies_in_the_text(reader):
    for utterance in (Utterance("", "ok"), Utterance("Ana", "🙂🙂 \u202fñandú"), Utterance("A" * 400, "x"), SAID[3]):
        (reading,) = reader.read("What? " * 100, [utterance])
        low, high = reading.span or (0, 0)
        assert 0 <= low <= high <= len(utterance.text)


def test_a_head_of_another_shape_is_refused(tmp_path):
    shutil.copytree(folder_of(MINILM_READER), tmp_path / "model")
    content = np.zeros((4, 192), np.float32)  # as many bytes of numbers
    np.save(tmp_path / "model" / "head.npy", np.append(content.ravel(), [0, 0]).astype(np.float32))
    with pytest.raises(ModelCorrupt):
        MiniLMReader(folder=tmp_path / "model")
