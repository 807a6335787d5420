"""Beliefs out of claims: what holds of a subject, since when, and what it took the place of.

Pure and independent of the order in which claims come: they are sorted by when they were said, and what a claim does is
decided by the others of its timeline alone. A timeline is one predicate of one subject (where it holds one value at a
time), or one value of it (where it holds many). On it

- the same value again is the same belief with one more proof (NOOP);
- another value takes over on the day that it names, or on the day that it was said (SUPERSEDE);
- an end ("I no longer ...", "we broke up") closes what it names, or all there is if it names nothing;
- a change of which nobody says what is so now ("we've moved house") puts what was held before in doubt, until it is
  said again or something newer is;
- of two values neither may be newer (different people on the same day, or no times at all): both are kept, in conflict,
  until a newer statement settles it.

Bi-temporal: `valid_from` and `valid_to` are days in the world, the second exclusive. `recorded_at` and `retracted_at`
are the moments of the statements through which the belief was gained and its end learnt: the time at which something
was said decides, not the time at which a log was read.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from memcli.memory.facts.claims import Claim, Kind, Order, object_key, subject_key
from memcli.memory.facts.predicates import family, predicate

MOST_CERTAIN: Final = 0.99

FRESH: Final = timedelta(days=90)
"""What began, or was first heard of, so shortly before is most likely what "my new phone" means: it is not in doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """What is held to be so, with the claims that it rests on (`sources`) and the claim that ended it (`ended_by`).

    since_known: whether valid_from was stated; else it is the day on which it was first said, and may be older.
    superseded_by: the id of the belief that took its place. rivals: ids of the beliefs that it is in conflict with.
    proofs: how many turns say so. doubts: claims that it has changed since.
    """

    id: str
    kind: Kind
    subject: str
    predicate: str
    object: str
    statement: str
    confidence: float
    valid_from: date | None
    valid_to: date | None
    since_known: bool
    recorded_at: datetime | None
    retracted_at: datetime | None
    superseded_by: str | None
    rivals: tuple[str, ...]
    proofs: int
    sources: tuple[Claim, ...]
    ended_by: Claim | None
    doubts: tuple[Claim, ...] = ()

    def doubted_on(self, day: date) -> Claim | None:
        """The last that was said by that day of its having changed, unless it was said again since."""
        told = [one for one in self.doubts if one.said.said_on is None or one.said.said_on <= day]
        if not told:
            return None
        again = [one for one in self.sources if one.said.said_on is not None and one.said.said_on <= day]
        return told[-1] if all(one.order < told[-1].order for one in again) else None

    def holds_on(self, day: date) -> bool:
        """Whether it is held to be true on that day."""
        if self.ended_by is not None and self.valid_to is None:
            return False  # over since nobody knows when
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day < self.valid_to)

    @property
    def planned(self) -> bool:
        """Whether all that was said of it was said before it was to begin."""
        return self.valid_from is not None and all(
            one.said.said_on is not None and one.said.said_on < self.valid_from for one in self.sources
        )


def reconcile(claims: Iterable[Claim], *, superseding: bool = True) -> list[Belief]:
    """The beliefs that the claims come to, sorted by subject, predicate and time.

    superseding=False keeps every value as if it still held: what a memory without reconciliation would say (for the
    ablation that measures what reconciling buys).
    """
    lines: defaultdict[tuple[str, str], list[Claim]] = defaultdict(list)
    doubts: defaultdict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in claims:
        kept = doubts if claim.stance == "doubt" else lines
        kept[subject_key(claim.subject), family(claim.predicate)].append(claim)
    beliefs: list[Belief] = []
    for (subject, name), said in sorted(lines.items()):
        ordered = sorted(said, key=lambda claim: claim.order)
        changed = sorted(doubts[subject, name], key=lambda claim: claim.order) if superseding else []
        for line in _lines(name, ordered):
            beliefs += [_doubted(one, changed) for one in _Timeline(superseding=superseding).run(line)]
    return beliefs


def _doubted(one: Belief, changed: Sequence[Claim]) -> Belief:
    """The belief with the changes that were told of while it was held, if it is one of a single value at a time."""
    if not changed or predicate(one.predicate).many:
        return one
    first, end = one.sources[0].order, one.ended_by
    told = tuple(
        claim
        for claim in changed
        if first < claim.order
        and (end is None or claim.order < end.order)
        and not (one.valid_from and claim.said.said_on and claim.said.said_on < one.valid_from + FRESH)
    )
    return replace(one, doubts=told)


def _lines(name: str, claims: Sequence[Claim]) -> Iterator[list[Claim]]:
    """The timelines of a family: one for a predicate with one value, one a value where it has many."""
    if not _many(name, claims):
        yield list(claims)
        return
    topics: dict[str, list[Claim]] = {}
    for claim in claims:
        if claim.stance == "holds":
            topics.setdefault(object_key(claim.object), []).append(claim)
    known = list(topics)
    for claim in claims:
        if claim.stance == "ended":
            for topic in _ended_topics(object_key(claim.object), known):
                topics.setdefault(topic, []).append(claim)
    for _, line in sorted(topics.items()):
        yield sorted(line, key=lambda claim: claim.order)


def _many(name: str, claims: Sequence[Claim]) -> bool:
    return any(predicate(claim.predicate).many for claim in claims) or predicate(name).many


def _ended_topics(ended: str, known: Sequence[str]) -> list[str]:
    """Which values an end means: that value; else those that are named by the same last word ("the car": "red car")."""
    if not ended:
        return list(known)
    if ended in known:
        return [ended]
    head = ended.split()[-1]
    same = [topic for topic in known if topic.split()[-1:] == [head]]
    return same or [ended]


class _Point(NamedTuple):
    """Something happens on a timeline. `day` None: nobody knows when, before all that is known."""

    day: date | None
    claim: Claim
    ends: bool
    explicit: bool


@dataclass(slots=True)
class _Open:
    """A belief in the making."""

    value: str
    valid_from: date | None
    since_known: bool
    sources: list[Claim]
    valid_to: date | None = None
    ended_by: Claim | None = None
    successor: _Open | None = None
    rivals: list[_Open] = field(default_factory=list)

    @property
    def last(self) -> Claim:
        return max(self.sources, key=lambda claim: claim.order)


class _Timeline:
    """Walks the claims of one timeline in the order of their days."""

    def __init__(self, *, superseding: bool) -> None:
        self._superseding = superseding
        self._made: list[_Open] = []
        self._current: list[_Open] = []
        self._said: set[str] = set()

    def run(self, claims: Sequence[Claim]) -> list[Belief]:
        self._said = {_value(claim) for claim in claims if claim.stance == "holds"}
        for point in sorted(_points(claims), key=_when):
            if not point.ends:
                self._hold(point)
            elif self._superseding:
                self._end(point)
        return self._finished()

    def _hold(self, point: _Point) -> None:
        value = _value(point.claim)
        same = next((one for one in self._current if one.value == value), None)
        others = [one for one in self._current if one is not same]
        if same is not None:
            if point.claim not in same.sources:
                same.sources.append(point.claim)
            same.since_known = same.since_known or (point.explicit and same.valid_from == point.day)
            if self._superseding and others and all(_newer(point, one) for one in others):
                self._close(others, point, same)
            return
        fresh = _Open(value, point.day, point.explicit, [point.claim])
        self._made.append(fresh)
        if self._superseding and others and all(_newer(point, one) for one in others):
            self._close(others, point, fresh)
            self._current = []
        elif self._superseding:
            for one in others:
                one.rivals.append(fresh)
                fresh.rivals.append(one)
        self._current.append(fresh)

    def _end(self, point: _Point) -> None:
        ended = [one for one in self._current if _meant(point.claim, one)]
        if not point.explicit:  # an end that names an earlier day ends here only what was said before it
            ended = [one for one in ended if one.last.order < point.claim.order]
        if ended:
            self._close(ended, point, None)
        elif point.claim.object and point.claim.confidence > 0.5 and _value(point.claim) not in self._said:
            # Nobody ever said that it is so: it was, and is over.
            self._said.add(_value(point.claim))
            known = point.claim.valid_from
            past = _Open(_value(point.claim), known, known is not None, [point.claim], point.day, point.claim)
            self._made.append(past)

    def _close(self, ended: Sequence[_Open], point: _Point, successor: _Open | None) -> None:
        for one in ended:
            one.valid_to = point.day
            one.ended_by = point.claim
            one.successor = successor
            self._current.remove(one)

    def _finished(self) -> list[Belief]:
        ids = {id(one): _belief_id(one) for one in self._made}
        beliefs = []
        for one in self._made:
            first, last = min(one.sources, key=lambda claim: claim.order), one.last
            turns = {claim.said.turn_id for claim in one.sources}
            doubt = 1.0
            for turn in turns:
                doubt *= 1 - max(claim.confidence for claim in one.sources if claim.said.turn_id == turn)
            beliefs.append(
                Belief(
                    id=ids[id(one)],
                    kind=last.kind,
                    subject=last.subject,
                    predicate=last.predicate,
                    object=first.object,
                    statement=last.statement,
                    confidence=round(min(MOST_CERTAIN, 1 - doubt), 4),
                    valid_from=one.valid_from,
                    valid_to=one.valid_to,
                    since_known=one.since_known,
                    recorded_at=first.said.said_at,
                    retracted_at=one.ended_by.said.said_at if one.ended_by else None,
                    superseded_by=ids[id(one.successor)] if one.successor else None,
                    rivals=tuple(sorted(ids[id(rival)] for rival in one.rivals if _still(one, rival))),
                    proofs=len(turns),
                    sources=tuple(sorted(one.sources, key=lambda claim: claim.order)),
                    ended_by=one.ended_by,
                )
            )
        return beliefs


def _points(claims: Sequence[Claim]) -> Iterator[_Point]:
    """What the claims do, and when: a claim that names an earlier day counts there and where it was said."""
    cancelled = _cancelled(claims)
    for claim in claims:
        said_on = claim.said.said_on
        if claim.stance == "ended":
            yield _Point(claim.valid_to or said_on, claim, True, claim.valid_to is not None)
            if claim.object and claim.valid_to and said_on and claim.valid_to < said_on:
                yield _Point(said_on, claim, True, False)
            continue
        if claim in cancelled:
            continue
        begins = claim.valid_from or said_on
        yield _Point(begins, claim, False, claim.valid_from is not None)
        if begins is not None and said_on is not None and begins < said_on and (claim.valid_to or said_on) >= said_on:
            yield _Point(said_on, claim, False, False)
        if claim.valid_to is not None:
            yield _Point(claim.valid_to, replace(claim, stance="ended"), True, True)


def _cancelled(claims: Sequence[Claim]) -> list[Claim]:
    """Plans that were called off before they came about: "I'm not moving to Oslo after all"."""
    ends = [claim for claim in claims if claim.stance == "ended" and claim.object]
    return [
        plan
        for plan in claims
        if plan.stance == "holds" and plan.valid_from and plan.said.said_on and plan.valid_from > plan.said.said_on
        and any(
            plan.order < end.order and _value(end) == _value(plan)
            and end.said.said_on is not None and end.said.said_on < plan.valid_from
            for end in ends
        )
    ]  # fmt: skip


def _when(point: _Point) -> tuple[bool, date, Order]:
    """Points by their day, and within a day in the order in which they were said."""
    return (point.day is not None, point.day or date.min, point.claim.order)


def _newer(point: _Point, open_one: _Open) -> bool:
    """Whether a claim is newer than all that a belief rests on, so that it takes its place."""
    other = open_one.last
    mine, theirs = point.claim.said, other.said
    if mine.said_on is None and theirs.said_on is None:
        return mine.session == theirs.session and (mine.position, point.claim.start) > (theirs.position, other.start)
    if theirs.said_on is None:
        return True
    begins = max(day for day in (open_one.valid_from, date.min) if day is not None)
    if mine.said_on == theirs.said_on and subject_key(mine.speaker) != subject_key(theirs.speaker):
        return point.day is not None and point.day > max(begins, theirs.said_on)
    return True


def _meant(end: Claim, one: _Open) -> bool:
    if not end.object:
        return True
    if predicate(end.predicate).many:
        return family(end.predicate) == end.predicate or one.value.split("\n")[0] == end.predicate
    return one.value.split("\n")[-1] == object_key(end.object)


def _value(claim: Claim) -> str:
    """What makes two claims of a timeline the same value."""
    if family(claim.predicate) in ("partner", "car"):
        return object_key(claim.object)
    return f"{claim.predicate}\n{object_key(claim.object)}"


def _still(one: _Open, other: _Open) -> bool:
    """Whether two rivals are in conflict yet: neither has given way."""
    return one.valid_to is None and other.valid_to is None


def _belief_id(one: _Open) -> str:
    """128 bits, hex: of what is held of whom, and the words that it was first heard in."""
    first = min(one.sources, key=lambda claim: claim.order)
    parts = (
        subject_key(first.subject), family(first.predicate), one.value, first.said.turn_id, str(first.start),
        str(one.valid_from),
    )  # fmt: skip
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()
