"""Whether a question asks for a detail that was not told: "my hamster" where only a cat was ever talked of.

Words that tell things apart are what a question can be wrong about, so what counts is the one of them that is met
least, not the mean over all. Left out are verbs and adverbs, which people say in other words; the noun of "which
instrument" and of "recommend a podcast", of which the answer is one; and words that only say what is wanted, as "name"
or "number" do, which of several ("the second", "last"), or that there was talk of it ("in our previous conversation").
What it tells is fitted in gate.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from memcli.patterns import regex
from memcli.recall.query import content_words, stems
from memcli.recall.question import Question
from memcli.recall.rerank import best_passages
from memcli.recall.token_vectors import encoded, of_question
from memcli.types import Candidate
from store.token_cache import TokenCache

if TYPE_CHECKING:
    from engines.protocols import TokenEncoder, TokenVectors

BEST = 4
"""A word is met if one of so many of the best candidates meets it."""

AMONG = 64
"""How rare a word is, is counted among so many of them."""

_WORD = regex(r"[^\W_]+(?:['’-][^\W_]+)*")
_ASKED_FOR = regex(
    r"(?i:\b(?:what|which|whose|(?:recommend|suggest)(?:\s+(?:me|us|an?|any|some|good|other|new|more))*)\s+"
    r"(?:(?:kinds?|types?|sorts?)\s+of\s+)?)([^\W_]+(?:['’-][^\W_]+)*)"
)
_BEFORE_A_VERB = frozenset(
    """
    do does did will would can could should may might must have has had is are was were be been i you he she it they we
    to
    """.split()  # noqa: SIM905 - a list of quoted words reads worse
)
_HOW_IT_IS_PUT = frozenset(
    """
    called date day days kind long many month months much name named number often old thing things time times total type
    week weeks year years
    ago average between combined current difference different earliest exact fifth first five four fourth last late
    latest new next one other present previous recent same second several since six third three two
    advice back best chat conversation discussion earlier good going idea ideas recommendation recommendations
    suggestion suggestions talk tip tips
    """.split()  # noqa: SIM905 - a list of quoted words reads worse
)


def untold(
    question: Question,
    candidates: Sequence[Candidate],
    encoder: TokenEncoder,
    table: TokenEncoder,
    cache: TokenCache,
    *,
    passage_chars: int,
) -> float:
    """From 0 to 1: how far the word of the question falls short that the best candidates (best first) meet least.

    A word that none of them has falls short by what is missing to a cosine of 1 with the token that is nearest to it,
    times how rare it is: its inverse document frequency among the candidates (BM25's formula) over that of a word which
    none has. Vectors are those in context, or the table's where the best were looked at once only.
    """
    from engines.late_interaction import best_matches

    details = _details(question)
    if not details or not candidates:
        return 0.0
    turns = [one.turn for one in candidates[:AMONG]]
    said = [stems(f"{turn.speaker} {turn.text}") for turn in turns]
    parts = best_passages(question, [(turn.speaker, turn.text) for turn in turns[:BEST]], table, passage_chars)
    if candidates[0].looks > 1:
        asked, heard = of_question(encoder, question.text), encoded(parts, encoder, cache)
    else:
        asked, *heard = table.encode([question.text, *parts])
    matches = best_matches(asked, heard)
    worst = 0.0
    for word, tokens in zip(details, table.encode(details), strict=True):
        stem = stems(word)
        places = _places(tokens, asked)
        if not places or any(stem <= told for told in said[:BEST]):
            continue
        met = float(matches[:, places].mean(axis=1).max())
        worst = max(worst, (1 - met) * _rarity(sum(stem <= told for told in said), len(said)))
    return min(1.0, worst)


def _details(question: Question) -> list[str]:
    """The words of the question that may be a detail: what it is about, without verbs, names and what it asks for."""
    asked_for = {found.group(1) for found in _ASKED_FOR.finditer(question.text)}
    details, before = [], ""
    for place, word in enumerate(_WORD.findall(question.text)):
        name = (place > 0 and word[0].isupper()) or any(letter.isdigit() for letter in word)
        verb = not name and (before in _BEFORE_A_VERB or word.endswith("ly"))
        before = word.lower()
        content = content_words(word)
        wanted = word in asked_for or word.lower() in _HOW_IT_IS_PUT
        if content and not verb and not wanted and content[0] not in question.names:
            details.append(word)
    return details


def _places(word: TokenVectors, question: TokenVectors) -> list[int]:
    """Where a word's tokens stand in the question; nowhere if it was cut off before."""
    wanted, there = word.ids.tolist(), question.ids.tolist()
    for first in range(len(there) - len(wanted) + 1):
        if wanted and there[first : first + len(wanted)] == wanted:
            return list(range(first, first + len(wanted)))
    return []


def _rarity(holding: int, documents: int) -> float:
    """1 for a word that no document has, less the more have it."""
    return math.log(1 + (documents - holding + 0.5) / (holding + 0.5)) / math.log(1 + (documents + 0.5) / 0.5)
