"""Chat messages as the OpenAI API takes them, and as fine-tuning files keep them.

    {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}

https://platform.openai.com/docs/api-reference/chat/create and .../docs/guides/fine-tuning. As JSON Lines, as a JSON
array or alone; one record is one conversation, whose own id, if it has one, is `id` or `conversation_id`. A bare list
of messages is one conversation too. `content` is a text or a list of parts, of which the texts are kept.

Also read are what the Batch API takes ({"custom_id", "body": {"messages"}}) and gives back ({"custom_id", "response":
{"body": {"choices"}}}), which are one conversation by their custom_id; the answer of a chat completion ({"choices":
[{"message"}]}); and the Responses API's request and answer ({"input": [...]}, {"object": "response", "output": [...]}).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from datetime import datetime
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
from memcli.ingest.readers.timestamps import read_time
from memcli.patterns import regex

_ROLE = r'"role"\s*:\s*"(?:system|developer|user|assistant|tool|function)"'
_MESSAGES = regex(r'"messages"\s*:\s*\[\s*\{[^{}]*' + _ROLE)
_PARTS_FIRST = regex(r'"messages"\s*:\s*\[\s*\{\s*"content"\s*:')
_REQUEST = regex(r'"(?:custom_id|choices|body|output|input)"\s*:')
_WRAPPED = regex(r'"(?:message|input|output)"\s*:\s*(?:\[\s*)?\{[^{}]*' + _ROLE)
_BARE = regex(r"\s*+\[?\s*+\{[^{}]*" + _ROLE)
_CONTENT = regex(r'"content"\s*:')
_TIME_FIELDS = ("time", "timestamp", "created_at", "create_time", "created")


def sniff(source: Source) -> float:
    """By the list of messages with roles; a list without that name is less certain."""
    head = source.head_text
    if _MESSAGES.search(head) or (_PARTS_FIRST.search(head) and re.search(_ROLE, head)):
        return 0.9
    if _REQUEST.search(head) and _WRAPPED.search(head) and _CONTENT.search(head):
        return 0.8
    return 0.7 if _BARE.match(head) and _CONTENT.search(head) else 0.0


def read(source: Source) -> Iterator[Item]:
    """One session for each record with messages, or for each bare list of them."""
    bare_list: int | None = None
    goes_on = bool(source.carry.get("bare"))
    for record in records(source):
        if isinstance(record, Skipped):
            yield record
            continue
        value = record.value
        if isinstance(value, list):  # a list within a list: conversations without any object around them
            value = {"messages": value}
        value = _unwrapped(value)
        if isinstance(value, dict) and isinstance(value.get("messages"), list):
            bare_list, goes_on, source.carry["bare"] = None, False, False
            yield RawSession(native_id=_native_id(value), title=_text_or_none(value.get("title")))
            messages = value["messages"]
            places = key_lines(record, "role")
            for number, message in enumerate(messages):
                # Only where every message has the key once can the n-th key be the n-th message's.
                line = places[number][1] if len(places) == len(messages) else record.line
                yield _turn(message, line, record)
        elif isinstance(value, dict) and "role" in value:
            if bare_list != record.array:
                bare_list, source.carry["bare"] = record.array, not record.array
                yield RawSession(native_id=None, goes_on=goes_on and not record.array)
            yield _turn(value, record.line, record)
        else:
            yield Skipped(line=record.line, reason="no messages", excerpt=record.text[:EXCERPT_CHARS])


def _unwrapped(value: object) -> object:
    """A request or an answer of the API, in a batch or alone, as an object with messages; others as they are."""
    if not isinstance(value, dict) or isinstance(value.get("messages"), list):
        return value
    custom_id, answer = value.get("custom_id"), value.get("response")
    inner = answer.get("body") if isinstance(answer, dict) else value.get("body")
    fields = inner if isinstance(inner, dict) else value
    found = fields.get("messages")
    if isinstance(fields.get("choices"), list):
        # Of several answers to choose from, the first is the one that was not asked for in particular.
        found = [
            choice["message"] for choice in fields["choices"][:1] if isinstance(choice, dict) and "message" in choice
        ]
        time = fields.get("created")
    elif fields.get("object") == "response" and isinstance(fields.get("output"), list):
        found = [item for item in fields["output"] if not isinstance(item, dict) or item.get("type") == "message"]
        time = fields.get("created_at")
    elif isinstance(fields.get("input"), list):
        found, time = fields["input"], None
    else:
        time = None
    if not isinstance(found, list):
        return value
    if time is not None:
        found = [{"created": time, **message} if isinstance(message, dict) else message for message in found]
    return {"id": custom_id or fields.get("id"), "messages": found}


def _turn(message: object, line: int, record: Record) -> RawTurn | Skipped | Ignored:
    try:
        if not isinstance(message, dict):
            raise ValueError("a message that is not a JSON object")
        role = message.get("role")
        if not isinstance(role, str) or not role:
            raise ValueError("a message without a role")
        text = _words(message.get("content")) or _text_or_none(message.get("refusal")) or ""
        if not text.strip():
            if message.get("tool_calls") or message.get("function_call"):
                return Ignored(reason="tool call")
            return Ignored(reason="media without words" if message.get("content") else "empty message")
        return RawTurn(
            speaker=_text_or_none(message.get("name")) or role,
            text=text,
            said_at=_said_at(message),
            line=line,
            role=ROLES.get(role.lower(), "user"),
            native_id=_text_or_none(message.get("id")),
        )
    except ValueError as error:
        return Skipped(line=line, reason=str(error), excerpt=record.text[:EXCERPT_CHARS])


def _words(content: object) -> str:
    """The text of a message's content; parts that are no text (images, audio) have no words."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        raise ValueError("the content is neither a text nor a list of parts")
    texts = (part if isinstance(part, str) else part.get("text") for part in content if isinstance(part, str | dict))
    return "\n".join(text for text in texts if isinstance(text, str) and text)


def _said_at(message: dict[str, Any]) -> datetime | None:
    """The API's messages have no time; some exporters add one. What cannot be read as a time was not meant as one."""
    for field in _TIME_FIELDS:
        with contextlib.suppress(ValueError):
            if found := read_time(message.get(field)):
                return found
    return None


def _native_id(value: dict[str, Any]) -> str | None:
    found = value.get("id") or value.get("conversation_id")
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else None


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


READER = Reader(
    name="openai",
    title="OpenAI chat messages (JSON Lines or JSON)",
    only_json=True,
    sniff=sniff,
    read=read,
    by_line=True,
)
