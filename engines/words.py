"""Token ids of many texts at once: the tokenizer is asked about each distinct word, not about each text.

What a BERT tokenizer makes of a text is what it makes of the text's words, one after the other: before anything else it
divides at blanks and around punctuation (https://github.com/google-research/bert, tokenization.py). People say the same
words again and again, so asking about words costs a tenth, and Arrow divides the texts without holding Python up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from engines.tokens import readable, tokenize

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from tokenizers import Tokenizer

    Numbers = npt.NDArray[np.int64]

FEW_TEXTS, FEW_CHARS = 64, 64 * 1024
"""So few texts, with so few characters, are tokenized as they are: that is faster than to load Arrow."""

KEPT_WORDS = 200_000
"""So many words are remembered with their ids, some 40 MB; then the memory of them starts afresh."""

# Control characters are dropped inside words, where Arrow would divide.
_CONTROLS = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_EMPTY_WORDS = 8
"""Allowance for words without a token: the beginning and the end of a text, accents that stand alone."""
_PUNCTUATION = r"([!-/:-@\[-`{-~])"


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
        special = (re.escape(token.content) for token in tokenizer.get_added_tokens_decoder().values())
        self._indivisible = "|".join([_CONTROLS, *special])

    def tokens(self, texts: Sequence[str], *, limit: int) -> TextTokens:
        """The ids of each text's first `limit` tokens."""
        if len(texts) <= FEW_TEXTS and sum(map(len, texts)) <= FEW_CHARS:
            return _joined(tokenize(self._tokenizer, texts, limit=limit))
        return self._by_word(texts, limit)

    def _by_word(self, texts: Sequence[str], limit: int) -> TextTokens:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        try:
            column: Any = pa.array(texts, pa.string())
        except UnicodeEncodeError:  # some text holds lone surrogates
            column = pa.array([readable(text) for text in texts], pa.string())
        spaced = pc.replace_substring_regex(pc.ascii_lower(column), _PUNCTUATION, r" \1 ")
        # Nearly every word has a token at least: what is said beyond as many words is not looked at.
        every = pc.ascii_split_whitespace(spaced)
        divided = pc.list_slice(every, 0, limit + _EMPTY_WORDS)
        words = divided.flatten().dictionary_encode()
        table = _joined(self._ids(words.dictionary.to_pylist()))
        number = words.indices.to_numpy()
        count = table.counts[number]
        reached = np.concatenate([np.zeros(1, np.int64), np.cumsum(count)])
        # A token's place in the table: where its word begins there, and how far behind the word's beginning it is.
        places = np.repeat(table.starts[number] - reached[:-1], count) + np.arange(reached[-1])
        bounds = reached[divided.offsets.to_numpy()]
        found = TextTokens(table.ids[places], bounds[:-1], np.minimum(np.diff(bounds), limit))
        cut_short = (np.diff(every.offsets) > limit + _EMPTY_WORDS) & (found.counts < limit)
        odd = pc.match_substring_regex(column, self._indivisible).to_numpy(zero_copy_only=False)
        whole = np.flatnonzero(cut_short | odd)
        if len(whole):
            other = _joined(tokenize(self._tokenizer, [texts[place] for place in whole.tolist()], limit=limit))
            found.starts[whole] = other.starts + len(found.ids)
            found.counts[whole] = other.counts
            found = TextTokens(np.concatenate([found.ids, other.ids]), found.starts, found.counts)
        return found

    def _ids(self, words: Sequence[str]) -> Iterable[list[int]]:
        """The ids of each word's tokens."""
        if len(self._known) > KEPT_WORDS:
            self._known.clear()
        fresh = [word for word in words if word not in self._known]
        self._known.update(zip(fresh, tokenize(self._tokenizer, fresh), strict=True))
        return map(self._known.__getitem__, words)


def _joined(ids: Iterable[list[int]]) -> TextTokens:
    import numpy as np

    each = list(ids)
    counts = np.array([len(some) for some in each], np.int64)
    return TextTokens(np.array(list(chain.from_iterable(each)), np.int64), np.cumsum(counts) - counts, counts)
