"""LongMemEval without its haystack: the evidence sessions of all questions in one memory (Wu et al., ICLR 2025)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from memcli.evaluate.cases import LAST, Case, Dataset, Memory

_TIME = "%Y/%m/%d (%a) %H:%M"


def is_one(entry: Mapping[str, Any]) -> bool:
    """Whether an entry has this layout."""
    return "evidence_sessions" in entry and "question_id" in entry


def longmemeval(name: str, entries: Sequence[Mapping[str, Any]]) -> Dataset:
    """The cases of all entries, evidence by session. A question whose id ends in "_abs" has no answer there."""
    lines, cases = [], []
    for entry in entries:
        question_id = str(entry["question_id"])
        sessions = []
        for number, session in enumerate(entry["evidence_sessions"]):
            native = f"{question_id}/{number}"
            sessions.append(native)
            moment = _moment(session["date"])
            time = {"time": moment.isoformat()} if moment else {}
            for place, turn in enumerate(session["turns"]):
                record = {"session": native, "id": f"{native}:{place}", "speaker": turn["role"], "role": turn["role"]}
                lines.append(json.dumps(record | time | {"text": turn["content"]}))
        cases.append(
            Case(
                id=question_id,
                memory="pooled",
                question=entry["question"],
                answers=[str(entry["answer"])],
                evidence=frozenset(sessions),
                category=str(entry["question_type"]),
                answerable=not question_id.endswith("_abs"),
                asked_at=_moment(entry["question_date"]) or LAST,
            )
        )
    memory = Memory(name="pooled", format="turns", log="\n".join(lines) + "\n")
    return Dataset(name=name, level="session", memories=[memory], cases=cases)


def _moment(text: str | None) -> datetime | None:
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC) if text else None
