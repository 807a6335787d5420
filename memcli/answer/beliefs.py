"""Answers from what is known: the value of a fact now, or as of a day, with the words that it rests on.

What another statement has taken the place of is never stated as if it held: it is history, and said to be. Values of
which neither is newer are shown side by side.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from memcli.answer.fact_questions import ME, FactQuestion, fact_question
from memcli.memory.consolidate_facts import beliefs_of
from memcli.memory.consolidate_subjects import claims_about, keys_of, people_of
from memcli.memory.facts.beliefs import Belief
from memcli.memory.facts.claims import Claim, subject_key
from memcli.memory.facts.predicates import family
from memcli.memory.subjects import OWNERS
from memcli.recall.people import as_said_by
from memcli.recall.pipeline import turn_of
from memcli.types import Evidence

if TYPE_CHECKING:
    from store.catalogue import Catalogue
    from store.store import Store

DOUBTED = 0.5
"""What is left of the confidence in a value that may have changed."""

VALUES = 6
"""Most values that an answer lists of a predicate that has many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the memory knows: the answer's text, the evidence for it, and the statements in conflict, if any are.

    values: what is stated to hold at the time that is asked about; empty if all that is known had ended by then, or
    may have changed by then.
    """

    text: str
    values: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    conflicts: tuple[str, ...]
    confidence: float


def known(
    question: str,
    store: Store,
    *,
    asked_on: date,
    as_of: date | None = None,
    known_as_of: datetime | None = None,
    superseding: bool = True,
) -> Known | None:
    """The answer if the question asks for a fact's value and the memory holds it, else None.

    as_of: the day in the world that is asked about, where the question names none. known_as_of: only what had been said
    by then counts. superseding=False leaves all values standing (for the ablation).
    """
    wanted = fact_question(question, as_of or asked_on)
    if wanted is None:
        return None
    families = [family(name) for name in wanted.predicates]
    first, last = wanted.first or as_of or asked_on, wanted.last or as_of or asked_on
    with store.reading() as catalogue:
        people = people_of(catalogue)
        owners = dict.fromkeys([subject_key(people.shown(OWNERS[0])), *OWNERS])
        subjects = _subjects(wanted, people.shown(wanted.subject), keys_of(catalogue, people), list(owners))
        rows = claims_about(catalogue, people, subjects, known_as_of) if subjects else []
        beliefs = beliefs_of((row for row in rows if family(row.predicate) in families), superseding=superseding)
        # Several predicates may answer; the first of which anything is known does.
        for name in dict.fromkeys(families):
            chosen = _chosen([one for one in beliefs if family(one.predicate) == name], first, last, past=wanted.past)
            if chosen:
                seqs = {row.said.id: row.said.seq for row in rows}
                return _answer(chosen, first, last, asked_on, catalogue, seqs)
    return None


def _subjects(wanted: FactQuestion, name: str, keys: Collection[str], owners: Sequence[str]) -> list[str]:
    """The keys of the subjects that the question means, of those that are known; none if it could mean two people.

    name: the one that whom it names is shown under. owners: the keys of who asks.
    """
    if wanted.subject == ME:
        meant = [f"{key}'s {wanted.kin}" if wanted.kin else key for key in owners]
        return [key for key in meant if key in keys]
    asked = subject_key(name)
    people = {key for key in keys if "'s " not in key}
    if asked not in people:
        longer = {key for key in people if key.split()[0] == asked}
        if wanted.kin:
            longer |= {key.split("'s ")[0] for key in keys if key.startswith(asked) and "'s " in key}
        if len(longer) != 1 and asked not in longer:
            return []
        asked = asked if asked in longer else longer.pop()
    if wanted.kin:
        return [key for key in (f"{asked}'s {wanted.kin}",) if key in keys]
    return [asked]


def _chosen(beliefs: Sequence[Belief], first: date, last: date, *, past: bool) -> list[Belief]:
    """What answers: what held in the time that is asked about; failing that, what had ended by then."""
    if past:
        over = [one for one in beliefs if one.ended_by is not None and one.recorded_at is not None]
        return over[-VALUES:]
    held = [one for one in beliefs if _held(one, first, last)]
    if held:
        return held[-VALUES:]
    ended = [one for one in beliefs if one.valid_to is not None and one.valid_to <= first]
    return sorted(ended, key=lambda one: (one.valid_to or date.min, one.id))[-1:]


def _held(one: Belief, first: date, last: date) -> bool:
    if one.ended_by is not None and one.valid_to is None:
        return False
    return (one.valid_from is None or one.valid_from <= last) and (one.valid_to is None or first < one.valid_to)


def _answer(
    chosen: Sequence[Belief], first: date, last: date, asked_on: date, catalogue: Catalogue, seqs: dict[str, int]
) -> Known:
    me = catalogue.setting("me")
    shown = [(one, _shown(one, first, last)) for one in chosen]
    turn_ids = list(dict.fromkeys(claim.said.turn_id for _, claims in shown for claim in claims))
    rows = {row.id: row for row in catalogue.turns_by_seq([seqs[turn] for turn in turn_ids])}
    numbers = {turn: number for number, turn in enumerate(turn_ids, start=1)}
    lines = []
    for one, claims in shown:
        quotes = "; ".join(
            f"{claim.said.speaker}: “{_one_line(claim.statement)}” [{numbers[claim.said.turn_id]}]" for claim in claims
        )
        lines.append(f"{_value(one, first, last, asked_on)}. {quotes}")
    rivals = [one for one in chosen if one.rivals]
    conflicts = tuple(
        f"{one.object} ({one.sources[-1].said.speaker}, {_day(one.sources[-1].said.said_on)})" for one in rivals
    )
    text = "\n".join(lines)
    if conflicts:
        text = f"The memory holds statements in conflict, none of them newer:\n{text}"
    turns = {turn: turn_of(as_said_by(rows[turn], me)) for turn in turn_ids}
    evidence = tuple(Evidence(number=numbers[turn], turn=turns[turn], score=1.0, match=1.0) for turn in turn_ids)
    values = tuple(one.object for one in chosen if _held(one, first, last) and not one.doubted_on(last))
    return Known(
        text=text,
        values=values,
        evidence=evidence,
        conflicts=conflicts,
        confidence=min(one.confidence * (DOUBTED if one.doubted_on(last) else 1.0) for one in chosen),
    )


def _shown(one: Belief, first: date, last: date) -> list[Claim]:
    """The claims that an answer cites: the latest that says so, and the one through which it is over or in doubt."""
    says = [claim for claim in one.sources if claim is not one.ended_by and claim.stance == "holds"]
    claims = says[-1:]
    doubt = one.doubted_on(last) if _held(one, first, last) else None
    if doubt is not None:
        claims.append(doubt)
    if one.ended_by is not None and one.ended_by not in says and (one.valid_to is None or one.valid_to <= first):
        claims.append(one.ended_by)
    return claims or [one.sources[-1]]


def _value(one: Belief, first: date, last: date, asked_on: date) -> str:
    """The value, and when it holds: "Oslo, since 1 April 2024", "Not any more: Rome, until 3 May 2023"."""
    since = None if one.valid_from is None else _day(one.valid_from)
    if one.valid_to is not None and one.valid_to <= first:
        return f"Not any more: {one.object}, until {_day(one.valid_to)}"
    if one.valid_to is not None and one.valid_to <= asked_on:
        begun = f"from {since} " if since else ""
        return f"{one.object}, {begun}until {_day(one.valid_to)}"
    if one.doubted_on(last):
        begun = f", {'since' if one.since_known else 'first said on'} {since}" if since else ""
        return f"Possibly outdated: {one.object}{begun}"
    if since is None:
        return one.object
    if one.valid_from is not None and one.valid_from > asked_on:
        return f"{one.object}, planned from {since}"
    return f"{one.object}, since {since}" if one.since_known else f"{one.object}, first said on {since}"


def _day(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day is not None else "no date"


def _one_line(text: str) -> str:
    return " ".join(text.split())
