"""The JSON documents that scripts may rely on. A change that breaks one is a breaking change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from memcli.ingest.pipeline import IngestReport
from memcli.recall.pipeline import Recalled
from memcli.types import Answer, Candidate, Evidence, Query, Turn

SCHEMA = 1


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
                "sessions": source.sessions,
                "turns_read": source.turns_read,
                "turns_added": source.turns_added,
                "turns_known": source.turns_read - source.turns_added,
                "skipped": [
                    {"locator": source.uri if line is None else f"{source.uri}:{line}", "reason": reason}
                    for line, reason in source.skipped
                ],
                "ignored": dict(source.ignored),
            }
            for source in report.sources
        ],
        "turns_added": report.turns_added,
        "redacted": dict(report.redacted),
        "seconds": round(report.seconds, 3),
    }


def search_document(query: Query, recalled: Recalled) -> dict[str, Any]:
    """What `search --json` prints."""
    return {
        "schema": SCHEMA,
        "query": query.text,
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
        "citations": [_evidence(one) for one in answer.evidence if one.number in answer.citations],
        "evidence": [_evidence(one) for one in answer.evidence],
        "timings_ms": dict(answer.timings_ms),
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
        "metadata": dict(turn.metadata),
    }


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
        "tier": "episodic",
        "source": turn.locator.source,
        "line": turn.locator.line,
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
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
    }
