"""The sessions of the Gemini CLI: ~/.gemini/tmp/PROJECT/chats/session-*.json and, newer, session-*.jsonl.

https://github.com/google-gemini/gemini-cli (chatRecordingService.ts). The older layout is one document: sessionId,
projectHash, startTime, lastUpdated, perhaps a summary, and messages. The newer one has a line with the same fields but
messages, and then a line for each message, where a later line with the same id replaces the earlier, {"$rewindTo": id}
takes back that message and what follows it, and {"$set": {...}} changes the session's fields. Messages are of the types
user, gemini, info, warning and error; `content` is a text, or parts as the API has them. A model's message holds its
thoughts and its tool calls with their results. Times are in UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from memcli.ingest.readers.base import (
    EXCERPT_CHARS,
    UNEDITED,
    Ignored,
    Item,
    RawSession,
    RawTurn,
    Reader,
    Skipped,
    Source,
)
from memcli.ingest.readers.json_stream import Record, key_lines, records
from memcli.ingest.readers.timestamps import read_time
from memcli.patterns import regex

_SESSION = regex(r'\s*+\{[^{}\[\]]*"sessionId"\s*:[^{}\[\]]*"(?:projectHash|startTime)"\s*:')
_HASH_FIRST = regex(r'\s*+\{[^{}\[\]]*"projectHash"\s*:[^{}\[\]]*"sessionId"\s*:')
_TYPES = {"user": "user", "gemini": "assistant"}


def sniff(source: Source) -> float:
    """By the first fields of the document."""
    head = source.head_text
    return 0.96 if _SESSION.match(head) or _HASH_FIRST.match(head) else 0.0


def read(source: Source) -> Iterator[Item]:
    """One session for each document, or for each first line of one."""
    gone = _taken_back(source)
    begun = False
    for number, record in enumerate(records(source)):
        if isinstance(record, Skipped):
            yield record
            continue
        value = record.value
        if isinstance(value, dict) and isinstance(value.get("sessionId"), str):
            begun = True
            title = value.get("summary")
            yield RawSession(native_id=value["sessionId"], title=title if isinstance(title, str) and title else None)
            messages = value.get("messages")
            lines = dict(reversed(key_lines(record, "id")))
            for message in messages if isinstance(messages, list) else []:
                line = lines.get(str(message.get("id")), record.line) if isinstance(message, dict) else record.line
                yield from _message(message, line, record)
        elif number in gone:
            yield Ignored(reason=gone[number])
        elif isinstance(value, dict) and ("$set" in value or "$rewindTo" in value):
            yield Ignored(reason="record of the program")
        else:
            if not begun:
                begun = True
                yield RawSession(native_id=source.stem)
            yield from _message(value, record.line, record)


def _taken_back(source: Source) -> dict[int, str]:
    """The places of the messages that do not count in the end, and why: a first pass over the file."""
    places: dict[str, int] = {}
    gone: dict[int, str] = {}
    for number, record in enumerate(records(source)):
        value = record.value if isinstance(record, Record) else None
        if not isinstance(value, dict) or isinstance(value.get("messages"), list):
            continue
        native_id, first = value.get("id"), value.get("$rewindTo")
        if isinstance(first, str):
            # Like the program: a message that is not there takes back all of them.
            ids = list(places)
            for taken in ids[ids.index(first) :] if first in places else ids:
                gone[places.pop(taken)] = "other branch"
        elif isinstance(native_id, str):
            if native_id in places:
                gone[places[native_id]] = "copy of a record below"
            places[native_id] = number
    return gone


def _message(message: object, line: int, record: Record) -> Iterator[RawTurn | Skipped | Ignored]:
    try:
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            raise ValueError("a message without a type")
        native_id = message.get("id") if isinstance(message.get("id"), str) else None
        role = _TYPES.get(message["type"])
        if role is None:
            yield Ignored(reason="note of the program")
            return
        said_at = read_time(message.get("timestamp"))
        text, media = _words(message.get("content"))
    except ValueError as error:
        yield Skipped(line=line, reason=str(error), excerpt=record.text[:EXCERPT_CHARS])
        return
    calls = message.get("toolCalls")
    calls = [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    if text.strip():
        model = message.get("model")
        yield RawTurn(
            speaker=role,
            text=text,
            said_at=said_at,
            line=line,
            role="user" if role == "user" else "assistant",
            native_id=native_id,
            metadata={"model": model} if isinstance(model, str) else {},
            worded_at=UNEDITED,
        )
    elif not calls:
        yield Ignored(reason="media without words" if media else "empty message")
    for call in calls:
        yield Ignored(reason="tool call")
        if result := _result(call):
            name = call.get("name")
            speaker = name if isinstance(name, str) and name.strip() else "tool"
            yield RawTurn(speaker=speaker, text=result, said_at=said_at, line=line, role="tool", native_id=native_id)


def _words(content: object) -> tuple[str, int]:
    """The words of a message and the number of its parts that are none. Raises ValueError where there is no content."""
    if isinstance(content, str):
        return content, 0
    if not isinstance(content, list | dict):
        raise ValueError("a message without content")
    words, media = [], 0
    for part in content if isinstance(content, list) else [content]:
        text = part.get("text") if isinstance(part, dict) else part
        if isinstance(text, str) and not (isinstance(part, dict) and part.get("thought") is True):
            words.append(text)
        else:
            media += 1
    return "\n".join(word for word in words if word), media


def _result(call: dict[str, Any]) -> str:
    """What a tool answered: what was shown of it, else the output that its response to the model holds."""
    shown = call.get("resultDisplay")
    if isinstance(shown, str) and shown.strip():
        return shown
    found = []
    result = call.get("result")
    for part in result if isinstance(result, list) else [result]:
        response = part.get("functionResponse") if isinstance(part, dict) else None
        response = response.get("response") if isinstance(response, dict) else None
        output = response.get("output") if isinstance(response, dict) else part if isinstance(part, str) else None
        if isinstance(output, str) and output.strip():
            found.append(output)
    return "\n".join(found)


READER = Reader(name="gemini-cli", title="Gemini CLI sessions (JSON)", only_json=True, sniff=sniff, read=read)
