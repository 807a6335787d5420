"""From candidates to evidence: the best that fit the budget, nothing said twice, in the order in which it was said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from memcli.recall.query import words
from memcli.types import Candidate, Evidence

SAME = 0.85
"""Turns that share so much of their words (Jaccard) say the same: the better one stands for both."""

_NEVER = datetime.min.replace(tzinfo=UTC)


def select(
    candidates: Sequence[Candidate], *, limit: int, budget: int, count_tokens: Callable[[str], int]
) -> list[Evidence]:
    """At most `limit` turns of at most `budget` tokens together, numbered from 1 in order of time.

    The best candidate is always in, whatever its length: an answer without its source would be worse.
    """
    chosen: list[Candidate] = []
    seen: list[frozenset[str]] = []
    left = budget
    for candidate in candidates:
        spoken = frozenset(words(candidate.turn.text))
        tokens = count_tokens(candidate.turn.text)
        if any(_says_the_same(spoken, other) for other in seen) or (chosen and tokens > left):
            continue
        seen.append(spoken)
        chosen.append(candidate)
        left -= tokens
        if len(chosen) == limit:
            break
    return in_order(chosen)


def in_order(candidates: Iterable[Candidate]) -> list[Evidence]:
    """The candidates as evidence, numbered from 1 in the order in which they were said."""
    return in_time([Evidence(number=0, turn=one.turn, score=one.score, match=one.match) for one in candidates])


def in_time(evidence: Iterable[Evidence]) -> list[Evidence]:
    """The evidence in the order in which it was said, numbered anew from 1."""
    ordered = sorted(evidence, key=lambda one: (one.turn.said_at or _NEVER, one.turn.session_id, one.turn.position))
    return [replace(one, number=number) for number, one in enumerate(ordered, start=1)]


def _says_the_same(spoken: frozenset[str], other: frozenset[str]) -> bool:
    return len(spoken & other) >= SAME * len(spoken | other)


def estimated_tokens(text: str) -> int:
    """Tokens of a text, at four characters each, where no model is there to count them."""
    return len(text) // 4 + 1
