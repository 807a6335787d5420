"""Facts for people to read, and as JSON documents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from itertools import groupby
from typing import TYPE_CHECKING, Any

from memcli.cli.render import place, printer
from memcli.documents import moment
from memcli.memory.forgetting import retained
from memcli.types import Locator

if TYPE_CHECKING:
    from memcli.answer.knowledge import Difference, Knowledge
    from memcli.memory.facts.beliefs import Belief
    from memcli.memory.facts.claims import Claim
    from store.rows import TurnRow


def fact_document(one: Belief, known: Knowledge, today: date) -> dict[str, Any]:
    """A fact as JSON: what is held, from when to when, the characters that it rests on, and how well it is kept."""
    strength = known.strengths[one.id]
    sources = [(claim, "says") for claim in one.sources if claim is not one.ended_by]
    if one.ended_by is not None:
        sources.append((one.ended_by, "ends"))
    sources += [(claim, "doubts") for claim in one.doubts]
    return {
        "id": one.id,
        "kind": one.kind,
        "subject": one.subject,
        "predicate": one.predicate,
        "object": one.object,
        "statement": one.statement,
        "confidence": one.confidence,
        "proofs": one.proofs,
        "current": one.holds_on(today),
        "possibly_outdated": one.holds_on(today) and one.doubted_on(today) is not None,
        "planned": one.planned,
        "valid_from": one.valid_from.isoformat() if one.valid_from else None,
        "valid_to": one.valid_to.isoformat() if one.valid_to else None,
        "since_known": one.since_known,
        "recorded_at": moment(one.recorded_at),
        "retracted_at": moment(one.retracted_at),
        "superseded_by": one.superseded_by,
        "in_conflict_with": list(one.rivals),
        "sources": [_source(claim, role, known.turns) for claim, role in sources],
        "stability_days": round(strength.stability_days, 3),
        "recall_count": strength.recall_count,
        "retrievability": round(retained(strength, datetime.combine(today, time.max, UTC)), 4),
    }


def _source(claim: Claim, role: str, turns: dict[str, TurnRow]) -> dict[str, Any]:
    row = turns[claim.said.turn_id]
    return {
        "turn": row.id,
        "start": claim.start,
        "end": claim.end,
        "role": role,
        "speaker": row.speaker,
        "said_at": moment(row.said_at),
        "source": row.source,
        "line": row.line,
    }


def facts(shown: Sequence[Belief], known: Knowledge, today: date) -> None:
    """The facts by subject, each with its time, and the latest words that say so with their place."""
    show = printer()
    for name, group in groupby(shown, key=lambda one: one.subject):
        show((name, "bold"))
        for one in group:
            fact(one, known, today)


def differences(found: Sequence[Difference], known: Knowledge, today: date) -> None:
    """What changed: added, changed, retired, confirmed."""
    show = printer()
    for what, group in groupby(found, key=lambda one: one.what):
        show((what, "cyan"))
        for one in group:
            before = f"  (was: {one.before.object})" if one.before else ""
            fact(one.belief, known, today, subject=True, note=before)


def fact(one: Belief, known: Knowledge, today: date, *, subject: bool = False, note: str = "") -> None:
    """One fact with its time, and the latest words that say so with their place."""
    show = printer()
    claim = one.sources[-1] if one.holds_on(today) or one.ended_by is None else one.ended_by
    row = known.turns[claim.said.turn_id]
    who = f"{one.subject}  " if subject else ""
    what = one.object if one.predicate in (one.kind, "procedure") else f"{one.predicate}: {one.object}"
    show(
        (f"  {who}{what}", "" if one.holds_on(today) else "dim"),
        (f"  {when(one, today)}", "green"),
        (note, "dim"),
        ("  in conflict" if one.rivals else "", "yellow"),
        ("  possibly outdated" if one.holds_on(today) and one.doubted_on(today) else "", "yellow"),
        (f"  {one.proofs} proofs" if one.proofs > 1 else "", "dim"),
    )
    show(
        (f"      “{' '.join(claim.statement.split())}”  ", "dim"),
        (place(Locator(source=row.source, line=row.line)), "dim"),
    )


def when(one: Belief, today: date) -> str:
    """From when to when a fact holds, in words."""
    begins = f"{one.valid_from}" if one.valid_from else ""
    if one.kind == "event":
        return begins if one.since_known or not begins else f"told {begins}"
    if one.valid_to is not None:
        return (
            f"{begins} to {one.valid_to}".strip()
            if one.valid_to <= today or one.kind == "plan"
            else f"until {one.valid_to}"
        )
    if one.ended_by is not None:
        return "over"
    if not begins:
        return ""
    if one.valid_from is not None and one.valid_from > today:
        return f"planned from {begins}"
    return f"since {begins}" if one.since_known else f"said {begins}"
