"""LongMemEval: questions, each with the history of chat sessions that holds their answers, in one JSON file.

https://github.com/xiaowu0162/LongMemEval (Wu et al., ICLR 2025). A list of questions with `haystack_sessions`, lists of
{"role", "content"}, and beside them `haystack_dates` ("2023/05/30 (Tue) 04:10", here taken as UTC) and
`haystack_session_ids`. Also read is a layout that holds the evidence alone: `evidence_sessions`, lists of {"date",
"turns"}. A turn's native id is its session's id, a colon and its number from 1, so that a file of questions can name
it; the same session with the same date, in the histories of several questions, is read once. Sessions without an id
are called after their question and their place in it: gpt4_2655b836/1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from memcli.ingest.readers.base import (
    EXCERPT_CHARS,
    ROLES,
    Ignored,
    Item,
    RawSession,
    RawTurn,
    Reader,
    Skipped,
    Source,
)
from memcli.ingest.readers.json_stream import Record, key_lines, records
from memcli.patterns import regex

_QUESTION = regex(r'"question_(?:id|type)"\s*:')
_SESSIONS = regex(r'"(?:haystack_(?:sessions|session_ids|dates)|evidence_sessions)"\s*:')
_TIME = regex(r"\s*(\d{4})/(\d\d?)/(\d\d?)(?:\s*\(\w{2,9}\))?(?:\s+(\d\d?):(\d\d))?\s*", re.ASCII)


def sniff(source: Source) -> float:
    """By the questions and their sessions."""
    head = source.head_text
    if not head.lstrip().startswith(("[", "{")):
        return 0.0
    return 0.97 if _QUESTION.search(head) and _SESSIONS.search(head) else 0.0


def read(source: Source) -> Iterator[Item]:
    """Every session of every question, the first time that it comes."""
    known: set[str] = set()
    for record in records(source):
        if isinstance(record, Skipped):
            yield record
            continue
        sessions = _sessions(record.value)
        if sessions is None:
            yield Skipped(line=record.line, reason="a question without sessions", excerpt=record.text[:EXCERPT_CHARS])
            continue
        places = key_lines(record, "role")
        lines = iter([line for _, line in places] if len(places) == sum(len(turns) for *_, turns in sessions) else ())
        for session_id, date, turns in sessions:
            yield from _session(session_id, date, turns, [next(lines, record.line) for _ in turns], known, record)


def _sessions(value: object) -> list[tuple[str, object, list[Any]]] | None:
    """(id, date, turns) of each session of a question; None where it has no list of them."""
    if not isinstance(value, dict):
        return None
    question = value.get("question_id")
    question = question if isinstance(question, str) and question else "question"
    if isinstance(value.get("haystack_sessions"), list):
        turns = value["haystack_sessions"]
        dates, ids = _list(value.get("haystack_dates")), _list(value.get("haystack_session_ids"))
    elif isinstance(value.get("evidence_sessions"), list):
        written = value["evidence_sessions"]
        turns = [session.get("turns") if isinstance(session, dict) else None for session in written]
        dates = [session.get("date") if isinstance(session, dict) else None for session in written]
        # answer_session_ids are not in the order of these sessions, nor always as many.
        ids = []
    else:
        return None
    # Ids that are not as many as the sessions cannot say which is which.
    named = len(ids) == len(turns) and all(isinstance(session_id, str) and session_id for session_id in ids)
    found = []
    for number, said in enumerate(turns):
        session_id = ids[number] if named else f"{question}/{number + 1}"
        date = dates[number] if len(dates) == len(turns) else None
        found.append((session_id, date, said if isinstance(said, list) else [None]))
    return found


def _session(
    session_id: str, date: object, turns: list[Any], lines: list[int], known: set[str], record: Record
) -> Iterator[Item]:
    native_id = f"{session_id} {date}" if isinstance(date, str) else session_id
    if native_id in known:
        yield Ignored(reason="session read above")
        return
    known.add(native_id)
    yield RawSession(native_id=native_id, title=session_id)
    said_at = None
    try:
        said_at = _time(date)
    except ValueError as error:
        yield Skipped(line=record.line, reason=f"{session_id}: {error}; its turns are kept without a time")
    for number, (turn, line) in enumerate(zip(turns, lines, strict=True), start=1):
        role = turn.get("role") if isinstance(turn, dict) else None
        text = turn.get("content") if isinstance(turn, dict) else None
        if not isinstance(role, str) or not role.strip() or not isinstance(text, str):
            yield Skipped(line=line, reason=f"{session_id}: a turn without role or content")
        elif not text.strip():
            yield Ignored(reason="empty message")
        else:
            yield RawTurn(
                speaker=role,
                text=text,
                said_at=said_at,
                line=line,
                role=ROLES.get(role.lower(), "user"),
                native_id=f"{session_id}:{number}",
            )


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _time(text: object) -> datetime | None:
    """`2023/05/30 (Tue) 04:10` as a time in UTC; None where there is none. Raises ValueError for anything else."""
    if text is None:
        return None
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise ValueError(f"{str(text)[:40]!r} is no time like '2023/05/30 (Tue) 04:10'")
    year, month, day, hour, minute = (int(part or 0) for part in match.groups())
    try:
        return datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"{text!r:.40} is no time: {error}") from error


READER = Reader(name="longmemeval", title="LongMemEval histories (JSON)", only_json=True, sniff=sniff, read=read)
