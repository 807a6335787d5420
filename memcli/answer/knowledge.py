"""What the memory holds to be so: lists of beliefs, what changed in them since a day, and a profile of a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from memcli.memory.consolidate_facts import beliefs_of
from memcli.memory.consolidate_subjects import claims_about, keys_of, people_of
from memcli.memory.facts.beliefs import Belief
from memcli.memory.facts.claims import Claim, subject_key
from memcli.memory.forgetting import Strength
from memcli.memory.salience import first_strength, rating_of
from memcli.memory.subjects import is_theirs

if TYPE_CHECKING:
    from store.rows import TurnRow
    from store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """Beliefs, the turns that they rest on by their id, and how well each belief is kept."""

    beliefs: tuple[Belief, ...]
    turns: dict[str, TurnRow]
    strengths: dict[str, Strength]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How a belief differs from what was held before. before: what it took the place of."""

    what: str
    belief: Belief
    before: Belief | None = None


def knowledge(
    store: Store, *, subject: str | None = None, kind: str | None = None, known_as_of: datetime | None = None
) -> Knowledge:
    """All that is believed, of one subject (by their name or first name) or of one kind, and as of a moment.

    What is claimed of any name of a person whose speakers were merged is claimed of the one that they are shown under.
    """
    with store.reading() as catalogue:
        people = people_of(catalogue)
        subjects = None
        if subject is not None:
            wanted = subject_key(people.shown(subject))
            known = keys_of(catalogue, people)
            subjects = sorted(key for key in known if is_theirs(key, wanted) or key.startswith(f"{wanted} "))
        rows = claims_about(catalogue, people, subjects, known_as_of)
        beliefs = tuple(one for one in beliefs_of(rows) if kind is None or one.kind == kind)
        seqs = {row.said.id: row.said.seq for row in rows}
        needed = {claim.said.turn_id for one in beliefs for claim in _claims(one)}
        turns = catalogue.turns_by_seq([seqs[turn] for turn in needed]) if needed else []
    recalled = store.standing().strengths
    strengths = {
        one.id: Strength(*recalled[one.id][2:])
        if one.id in recalled
        else first_strength("fact", rating_of(one.statement), one.recorded_at)
        for one in beliefs
    }
    return Knowledge(beliefs=beliefs, turns={row.id: row for row in turns}, strengths=strengths)


def holding(beliefs: Sequence[Belief], day: date) -> list[Belief]:
    """Those that hold on the day, and of the plans also those that are yet to come."""
    return [one for one in beliefs if one.holds_on(day) or (_to_come(one, day) and one.kind == "plan")]


def differences(beliefs: Sequence[Belief], since: datetime) -> list[Difference]:
    """What was added, changed, retired or confirmed by what was said after the moment `since`, in that order."""
    by_id = {one.id: one for one in beliefs}
    replaced = {one.superseded_by: one for one in beliefs if one.superseded_by and _after(one.retracted_at, since)}
    found = []
    for one in beliefs:
        if _after(one.recorded_at, since):
            before = replaced.get(one.id)
            known = before is not None and not _after(before.recorded_at, since)
            found.append(Difference(what="changed" if known else "added", belief=one, before=before if known else None))
        elif _after(one.retracted_at, since) and (one.superseded_by is None or one.superseded_by not in by_id):
            found.append(Difference(what="retired", belief=one))
        elif one.ended_by is None and _after(one.sources[-1].said.said_at, since):
            found.append(Difference(what="confirmed", belief=one))
    order = ("added", "changed", "retired", "confirmed")
    return sorted(found, key=lambda one: order.index(one.what))


def _claims(one: Belief) -> list[Claim]:
    return [*one.sources, *([one.ended_by] if one.ended_by else []), *one.doubts]


def _after(moment: datetime | None, since: datetime) -> bool:
    return moment is not None and moment > since


def _to_come(one: Belief, day: date) -> bool:
    return one.valid_from is not None and one.valid_from > day
