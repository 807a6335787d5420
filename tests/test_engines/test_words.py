import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.static import StaticEmbedder
from engines.tokens import tokenize
from engines.words import FEW_TEXTS, Words

TOKENIZER = StaticEmbedder()._tokenizer
WORDS = Words(TOKENIZER)
PIECES = [
    "Hello", "don't", "naïve", "Übergröße", "e\u0301te\u0301", "東京", "👍🎉", "[MASK]", "[sep]", "[SEP", "x" * 120,
    "a_b", "\u200b", "\x00", "\x0b", "\x1c", "\x7f", "\x85", "\xa0", "\u2028", "\ufffd", "\ud800", "\t", "\r\n",
    " ", "!", "\u0903", "ﬁ", "İ", "½",
]  # fmt: skip


def by_word(texts, limit=10_000):
    """What Words makes of the texts when they come in a crowd, one list of ids a text."""
    found = WORDS.tokens([*texts, *["filler"] * FEW_TEXTS], limit=limit)
    ends = found.starts + found.counts
    return [found.ids[start:end].tolist() for start, end in zip(found.starts, ends, strict=True)][: len(texts)]


@settings(deadline=None)
@given(st.lists(st.text() | st.lists(st.sampled_from(PIECES) | st.text(max_size=3)).map("".join), max_size=8))
def test_words_have_the_tokens_of_the_text(texts):
    assert WORDS.ids(texts, limit=10_000) == by_word(texts) == tokenize(TOKENIZER, texts)


def test_every_character_inside_a_word_and_beside_punctuation():
    texts = [f"the ca{chr(code)}t sat,{chr(code)}ok" for code in range(0x3100)]
    assert WORDS.ids(texts, limit=10_000) == by_word(texts) == tokenize(TOKENIZER, texts)


def test_only_so_many_tokens_are_wanted():
    texts = ["one two three", "incomprehensibilities " * 9, "\u0301 " * 40 + "late words come last", "a b c d [MASK] e"]
    assert WORDS.ids(texts, limit=4) == by_word(texts, limit=4) == tokenize(TOKENIZER, texts, limit=4)


def test_a_few_texts_are_as_many():
    texts = ["Two words", "", "[MASK] it"]
    few = WORDS.tokens(texts, limit=10_000)
    assert np.split(few.ids, np.cumsum(few.counts)[:-1])[0].tolist() == by_word(texts)[0]
    assert few.counts.tolist() == [len(ids) for ids in by_word(texts)]
