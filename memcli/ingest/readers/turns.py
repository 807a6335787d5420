"""memcli's own exchange format: one JSON object a turn, as JSON Lines or as one JSON array.

    {"session": "s1", "id": "m17", "speaker": "Maya", "role": "user", "time": "2024-03-01T09:30:00Z", "text": "..."}

`text` is required. `session` defaults to the file, `id` to the line number (in an array: to the place in it), `speaker`
to the role, `role` to user. `time` is ISO 8601, or seconds or milliseconds since 1970. Other fields are kept as
metadata. Sessions may alternate from line to line. A message that was edited keeps session, `id` and `time`, and says
when in `edited_at`, if that is known. `memcli export` writes a superset of this.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
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
from memcli.ingest.readers.json_stream import Record, records
from memcli.ingest.readers.timestamps import read_time, worded_at

_FIELDS = frozenset({"session", "id", "speaker", "role", "time", "text", "memcli", "row"})
"""`memcli` and `row` are what `memcli export` adds."""

_METADATA_DEPTH = 20


def sniff(source: Source) -> float:
    """Certain where the first records have a text and a speaker or session; a text alone could be anything."""
    scores = [_score(value) for value in first_values(source.head_text, limit=5)]
    return max(scores, default=0.0)


def read(source: Source) -> Iterator[Item]:
    """Every record as a turn; a new RawSession whenever the session changes."""
    begun, resuming = "session" in source.carry, source.start > 0
    session: str | None = source.carry.get("session")
    for record in records(source):
        if isinstance(record, Skipped):
            yield record
            continue
        item = _turn(record)
        if isinstance(item, Skipped | Ignored):
            yield item
            continue
        native_id, turn = item
        if not begun or resuming or native_id != session:
            yield RawSession(native_id=native_id, goes_on=begun and resuming and native_id == session)
            session, begun, resuming = native_id, True, False
            source.carry["session"] = session
        yield turn


def _turn(record: Record) -> tuple[str | None, RawTurn] | Skipped | Ignored:
    """The session and the turn of a record."""
    fields = record.value
    try:
        if not isinstance(fields, dict):
            raise ValueError("not a JSON object")
        if "memcli" in fields and "text" not in fields:
            return Ignored(reason="other rows of an export")
        text = fields.get("text")
        if not isinstance(text, str):
            raise ValueError("no text" if text is None else "the text is no string")
        if not text.strip():
            return Ignored(reason="empty message")
        written_role = fields.get("role")
        role = ROLES.get(written_role.lower(), "user") if isinstance(written_role, str) else "user"
        metadata = {key: value for key, value in fields.items() if key not in _FIELDS}
        if written_role is not None and (not isinstance(written_role, str) or written_role.lower() not in ROLES):
            metadata["role"] = written_role
        if deeper_than(metadata, _METADATA_DEPTH):
            raise ValueError("JSON nested too deeply")
        turn = RawTurn(
            speaker=_name(fields.get("speaker")) or role,
            text=text,
            said_at=read_time(fields.get("time")),
            line=record.line,
            role=role,
            native_id=_name(fields.get("id")) or str(record.position if record.array else record.line),
            metadata=metadata,
            worded_at=worded_at(fields.get("edited_at")) if _name(fields.get("id")) else None,
        )
        return _name(fields.get("session")), turn
    except ValueError as error:
        return Skipped(line=record.line, reason=str(error), excerpt=record.text[:EXCERPT_CHARS])


def _name(value: object) -> str | None:
    """A string or a number as a name; None where there is none."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if value is None:
        return None
    raise ValueError("session, id and speaker are strings")


def deeper_than(value: object, limit: int) -> bool:
    """Whether lists and objects are nested in a value more than `limit` deep."""
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return limit == 0 or any(deeper_than(item, limit - 1) for item in inner)


def first_values(head: str, limit: int) -> list[Any]:
    """The first few JSON values of a head, which may be cut off, with or without a list around them."""
    parse = json.JSONDecoder().raw_decode
    values: list[Any] = []
    rest = head.lstrip().removeprefix("[").lstrip()
    for _ in range(2 * limit):
        if not rest.startswith("{") or len(values) == limit:
            break
        try:
            value, end = parse(rest)
        except (ValueError, RecursionError):
            # One broken line must not hide what the next ones are.
            end = rest.find("\n{") % (len(rest) + 1)
        else:
            values.append(value)
        rest = rest[end:].lstrip(", \t\r\n")
    return values


def _score(value: object) -> float:
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        return 0.0
    if "speaker" in value or "session" in value:
        return 0.95
    if isinstance(value.get("role"), str):
        return 0.7
    return 0.4 if value.keys() <= _FIELDS else 0.0


READER = Reader(
    name="turns",
    title="Generic turns (JSON Lines or JSON)",
    only_json=True,
    sniff=sniff,
    read=read,
    by_line=True,
)
