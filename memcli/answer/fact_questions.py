# ruff: noqa: E501 - a pattern that is broken over lines can no longer be read
"""Questions that ask for the value of a fact: whose, which fact, and when.

Only what is asked plainly is taken ("Where does Maya live?", "Who was my dentist in May?"). Any other question is
answered from what was said, as ever.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from memcli.memory.facts.english import any_of
from memcli.memory.facts.predicates import KIN, NAMED, NUMBERS, PARTNERS, PETS, ROLES, THINGS
from memcli.memory.timex import find_time_expressions
from memcli.patterns import regex

ME: Final = "I"
"""The subject of a question about the one who asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactQuestion:
    """What a question wants to know.

    subject: a name as the question has it, or ME. kin: not of the subject but of their sister, boss, ...
    predicates: the facts that would answer, best first. first, last: the days that are asked about; None for now.
    past: what was so and is no longer ("Where did Maya live before?").
    """

    subject: str
    kin: str | None
    predicates: tuple[str, ...]
    first: date | None
    last: date | None
    past: bool


_WHO: Final = (
    rf"(?P<who>[Ii]\b|[A-ZÀ-ÖØ-ÞČŁŚŠŽŹŻİĐ][\w-]*(?:\s+[A-ZÀ-ÖØ-ÞČŁŚŠŽŹŻİĐ][\w-]*)?)(?:['’]s\s+(?P<kin>{any_of((*KIN, *PARTNERS))}))?"
    rf"|[Mm]y\s+(?P<my_kin>{any_of((*KIN, *PARTNERS))})"
)
_WHOSE: Final = r"(?:(?P<whose>[Mm]y)|(?P<who>[A-ZÀ-ÖØ-ÞČŁŚŠŽŹŻİĐ][\w-]*(?:\s+[A-ZÀ-ÖØ-ÞČŁŚŠŽŹŻİĐ][\w-]*)?)['’]s?)"
_DOES: Final = r"(?:do|does|did)"
_IS: Final = r"(?:['’]s|\s+is|\s+are|\s+was|\s+were)"
_ATTRIBUTES: Final = any_of(
    (*KIN, *PARTNERS, *ROLES, *THINGS, *NUMBERS, *NAMED, "name", "birthday", "nationality", "diet")
)
_JOB_WORDS: Final = r"(?:job|profession|occupation)"

#: Words of which one is in every question of the kind, pattern, and the predicates that answer it; "*" stands for what the pattern's group `attribute` holds.
_QUESTIONS: Final = tuple(
    (cues, regex(rf"{pattern}[\s?!.]*$"), predicates)
    for cues, pattern, predicates in (
        (("live",), rf"[Ww]here\s+{_DOES}\s+(?:{_WHO})\s+live", ("lives in",)),
        (("live",), rf"(?:[Ww]hich|[Ww]hat|[Ii]n\s+which|[Ii]n\s+what)\s+(?:city|town|village|country|place)\s+{_DOES}\s+(?:{_WHO})\s+live(?:\s+in)?", ("lives in",)),
        (("living", "based"), rf"[Ww]here{_IS}\s+(?:{_WHO})\s+(?:living|based)", ("lives in",)),
        (("work",), rf"[Ww]here\s+{_DOES}\s+(?:{_WHO})\s+work", ("works at",)),
        (("work",), rf"[Ww]hom?\s+{_DOES}\s+(?:{_WHO})\s+work\s+for", ("works at",)),
        (("work",), rf"(?:[Ww]hich|[Ww]hat)\s+(?:company|firm|organi[sz]ation)\s+{_DOES}\s+(?:{_WHO})\s+work\s+(?:at|for)", ("works at",)),
        (("employer",), rf"(?:[Ww]ho|[Ww]hat){_IS}\s+{_WHOSE}\s+employer", ("works at",)),
        (("do for",), rf"[Ww]hat\s+{_DOES}\s+(?:{_WHO})\s+do(?:\s+for\s+(?:a\s+living|work))", ("job",)),
        (("work",), rf"[Ww]hat\s+{_DOES}\s+(?:{_WHO})\s+work\s+as", ("job",)),
        (("job", "profession", "occupation"), rf"[Ww]hat{_IS}\s+{_WHOSE}\s+{_JOB_WORDS}", ("job",)),
        (("car",), rf"[Ww]hat\s+(?:car|kind\s+of\s+car)\s+{_DOES}\s+(?:{_WHO})\s+(?:drive|have|own)", ("car",)),
        (("drive",), rf"[Ww]hat\s+{_DOES}\s+(?:{_WHO})\s+drive", ("car",)),
        (("allergic",), rf"[Ww]hat{_IS}\s+(?:{_WHO})\s+allergic\s+to", ("allergic to",)),
        (("play",), rf"[Ww]hat\s+(?:instruments?|sports?|games?)\s+{_DOES}\s+(?:{_WHO})\s+play", ("plays",)),
        (("study",), rf"[Ww]hat\s+{_DOES}\s+(?:{_WHO})\s+study", ("studies",)),
        (("study",), rf"[Ww]here\s+{_DOES}\s+(?:{_WHO})\s+study", ("studies at",)),
        (("born",), rf"[Ww]here\s+(?:was|were)\s+(?:{_WHO})\s+born", ("born in",)),
        (("grow",), rf"[Ww]here\s+{_DOES}\s+(?:{_WHO})\s+grow\s+up", ("grew up in",)),
        (("from",), rf"[Ww]here\s+(?:is|are|am)\s+(?:{_WHO})\s+from", ("from", "born in")),
        (("birthday",), rf"[Ww]hen{_IS}\s+{_WHOSE}\s+birthday", ("birthday",)),
        (("married", "dating", "engaged", "together", "going"), rf"[Ww]hom?\s+(?:is|are|am|was|were)\s+(?:{_WHO})\s+(?:married\s+to|dating|engaged\s+to|together\s+with|going\s+out\s+with)", ("partner",)),
        (("favourite", "favorite"), rf"(?:[Ww]hat|[Ww]hich){_IS}\s+{_WHOSE}\s+favou?rite\s+(?P<attribute>[a-z]+(?:\s+[a-z]+)?)", ("favourite *",)),
        (("my ", "'s ", "’s ", "' ", "’ "), rf"(?:[Ww]ho|[Ww]hat){_IS}\s+{_WHOSE}\s+(?P<attribute>{_ATTRIBUTES})(?:\s+called|\s+named)?", ("*", "*'s name")),
        (("called", "named"), rf"[Ww]hat{_IS}\s+{_WHOSE}\s+(?P<attribute>{any_of(PETS)})\s+(?:called|named)", ("*'s name",)),
        (("the name",), rf"[Ww]hat(?:['’]s|\s+is|\s+was)\s+the\s+name\s+of\s+{_WHOSE}\s+(?P<attribute>{any_of((*KIN, *PARTNERS, *ROLES, *PETS))})", ("*'s name", "*")),
        (("name",), rf"[Ww]hat(?:['’]s|\s+is|\s+was)\s+{_WHOSE}\s+(?P<attribute>{any_of((*KIN, *PARTNERS, *ROLES, *PETS))})['’]s\s+name", ("*'s name", "*")),
    )
)  # fmt: skip

_NOW: Final = regex(
    r"[\s,]+(?:now|currently|these days|nowadays|at the moment|right now|at present|today)(?=[\s?]*$)", re.I
)
_STILL: Final = regex(r"\b(?:now|currently|actually)\s+", re.I)
_BEFORE: Final = regex(r"[\s,]+(?:before(?:\s+that)?|previously|in the past|earlier|formerly)(?=[\s?]*$)", re.I)
_USED_TO: Final = regex(r"\bused? to\s+")
_LEAD: Final = regex(
    r"^(?:(?:so|and|hey|hi|please|can you tell me|tell me|do you know|remind me|again)[,:]?\s+)+", re.I
)
_PREPOSITION: Final = regex(r"[\s,]+(?:in|on|at|during|around|back in|as of|over)?\s*$", re.I)
_PAST: Final = regex(r"\b(?:did|was|were)\b")


def fact_question(text: str, asked_on: date) -> FactQuestion | None:
    """The fact that a question asks for, or None if it does not plainly ask for one."""
    question = _LEAD.sub("", text.strip())
    if question and question[0].islower():
        question = question[0].upper() + question[1:]
    first = last = None
    now = _NOW.search(question)
    if now:
        question = question[: now.start()] + question[now.end() :]
    else:
        times = find_time_expressions(question, asked_on)
        if len(times) > 1:
            return None
        if times:
            first, last = times[0].first, times[0].last
            before = _PREPOSITION.sub("", question[: times[0].start])
            question = f"{before} {question[times[0].end :].strip(' ,')}".strip()
    question = _STILL.sub("", question)
    past = bool(_BEFORE.search(question) or _USED_TO.search(question))
    question = _USED_TO.sub("", _BEFORE.sub("", question))
    lowered = " ".join(question.lower().split())
    for cues, pattern, predicates in _QUESTIONS:
        match = pattern.match(question) if any(cue in lowered for cue in cues) else None
        if match:
            if first is None and not past and _PAST.search(question) and not _timeless(predicates):
                return None  # "Where did Maya live?" may mean any time
            return _question(match, predicates, first, last, past=past)
    return None


def _question(
    match: re.Match[str], predicates: tuple[str, ...], first: date | None, last: date | None, *, past: bool
) -> FactQuestion:
    found = match.groupdict()
    who = found.get("who")
    if who is None or who in ("I", "i"):
        who = ME
    attribute = (found.get("attribute") or "").lower()
    attribute = {"gp": "GP", "fiance": "fiancé"}.get(attribute, attribute)
    return FactQuestion(
        subject=who,
        kin=found.get("kin") or found.get("my_kin"),
        predicates=tuple(one.replace("*", attribute) for one in predicates),
        first=first,
        last=last,
        past=past,
    )


def _timeless(predicates: tuple[str, ...]) -> bool:
    return predicates[0] in ("born in", "grew up in", "birthday", "from")
