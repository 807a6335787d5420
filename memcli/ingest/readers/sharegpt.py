"""ShareGPT conversations, as training sets keep them, in JSON Lines or a JSON array.

    {"id": "abc_0", "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello!"}]}

The layout of FastChat (https://github.com/lm-sys/FastChat/blob/main/docs/training.md). One record is one conversation.
"""

from __future__ import annotations

from collections.abc import Iterator

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

_CONVERSATIONS = regex(r'"conversations"\s*:\s*\[\s*\{[^{}]*"(?:from|value)"\s*:')


def sniff(source: Source) -> float:
    """By the list of conversations with `from` or `value`."""
    return 0.9 if _CONVERSATIONS.search(source.head_text) else 0.0


def read(source: Source) -> Iterator[Item]:
    """One session for each record."""
    for record in records(source):
        if isinstance(record, Skipped):
            yield record
            continue
        value = record.value
        messages = value.get("conversations") if isinstance(value, dict) else None
        if not isinstance(messages, list):
            yield Skipped(line=record.line, reason="no conversations", excerpt=record.text[:EXCERPT_CHARS])
            continue
        native_id = value.get("id")
        yield RawSession(native_id=native_id if isinstance(native_id, str) and native_id else None)
        places = key_lines(record, "from")
        for number, message in enumerate(messages):
            line = places[number][1] if len(places) == len(messages) else record.line
            yield _turn(message, line, record)


def _turn(message: object, line: int, record: Record) -> RawTurn | Skipped | Ignored:
    speaker = message.get("from") if isinstance(message, dict) else None
    text = message.get("value") if isinstance(message, dict) else None
    if not isinstance(speaker, str) or not speaker or not isinstance(text, str):
        reason = "a message without from or value"
        return Skipped(line=line, reason=reason, excerpt=record.text[:EXCERPT_CHARS])
    if not text.strip():
        return Ignored(reason="empty message")
    return RawTurn(speaker=speaker, text=text, said_at=None, line=line, role=ROLES.get(speaker.lower(), "user"))


READER = Reader(
    name="sharegpt",
    title="ShareGPT conversations (JSON Lines or JSON)",
    only_json=True,
    sniff=sniff,
    read=read,
    by_line=True,
)
