"""Token ids of many texts at once: the tokenizer is asked about each distinct word, not about each text.

What a BERT tokenizer makes of a text is what it makes of the text's words, one after the other: before anything else it
divides at blanks and around punctuation (https://github.com/google-research/bert, tokenization.py). People say the same
words again and again, so asking about words costs a tenth. Many texts are divided by Arrow, which does not hold
Python up.
"""

from __future__ import annotations

import re
import string
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

from engines.tokens import readable, tokenize

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pyarrow as pa
    from tokenizers import Tokenizer

    Numbers = npt.NDArray[np.int32]

FEW_TEXTS, FEW_CHARS = 64, 64 * 1024
"""So few texts, with so few characters, are divided in Python: that is faster than to load Arrow."""

KEPT_WORDS = 200_000
"""So many words are remembered with their ids, some 40 MB; then the memory of them starts afresh."""

# Control characters are dropped inside words, where Arrow would divide.
_CONTROLS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_MANY_WORDS, _JOINED_WORDS = 1_000, 256
_EMPTY_WORDS = 8
"""Allowance for words without a token: the beginning and the end of a text, accents that stand alone."""
_BLANK, _MARK, _LETTER = range(3)
"""A letter is all that is neither a blank nor punctuation of ASCII."""
_WORD = re.compile(r"[a-z0-9]+|[!-/:-@\[-`{-~]")
"""What a text of ASCII alone divides into, in lower case."""


@dataclass(frozen=True, slots=True)
class TextTokens:
    """The token ids of some texts: those of text i are ids[starts[i] : starts[i] + counts[i]]."""

    ids: Numbers
    starts: Numbers
    counts: Numbers


class Words:
    """A tokenizer of BERT's rules, in lower case, at work on many texts. No special tokens."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, list[int]] = {}
        self._continues: npt.NDArray[np.bool_] | None = None
        special = (re.escape(token.content) for token in tokenizer.get_added_tokens_decoder().values())
        self._indivisible = "|".join([_CONTROLS, *special])
        self._odd = re.compile(self._indivisible)

    def tokens(self, texts: Sequence[str], *, limit: int) -> TextTokens:
        """The ids of each text's first `limit` tokens."""
        if len(texts) <= FEW_TEXTS and sum(map(len, texts)) <= FEW_CHARS:
            return _joined(self.ids(texts, limit=limit))
        return self._by_word(texts, limit)

    def ids(self, texts: Sequence[str], *, limit: int) -> list[list[int]]:
        """The same as lists, of texts that are few."""
        divided = [
            _WORD.findall(text.lower()) if text.isascii() and not self._odd.search(text) else None for text in texts
        ]
        known = self._knowing({word for words in divided for word in words or ()})
        whole = [text for text, words in zip(texts, divided, strict=True) if words is None]
        others = iter(tokenize(self._tokenizer, whole, limit=limit))
        return [
            next(others) if words is None else list(chain.from_iterable(map(known.__getitem__, words)))[:limit]
            for words in divided
        ]

    def _by_word(self, texts: Sequence[str], limit: int) -> TextTokens:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        try:
            column: Any = pa.array(texts, pa.string())
        except UnicodeEncodeError:  # some text holds lone surrogates
            column = pa.array([readable(text) for text in texts], pa.string())
        words, bounds = _divided(pc.ascii_lower(column))
        # Nearly every word has a token at least: what is said beyond as many words is not looked at.
        most = limit + _EMPTY_WORDS
        count = np.diff(bounds)
        cut = count > most
        if cut.any():
            place = np.arange(bounds[-1]) - np.repeat(bounds[:-1], count)
            words = words.filter(pa.array(place < most))
            bounds = _ends(np.minimum(count, most))
        words = words.dictionary_encode()
        different = [word.rstrip(" \t\n\r") for word in words.dictionary.to_pylist()]
        table = _joined(map(self._knowing(different).__getitem__, different))
        number = words.indices.to_numpy()
        count = table.counts[number]
        reached = _ends(count)
        # A token's place in the table: where its word begins there, and how far behind the word's beginning it is.
        places = np.repeat(table.starts[number] - reached[:-1], count) + np.arange(reached[-1], dtype=np.int32)
        bounds = reached[bounds]
        found = TextTokens(table.ids[places], bounds[:-1], np.minimum(np.diff(bounds), limit))
        odd = pc.match_substring_regex(column, self._indivisible).to_numpy(zero_copy_only=False)
        whole = np.flatnonzero((cut & (found.counts < limit)) | odd)
        if len(whole):
            other = _joined(tokenize(self._tokenizer, [texts[place] for place in whole.tolist()], limit=limit))
            found.starts[whole] = other.starts + len(found.ids)
            found.counts[whole] = other.counts
            found = TextTokens(np.concatenate([found.ids, other.ids]), found.starts, found.counts)
        return found

    def _knowing(self, words: Collection[str]) -> Mapping[str, list[int]]:
        """The ids of the tokens of each of these words, and maybe of others."""
        if len(self._known) > KEPT_WORDS:
            self._known = {}  # and not emptied: another thread may be reading it
        known = self._known
        fresh = [word for word in words if word not in known]
        plain = [word for word in fresh if word and word.isascii() and word.isprintable()]
        if len(plain) >= _MANY_WORDS:
            known.update(zip(plain, self._of_plain(plain), strict=True))
            fresh = [word for word in fresh if word not in known]
        known.update(zip(fresh, tokenize(self._tokenizer, fresh), strict=True))
        return known

    def _of_plain(self, words: Sequence[str]) -> list[list[int]]:
        """The ids of the tokens of words of printable ASCII, each of which is one word to the tokenizer too.

        They are tokenized as one text, and as they are, being in lower case already: that costs a quarter of asking
        about each. A word begins with each token that does not continue one.
        """
        import numpy as np
        from tokenizers import Tokenizer, pre_tokenizers

        if self._continues is None:
            self._of_words = Tokenizer(self._tokenizer.model)
            self._of_words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
            prefix = self._tokenizer.model.continuing_subword_prefix
            vocabulary = self._tokenizer.get_vocab()
            continues = np.zeros(max(vocabulary.values()) + 1, np.bool_)
            continues[[number for token, number in vocabulary.items() if token.startswith(prefix)]] = True
            self._continues = continues
        texts = [" ".join(words[at : at + _JOINED_WORDS]) for at in range(0, len(words), _JOINED_WORDS)]
        ids = list(chain.from_iterable(tokenize(self._of_words, texts)))
        starts = np.flatnonzero(~self._continues[ids]).tolist()
        return [ids[first:end] for first, end in pairwise([*starts, len(ids)])]


def _joined(ids: Iterable[list[int]]) -> TextTokens:
    import numpy as np

    each = list(ids)
    counts = np.fromiter(map(len, each), np.int32, len(each))
    ends = _ends(counts)
    return TextTokens(np.fromiter(chain.from_iterable(each), np.int32, ends[-1]), ends[:-1], counts)


def _ends(counts: Numbers) -> Numbers:
    """Where each of so many things begins when they stand in one row, and last where the row ends."""
    import numpy as np

    ends = np.zeros(len(counts) + 1, np.int32)
    np.cumsum(counts, out=ends[1:])
    return ends


def _divided(texts: pa.StringArray) -> tuple[pa.StringArray, Numbers]:
    """The words of ASCII texts in lower case, each with the blanks behind it; those of text i are those from the i-th
    to the next of the numbers. Of other characters it knows that they are no blanks and no punctuation of ASCII.

    They lie in the texts' own bytes, and only where each begins is worked out: this takes a third of what it takes to
    put blanks around punctuation and to split at blanks.
    """
    import numpy as np
    import pyarrow as pa

    _, offsets, data = texts.buffers()
    text_ends = np.frombuffer(offsets, np.int32)[: len(texts) + 1]
    kinds = _kinds()[np.frombuffer(data or b"", np.uint8)[: text_ends[-1]]]
    begins = np.ones(len(kinds) + 1, np.bool_)
    np.not_equal(kinds[1:], kinds[:-1], out=begins[1:-1])
    begins[:-1] |= kinds == _MARK
    begins[:-1] &= kinds != _BLANK
    begins[text_ends] = True
    starts = np.flatnonzero(begins).astype(np.int32)
    words = pa.StringArray.from_buffers(len(starts) - 1, pa.py_buffer(starts), data)
    return words, np.searchsorted(starts, text_ends).astype(np.int32)


@cache
def _kinds() -> npt.NDArray[np.uint8]:
    """What each byte of a text is."""
    import numpy as np

    kinds = np.full(256, _LETTER, np.uint8)
    kinds[list(b" \t\n\r")] = _BLANK
    kinds[list(string.punctuation.encode())] = _MARK
    return kinds
