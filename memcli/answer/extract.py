"""An answer without a language model: the sentences that answer, in the words that were said.

For "when" the answer is the date, resolved against the day on which the sentence was said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from memcli.memory.timex import describe, find_time_expressions
from memcli.types import Evidence, Turn

if TYPE_CHECKING:
    from engines.protocols import TokenEncoder

_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+(?=\s|$)|[.!?](?=\S)[^.!?\n]*)*[.!?]*[\"'”’)]*")

TURNS = 5
"""Only the sentences of the best turns can be the answer."""

TURN_WEIGHT = 0.5
"""How much the rank of its turn counts beside a sentence's own match."""

AS_GOOD = 0.95
"""Sentences within this share of the best score answer together with it."""

SENTENCES = 3
_WHEN = re.compile(
    r"^\W*(?:since |until |from )?when\b|\b(?:what|which) (?:date|day|month|year)\b|\bhow long ago\b"
    r"|\b(?:know|remember|say|tell me) when\b",
    re.I,
)


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
    from engines.late_interaction import best_matches

    turns = sorted(evidence, key=lambda one: (-one.score, one.number))[:TURNS]
    pairs = [(one, sentence) for one in turns for sentence in sentences(one.turn.text) or [one.turn.text]]
    asked, *said = encoder.encode([question, *(f"{one.turn.speaker}: {sentence}" for one, sentence in pairs)])
    matches = best_matches(asked, said).mean(axis=1) if len(asked.ids) else [0.0] * len(pairs)
    top = turns[0].score or 1.0
    ranked = [
        _Sentence(one, sentence, float(match) + TURN_WEIGHT * one.score / top - _question_penalty(sentence))
        for (one, sentence), match in zip(pairs, matches, strict=True)
    ]
    return sorted(ranked, key=lambda one: (-one.score, one.evidence.number, one.text))


def _question_penalty(sentence: str) -> float:
    """A question is seldom its own answer, though nothing matches a question better than a question."""
    return 0.3 if sentence.endswith("?") else 0.0


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
