"""Words without which a rule cannot match: a clause that has none of a rule's is not searched for it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Final

from memcli.memory.facts import english
from memcli.memory.facts.english_lives import CUES as _LIVES
from memcli.memory.facts.english_lives import MARKED_VERBS
from memcli.memory.facts.english_rules import RULES
from memcli.memory.facts.predicates import KIN, NAMED, NUMBERS, PARTNERS, PETS, ROLES, SEVERAL, THINGS
from memcli.memory.facts.rule import Rule

A_NUMBER: Final = "#"
"""Stands for any digit."""

_WORD: Final = re.compile(r"[a-z]+")
_DIGIT: Final = re.compile(r"\d")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _last(phrases: Iterable[str]) -> frozenset[str]:
    """The last word of each phrase, in lower case, as it comes out of `words_of`."""
    return frozenset(phrase.lower().replace("-", " ").replace("_", " ").split()[-1] for phrase in phrases)


_CUES: Final = {
    "lives in": _words(
        "live lives living lived based settled moved moving relocated relocating move relocate left home place flat "
        "apartment house"
    ),
    "works at": _words(
        "work works working worked employed started starting start began got landed accepted took found joined joining "
        "join switched changed hired quit left resigned retired fired job laid lost redundant handed"
    ),
    "job": _last((*english.JOBS, "social worker")),
    "studies": _words("study studies studying"),
    "studies at": _words("study studies studying"),
    "name": _words("name"),
    "age": _words(A_NUMBER),
    "birthday": _words("birthday"),
    "born in": _words("born"),
    "grew up in": _words("grew"),
    "from": _words("from"),
    "nationality": _last(english.NATIONS),
    "diet": _words("vegetarian vegan pescatarian teetotal gluten intolerant coeliac celiac diabetic blind handed"),
    "speaks": _words("speak speaks"),
    "marital status": _words("married divorced engaged single widowed together"),
    "<attribute>": _last((*KIN, *PARTNERS, *ROLES, *THINGS, *NUMBERS, *NAMED, *english.SINGULAR, *SEVERAL)),
    "<attribute>'s name": _last(PETS),
    "partner": _words(
        "dating engaged married together relationship out with seeing couple broke broken split separated divorced"
    ),
    "has": _last(english.POSSESSIONS),
    "drives": _words("drive drives drove"),
    "car": _words("car"),
    "favourite <attribute>": _words("favourite favorite"),
    "likes": _words(
        "love loves loved like likes liked adore adores adored enjoy enjoys enjoyed into fan fond crazy obsessed "
        "passionate interested keen addicted lover enthusiast buff addict"
    ),
    "dislikes": _words("hate hates dislike dislikes detest detests loathe loathes stand like enjoy fan into fond"),
    "prefers": _words("prefer prefers"),
    "allergic to": _words("allergic allergy"),
    "plays": _last(english.SKILLS),
    "learning": _words("learning"),
    "habit": _words(
        "usually always often normally typically generally every each mondays tuesdays wednesdays thursdays fridays "
        "saturdays sundays once twice times daily before"
    ),
    "plan": _words(
        "planning plan plans intend intends going flying travelling traveling driving heading moving appointment "
        "interview exam flight meeting surgery operation checkup up booking reservation viewing"
    ),
    "event": _last((*english.PAST_VERBS, *MARKED_VERBS)),
    "instruction": _words("always never now"),
    "procedure": _words("to"),
    **{name: _words(cues) for name, cues in _LIVES.items()},
}


@cache
def _rules_by_cue() -> dict[str, list[int]]:
    index: defaultdict[str, list[int]] = defaultdict(list)
    for number, rule in enumerate(RULES):
        for cue in _CUES[rule.predicate]:
            index[cue].append(number)
    return dict(index)


def rules_for(clause: str) -> list[Rule]:
    """The rules that a clause may match, in their order."""
    index = _rules_by_cue()
    words = set(_WORD.findall(clause.lower()))
    found = {number for word in words & index.keys() for number in index[word]}
    if _DIGIT.search(clause):
        found.update(index[A_NUMBER])
    return [RULES[number] for number in sorted(found)]
