"""Questions with known answers, from the layouts in which they are published.

LoCoMo (Maharana et al., ACL 2024), LongMemEval's evidence sessions (Wu et al., ICLR 2025), and JSON Lines of our own
for everything else: {"memory", "question", "answers", "evidence"} beside {"memory", "turns"}; see `generic`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from memcli.ingest.errors import InputUnreadable

Level = Literal["turn", "session"]

LOCOMO_CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}
_LAST = datetime(2026, 1, 1, tzinfo=UTC)
"""The "now" of questions that name none: later than what any of these data sets tells."""

_DIA_ID = re.compile(r"D:?(\d+):(\d+)")
_LONGMEMEVAL_TIME = "%Y/%m/%d (%a) %H:%M"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question whose answer is known.

    `evidence` are native ids of the turns, or ids of the sessions, that answer it (by the data set's `level`); it may
    be empty. A question with `answerable` False should be declined. `several`: the answer is a list, parted by commas.
    `doubtful`: its label is known to be wrong.
    """

    id: str
    memory: str
    question: str
    answers: Sequence[str]
    evidence: frozenset[str]
    category: str
    answerable: bool = True
    several: bool = False
    asked_at: datetime = _LAST
    doubtful: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a memory is to be made of: a log's text in a format that `ingest` reads."""

    name: str
    format: str
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Memories, and the cases that are put to them."""

    name: str
    level: Level
    memories: Sequence[Memory]
    cases: Sequence[Case] = field(repr=False)


def load(path: Path, label_errors: Path | None = None) -> Dataset:
    """The data set in a file, by its layout. Raises InputUnreadable if it has none of the known ones.

    label_errors: a JSON list of {"sample_id", "question"}: those cases are doubtful.
    """
    text = _text(path)
    try:
        found: Any = json.loads(text)
    except ValueError:
        return generic(path.stem, text)
    samples = found if isinstance(found, list) else [found]
    first = samples[0] if samples and isinstance(samples[0], dict) else {}
    if "qa" in first and "conversation" in first:
        return locomo(path.stem, samples, _doubtful(label_errors) if label_errors else frozenset())
    if "evidence_sessions" in first and "question_id" in first:
        return longmemeval(path.stem, samples)
    if "turns" in first or "question" in first:
        return generic(path.stem, text)
    raise InputUnreadable(
        f"{path} is no data set that can be read: no LoCoMo, no LongMemEval with evidence_sessions, no JSON Lines",
        hint='write one object a line: {"memory", "turns"} and {"memory", "question", "answers", "evidence"}',
    )


def locomo(name: str, samples: Sequence[Mapping[str, Any]], doubtful: frozenset[tuple[str, str]]) -> Dataset:
    """LoCoMo: one memory a conversation, evidence by turn. Questions of category 5 have no answer there.

    Evidence ids are read tolerantly ("D8:6; D9:17", "D:11:26"); those that name no turn are left out.
    """
    memories, cases = [], []
    for number, sample in enumerate(samples):
        memory = str(sample.get("sample_id", number))
        memories.append(Memory(name=memory, format="locomo", log=json.dumps([sample])))
        turns = (turns for turns in sample["conversation"].values() if isinstance(turns, list))
        known = {turn.get("dia_id") for one in turns for turn in one}
        for place, entry in enumerate(sample["qa"]):
            noted = (_DIA_ID.findall(str(one)) for one in entry.get("evidence") or ())
            evidence = {f"D{int(session)}:{int(turn)}" for one in noted for session, turn in one} & known
            category = int(entry["category"])
            answer = str(entry.get("answer", ""))
            cases.append(
                Case(
                    id=f"{memory}/{place}",
                    memory=memory,
                    question=entry["question"],
                    # LoCoMo's own evaluation takes what stands before the ";" of an open-domain answer
                    answers=[answer.split(";")[0].strip() if category == 3 else answer] if answer else [],
                    evidence=frozenset(evidence),
                    category=LOCOMO_CATEGORIES.get(category, str(category)),
                    answerable=category != 5,
                    several=category == 1,
                    doubtful=(memory, entry["question"]) in doubtful,
                )
            )
    return Dataset(name=name, level="turn", memories=memories, cases=cases)


def longmemeval(name: str, entries: Sequence[Mapping[str, Any]]) -> Dataset:
    """LongMemEval without its haystack: the evidence sessions of all questions in one memory, evidence by session.

    A question whose id ends in "_abs" has no answer there.
    """
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
                asked_at=_moment(entry["question_date"]) or _LAST,
            )
        )
    memory = Memory(name="pooled", format="turns", log="\n".join(lines) + "\n")
    return Dataset(name=name, level="session", memories=[memory], cases=cases)


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
                    asked_at=_aware(datetime.fromisoformat(asked_at)) if asked_at else _LAST,
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


def _doubtful(path: Path) -> frozenset[tuple[str, str]]:
    return frozenset((str(one["sample_id"]), str(one["question"])) for one in json.loads(_text(path)))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputUnreadable(f"{path} cannot be read: {error}") from error


def _moment(text: str | None) -> datetime | None:
    return datetime.strptime(text, _LONGMEMEVAL_TIME).replace(tzinfo=UTC) if text else None


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
