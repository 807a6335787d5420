"""Working memory: what is in the context of every answer, within a budget of its own.

Pins come first, then the last turns of the session that the question belongs to, then standing instructions. They join
the evidence and can be cited as any other; they never decide whether the memory knows an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from memcli.recall.pipeline import turn_of
from memcli.recall.select import estimated_tokens, in_time
from memcli.types import Evidence, Turn
from memcli.usage import UsageError
from store.store import Store
from store.working import last_turns, sessions_named, standing_instructions, turns_with_ids

TOKENS = 400
"""The budget, at four characters a token."""

LAST_TURNS = 8
INSTRUCTIONS = 5


def working_turns(store: Store, session: str | None) -> list[Turn]:
    """The turns at hand, the most important first, within the budget. Raises UsageError if no session is named so."""
    standing = store.standing()
    pins = sorted(item for item, mark in standing.marks.items() if mark == "pinned")
    if not pins and not standing.instructions and session is None:
        return []  # nothing is at hand: the catalogue need not be opened
    with store.reading() as catalogue:
        rows = turns_with_ids(catalogue, pins)
        if session is not None:
            found = sessions_named(catalogue, session)
            if len(found) != 1:
                what = "no session" if not found else f"several sessions ({', '.join(one.id[:12] for one in found)})"
                raise UsageError(f"{what} named {session}", hint="`memcli sessions` lists them with their ids")
            rows += last_turns(catalogue, found[0].number, LAST_TURNS)
        rows += standing_instructions(catalogue, INSTRUCTIONS)
    kept: dict[str, Turn] = {}
    left = TOKENS
    for row in rows:
        tokens = estimated_tokens(row.text)
        if row.id not in kept and tokens <= left:
            kept[row.id] = turn_of(row)
            left -= tokens
    return list(kept.values())


def with_working(evidence: Sequence[Evidence], working: Sequence[Turn], *, first: bool = False) -> list[Evidence]:
    """The evidence with the turns at hand that are not in it yet, numbered anew in the order of time.

    first: the turns at hand come first, in their own order, which does not change from question to question.
    """
    known = {one.turn.id: one for one in evidence}
    added = [Evidence(number=0, turn=turn, score=0.0, match=0.0) for turn in working if turn.id not in known]
    if first and working:
        standing = [known.get(turn.id, Evidence(number=0, turn=turn, score=0.0, match=0.0)) for turn in working]
        at_hand = {turn.id for turn in working}
        ordered = [*standing, *in_time([one for one in evidence if one.turn.id not in at_hand])]
        return [replace(one, number=number) for number, one in enumerate(ordered, start=1)]
    return in_time([*evidence, *added]) if added else list(evidence)
