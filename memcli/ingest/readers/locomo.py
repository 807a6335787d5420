"""LoCoMo: very long conversations of two people over many sessions, in one JSON file.

https://github.com/snap-research/locomo (Maharana et al., ACL 2024). A list of samples, or one sample: `sample_id` and
`conversation`, which holds session_1, session_2, ... (lists of {"speaker", "dia_id", "text"}) and the time each session
took place, session_1_date_time = "1:56 pm on 8 May, 2023", here taken as UTC. A turn that shares a photo has its
caption (`blip_caption`), which is kept in the text, because what the photo shows is part of what was said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from memcli.ingest.readers.base import (
    EXCERPT_CHARS,
    Ignored,
    Item,
    RawSession,
    RawTurn,
    Reader,
    Skipped,
    Source,
)
from memcli.ingest.readers.json_stream import Record, key_lines, records
from memcli.ingest.readers.timestamps import MONTHS
from memcli.patterns import regex

_TURN = regex(r'"dia_id"\s*:\s*"D\d+:\d+')
_SESSION_TIME = regex(r'"session_\d+_date_time"\s*:')
_QUESTION = regex(r'"evidence"\s*:\s*\[\s*"D\d+:\d+')
_SESSION = regex(r"session_([0-9]{1,6})")
_TIME = regex(r"\s*(\d{1,2}):(\d\d)\s*([ap])\.?m\.?\s+on\s+(\d{1,2})\s+([a-z]{3})[a-z]*\.?,?\s+(\d{4})\s*", re.I)


def sniff(source: Source) -> float:
    """By the ids of turns (D1:3), in turns or, where the questions come first, as evidence."""
    head = source.head_text
    if _TURN.search(head) or _SESSION_TIME.search(head):
        return 0.97
    return 0.9 if _QUESTION.search(head) and '"category"' in head else 0.0


def read(source: Source) -> Iterator[Item]:
    """Every session of every sample, in the order of their numbers."""
    for record in records(source):
        if isinstance(record, Skipped):
            yield record
            continue
        value = record.value
        conversation = value.get("conversation", value) if isinstance(value, dict) else None
        if not isinstance(conversation, dict) or not (numbers := _session_numbers(conversation)):
            yield Skipped(line=record.line, reason="a sample without sessions", excerpt=record.text[:EXCERPT_CHARS])
            continue
        lines = dict(reversed(key_lines(record, "dia_id")))
        sample = value.get("sample_id")
        name = str(sample) if isinstance(sample, str | int) and sample != "" else source.stem
        for number in numbers:
            yield from _session(conversation, number, name, lines, record)


def _session_numbers(conversation: dict[str, Any]) -> list[int]:
    found = (_SESSION.fullmatch(key) for key, turns in conversation.items() if isinstance(turns, list))
    return sorted(int(match[1]) for match in found if match)


def _session(
    conversation: dict[str, Any], number: int, sample: str, lines: dict[str, int], record: Record
) -> Iterator[Item]:
    key = f"session_{number}"
    speakers = " and ".join(str(conversation[who]) for who in ("speaker_a", "speaker_b") if who in conversation)
    yield RawSession(native_id=f"{sample}/{key}", title=f"{speakers or sample}, session {number}")
    said_at = None
    try:
        said_at = _time(conversation.get(f"{key}_date_time"))
    except ValueError as error:
        yield Skipped(line=record.line, reason=f"{key}_date_time: {error}; its turns are kept without a time")
    for message in conversation.get(key, ()):
        yield _turn(message, said_at, lines, record)


def _turn(
    message: object, said_at: datetime | None, lines: dict[str, int], record: Record
) -> RawTurn | Skipped | Ignored:
    fields = message if isinstance(message, dict) else {}
    speaker, text, caption = fields.get("speaker"), fields.get("text") or "", fields.get("blip_caption")
    native_id = fields.get("dia_id") if isinstance(fields.get("dia_id"), str) else None
    line = lines.get(native_id or "", record.line)
    if not isinstance(speaker, str) or not speaker.strip() or not isinstance(text, str):
        return Skipped(line=line, reason="a turn without speaker or text", excerpt=record.text[:EXCERPT_CHARS])
    if isinstance(caption, str) and caption.strip():
        text = f"{text} [shares a photo: {caption.strip()}]".lstrip()
    if not text.strip():
        return Ignored(reason="empty message")
    metadata = {key: fields[key] for key in ("query", "img_url") if isinstance(fields.get(key), str | list)}
    return RawTurn(
        speaker=speaker, text=text, said_at=said_at, line=line, native_id=native_id or None, metadata=metadata
    )


def _time(text: object) -> datetime | None:
    """`1:56 pm on 8 May, 2023` as a time in UTC; None where there is none."""
    if text is None:
        return None
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise ValueError(f"{str(text)[:40]!r} is no time like '1:56 pm on 8 May, 2023'")
    hour, minute, half, day, month, year = match.groups()
    if not 1 <= int(hour) <= 12 or month.lower() not in MONTHS:
        raise ValueError(f"{match[0]!r} is no time of day or month")
    hour_of_day = int(hour) % 12 + (12 if half in "pP" else 0)
    return datetime(int(year), MONTHS[month.lower()], int(day), hour_of_day, int(minute), tzinfo=UTC)


READER = Reader(name="locomo", title="LoCoMo conversations (JSON)", only_json=True, sniff=sniff, read=read)
