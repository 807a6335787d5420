"""Questions with known answers in JSON Lines of our own: for everything that has no layout of its own here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from memcli.evaluate.cases import LAST, Case, Dataset, Memory
from memcli.ingest.errors import InputUnreadable


def generic(name: str, text: str) -> Dataset:
    """JSON Lines. {"memory": name, "turns": [generic turns]} makes a memory (several lines of one name add up);
    {"memory", "question", "answers": [...], "evidence": [ids of turns]} puts a question to it, perhaps with "id",
    "category", "answerable", "several" and "asked_at". Without "memory", all is of one.
    """
    turns: dict[str, list[str]] = {}
    cases = []
    for number, record in _records(name, text):
        memory = str(record.get("memory", "memory"))
        if "turns" in record:
            turns.setdefault(memory, []).extend(json.dumps(turn) for turn in record["turns"])
        elif isinstance(record.get("question"), str):
            asked_at = record.get("asked_at")
            cases.append(
                Case(
                    id=str(record.get("id", number)),
                    memory=memory,
                    question=record["question"],
                    answers=[str(answer) for answer in record.get("answers", ())],
                    evidence=frozenset(map(str, record.get("evidence", ()))),
                    category=str(record.get("category", "all")),
                    answerable=bool(record.get("answerable", True)),
                    several=bool(record.get("several", False)),
                    asked_at=_aware(datetime.fromisoformat(asked_at)) if asked_at else LAST,
                )
            )
        else:
            raise InputUnreadable(f'{name}, line {number}: neither "turns" nor "question" is there')
    unknown = {case.memory for case in cases} - set(turns)
    if unknown:
        raise InputUnreadable(f"{name}: questions are put to {sorted(unknown)[0]!r}, of which there are no turns")
    memories = [Memory(name=one, format="turns", log="\n".join(lines) + "\n") for one, lines in turns.items()]
    return Dataset(name=name, level="turn", memories=memories, cases=cases)


def _records(name: str, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                record = json.loads(line)
            except ValueError as error:
                raise InputUnreadable(f"{name}, line {number}: not JSON: {error}") from error
            if not isinstance(record, dict):
                raise InputUnreadable(f"{name}, line {number}: not a JSON object")
            yield number, record


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
