"""What sigtop makes of Signal Desktop's database as JSON: a list of messages for each conversation.

https://github.com/tbvdm/sigtop (signal/message.go, fmt_json.go): the rows of Signal Desktop as they are. `sent_at` is
in milliseconds since 1970. Who wrote is a phone number or a service id; the name of a contact is only in the name of
the file, `Jane Doe (+15550001111).json`, and that of a group too, `Lake (group).json`.
"""

from __future__ import annotations

from collections.abc import Iterator

from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Reader, Skipped, Source
from memcli.ingest.readers.json_fields import excerpt, fields, key, objects, present, text
from memcli.ingest.readers.json_stream import Record, records
from memcli.ingest.readers.timestamps import from_epoch, worded_at
from memcli.patterns import regex

_CONVERSATION = regex(r'"conversationId"\s*:\s*"')
_SENT = regex(r'"sent_at"\s*:\s*\d{12,}')
_NAMED = regex(r"(.+) \(([^()]+)\)")


def sniff(source: Source) -> float:
    """By a list of Signal Desktop's rows."""
    head = source.head_text
    listed = head.lstrip().startswith("[")
    return 0.9 if listed and _CONVERSATION.search(head) and _SENT.search(head) else 0.0


def read(source: Source) -> Iterator[Item]:
    """One session for the conversation of a file."""
    named = _NAMED.fullmatch(source.stem)
    contact = named[1] if named and named[2] != "group" else ""
    current: str | None = None
    for record in records(source):
        if isinstance(record, Skipped):
            yield record
            continue
        conversation = key(fields(record.value).get("conversationId"))
        if conversation and conversation != current:
            current = conversation
            yield RawSession(native_id=conversation, title=named[1] if named else None)
        yield _turn(record, contact)


def _turn(record: Record, contact: str) -> RawTurn | Skipped | Ignored:
    message = fields(record.value)
    kind = text(message.get("type"))
    if not kind:
        return Skipped(line=record.line, reason="no message of Signal Desktop", excerpt=excerpt(record.text))
    if kind not in ("incoming", "outgoing"):
        return Ignored(reason="system message")
    if message.get("deletedForEveryone") is True:
        return Ignored(reason="deleted message")
    words = text(message.get("body"))
    files = objects(message.get("attachments"))
    if not words:
        return Ignored(reason="media without words" if files or message.get("sticker") else "empty message")
    sent = message.get("sent_at")
    try:
        if not isinstance(sent, int) or isinstance(sent, bool):
            raise ValueError("a message without a time")
        said_at = from_epoch(sent)
    except ValueError as error:
        return Skipped(line=record.line, reason=str(error), excerpt=excerpt(record.text))
    service = key(message.get("sourceServiceId")) or key(message.get("sourceUuid"))
    author = "self" if kind == "outgoing" else service or key(message.get("source"))
    name = "Me" if kind == "outgoing" else contact or key(message.get("source")) or service
    return RawTurn(
        speaker=name or "unknown",
        speaker_key=author or None,
        text=words,
        said_at=said_at,
        line=record.line,
        native_id=key(message.get("id")) or None,
        metadata=present(
            reply_to=key(fields(message.get("quote")).get("id")),
            edited=len(objects(message.get("editHistory"))),
            attachments=[text(one.get("fileName")) or text(one.get("contentType")) or "file" for one in files],
            reactions=[emoji for one in objects(message.get("reactions")) if (emoji := text(one.get("emoji")))],
        ),
        worded_at=worded_at(message.get("editMessageTimestamp")),
    )


READER = Reader(name="sigtop", title="Signal conversations of sigtop (JSON)", only_json=True, sniff=sniff, read=read)
