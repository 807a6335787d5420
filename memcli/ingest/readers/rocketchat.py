"""Rocket.Chat: messages as its API gives them, and the JSON of "Export messages".

https://developer.rocket.chat/apidocs/get-channel-messages: {"messages": [{"_id", "rid", "msg", "ts", "u": {"_id",
"username", "name"}, "tmid", "reactions", "editedAt", "t"}]}, newest first. An export of a room has one message a line,
{"msg", "username", "ts", "attachments", "type"}
(https://github.com/RocketChat/Rocket.Chat, apps/meteor/server/lib/dataExport/exportRoomMessagesToFile.ts).

`t` (in exports `type`) marks lines of the server. `_hidden` with a `parent` is what a message said before it was
edited: it is read only where the file does not hold the message itself. `tmid` is the message that a thread began with.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from memcli.ingest.readers.base import UNEDITED, Ignored, Item, RawSession, RawTurn, Reader, Skipped, Source
from memcli.ingest.readers.json_fields import broken, in_time, inner, key, objects, text
from memcli.ingest.readers.json_stream import key_lines, records
from memcli.ingest.readers.timestamps import read_time
from memcli.patterns import regex

_API = [regex(pattern) for pattern in (r'"rid"\s*:', r'"msg"\s*:', r'"u"\s*:\s*\{', r'"ts"\s*:')]


def sniff(source: Source) -> float:
    """By the names of the fields of a message, which no other service has together."""
    head = source.head_text
    if all(pattern.search(head) for pattern in _API):
        return 0.97
    first = head.lstrip().removeprefix("[").lstrip()
    try:
        value, _ = json.JSONDecoder().raw_decode(first) if first.startswith("{") else (None, 0)
    except (ValueError, RecursionError):
        return 0.0
    return 0.9 if isinstance(value, dict) and {"msg", "username", "ts"} <= value.keys() else 0.0


def read(source: Source) -> Iterator[Item]:
    """A session for each room; an export names none, and is one session."""
    session: str | None = None
    begun = False
    for record in records(source):
        if isinstance(record, Skipped):
            yield record
            continue
        value = record.value
        page = isinstance(inner(value, "messages"), list)
        messages = value["messages"] if page else [value]
        lines = dict(reversed(key_lines(record, "_id")))
        known = {key(message, "_id") for message in messages}
        rooms: dict[str, list[RawTurn]] = {}
        for message in messages:
            line = lines.get(key(message, "_id"), record.line)
            if key(message, "_id") and inner(message, "_hidden") and key(message, "parent") in known:
                yield Ignored(reason="earlier version of an edited message")
                continue
            item = _message(message, line)
            if isinstance(item, RawTurn):
                rooms.setdefault(key(message, "rid"), []).append(item)
            else:
                yield item
        for room, turns in rooms.items():
            if not begun or (room or None) != session:
                session, begun = room or None, True
                yield RawSession(native_id=session)
            yield from in_time(turns)


def _message(message: object, line: int) -> RawTurn | Skipped | Ignored:
    if not isinstance(message, dict) or not isinstance(inner(message, "msg"), str):
        return broken("not a message of Rocket.Chat", line, str(message))
    kind = text(message, "t") or text(message, "type")
    if kind == "rm":
        return Ignored(reason="deleted message")
    if kind == "e2e":
        return Ignored(reason="encrypted message")
    if kind:
        return Ignored(reason="system line")
    files = [name for file in [inner(message, "file")] if (name := text(file, "name"))]
    files = files or [name for file in objects(message, "attachments") if (name := text(file, "title"))]
    words = message["msg"].strip() or "\n".join(
        filter(None, (text(attached, "description") for attached in objects(message, "attachments")))
    )
    if not words.strip():
        return Ignored(reason="media without words" if files or objects(message, "attachments") else "empty message")
    speaker = text(message, "u", "name") or text(message, "u", "username") or text(message, "username")
    if not speaker.strip():
        return broken("a message without a user", line, str(message))
    try:
        said_at = read_time(_date(inner(message, "ts")))
        edited_at = read_time(_date(inner(message, "editedAt")))
    except ValueError as error:
        return broken(str(error), line, str(message))
    metadata: dict[str, Any] = {}
    if files:
        metadata["attachments"] = files
    if key(message, "tmid"):
        metadata["reply_to"] = key(message, "tmid")
    if edited_at:
        metadata["edited_at"] = edited_at.isoformat()
    if inner(message, "_hidden") and key(message, "parent"):
        metadata["earlier_version_of"] = key(message, "parent")
    if isinstance(reactions := inner(message, "reactions"), dict) and reactions:
        metadata["reactions"] = {emoji: inner(who, "usernames") for emoji, who in reactions.items()}
    return RawTurn(
        speaker=speaker,
        speaker_key=key(message, "u", "_id") or text(message, "username") or None,
        text=words,
        said_at=said_at,
        line=line,
        native_id=key(message, "_id") or None,
        metadata=metadata,
        worded_at=edited_at or UNEDITED,
    )


def _date(value: object) -> object:
    """A time as it is, out of the {"$date": ...} that MongoDB puts around it."""
    return value.get("$date") if isinstance(value, dict) else value


READER = Reader(name="rocketchat", title="Rocket.Chat (API, exported messages)", only_json=True, sniff=sniff, read=read)
