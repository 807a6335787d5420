"""An answer without a language model: the sentences that answer, in the words that were said.

For "when" the answer is the date, resolved against the day on which the sentence was said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from memcli.memory.timex import describe, find_time_expressions
from memcli.recall.query import words
from memcli.recall.rerank import distinguishing
from memcli.types import Evidence, Turn

if TYPE_CHECKING:
    from engines.protocols import TokenEncoder

_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+(?=\s|$)|[.!?](?=\S)[^.!?\n]*)*[.!?]*[\"'”’)]*")

TURNS = 8
"""Only the sentences of the best turns can be the answer."""

CONTEXT = 0.5
"""What the rest of its turn counts beside a sentence's own match."""

TURN = 0.5
"""What the rank of its turn counts."""

KIND = 0.1
"""What it counts to hold the kind of thing that is asked for, or to lack what an answer has."""

AS_GOOD = 0.95
"""Sentences within this share of the best score answer together with it."""

SENTENCES = 3
_WHEN = re.compile(
    r"^\W*(?:since |until |from )?when\b|\b(?:what|which) (?:date|day|month|year)\b|\bhow long ago\b"
    r"|\b(?:know|remember|say|tell me) when\b",
    re.I,
)


FEW_WORDS = 4
_AMOUNT = re.compile(
    r"\bhow (?:many|much|old|long|high|heavy|far|big|tall|often)\b|\b(?:number|price|cost|size)\b", re.I
)
_NUMBER = re.compile(
    r"\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozen|hundred|thousand)\b", re.I
)
_WHO = re.compile(r"\bwho(?:m|se)?\b", re.I)
_NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]+")
_WHERE = re.compile(r"\bwhere\b|\bwhich (?:city|country|place|street|town)\b", re.I)
_PLACE = re.compile(r"\b(?:in|at|on|to|from|near|behind|under|next to) (?:the |a )?\w+")


class Extract(NamedTuple):
    """The answer's text, and the numbers of the evidence that it is taken from."""

    text: str
    citations: tuple[int, ...]


class _Sentence(NamedTuple):
    evidence: Evidence
    text: str
    score: float


def extract(question: str, evidence: Sequence[Evidence], encoder: TokenEncoder) -> Extract:
    """The answer to the question from evidence that is known to bear on it. `evidence` must not be empty."""
    ranked = _ranked(question, evidence, encoder)
    if asks_when(question):
        return _date(ranked)
    best = ranked[0].score
    chosen: list[_Sentence] = []
    for sentence in ranked:
        if sentence.score < AS_GOOD * best or len(chosen) == SENTENCES:
            break
        chosen.append(sentence)
    chosen.sort(key=lambda one: (one.evidence.number, one.evidence.turn.text.find(one.text)))
    lines = [f"{one.evidence.turn.speaker}: “{one.text}” [{one.evidence.number}]" for one in chosen]
    return Extract("\n".join(lines), tuple(dict.fromkeys(one.evidence.number for one in chosen)))


def asks_when(question: str) -> bool:
    """Whether the answer to the question is a date."""
    return bool(_WHEN.search(question))


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order; a text without an end mark is one sentence a line."""
    return [found.group().strip() for found in _SENTENCE.finditer(text) if found.group().strip()]


def _ranked(question: str, evidence: Sequence[Evidence], encoder: TokenEncoder) -> list[_Sentence]:
    import numpy as np

    from engines.late_interaction import best_matches

    turns = sorted(evidence, key=lambda one: (-one.score, one.number))[:TURNS]
    pairs = [(at, sentence) for at, one in enumerate(turns) for sentence in sentences(one.turn.text) or [one.turn.text]]
    asked, *said = encoder.encode([question, *(f"{turns[at].turn.speaker}: {sentence}" for at, sentence in pairs)])
    weights = distinguishing(asked, said, np.arange(len(said)))
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


def _kind(question: str, sentence: str) -> float:
    """How much a sentence is the kind of thing that answers: above 0 if it holds what is asked for, else below.

    A question is seldom its own answer, though nothing matches a question better than a question; and a few words
    ("About that.") match whatever they share with it.
    """
    kind = 0.0
    if _AMOUNT.search(question) and _NUMBER.search(sentence):
        kind += 1
    if _WHO.search(question) and _NAME.search(sentence):
        kind += 0.5
    if _WHERE.search(question) and _PLACE.search(sentence):
        kind += 0.5
    if sentence.endswith("?"):
        kind -= 3
    if len(words(sentence)) < FEW_WORDS:
        kind -= 1.5
    return kind


def _date(ranked: Sequence[_Sentence]) -> Extract:
    """The date that the best sentence with one names, or that of the turn whose sentence is best."""
    first = ranked[0]
    for one in ranked:
        if one.evidence.turn is not first.evidence.turn and one.score < AS_GOOD * first.score:
            continue
        named = _named_date(one)
        if named:
            return Extract(f"{named}. {_quote(one)}", (one.evidence.number,))
    turn = first.evidence.turn
    if turn.said_at is None:
        return Extract(f"{_quote(first)} (no date is given)", (first.evidence.number,))
    return Extract(f"{_day_said(turn):%-d %B %Y}. {_quote(first)}", (first.evidence.number,))


def _named_date(sentence: _Sentence) -> str | None:
    turn = sentence.evidence.turn
    if turn.said_at is None:
        return None
    expressions = find_time_expressions(sentence.text, _day_said(turn).date())
    return describe(expressions[0]) if expressions else None


def _day_said(turn: Turn) -> datetime:
    assert turn.said_at is not None
    return turn.said_at + timedelta(minutes=turn.utc_offset)


def _quote(sentence: _Sentence) -> str:
    return f"{sentence.evidence.turn.speaker}: “{sentence.text}” [{sentence.evidence.number}]"
