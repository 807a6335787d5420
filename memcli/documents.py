"""The JSON documents that scripts may rely on. A change that breaks one is a breaking change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memcli.ingest.report import IngestReport, SourceReport
from memcli.types import Answer, Candidate, Evidence, Passage, Turn

if TYPE_CHECKING:
    from memcli.config import Config
    from memcli.ingest.notes import Noted
    from memcli.ingest.whereabouts import Whereabouts
    from memcli.memory.consolidate import Consolidation
    from memcli.memory.forgetting import Strength
    from memcli.recall.pipeline import Recalled
    from store.backup import Backup
    from store.batches import BatchRow
    from store.check import Finding
    from store.episodes import GistRow
    from store.prove import Receipt
    from store.speakers import PersonRow
    from store.store import Store

SCHEMA = 1
MONTHS = 12
"""Months whose growth is shown in the status."""


def moment(at: datetime | None) -> str | None:
    """A time as `2023-05-08T13:56:00Z`."""
    if at is None:
        return None
    return at.isoformat(timespec="microseconds" if at.microsecond else "seconds").replace("+00:00", "Z")


def ingest_document(report: IngestReport) -> dict[str, Any]:
    """What `ingest --json` prints."""
    return {
        "schema": SCHEMA,
        "batch": report.batch,
        "sources": [
            {
                "uri": source.uri,
                "format": source.format,
                "unchanged": source.unchanged,
                "sessions": source.sessions,
                "turns_read": source.turns_read,
                "turns_added": source.turns_added,
                "turns_known": source.turns_read - source.turns_added,
                "skipped": _skipped(source),
                "ignored": dict(source.ignored),
            }
            for source in report.sources
        ],
        "turns_added": report.turns_added,
        "redacted": dict(report.redacted),
        "seconds": round(report.seconds, 3),
    }


def dry_run_document(report: IngestReport) -> dict[str, Any]:
    """What `ingest --dry-run --json` prints."""
    return {
        "schema": SCHEMA,
        "dry_run": True,
        "sources": [
            {
                "uri": source.uri,
                "format": source.format,
                "confidence": None if source.confidence is None else round(source.confidence, 3),
                "sessions": source.sessions,
                "turns": source.turns_read,
                "first_said_at": moment(source.first),
                "last_said_at": moment(source.last),
                "speakers": [{"name": name, "turns": turns} for name, turns in source.speakers.most_common()],
                "skipped": _skipped(source),
                "ignored": dict(source.ignored),
            }
            for source in report.sources
        ],
        "turns": report.turns_read,
        "redacted": dict(report.redacted),
        "seconds": round(report.seconds, 3),
    }


def _skipped(source: SourceReport) -> list[dict[str, str]]:
    return [
        {"locator": source.uri if line is None else f"{source.uri}:{line}", "reason": reason}
        for line, reason in source.skipped
    ]


def speakers_document(people: Sequence[PersonRow], me: str | None) -> dict[str, Any]:
    """What `speakers --json` prints."""
    return {
        "schema": SCHEMA,
        "me": me,
        "speakers": [
            {
                "number": person.number,
                "name": person.name,
                "me": is_me(person, me),
                "names": list(person.names),
                "known_as": [{"format": of, "key": key.removeprefix("=")} for of, key in person.speakers],
                "turns": person.turns,
                "sessions": person.sessions,
                "sources": person.sources,
                "first_said_at": moment(person.first_said_at),
                "last_said_at": moment(person.last_said_at),
            }
            for person in people
        ],
    }


def is_me(person: PersonRow, me: str | None) -> bool:
    """Whether that is the user, by one of the person's names, or by what logs call who speaks to an assistant."""
    from memcli.memory.subjects import OWNERS

    names = {name.lower() for name in (person.name, *person.names)}
    return me is not None and bool(names & {me.lower(), *OWNERS})


def batches_document(batches: Sequence[BatchRow]) -> dict[str, Any]:
    """What `undo --list --json` prints."""
    return {"schema": SCHEMA, "batches": [_batch(batch) for batch in batches]}


def undo_document(batch: BatchRow, removed: int) -> dict[str, Any]:
    """What `undo --json` prints."""
    return {"schema": SCHEMA, **_batch(batch), "turns_removed": removed}


def _batch(batch: BatchRow) -> dict[str, Any]:
    return {
        "batch": batch.id,
        "started_at": moment(batch.started_at),
        "finished_at": moment(batch.finished_at),
        "turns": batch.turns,
        "shared_turns": batch.shared_turns,
        "sessions": batch.sessions,
        "sources": list(batch.sources),
    }


def search_document(query: str, recalled: Recalled) -> dict[str, Any]:
    """What `search --json` prints."""
    return {
        "schema": SCHEMA,
        "query": query,
        "hits": [hit_document(rank, candidate) for rank, candidate in enumerate(recalled.candidates, start=1)],
        "timings_ms": recalled.timings_ms,
    }


def answer_document(answer: Answer) -> dict[str, Any]:
    """What `ask --json` prints."""
    return {
        "schema": SCHEMA,
        "id": answer.id,
        "question": answer.question,
        "answer": answer.short,
        "text": answer.text,
        "abstained": answer.abstained,
        "confidence": answer.confidence,
        "method": answer.method,
        "conflicts": list(answer.conflicts),
        "citations": [evidence_document(one) for one in answer.evidence if one.number in answer.citations],
        "evidence": [evidence_document(one) for one in answer.evidence],
        "timings_ms": dict(answer.timings_ms),
    } | ({"run": asdict(answer.run), "unsupported": list(answer.unsupported)} if answer.run else {})


def consolidation_document(report: Consolidation) -> dict[str, Any]:
    """What `consolidate --json` prints."""
    return {
        "schema": SCHEMA,
        "dry_run": report.dry_run,
        "changed": report.changed,
        "finished": report.finished,
        "steps": {name: dict(changes) for name, changes in report.steps.items()},
        "seconds": round(report.seconds, 3),
    }


def episodes_document(
    rows: Sequence[GistRow], kept: Sequence[Strength], now: datetime, *, scenes: bool
) -> dict[str, Any]:
    """What `episodes --json` prints. kept: the strength of each; a scene's is that of its gist."""
    from memcli.memory.forgetting import retained

    return {
        "schema": SCHEMA,
        "scenes" if scenes else "episodes": [
            {
                "id": row.id,
                "title": row.title,
                "turns": row.turns,
                "started_at": moment(row.started_at),
                "ended_at": moment(row.ended_at),
                "closed": row.closed,
                "scene": row.scene,
                "gist": [{"id": turn, "speaker": who, "text": text} for turn, who, text in row.sentences],
                "stability_days": round(strength.stability_days, 3),
                "recall_count": strength.recall_count,
                "retrievability": round(retained(strength, now), 4),
            }
            for row, strength in zip(rows, kept, strict=True)
        ],
    }


def turn_document(turn: Turn, title: str) -> dict[str, Any]:
    """A turn as `open --json` prints it."""
    return {
        "id": turn.id,
        "native_id": turn.native_id,
        "session": turn.session_id,
        "title": title,
        "speaker": turn.speaker,
        "role": turn.role,
        "said_at": moment(turn.said_at),
        "text": turn.text,
        "source": turn.locator.source,
        "line": turn.locator.line,
        **_inferred(turn),
        "metadata": dict(turn.metadata),
    }


def passage_document(passage: Passage, now: Whereabouts) -> dict[str, Any]:
    """What `open --json` prints; now: what became of the log that it was read from."""
    title = passage.title
    return {
        "schema": SCHEMA,
        "turn": turn_document(passage.turn, title),
        "before": [turn_document(turn, title) for turn in passage.before],
        "after": [turn_document(turn, title) for turn in passage.after],
        "versions": [turn_document(turn, title) for turn in passage.versions],
        "file": {"state": now.state, "path": str(now.path) if now.path else None},
    }


def note_document(noted: Noted) -> dict[str, Any]:
    """What `remember --json` prints."""
    changes = noted.facts.changes if noted.facts else []
    return {
        "schema": SCHEMA,
        "id": noted.turn_id,
        "text": noted.text,
        "redacted": noted.redacted,
        "facts": [
            {"what": one.what, "subject": one.subject, "predicate": one.predicate, "object": one.object}
            for one in changes
        ],
    }


def findings_document(findings: Sequence[Finding], seconds: float) -> dict[str, Any]:
    """What `check --json` prints."""
    return {
        "schema": SCHEMA,
        "clean": not findings,
        "findings": [
            {"kind": finding.kind, "where": finding.where, "what": finding.what, "mend": finding.mend}
            for finding in findings
        ],
        "seconds": round(seconds, 3),
    }


def repair_document(done: Sequence[str], left: Sequence[Finding]) -> dict[str, Any]:
    """What `repair --json` prints: what was done, and what is still not as it should be."""
    found = findings_document(left, 0.0)
    return {"schema": SCHEMA, "clean": not left, "done": list(done), "findings": found["findings"]}


def backup_document(path: str, backup: Backup) -> dict[str, Any]:
    """What `backup --json` and `restore --json` print."""
    return {
        "schema": SCHEMA,
        "file": path,
        "made_at": moment(backup.made_at),
        "store_schema": backup.schema,
        "tables": backup.tables,
        "files": [{"name": name, "bytes": size} for name, size in backup.files.items()],
    }


def deletion_document(
    count: int,
    preview: Sequence[dict[str, Any]],
    names: Sequence[str],
    removed: dict[str, int],
    proof: Receipt | None,
    receipt: Path | None,
    *,
    deleted: bool,
) -> dict[str, Any]:
    """What `delete --json` prints; the texts are shown only before they are deleted."""
    return {
        "schema": SCHEMA,
        "deleted": deleted,
        "turns": count,
        "removed": removed,
        "preview": [] if deleted else list(preview),
        "names": list(names),
        "proof": None
        if proof is None
        else {
            "clean": proof.clean,
            "looked_for": proof.looked_for,
            "said_by_others_too": proof.told_by_others,
            "too_short": proof.too_short,
            "files": len(proof.files),
            "decoded": len(proof.decoded),
            "word_lists": len(proof.word_lists),
            "found": proof.found,
        },
        "receipt": str(receipt) if receipt else None,
    }


def rows_document(place: str, rows: dict[str, int]) -> dict[str, Any]:
    """What `export --json` and `import --json` print: how many rows of each table."""
    return {"schema": SCHEMA, "place": place, "rows": rows}


def table_document(columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    """What `sql --json` prints: names of the columns, and rows of values; times are UTC, what JSON lacks is text."""
    return {"schema": SCHEMA, "columns": list(columns), "rows": [[_plain(value) for value in row] for row in rows]}


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, datetime):
        return moment(value if value.tzinfo else value.replace(tzinfo=UTC))
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return str(value)


def hit_document(rank: int, candidate: Candidate) -> dict[str, Any]:
    """A found turn as `search --json` prints it."""
    turn = candidate.turn
    return {
        "rank": rank,
        "id": turn.id,
        "native_id": turn.native_id,
        "session": turn.session_id,
        "title": candidate.session_title,
        "speaker": turn.speaker,
        "said_at": moment(turn.said_at),
        "text": turn.text,
        "score": round(candidate.score, 6),
        "channels": {hit.channel: hit.rank for hit in candidate.hits},
        "retrievability": round(candidate.retrievability, 4),
        "tier": candidate.tier,
        "source": turn.locator.source,
        "line": turn.locator.line,
        **_inferred(turn),
    }


def _inferred(turn: Turn) -> dict[str, bool]:
    """Whether the time is that of the nearest turn that has one."""
    return {"time_inferred": True} if turn.metadata.get("time_inferred") is True else {}


def evidence_document(evidence: Evidence) -> dict[str, Any]:
    """A piece of evidence as `ask` and `context` print it."""
    turn = evidence.turn
    return {
        "n": evidence.number,
        "id": turn.id,
        "native_id": turn.native_id,
        "speaker": turn.speaker,
        "said_at": moment(turn.said_at),
        "text": turn.text,
        "source": turn.locator.source,
        "line": turn.locator.line,
        **_inferred(turn),
    }


def status_document(store: Store, settings: Config) -> dict[str, Any]:
    """What `status --json` prints."""
    from memcli.schedule.plan import plan_name
    from memcli.schedule.runs import last_run

    with store.reading() as catalogue:
        counts = catalogue.counts()
        first, last = catalogue.time_span()
        sources = catalogue.source_rows()
        embedder = catalogue.setting("embedder")
        kept = catalogue.states.counts()
        known = catalogue.facts.counts()
        strengths = catalogue.states.recalled()
        growth = catalogue.states.growth(MONTHS)
        consolidated_at = catalogue.states.last_run()
    waiting = [record["kind"] for record in store.spool.read()]
    counts["answers"] += waiting.count("answer")
    counts["recall_events"] += waiting.count("recall")
    marks = list(store.standing().marks.values())
    kept |= {"pinned": marks.count("pinned"), "forgotten": marks.count("forgotten")}
    return {
        "schema": SCHEMA,
        "memory": str(store.folder),
        "bytes": store.size,
        "first_said_at": moment(first),
        "last_said_at": moment(last),
        **counts,
        **kept,
        "tiers": {
            "working": kept["pinned"],
            "procedural": kept["instructions"],
            "semantic": known["facts"] - known["facts_over"],
            "episodic": counts["turns"] - kept["archived"] - kept["instructions"],
            "archive": kept["archived"],
        },
        "facts": known["facts"],
        "facts_over": known["facts_over"],
        "recalled": strengths,
        "growth": [{"month": month, "turns": turns} for month, turns in growth],
        "consolidated_at": moment(consolidated_at),
        "scheduled_run": last_run(plan_name(str(settings["memory"]), str(settings.memory_folder))),
        "sizes": store.sizes(),
        "archive_saves": 0 if store.seal else store.archive.saved,
        "encrypted": store.seal is not None,
        # The index of an encrypted memory is made by whoever asks, of all that is there.
        "indexed": counts["turns"] if store.seal else store.index.count() + store.archive.count(),
        "index_at": store.place.uri if store.place else None,
        "embedder": embedder,
        "model": settings["llm.model"] or None,
        "by_source": [source._asdict() for source in sources],
    }
