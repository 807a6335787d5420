"""What a question asks for, read from its words alone. Pure; nothing here is a hard filter.

Kind, names, time and order decide what is nudged upwards in recall, what part of a sentence is the answer, and when one
look is not enough.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from memcli.memory.timex import find_time_expressions
from memcli.patterns import regex
from memcli.recall.query import content_words, stems

Kind = Literal["when", "how_long", "how_many", "who", "where", "yes_no", "why", "what"]
Order = Literal["first", "latest"]

_WHEN = regex(
    r"^\W*(?:since |until |from |by )?when\b|\b(?:what|which) (?:date|day|month|year)\b|\bwhat time\b|\bhow long ago\b"
    r"|^\W*(?:do|can|could|would|please)\b.*\b(?:know|remember|remind me|say|tell me) when\b",
    re.I,
)
_HOW_LONG = regex(r"\bhow (?:long|old)\b(?! ago)", re.I)
_HOW_MANY = regex(r"\bhow (?:many|much|high|heavy|far|big|tall|often)\b|\b(?:number|price|cost) of\b", re.I)
_WHO = regex(r"^\W*(?:with |to |for |from |by |and )?who(?:m|se)?\b|\b(?:tell me|know|remember) who\b", re.I)
_WHERE = regex(r"^\W*(?:from )?where\b|\b(?:which|what) (?:city|country|place|street|town|state)\b", re.I)
_WHY = regex(r"^\W*(?:why|how come)\b|\bfor what reason\b", re.I)
_YES_NO = regex(
    r"^\W*(?:is|are|was|were|am|do|does|did|has|have|had|can|could|will|would|shall|should|may|might|must)(?:n't)?\b",
    re.I,
)
_LIST = regex(
    r"\b(?:what|which) (?:\w+ )?(?:kinds?|types?|sorts?|all)\b|\b(?:what|which) (?:\w+ ){0,3}?\w{2,}(?<!s)s\b"
    r"(?=.* (?:are|were|do|does|did|has|have|had|will|would|can)\b)|\ball the\b|\blist\b"
    r"|\bhow many (?:times|different)\b",
    re.I,
)
_LATEST = regex(r"\b(?:latest|last|most recent(?:ly)?|newest|current(?:ly)?|now|these days|still)\b", re.I)
_FIRST = regex(r"\b(?:first|earliest|originally|at the beginning|used to)\b", re.I)
_NOW = regex(r"\b(?:now|current(?:ly)?|these days|at the moment|still|today)\b", re.I)
_NEGATED = regex(r"\b(?:not|never|no longer|without)\b|n['’]t\b", re.I)
_OF_ASKER = regex(r"\b(?:i|i['’](?:m|ve|d|ll)|my|mine|myself)\b", re.I)
_BETWEEN = regex(r"\bbetween (.+?) and (.+)$", re.I)
_EITHER = regex(r"[,:] (?:the |my )?(.+?),? or (.+)$", re.I)
_BEFORE = regex(r"^\W*(?:how \w+ \w+|what|which|did|was|were|when)\b (.+?) (?:before|after|since|when) (.+)$", re.I)
_SINCE_WHEN = regex(r"^\W*how \w+ \w+\b.*? (?:since|after) (.+?) (?:when|until|before) (.+)$", re.I)
_BEFORE_DID = regex(r"^\W*how (?:many|long)\b.*? (?:before|after) (.+?) ((?:did|was|were) .+)$", re.I)
_BOTH = regex(r"^(.*?)\b([A-Z][\w'’-]+) and ([A-Z][\w'’-]+)\b(.*)$")
_IN_COMMON = regex(r"\bboth\b|\bin common\b|\bshare[ds]?\b|\bsimilar\b|\bthe same\b", re.I)
_SUMMED = regex(
    r"^(.*\b(?:how (?:many|much|long)|total|altogether|combined)\b.*\b(?:on|in|for|at|of|with|from|to)) "
    r"((?:[\w'’-]+ ){0,4}[\w'’-]+) and ((?:[\w'’-]+ ){0,4}[\w'’-]+)\W*$",
    re.I,
)


_MARKS = " ,.?!:;'\""

PART_WORDS = 2
"""A part of a question has at least so many content words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question understood.

    `names`: the first words, lower-cased, of speakers whom it names; "I" names who asks. `terms`: stems of its content
    words without the names.
    `window`: the days that a time in it denotes, inclusive. `several`: its answer is a list. `order`: it wants the
    first or the latest of several. `present`: it asks about now and not then.
    """

    text: str
    kind: Kind
    names: frozenset[str]
    terms: frozenset[str]
    window: tuple[date, date] | None
    several: bool
    order: Order | None
    present: bool
    negated: bool


def understand(text: str, asked_at: datetime, speakers: Iterable[str], me: str | None = None) -> Question:
    """The question in a text that is asked at a moment, of a memory in which these speak; me: who of them asks."""
    spoken = set(content_words(text))
    if me and _OF_ASKER.search(text):
        spoken.update(content_words(me)[:1])
    names = {parts[0] for speaker in speakers if (parts := content_words(speaker)) and parts[0] in spoken}
    return Question(
        text=text,
        kind=kind_of(text),
        names=frozenset(name for name in names if len(name) > 1),
        terms=frozenset(stems(text) - stems(" ".join(names))),
        window=window_of(text, asked_at),
        several=bool(_LIST.search(text)),
        order="latest" if _LATEST.search(text) else "first" if _FIRST.search(text) else None,
        present=bool(_NOW.search(text)),
        negated=bool(_NEGATED.search(text)),
    )


def kind_of(text: str) -> Kind:
    """What kind of thing answers."""
    if _WHEN.search(text):
        return "when"
    if _HOW_LONG.search(text):
        return "how_long"
    if _HOW_MANY.search(text):
        return "how_many"
    if _WHO.search(text):
        return "who"
    if _WHERE.search(text):
        return "where"
    if _WHY.search(text):
        return "why"
    return "yes_no" if _YES_NO.search(text) else "what"


def parts_of(text: str) -> list[str]:
    """The parts of a question that asks of two things, to be looked for one by one; none of a question of one thing.

    "How many days passed between A and B?", "Which came first, A or B?", "Did A before B?", "How much in all did I
    spend on A and B?", "What do A and B have in common?"
    """
    for pattern in (_BETWEEN, _EITHER, _SINCE_WHEN, _BEFORE_DID, _BEFORE):
        found = pattern.search(text)
        if found:
            parts = [part.strip(_MARKS) for part in found.groups()]
            if pattern is _EITHER:  # "..., the bike or the car?": each alone says too little
                head = text[: found.start()].strip(_MARKS)
                parts = [part if _says(part) else f"{head} {part}" for part in parts]
            if all(map(_says, parts)) or (pattern is _BEFORE_DID and all(map(content_words, parts))):
                return parts
    both = _BOTH.search(text) if _IN_COMMON.search(text) else None
    if both:
        before, one, other, after = both.groups()
        return [f"{before}{name}{after}" for name in (one, other)]
    summed = _SUMMED.search(text)
    return [f"{summed[1]} {part}" for part in summed.groups()[1:]] if summed else []


def _says(part: str) -> bool:
    """Whether a part of a question is enough to look for."""
    return len(content_words(part)) >= PART_WORDS


def window_of(text: str, asked_at: datetime) -> tuple[date, date] | None:
    """The days, inclusive, that the first time expression of a text denotes; None without one."""
    found = find_time_expressions(text, asked_at.date())
    return (found[0].first, found[0].last) if found else None
