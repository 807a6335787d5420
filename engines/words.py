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
_JOINED_WORDS = 256
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
        self._known: dict[str, int] = {}
        self._table = _joined([])
        self._continues: npt.NDArray[np.bool_] | None = None
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
        number = self._numbers(words.dictionary.to_pylist())[words.indices.to_numpy()]
        table = self._table
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

    def _numbers(self, words: Sequence[str]) -> Numbers:
        """The places of the words in the table, to which those that are new are added."""
        import numpy as np

        if len(self._known) > KEPT_WORDS:
            self._known, self._table = {}, _joined([])
        known, table = self._known, self._table
        fresh = [word for word in words if word not in known]
        if fresh:
            plain = [word for word in fresh if _is_plain(word)]
            others = [word for word in fresh if not _is_plain(word)]
            known.update(zip([*plain, *others], range(len(known), len(known) + len(fresh)), strict=True))
            added = [self._plain_words(plain), _joined(tokenize(self._tokenizer, others))]
            for one in added:
                table = TextTokens(
                    np.concatenate([table.ids, one.ids]), np.concatenate([table.starts, one.starts + len(table.ids)]),
                    np.concatenate([table.counts, one.counts]),
                )  # fmt: skip
            self._table = table
        return np.fromiter(map(known.__getitem__, words), np.int64, len(words))

    def _plain_words(self, words: Sequence[str]) -> TextTokens:
        """The ids of words of printable ASCII, each of which is one word to the tokenizer too.

        They are tokenized as one text, which costs a third of doing so one by one: a word begins with each token that
        does not continue one.
        """
        import numpy as np

        if self._continues is None:
            prefix = self._tokenizer.model.continuing_subword_prefix
            vocabulary = self._tokenizer.get_vocab()
            self._continues = np.zeros(max(vocabulary.values()) + 1, np.bool_)
            self._continues[[number for token, number in vocabulary.items() if token.startswith(prefix)]] = True
        texts = [" ".join(words[at : at + _JOINED_WORDS]) for at in range(0, len(words), _JOINED_WORDS)]
        ids = np.array(list(chain.from_iterable(tokenize(self._tokenizer, texts))), np.int64)
        starts = np.flatnonzero(~self._continues[ids])
        assert len(starts) == len(words)
        return TextTokens(ids, starts, np.diff(starts, append=len(ids)))


def _is_plain(word: str) -> bool:
    return word.isascii() and word.isprintable() and word != ""


def _joined(ids: Iterable[list[int]]) -> TextTokens:
    import numpy as np

    each = list(ids)
    counts = np.array([len(some) for some in each], np.int64)
    return TextTokens(np.array(list(chain.from_iterable(each)), np.int64), np.cumsum(counts) - counts, counts)
