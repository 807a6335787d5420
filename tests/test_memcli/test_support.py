"""A written answer is held to its evidence while it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcli.answer.support import UNKNOWN, UNSUPPORTED, Supported

EVIDENCE = {
    1: "Friday 03 May 2024 Maya: My landlady is called Inês, she lives above the bakery.",
    2: "Saturday 04 May 2024 Jonas: The oven costs 3.50 euros a month.",
}


def written(text, *, strict=False, size=3):
    answer = Supported("Who is the landlady?", EVIDENCE, strict=strict)
    shown = [answer.feed(text[at : at + size]) for at in range(0, len(text), size)]
    shown.append(answer.end())
    assert "".join(shown).strip() == answer.text, "what was shown is the answer"
    return answer


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The landlady is Inês [1].", "The landlady is Inês [1]."),
        ("The landlady is Inês. [1] The oven costs 3.50 euros. [2]", None),
        ("The landlady is Inês [1, 9].", "The landlady is Inês [1]."),
        ("It is Inês [1]. She keeps forty parrots [1].", f"It is Inês [1]. She keeps forty parrots [1]. {UNSUPPORTED}"),
        ("The landlady is Inês.", f"The landlady is Inês. {UNSUPPORTED}"),
        ("It is Inês [1].\n\nThe oven costs 3.50 euros [2].", "It is Inês [1]. The oven costs 3.50 euros [2]."),
        (UNKNOWN, ""),
        (f"{UNKNOWN}.", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_sentences_without_support_are_marked(text, shown, size):
    assert written(text, size=size).text == (text if shown is None else shown)


def test_strict_leaves_them_out():
    answer = written("She has a yacht [2]. The landlady is Inês [1]. I think so.", strict=True)
    assert answer.text == "The landlady is Inês [1]."
    assert answer.unsupported == ["She has a yacht [2].", "I think so."]
    assert answer.citations == (1,)
    assert written("She has a yacht.", strict=True).text == ""


def test_a_made_up_citation_is_no_support():
    answer = written("The landlady is Inês [7].")
    assert (answer.unknown, answer.citations) == ({7}, ())
    assert UNSUPPORTED in answer.text


def test_not_in_memory_is_never_shown():
    answer = written(UNKNOWN, size=1)
    assert (answer.abstains, answer.text) == (True, "")


def test_words_come_as_they_are_written():
    answer = Supported("?", EVIDENCE, strict=False)
    assert "".join(answer.feed(piece) for piece in ("The land", "lady is", " Inês")) == "The landlady is Inês"
    assert answer.feed(" [1]") == "", "a citation is shown once it is known to exist"
    assert answer.feed(". And") == " [1]. And"


@given(st.text(alphabet="ab N1290[].?!\n, ", max_size=60), st.integers(1, 9), st.booleans())
def test_whatever_is_written_what_was_shown_is_the_answer(text, size, strict):
    whole, pieces = written(text, strict=strict, size=max(len(text), 1)), written(text, strict=strict, size=size)
    assert whole.text == pieces.text
    assert whole.unsupported == pieces.unsupported
    assert set(whole.citations) <= set(EVIDENCE)
