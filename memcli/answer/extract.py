"""An answer without a language model: the shortest part that answers of the sentences that were said, each cited.

For "when" the answer is the date, resolved against the day on which the sentence was said; see spans.py for the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from memcli.answer.spans import holds, span
from memcli.memory.timex import describe, find_time_expressions
from memcli.patterns import regex
from memcli.recall.features import distinguishing
from memcli.recall.query import stems, words
from memcli.recall.question import Question, kind_of
from memcli.recall.token_vectors import encoded, of_question
from memcli.types import Evidence, Turn
from store.token_cache import TokenCache

if TYPE_CHECKING:
    from engines.protocols import TokenEncoder

_SENTENCE = regex(r"[^.!?\n]+(?:[.!?]+(?=\s|$)|[.!?](?=\S)[^.!?\n]*)*[.!?]*[\"'”’)]*")

TURNS = 5
"""Only the sentences of the best turns can be the answer."""

CONTEXT = 1.0
"""What the rest of its turn counts beside a sentence's own match."""

TURN = 0.1
"""What the score of its turn counts."""

KIND = 0.1
"""What it counts to hold the kind of thing that is asked for, or to lack what an answer has."""

AS_GOOD = 0.85
"""Sentences of other turns within this share of the best score are parts of a list with it."""

PARTS = 3
FEW_WORDS = 4
_ASKS_BACK = regex(r"\?\W*$")


class Extract(NamedTuple):
    """The answer with what it is taken from, the answer alone, and the numbers of that evidence."""

    text: str
    short: str
    citations: tuple[int, ...]


class _Sentence(NamedTuple):
    evidence: Evidence
    text: str
    score: float


def extract(question: Question, evidence: Sequence[Evidence], encoder: TokenEncoder, cache: TokenCache) -> Extract:
    """The answer to the question from evidence that is known to bear on it. `evidence` must not be empty."""
    ranked = _ranked(question, evidence, encoder, cache)
    if question.kind == "when":
        return _date(ranked)
    chosen = [ranked[0]]
    if question.several:
        for sentence in ranked[1:]:
            apart = all(sentence.evidence.turn is not one.evidence.turn for one in chosen)
            if apart and sentence.score >= AS_GOOD * ranked[0].score and len(chosen) < PARTS:
                chosen.append(sentence)
    chosen.sort(key=lambda one: (one.evidence.number, one.evidence.turn.text.find(one.text)))
    parts = [span(question, one.text, one.evidence.turn.speaker) for one in chosen]
    short = ", ".join(dict.fromkeys(parts))
    quotes = "\n".join(_quote(one) for one in chosen)
    text = (
        quotes if _same(short, chosen[0].text) else f"{short}. {quotes}" if len(chosen) == 1 else f"{short}\n{quotes}"
    )
    return Extract(text, short, tuple(dict.fromkeys(one.evidence.number for one in chosen)))


def asks_when(question: str) -> bool:
    """Whether the answer to the question is a date."""
    return kind_of(question) == "when"


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order; a text without an end mark is one sentence a line."""
    return [found.group().strip() for found in _SENTENCE.finditer(text) if found.group().strip()]


def _ranked(
    question: Question, evidence: Sequence[Evidence], encoder: TokenEncoder, cache: TokenCache
) -> list[_Sentence]:
    import numpy as np

    from engines.late_interaction import best_matches

    turns = sorted(evidence, key=lambda one: (-one.score, one.number))[:TURNS]
    pairs = [(at, sentence) for at, one in enumerate(turns) for sentence in sentences(one.turn.text) or [one.turn.text]]
    asked = of_question(encoder, question.text)
    said = encoded([f"{turns[at].turn.speaker}: {sentence}" for at, sentence in pairs], encoder, cache)
    weights = distinguishing(asked, said)
    matches = best_matches(asked, said)
    owner = np.array([at for at, _ in pairs])
    together = np.maximum.reduceat(matches, np.flatnonzero(np.diff(owner, prepend=-1)), axis=0)
    scores = matches @ weights + CONTEXT * (together @ weights)[owner]
    top = turns[0].score or 1.0
    ranked = [
        _Sentence(turns[at], sentence, float(score) + TURN * turns[at].score / top + KIND * _kind(question, sentence))
        for (at, sentence), score in zip(pairs, scores, strict=True)
    ]
    return sorted(ranked, key=lambda one: (-one.score, one.evidence.number, one.text))


def _kind(question: Question, sentence: str) -> float:
    """How much a sentence is the kind of thing that answers: above 0 if it holds what is asked for, else below.

    A question is seldom its own answer, though nothing matches a question better than a question; a few words ("About
    that.") match whatever they share with it; and what says nothing but what was asked answers nothing.
    """
    kind = 0.0
    if question.kind in ("how_many", "how_long", "who", "where") and holds(question, sentence):
        kind += 1
    if _ASKS_BACK.search(sentence):
        kind -= 1
    if len(words(sentence)) < FEW_WORDS:
        kind -= 0.5
    if stems(sentence) <= question.terms | question.names:
        kind -= 3
    return kind


def _date(ranked: Sequence[_Sentence]) -> Extract:
    """The date that the best sentence with one names, or that of the turn whose sentence is best."""
    first = ranked[0]
    for one in ranked:
        if one.evidence.turn is not first.evidence.turn and one.score < AS_GOOD * first.score:
            continue
        named = _named_date(one)
        if named:
            return Extract(f"{named}. {_quote(one)}", named, (one.evidence.number,))
    turn = first.evidence.turn
    if turn.said_at is None:
        return Extract(f"{_quote(first)} (no date is given)", first.text, (first.evidence.number,))
    day = f"{_day_said(turn):%-d %B %Y}"
    return Extract(f"{day}. {_quote(first)}", day, (first.evidence.number,))


def _named_date(sentence: _Sentence) -> str | None:
    turn = sentence.evidence.turn
    if turn.said_at is None:
        return None
    expressions = find_time_expressions(sentence.text, _day_said(turn).date())
    return describe(expressions[0]) if expressions else None


def _day_said(turn: Turn) -> datetime:
    assert turn.said_at is not None
    return turn.said_at + timedelta(minutes=turn.utc_offset)


def _same(short: str, sentence: str) -> bool:
    return words(short) == words(sentence)


def _quote(sentence: _Sentence) -> str:
    return f"{sentence.evidence.turn.speaker}: “{sentence.text}” [{sentence.evidence.number}]"
