"""The sessions of the Codex CLI: ~/.codex/sessions/YYYY/MM/DD/rollout-*.jsonl, one record a line.

https://github.com/openai/codex (codex-rs/protocol, RolloutLine). Each record has a timestamp, a type and a payload:
session_meta begins, response_item is what was said (messages, tool calls and their answers), event_msg repeats for the
screen what response items say and is not read again, compacted replaces the history by a summary. What a resumed
session appends is like the rest; a forked one names its parent (forked_from_id) and brings the parent's records and
session_meta along, which stay in the fork, for their times are the fork's.

Before September 2025 the records were bare: a first line with id, timestamp and instructions, then response items
without any time; before that, one JSON document with `session` and `items`. Their turns have the time at which the
session began. What the program puts into the user's mouth (<environment_context>, AGENTS.md) is no utterance of his.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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
from memcli.ingest.readers.json_stream import Record, records
from memcli.ingest.readers.timestamps import read_time
from memcli.patterns import regex

_LINE = regex(r'"type"\s*:\s*"(?:session_meta|response_item|event_msg|turn_context|compacted)"')
_PAYLOAD = regex(r'"payload"\s*:\s*\{')
_BARE = regex(r'\s*+\{[^{}]*"id"\s*:[^{}]*"timestamp"\s*:[^{}]*"instructions"\s*:|\s*+\{"record_type"\s*:')
_BARE_ITEM = regex(r'"type"\s*:\s*"(?:message|reasoning|function_call|local_shell_call)"|"record_type"\s*:\s*"state"')
_DOCUMENT = regex(r'\s*+\{\s*"session"\s*:\s*\{[^{}]*"(?:id|timestamp|instructions)"\s*:')
_ITEMS = regex(r'"items"\s*:\s*\[')

_CONTEXT = (
    "<environment_context>", "<user_instructions>", "<permissions instructions>", "<turn_aborted>", "<INSTRUCTIONS>",
    "# AGENTS.md instructions for ", "<skill>", "<user_shell_command>",
)  # fmt: skip
_SUMMARY = "Another language model started to solve this problem and produced a summary"
_FROM_EDITOR = ("# Context from my IDE setup:", "## My request for Codex:")
_NO_WORDS = {
    "reasoning": "thoughts of the model",
    "function_call": "tool call",
    "custom_tool_call": "tool call",
    "local_shell_call": "tool call",
    "web_search_call": "tool call",
    "tool_search_call": "tool call",
    "image_generation_call": "tool call",
    "ghost_snapshot": "record of the program",
    "compaction": "summary of the conversation",
    "compaction_summary": "summary of the conversation",
}


@dataclass(slots=True)
class _Session:
    """The session being read, and what the tools that were called in it are called."""

    native_id: str
    parent: str | None = None
    said_at: datetime | None = None
    tools: dict[str, str] = field(default_factory=dict)

    def carried(self) -> dict[str, Any]:
        """What it knows, as JSON, for the reading that goes on at the end of this one."""
        said_at = self.said_at.isoformat() if self.said_at is not None else None
        return {"native_id": self.native_id, "parent": self.parent, "said_at": said_at, "tools": self.tools}

    @classmethod
    def carry_on(cls, carried: Mapping[str, Any]) -> _Session:
        """The session that was being read."""
        return cls(carried["native_id"], carried["parent"], read_time(carried["said_at"]), dict(carried["tools"]))


def sniff(source: Source) -> float:
    """By the kinds of records; of the old layouts, by their first line."""
    head = source.head_text
    if _LINE.search(head) and _PAYLOAD.search(head):
        return 0.96
    if _DOCUMENT.match(head) and _ITEMS.search(head):
        return 0.9
    return 0.9 if _BARE.match(head) and _BARE_ITEM.search(head) else 0.0


def read(source: Source) -> Iterator[Item]:
    """One session for each session_meta; what comes in front of any is in the session that the file is called after."""
    session: _Session | None = None
    if "session" in source.carry:
        session = _Session.carry_on(source.carry["session"])
        yield RawSession(native_id=session.native_id)
    for record in records(source):
        if isinstance(record, Skipped):
            yield record
            continue
        try:
            begun = _begun(record, session, source)
            if begun is not None:
                session = begun
                yield RawSession(native_id=session.native_id)
            if session is None:
                session = _Session(source.stem)
                yield RawSession(native_id=session.native_id)
            source.carry["session"] = session
            yield from _record(record, session)
        except ValueError as error:
            yield Skipped(line=record.line, reason=str(error), excerpt=record.text[:EXCERPT_CHARS])


def _begun(record: Record, session: _Session | None, source: Source) -> _Session | None:
    """The session that this record begins, if it begins another one. Raises ValueError for an impossible time."""
    value = record.value
    if not isinstance(value, dict):
        raise ValueError("a record that is not a JSON object")
    meta = value.get("payload") if value.get("type") == "session_meta" else None
    if meta is None and isinstance(value.get("items"), list):
        meta = value.get("session")
    if meta is None and "type" not in value and "timestamp" in value and "instructions" in value:
        meta = value
    if not isinstance(meta, dict):
        return None
    native_id = _text(meta.get("id")) or source.stem
    if session is not None and native_id in (session.native_id, session.parent):
        return None
    return _Session(native_id, _text(meta.get("forked_from_id")), read_time(meta.get("timestamp")))


def _record(record: Record, session: _Session) -> Iterator[Item]:
    value = record.value
    kind = value.get("type")
    if isinstance(value.get("items"), list) and "session" in value:
        for item in value["items"]:
            try:
                yield _item(item, session.said_at, record.line, session)
            except ValueError as error:
                yield Skipped(line=record.line, reason=str(error), excerpt=record.text[:EXCERPT_CHARS])
    elif kind == "response_item":
        yield _item(value.get("payload"), read_time(value.get("timestamp")), record.line, session)
    elif kind == "compacted":
        yield Ignored(reason="summary of the conversation")
    elif "payload" in value or "record_type" in value or (kind is None and "instructions" in value):
        yield Ignored(reason="record of the program")
    elif isinstance(kind, str):
        yield _item(value, session.said_at, record.line, session)
    else:
        raise ValueError("a record without a type")


def _item(item: object, said_at: datetime | None, line: int, session: _Session) -> RawTurn | Ignored:
    """One response item. Raises ValueError where it should say something and does not."""
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        raise ValueError("a response item without a type")
    kind, call = item["type"], _text(item.get("call_id"))
    if kind.endswith("_call_output"):
        text = _output(item.get("output"))
        if not text.strip():
            return Ignored(reason="empty message")
        speaker = session.tools.pop(call or "", "") or "tool"
        return RawTurn(speaker=speaker, text=text, said_at=said_at, line=line, role="tool", native_id=call)
    if kind != "message":
        name = _text(item.get("name"))
        if call and name:
            session.tools[call] = name
        return Ignored(reason=_NO_WORDS.get(kind, "record of the program"))
    role = _text(item.get("role"))
    if role is None:
        raise ValueError("a message without a role")
    content = item.get("content")
    text, media = _words(content)
    if role.lower() != "assistant":
        if isinstance(content, list):
            text = _words([part for part in content if not _is_context(part)])[0]
        if role.lower() != "user" or (not text.strip() and not media) or text.lstrip().startswith(_CONTEXT):
            return Ignored(reason="note of the program")
        if text.startswith(_SUMMARY):
            return Ignored(reason="summary of the conversation")
        if text.startswith(_FROM_EDITOR[0]) and _FROM_EDITOR[1] in text:
            text = text.split(_FROM_EDITOR[1], 1)[1]
    if not text.strip():
        return Ignored(reason="media without words" if media else "empty message")
    return RawTurn(
        speaker=role,
        text=text.strip(),
        said_at=said_at,
        line=line,
        role=ROLES.get(role.lower(), "user"),
        native_id=_text(item.get("id")),
    )


def _is_context(part: object) -> bool:
    text = part.get("text") if isinstance(part, dict) else part
    return isinstance(text, str) and text.lstrip().startswith(_CONTEXT)


def _words(content: object) -> tuple[str, int]:
    """The words of a message and the number of its parts that are none (images)."""
    if isinstance(content, str):
        return content, 0
    if not isinstance(content, list):
        raise ValueError("a message without content")
    texts = [part.get("text") if isinstance(part, dict) else part for part in content]
    words = [text for text in texts if isinstance(text, str)]
    return "\n".join(words), len(texts) - len(words)


def _output(output: object) -> str:
    """The words of a tool's answer: a text, a list of parts, or JSON in a text that wraps it with the exit code."""
    if isinstance(output, str) and output.startswith('{"'):
        try:
            inner = json.loads(output)
        except (ValueError, RecursionError):
            inner = None
        if isinstance(inner, dict) and isinstance(inner.get("output"), str) and "metadata" in inner:
            return _unpaired(inner["output"])
    if isinstance(output, dict):
        output = output.get("content")
    return _words(output)[0] if isinstance(output, str | list) else ""


def _unpaired(text: str) -> str:
    """Without lone surrogates, which JSON within JSON can write."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


READER = Reader(
    name="codex",
    title="Codex CLI sessions (JSON Lines)",
    only_json=True,
    sniff=sniff,
    read=read,
    by_line=True,
)
