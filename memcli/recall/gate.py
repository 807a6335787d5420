"""Whether the evidence answers the question at all: a calibrated confidence, and the bar below which we abstain.

Three ways to be unanswerable: nothing of the kind was ever talked about; it was, but not with the detail that is asked
for; or it was said of somebody else. For the first counts how well words meet; for the second, the word that is met
least (see untold.py); for the third, where the question names somebody who speaks here, whether the best that is said
of them falls behind the best that others say of themselves.

The answer is there if none is so: three chances, each a logistic function of its signs, multiplied. Where nobody is
named, the third cannot fail. All were fitted together by `python tests/bench/fit_gate.py` on FriendsQA (Yang and Choi,
SIGDIAL 2019): questions put to the dialogues that they were asked of, the same with a person replaced by another, and
put to other dialogues; and on made-up talks with an assistant, with details told and details changed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from memcli.patterns import regex
from memcli.recall.query import content_words
from memcli.recall.question import Question
from memcli.types import Candidate

TALKED_ABOUT: Mapping[str, float] = MappingProxyType({"intercept": -3.315, "even": 8.612})
TOLD: Mapping[str, float] = MappingProxyType({"intercept": 2.912, "untold": -5.503, "named": 1.255})
SAID_OF_THEM: Mapping[str, float] = MappingProxyType({"intercept": -0.505, "lead": 0.316, "own": 0.712})

BARS: Mapping[str, float] = MappingProxyType({"named": 0.315, "nobody": 0.375})
"""Below them we abstain: for questions that name somebody who speaks here, where a third chance is multiplied in, and
for others. They are where 15 % of FriendsQA's own questions of either kind are declined, that no model was tuned on;
then 44 % of those with another person in them are, and 56 % of those put to other dialogues; of the made-up talks'
questions 1 %, and 92 % of those with another detail."""

LEAD = 4.0
"""A lead or arrears of more log odds than this says no more."""

_YOU = regex(r"\b(?:you|your|yours|yourself|you['’](?:re|ve|d|ll))\b", re.I)
_SELF = regex(r"\b(?:i|i['’](?:m|ve|d|ll)|my|me|mine|we|our|us|we['’](?:re|ve)|myself)\b", re.I)


def confidence(found: Mapping[str, float]) -> float:
    """The chance, 0 to 1, that the best candidate answers, from the signs; 0 where there are none."""
    if not found:
        return 0.0
    sure = _chance(TALKED_ABOUT, found) * _chance(TOLD, found)
    return sure * _chance(SAID_OF_THEM, found) if found["named"] else sure


def bar(found: Mapping[str, float]) -> float:
    """The confidence, from the signs, below which we abstain."""
    return BARS["named" if found.get("named") else "nobody"]


def signs(question: Question, candidates: Sequence[Candidate], untold: float) -> dict[str, float]:
    """What the confidence is made of; nothing without candidates.

    `even`: how well the words of the best candidate meet the question's, all of them alike. `untold`: see untold.py.
    `named`: whether the question names somebody who speaks here. If so, `lead`: by how many log odds, leaving out who
    speaks, the best that is said of the named is ahead of the best that others say of themselves; and `own`: whether
    the best of all, leaving out who speaks, is said of the named.
    """
    if not candidates:
        return {}
    best = candidates[0]
    found = {
        "even": best.features.get("context_even", best.match),
        "untold": untold,
        "named": float(bool(question.names)),
    }
    if question.names:
        looked = [one for one in candidates if one.looks == best.looks]
        level = {one.turn.id: _without_speaker(one) for one in looked}
        named = [one for one in looked if _of_the_named(one, question.names)]
        others = [one for one in looked if not one.features.get("named") and _of_themselves(one)]
        low = min(level.values())

        def top(group: Sequence[Candidate]) -> float:
            return max((level[one.turn.id] for one in group if not one.turn.text.rstrip().endswith("?")), default=low)

        first = max(looked, key=lambda one: level[one.turn.id])
        found["lead"] = max(-LEAD, min(LEAD, top(named) - top(others)))
        found["own"] = float(_of_the_named(first, question.names))
    return found


def _chance(weights: Mapping[str, float], found: Mapping[str, float]) -> float:
    return 1 / (1 + math.exp(-sum(weight * found.get(name, 1.0) for name, weight in weights.items())))


def _without_speaker(candidate: Candidate) -> float:
    """The candidate's log odds as if nobody had been named."""
    from memcli.recall.weights import FIRST_LOOK, SECOND_LOOK

    weights = SECOND_LOOK if candidate.looks > 1 else FIRST_LOOK
    return candidate.rerank - sum(weights[name] * candidate.features.get(name, 0) for name in ("named", "first_person"))


def _of_the_named(candidate: Candidate, names: frozenset[str]) -> bool:
    """Whether somebody named says it, and not to another of that one; or another says it of them, and not of himself
    ("Maya, I got a dog!")."""
    if candidate.features.get("named"):
        return _of_themselves(candidate) or not _YOU.search(candidate.turn.text)
    return not _of_themselves(candidate) and not names.isdisjoint(content_words(candidate.turn.text))


def _of_themselves(candidate: Candidate) -> bool:
    return bool(_SELF.search(candidate.turn.text))
