"""An answer without a language model: the words that answer, of the turns that were said, each cited.

A small model points at them (engines/reader.py). For "when" the answer is the date, resolved against the day on which
the sentence was said; for a yes-or-no question it is the sentence that matches best, taken as said or denied.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from memcli.answer.changes import (
    NAMED_BEFORE,
    SURE,
    Asked,
    Value,
    asked,
    chosen,
    clauses,
    day_said,
    names_value,
    over,
    takes_the_place,
)
from memcli.answer.yes_no import yes_or_no
from memcli.memory.timex import TimeExpression, describe, find_time_expressions
from memcli.patterns import regex
from memcli.recall.features import distinguishing
from memcli.recall.query import stems, words
from memcli.recall.question import Question
from memcli.recall.token_vectors import encoded, of_question
from memcli.types import Evidence, Turn
from store.token_cache import TokenCache

if TYPE_CHECKING:
    from engines.protocols import AnswerReader, TokenEncoder

_SENTENCE = regex(r"[^.!?\n]+(?:[.!?]+(?=\s|$)|[.!?](?=\S)[^.!?\n]*)*[.!?]*[\"'”’)]*")

TURNS = 5
"""Only the words of the best turns can be the answer."""

RECALLED = 4.0
"""What the log odds of a turn's recall count beside those of the reading; chosen with `tests/bench/fit_reading.py`, on
scenes of FriendsQA that the reader had not seen."""

AS_LIKELY = 1.0
"""Readings of other turns that are at most so many log odds behind the best are parts of a list with it."""

PARTS = 3

CONTEXT = 1.0
"""What the rest of its turn counts beside a sentence's own match."""

TURN = 0.1
"""What the score of its turn counts."""

FAULT = 0.1
"""What it counts against a sentence to lack what an answer has."""

AS_GOOD = 0.85
"""For a date, sentences of other turns within this share of the best score are looked at."""

AS_CLEAR = 0.4
"""And within this share, whether they change it."""

_TIME_OF_DAY = regex(r"\b(?:what time|which time|how early|how late|um wie ?viel uhr)\b", re.I)
_AGAIN = regex(
    r"\b(?:every|each|jede[nrs]?) \w+|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days\b|\b(?:weekdays|weekends|daily)\b"
    r"|\b(?:mon|diens|donners|frei|sams|sonn)tags\b|\bmittwochs\b",
    re.I,
)
"""What is said of what comes again and again, and has no date."""

FEW_WORDS = 4
_CLAUSE = regex(r".+?(?:[,;:](?=\s)|\s(?=(?:and|but|so|because|then)\s)|$)", re.S)
_ASKS_BACK = regex(r"\?\W*$")
_BEFORE, _BEHIND = " \t\n,;:!?–—*", " \t\n.,;:!?–—*"
"""What is left out around an answer; a "-" or "." before it may be part of a number or a name."""


class Extract(NamedTuple):
    """The answer with what it is taken from, the answer alone, and the numbers of that evidence."""

    text: str
    short: str
    citations: tuple[int, ...]


class _Sentence(NamedTuple):
    evidence: Evidence
    text: str
    score: float


def extract(
    question: Question,
    evidence: Sequence[Evidence],
    reader: AnswerReader,
    encoder: TokenEncoder,
    cache: TokenCache,
) -> Extract:
    """The answer to the question from evidence that is known to bear on it. `evidence` must not be empty."""
    turns = sorted(evidence, key=lambda one: (-one.score, one.number))[:TURNS]
    if question.kind == "when" and not _TIME_OF_DAY.search(question.text):
        ranked = _ranked(question, turns, encoder, cache)
        if asked(question).when == "past" or not _AGAIN.search(ranked[0].text):
            return _date(question, ranked)
    if question.kind == "yes_no":
        best = _ranked(question, turns, encoder, cache)[0]
        short = yes_or_no(question, best.text)
        return Extract(f"{short}. {_quote(best.evidence, best.text)}", short, (best.evidence.number,))
    when = asked(question)
    plain = replace(question, text=when.plain)
    read = _read(plain, turns, reader)
    if when.when != "past":
        read = _renewed(plain, read, reader)
    values = _changed(question, read, when)
    if len(values) > 1:
        return _told(chosen(question, when, values), values)
    return _joined(_chosen(question, read))


def _read(question: Question, turns: Sequence[Evidence], reader: AnswerReader) -> list[Value]:
    """What the reader points at in each turn, the likeliest first."""
    from engines.protocols import Utterance

    top = max(one.score for one in turns) or 1.0
    found = []
    said = [Utterance(one.turn.speaker, one.turn.text) for one in turns]
    for one, reading in zip(turns, reader.read(question.text, said), strict=True):
        text = one.turn.text
        low, high = reading.span or (0, 0)
        pointed_at = text[low:high].lstrip(_BEFORE).rstrip(_BEHIND) or text[low:high]
        score = reading.sure + RECALLED * math.log(max(one.score, 1e-9) / top)
        short = one.turn.speaker if reading.span is None else pointed_at
        found.append(Value(one, short, _sentences_around(text, low, high), reading.sure, score))
    return sorted(found, key=lambda one: (-one.score, one.evidence.number))


def _chosen(question: Question, read: Sequence[Value]) -> list[Value]:
    """The likeliest reading, with others that are as likely where a list is asked for; in order of time."""
    wanted = PARTS if question.several else 1
    chosen = [one for one in read if one.score >= read[0].score - AS_LIKELY][:wanted]
    return sorted(chosen, key=lambda one: one.evidence.number)


def _renewed(question: Question, read: Sequence[Value], reader: AnswerReader) -> list[Value]:
    """The readings, and in place of those that repeat what was said before, where their turn says that it is over, what
    the rest of that turn answers."""
    from engines.protocols import Utterance

    again: list[tuple[int, int, str]] = []
    for at, one in enumerate(read):
        turn = one.evidence.turn
        if turn.said_at is None or one.words not in turn.text:
            continue
        gone = {
            other.words
            for other in read
            if other.sure > 0
            and other.evidence.turn.said_at is not None
            and other.evidence.turn.said_at < turn.said_at
            and names_value(question, one.words, other.words)
        }
        rest, ended = [], False
        for low, high in clauses(turn.text):
            clause = turn.text[low:high]
            if any(names_value(question, clause, value) for value in gone):
                ended = ended or over(clause)
            else:
                rest.append((low, clause))
        again += [(at, low, clause) for low, clause in rest if ended]
    if not again:
        return list(read)
    said = [Utterance(read[at].evidence.turn.speaker, clause) for at, _, clause in again]
    renewed = dict(enumerate(read))
    best: dict[int, float] = {}
    for (at, begins, clause), reading in zip(again, reader.read(question.text, said), strict=True):
        if reading.span is None or reading.sure <= best.get(at, NAMED_BEFORE):
            continue
        best[at] = reading.sure
        low, high = reading.span
        found = clause[low:high].lstrip(_BEFORE).rstrip(_BEHIND) or clause[low:high]
        quote = _sentences_around(read[at].evidence.turn.text, begins + low, begins + high)
        renewed[at] = read[at]._replace(words=found, quote=quote, sure=reading.sure)
    return list(renewed.values())


def _changed(question: Question, read: Sequence[Value], when: Asked) -> list[Value]:
    """The likeliest reading with those whose place it takes and those that take its place, in the order in which they
    were said."""
    first, now = read[0], when.when != "past"
    enough = SURE if when.when == "now" else 0.0
    if not now and question.several:
        return [first]
    with_it = [
        one
        for one in read[1:]
        if takes_the_place(question, one, first, now=now)
        or (one.sure > enough and takes_the_place(question, first, one, now=now))
    ]
    return sorted([first, *with_it], key=lambda one: (day_said(one.evidence), one.evidence.number))


def _told(answer: Value, values: Sequence[Value]) -> Extract:
    """The answer, with the value before it and, if it is not the last, what took its place."""
    said, at = _joined([answer]), values.index(answer)
    text, citations = said.text, said.citations
    for name, other in (("Before", values[at - 1] if at else None), ("Later", values[-1])):
        if other is not None and other is not answer:
            day = f", said on {_day(day_said(other.evidence))}"
            text += f"\n{name}: {other.words}{day}. {_quote(other.evidence, other.quote)}"
            citations = (*citations, other.evidence.number)
    return Extract(text, said.short, citations)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _joined(read: Sequence[Value]) -> Extract:
    short = ", ".join(dict.fromkeys(one.words for one in read))
    quotes = "\n".join(_quote(one.evidence, one.quote) for one in read)
    if len(read) > 1:
        text = f"{short}\n{quotes}"
    else:
        text = quotes if words(short) == words(read[0].quote) else f"{short}. {quotes}"
    return Extract(text, short, tuple(one.evidence.number for one in read))


def _sentences_around(text: str, low: int, high: int) -> str:
    """The sentences of a text that reach from one place to another."""
    around = [one.span() for one in _SENTENCE.finditer(text) if one.end() > low and one.start() < max(high, low + 1)]
    return text[around[0][0] : around[-1][1]].strip() if around else text.strip()


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order; a text without an end mark is one sentence a line."""
    return [found.group().strip() for found in _SENTENCE.finditer(text) if found.group().strip()]


def _ranked(question: Question, turns: Sequence[Evidence], encoder: TokenEncoder, cache: TokenCache) -> list[_Sentence]:
    """The sentences of these turns, best first, by how well they match the question."""
    import numpy as np

    from engines.late_interaction import best_matches

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
        _Sentence(
            turns[at], sentence, float(score) + TURN * turns[at].score / top + FAULT * _faults(question, sentence)
        )
        for (at, sentence), score in zip(pairs, scores, strict=True)
    ]
    return sorted(ranked, key=lambda one: (-one.score, one.evidence.number, one.text))


def _faults(question: Question, sentence: str) -> float:
    """What speaks against a sentence, 0 or below.

    A question is seldom its own answer, though nothing matches a question better than a question; a few words ("About
    that.") match whatever they share with it; and what says nothing but what was asked answers nothing.
    """
    against = 0.0
    if _ASKS_BACK.search(sentence):
        against -= 1
    if len(words(sentence)) < FEW_WORDS:
        against -= 0.5
    if stems(sentence) <= question.terms | question.names:
        against -= 3
    return against


def _date(question: Question, ranked: Sequence[_Sentence]) -> Extract:
    """The date that the best sentence with one names, or that of the turn whose sentence is best."""
    when, first = asked(question), ranked[0]
    dated: dict[int, Value] = {}
    for one in ranked:
        number, score = one.evidence.number, one.score / first.score if first.score > 0 else 0.0
        if number not in dated and (named := _named_date(question, one)):
            dated[number] = Value(one.evidence, named, one.text, 2 * SURE if score >= AS_CLEAR else -1.0, score)
    named_first = [one for one in dated.values() if one.evidence is first.evidence or one.score >= AS_GOOD]
    if named_first:
        others = [one for one in dated.values() if one != named_first[0]]
        values = _changed(question, [named_first[0], *others], when)
        return _told(chosen(question, when, values), values)
    turn = first.evidence.turn
    if turn.said_at is None:
        return Extract(f"{_quote(first.evidence, first.text)} (no date is given)", first.text, (first.evidence.number,))
    day = f"{_day_said(turn):%-d %B %Y}"
    return Extract(f"{day}. {_quote(first.evidence, first.text)}", day, (first.evidence.number,))


def _named_date(question: Question, sentence: _Sentence) -> str | None:
    """The date that a sentence names; of several the one in the clause that says most of what was asked, and of one
    within another ("next month, from the 25th to the 27th") the inner one."""
    turn = sentence.evidence.turn
    if turn.said_at is None:
        return None
    named = find_time_expressions(sentence.text, _day_said(turn).date())
    if not named:
        return None

    def asked(expression: TimeExpression) -> int:
        clause = next(one for one in _CLAUSE.finditer(sentence.text) if one.end() > expression.start)
        return len(stems(clause.group()) & question.terms)

    chosen = max(named, key=asked)
    within = [one for one in named if chosen.first <= one.first and one.last <= chosen.last]
    return describe(min(within, key=lambda one: one.last - one.first))


def _day_said(turn: Turn) -> datetime:
    assert turn.said_at is not None
    return turn.said_at + timedelta(minutes=turn.utc_offset)


def _quote(evidence: Evidence, said: str) -> str:
    return f"{evidence.turn.speaker}: “{said}” [{evidence.number}]"
