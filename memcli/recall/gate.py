"""Whether the evidence answers the question at all: a calibrated confidence, and the bar below which we abstain.

A logistic regression on two measures of the best candidate: how well its words match the question's in context
(MaxSim), and which share of the question's content words occur in it or beside it. Fitted on FriendsQA (Yang and Choi,
SIGDIAL 2019): questions put to the dialogues that they were asked of, and to others.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from memcli.recall.query import stems
from memcli.types import Candidate

INTERCEPT, MATCH, COVERAGE = -5.93, 9.29, 2.90
BAR = 0.25
"""Below it, evidence is about something else more often than not: 7 % of FriendsQA's own questions fall under it,
and half of those put to another dialogue."""

BESIDE = 3
"""How many of the best candidates may hold a word of the question between them."""


def confidence(question: str, candidates: Sequence[Candidate]) -> float:
    """The chance, 0 to 1, that the best of the candidates bears on the question."""
    if not candidates:
        return 0.0
    wanted = stems(question)
    said = stems(" ".join(f"{candidate.turn.speaker} {candidate.turn.text}" for candidate in candidates[:BESIDE]))
    coverage = len(wanted & said) / len(wanted) if wanted else 0.0
    return 1 / (1 + math.exp(-(INTERCEPT + MATCH * candidates[0].match + COVERAGE * coverage)))
