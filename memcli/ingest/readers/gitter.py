"""Gitter: the messages of a room as its API gave them, a list or one a line.

https://developer.gitter.im/docs/messages-resource: {"id", "text" (Markdown), "html", "sent" (ISO 8601, UTC),
"editedAt", "fromUser": {"id", "username", "displayName"}, "parentId", "threadMessageCount"}. The room is not named in
it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from memcli.ingest.readers.base import UNEDITED, Ignored, Item, RawSession, RawTurn, Reader, Skipped, Source
from memcli.ingest.readers.json_fields import broken, inner, key, text
from memcli.ingest.readers.json_stream import Record, records
from memcli.ingest.readers.timestamps import read_time
from memcli.patterns import regex

_FIELDS = [regex(pattern) for pattern in (r'"fromUser"\s*:\s*\{', r'"sent"\s*:\s*"', r'"text"\s*:\s*"')]


def sniff(source: Source) -> float:
    """By `fromUser` beside `sent`."""
    return 0.97 if all(pattern.search(source.head_text) for pattern in _FIELDS) else 0.0


def read(source: Source) -> Iterator[Item]:
    """One session: a room."""
    yield RawSession(native_id=None, title=source.stem)
    for record in records(source):
        yield record if isinstance(record, Skipped) else _message(record)


def _message(record: Record) -> RawTurn | Skipped | Ignored:
    value = record.value
    speaker = text(value, "fromUser", "displayName") or text(value, "fromUser", "username")
    if not speaker.strip() or not isinstance(inner(value, "text"), str):
        return broken("not a message of Gitter", record.line, record.text)
    if not value["text"].strip():
        return Ignored(reason="deleted message")  # Gitter kept the place of a message that was deleted, without text
    try:
        said_at, edited_at = read_time(inner(value, "sent")), read_time(inner(value, "editedAt"))
    except ValueError as error:
        return broken(str(error), record.line, record.text)
    metadata: dict[str, Any] = {}
    if key(value, "parentId"):
        metadata["reply_to"] = key(value, "parentId")
    if edited_at:
        metadata["edited_at"] = edited_at.isoformat()
    return RawTurn(
        speaker=speaker,
        speaker_key=key(value, "fromUser", "id") or text(value, "fromUser", "username") or None,
        text=value["text"],
        said_at=said_at,
        line=record.line,
        native_id=key(value, "id") or None,
        metadata=metadata,
        worded_at=edited_at or UNEDITED,
    )


READER = Reader(name="gitter", title="Gitter (messages of a room)", only_json=True, sniff=sniff, read=read)
