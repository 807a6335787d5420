"""What the memory holds to be so: lists of beliefs, what changed in them since a day, and a profile of a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from memcli.memory.consolidate_facts import beliefs_of
from memcli.memory.facts.beliefs import Belief
from memcli.memory.facts.claims import Claim, subject_key
from store.speakers import Speakers, people_called, shown_by_name

if TYPE_CHECKING:
    from store.rows import TurnRow
    from store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """Beliefs, and the turns that they rest on by their id."""

    beliefs: tuple[Belief, ...]
    turns: dict[str, TurnRow]


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
        subjects = None
        people = Speakers(catalogue.connection).people()
        merged = {subject_key(name): shown for name, shown in shown_by_name(people).items()}
        if subject is not None:
            meant = [subject, *(person.name for person in people_called(subject, people) if person.merged)]
            wanted = {subject_key(name) for name in meant}
            wanted |= {key for key, shown in merged.items() if subject_key(shown) in wanted}
            subjects = [
                key
                for key, _ in catalogue.facts.subjects()
                if key in wanted or any(_belongs(key, name) for name in wanted)
            ]
        rows = [
            row._replace(subject=merged.get(subject_key(row.subject), row.subject))
            for row in catalogue.facts.claims_of(subjects, known_as_of)
        ]
        beliefs = tuple(one for one in beliefs_of(rows) if kind is None or one.kind == kind)
        seqs = {row.said.id: row.said.seq for row in rows}
        needed = {claim.said.turn_id for one in beliefs for claim in _claims(one)}
        turns = catalogue.turns_by_seq([seqs[turn] for turn in needed]) if needed else []
    return Knowledge(beliefs=beliefs, turns={row.id: row for row in turns})


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
    return [*one.sources, *([one.ended_by] if one.ended_by else [])]


def _belongs(key: str, wanted: str) -> bool:
    return key.startswith((f"{wanted} ", f"{wanted}'s "))


def _after(moment: datetime | None, since: datetime) -> bool:
    return moment is not None and moment > since


def _to_come(one: Belief, day: date) -> bool:
    return one.valid_from is not None and one.valid_from > day
