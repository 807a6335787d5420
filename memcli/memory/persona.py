"""What a person is like, as far as the memory knows: of all facts the few that stand for them.

Facts become a persona, and the persona corrects the gist of scenes: a sentence that tells what is over is shown with
what is so now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final, NamedTuple

from memcli.memory.facts.beliefs import Belief
from memcli.memory.forgetting import Strength, retained

PER_KIND: Final = 5
"""Facts of a kind that stand for a person."""

_PASSING: Final = frozenset({"event", "plan"})
"""Kinds that are over by themselves, so that nothing has to be corrected for it."""


class Correction(NamedTuple):
    """What a sentence says is no longer so: of what it was said, and what is so now, if that is known."""

    subject: str
    predicate: str
    was: str
    now: str | None
    until: date | None


def persona(beliefs: Sequence[Belief], strengths: Mapping[str, Strength], now: datetime) -> list[Belief]:
    """The facts that stand for a person: what holds and is not in doubt, said most often and kept best, by kind."""
    today = now.date()
    held: defaultdict[str, list[Belief]] = defaultdict(list)
    for one in beliefs:
        if one.holds_on(today) and not one.doubted_on(today) and one.kind not in _PASSING:
            held[one.kind].append(one)

    def rank(one: Belief) -> tuple[int, float, float, str]:
        kept = retained(strengths[one.id], now) if one.id in strengths else 0.0
        return (-one.proofs, -one.confidence, -kept, one.id)

    return [one for kind in sorted(held) for one in sorted(held[kind], key=rank)[:PER_KIND]]


def corrections(text: str, turn_id: str, beliefs: Sequence[Belief], today: date) -> list[Correction]:
    """What a sentence of a turn says that is over by today, by the facts that rest on it."""
    by_id = {one.id: one for one in beliefs}
    found = []
    for one in beliefs:
        if one.ended_by is None or one.kind in _PASSING or one.holds_on(today):
            continue
        for claim in one.sources:
            said = claim.statement
            if claim.said.turn_id == turn_id and claim is not one.ended_by and (said in text or text in said):
                after = by_id.get(one.superseded_by or "")
                now = after.object if after is not None and after.holds_on(today) else None
                found.append(Correction(one.subject, one.predicate, one.object, now, one.valid_to))
                break
    return found
