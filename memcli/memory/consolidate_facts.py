"""From new turns to facts: extract what they claim, then work out anew what is held of whom something was claimed.

The cost follows the new turns and the subjects that they speak of. Safe to interrupt anywhere: claims and the mark how
far reading has come are one commit, and a subject stays due until its facts are written. The database is held for those
commits only.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from memcli.memory.consolidate_subjects import claims_about, keys_of, people_of
from memcli.memory.facts.beliefs import Belief, reconcile
from memcli.memory.facts.claims import Claim, Said, subject_key
from memcli.memory.facts.extract import RULES_VERSION, extract, speaks_to_assistant
from memcli.memory.facts.names import names_in
from memcli.memory.subjects import Subjects, is_theirs
from store.facts import READ_TO

if TYPE_CHECKING:
    from memcli.progress import Progress
    from store.catalogue import Catalogue
    from store.facts import ClaimRow, FactRow, SaidRow
    from store.store import Store

READ: Final = 4_096
"""Turns between two commits."""

SUBJECTS: Final = 256
"""Subjects whose facts are written in one commit."""

_RULES: Final = "facts_rules"
_PEOPLE: Final = "facts_people"
"""The setting that holds which names were whose when facts were last made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactChange:
    """What became of a fact: newly held, over and replaced, over, or said once more."""

    what: Literal["added", "superseded", "retired", "confirmed"]
    subject: str
    predicate: str
    object: str
    fact_id: str


@dataclass(slots=True)
class FactsReport:
    """What a run did. `changes` lists every fact that differs from what was held before the run."""

    turns_read: int = 0
    claims: int = 0
    subjects: int = 0
    finished: bool = True
    changes: list[FactChange] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How many facts were added, superseded, retired and confirmed."""
        return dict(Counter(change.what for change in self.changes))


def consolidate_facts(
    store: Store, *, progress: Progress, enough: Callable[[], bool] = lambda: False, dry_run: bool = False
) -> FactsReport:
    """Bring the facts up to date with the turns. Only under the writer lock.

    enough: is asked after every commit whether to stop here; the next run goes on from there. dry_run: report what
    would change and write nothing.
    """
    if dry_run:
        return _dry_run(store, progress)
    report = FactsReport()
    with store.reading() as catalogue:
        people, believed = people_of(catalogue), catalogue.facts.believed()
        bereft = keys_of(catalogue, people, so=True) - {*believed}  # turns were deleted, and their facts with them
        due = bereft | _renamed(catalogue, people, believed)
        anew = catalogue.setting(_RULES) != RULES_VERSION
        read_to = int(catalogue.setting(READ_TO) or 0)
        turns = catalogue.counts()["turns"]
    if anew:
        with store.writing() as catalogue:
            catalogue.facts.begin_anew({_RULES: RULES_VERSION, READ_TO: "0"})
        read_to = 0
    if due:
        with store.writing() as catalogue:
            catalogue.facts.make_due(sorted(due), {_PEOPLE: json.dumps(people.described())})
    with progress.phase("facts", max(turns - read_to, 0), "turns") as advance:
        while True:
            with store.reading() as catalogue:
                rows = catalogue.facts.turns_after(read_to, READ)
            if not rows:
                break
            read_to = rows[-1].seq
            claims = [claim_row(row.seq, claim) for row in rows for claim in claims_of(row)]
            mentions = [mention for row in rows for mention in _mentions(row)]
            with store.writing() as catalogue:
                keep_claims(catalogue, claims, mentions, {READ_TO: str(read_to)})
            report.turns_read += len(rows)
            report.claims += len(claims)
            advance(len(rows))
            if enough():
                report.finished = False
                return report
    reconcile_due(store, report, enough)
    return report


def keep_claims(
    catalogue: Catalogue,
    claims: Sequence[Mapping[str, Any]],
    mentions: Sequence[Mapping[str, Any]],
    settings: Mapping[str, str],
) -> None:
    """Keep what some turns claim, and have the facts made anew of all whom it is claimed of."""
    people = people_of(catalogue)
    due = people.keys_shown(str(row["subject_key"]) for row in claims)
    catalogue.facts.add_claims(claims, mentions, due, settings)


def _renamed(catalogue: Catalogue, people: Subjects, believed: Sequence[str]) -> set[str]:
    """The keys of whom facts are to be made anew because somebody has another name than when they were made."""
    before = {(key, shown) for key, shown in json.loads(catalogue.setting(_PEOPLE) or "[]")}
    changed = {key for pair in before.symmetric_difference(people.described()) for key in pair}
    if not changed:
        return set()
    known = keys_of(catalogue, people) | {*believed}
    return changed | {key for key in known if any(is_theirs(key, owner) for owner in changed)}


def _dry_run(store: Store, progress: Progress) -> FactsReport:
    report = FactsReport()
    found: list[Claim] = []
    with store.reading() as catalogue:
        read_to = int(catalogue.setting(READ_TO) or 0) if catalogue.setting(_RULES) == RULES_VERSION else 0
        people = people_of(catalogue)
        known = claims_about(catalogue, people, None) if read_to else []
        before = catalogue.facts.facts_of()
        due = _renamed(catalogue, people, catalogue.facts.believed())
        behind = catalogue.facts.turns_behind()
    with progress.phase("facts", behind, "turns") as advance:
        while True:
            with store.reading() as catalogue:
                rows = catalogue.facts.turns_after(read_to, READ)
            if not rows:
                break
            read_to = rows[-1].seq
            found += [claim_under_shown_name(claim, row, people) for row in rows for claim in claims_of(row)]
            report.turns_read += len(rows)
            advance(len(rows))
    due |= {subject_key(claim.subject) for claim in found}
    report.claims, report.subjects = len(found), len(due)
    old = [claim for claim in map(claim_of, known) if subject_key(claim.subject) in due]
    report.changes = changes(before, reconcile([*old, *found]))
    return report


def claims_of(row: SaidRow) -> list[Claim]:
    """What a turn claims. Only people claim: what an assistant or a tool says is nobody's fact."""
    if row.role != "user":
        return []
    return extract(row.text, said_of(row), to_assistant=speaks_to_assistant(row.speaker))


def claim_under_shown_name(claim: Claim, row: SaidRow, people: Subjects) -> Claim:
    """A claim as it reads once it is stored."""
    subject = people.of_claim(claim.subject, row.speaker, row.shown)
    return replace(claim, subject=subject, said=replace(claim.said, speaker=row.shown))


def said_of(row: SaidRow, *, shown: bool = False) -> Said:
    """Where and when a turn was said; shown: by the name that its speaker is shown under."""
    on = (row.said_at + timedelta(minutes=row.utc_offset)).date() if row.said_at else None
    speaker = row.shown if shown else row.speaker
    return Said(
        turn_id=row.id, speaker=speaker, said_at=row.said_at, said_on=on, session=row.session, position=row.position
    )


def beliefs_of(rows: Iterable[ClaimRow], *, superseding: bool = True) -> list[Belief]:
    """The beliefs that stored claims come to."""
    return reconcile(map(claim_of, rows), superseding=superseding)


def claim_of(row: ClaimRow) -> Claim:
    """A stored claim as the value that reconciling works on."""
    return Claim(
        kind=row.kind,  # type: ignore[arg-type]
        subject=row.subject,
        predicate=row.predicate,
        object=row.object,
        stance=row.stance,  # type: ignore[arg-type]
        statement=row.said.text[row.start_at : row.end_at],
        start=row.start_at,
        end=row.end_at,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        confidence=row.confidence,
        said=said_of(row.said, shown=True),
    )


def reconcile_due(store: Store, report: FactsReport, enough: Callable[[], bool]) -> None:
    """Make the facts of all subjects anew that are due, and report what changed."""
    while True:
        with store.reading() as catalogue:
            people = people_of(catalogue)
            due = people.keys_shown(catalogue.facts.due(SUBJECTS))
            rows = claims_about(catalogue, people, due) if due else []
            before = catalogue.facts.facts_of(due) if due else []
        if not due:
            return
        seqs = {row.said.id: row.said.seq for row in rows}
        beliefs = beliefs_of(rows)
        with store.writing() as catalogue:
            catalogue.facts.replace_facts(due, [_fact_row(one) for one in beliefs], list(_source_rows(beliefs, seqs)))
        report.subjects += len(due)
        report.changes += changes(before, beliefs)
        if enough():
            report.finished = False
            return


def changes(before: Sequence[FactRow], after: Sequence[Belief]) -> list[FactChange]:
    """What is different now, in the order of the beliefs."""
    known = {one.id: one for one in before}
    found: list[FactChange] = []
    for one in after:
        old = known.get(one.id)
        over = one.ended_by is not None
        what: Literal["added", "superseded", "retired", "confirmed"] | None = None
        if over and (old is None or not old.over):
            what = "superseded" if one.superseded_by else "retired"
        elif old is None:
            what = "added"
        elif one.proofs > old.proofs:
            what = "confirmed"
        if what is not None:
            found.append(
                FactChange(what=what, subject=one.subject, predicate=one.predicate, object=one.object, fact_id=one.id)
            )
    return found


def claim_row(seq: int, claim: Claim) -> Mapping[str, Any]:
    """A claim as the store keeps it."""
    return {
        "seq": seq, "start_at": claim.start, "end_at": claim.end, "kind": claim.kind, "subject": claim.subject,
        "subject_key": subject_key(claim.subject), "predicate": claim.predicate, "object": claim.object,
        "stance": claim.stance, "valid_from": claim.valid_from, "valid_to": claim.valid_to,
        "confidence": claim.confidence, "method": "rules",
    }  # fmt: skip


def _mentions(row: SaidRow) -> list[Mapping[str, Any]]:
    if row.role != "user":
        return []
    names = names_in(row.text)
    if names:
        names[subject_key(row.speaker)] = row.speaker
    return [{"name_key": key, "name": name, "seq": row.seq} for key, name in names.items()]


def _fact_row(one: Belief) -> Mapping[str, Any]:
    return {
        "id": one.id, "kind": one.kind, "subject": one.subject, "subject_key": subject_key(one.subject),
        "predicate": one.predicate, "object": one.object, "statement": one.statement, "confidence": one.confidence,
        "valid_from": one.valid_from, "valid_to": one.valid_to, "since_known": one.since_known,
        "over": one.ended_by is not None, "recorded_at": _naive(one.recorded_at),
        "retracted_at": _naive(one.retracted_at), "superseded_by": one.superseded_by, "rivals": list(one.rivals),
        "proofs": one.proofs,
    }  # fmt: skip


def _source_rows(beliefs: Iterable[Belief], seqs: Mapping[str, int]) -> Iterable[Mapping[str, Any]]:
    for one in beliefs:
        spans = [("says", claim) for claim in one.sources if claim is not one.ended_by]
        if one.ended_by is not None:
            spans.append(("ends", one.ended_by))
        spans += [("doubts", claim) for claim in one.doubts]
        for role, claim in spans:
            yield {
                "fact_id": one.id, "subject_key": subject_key(one.subject), "seq": seqs[claim.said.turn_id],
                "start_at": claim.start, "end_at": claim.end, "role": role,
            }  # fmt: skip


def _naive(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment is not None else None
