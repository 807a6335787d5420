"""The data export of ChatGPT: conversations.json, a list of conversations, each a tree of messages.

https://help.openai.com/en/articles/7260999 (how to get it); the layout is not documented, this reader follows real
exports. `mapping` holds the nodes by id, each with a message (or null), a parent and children. A regenerated answer or
an edited question starts another branch; `current_node` is the leaf that the user last saw. What the user saw is read:
from that leaf up to the root. A newer export splits the list over conversations-000.json, conversations-001.json, ...:
each is read alone. Where there is no current_node, the leaf with the latest message stands in for it; where
the nodes are not linked at all, all messages are read in the order of their times.

The other files of an export (user.json, message_feedback.json, shared_conversations.json, ...) hold no conversation,
and chat.html shows the same ones again.
"""

from __future__ import annotations

import re
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
from memcli.ingest.readers.json_stream import Record, key_lines, records
from memcli.ingest.readers.timestamps import read_time, worded_at
from memcli.patterns import regex

_MAPPING = regex(r'"mapping"\s*:\s*\{')
_COMPANIONS = (
    ("user", ('"chatgpt_plus_user":',)),
    ("shared conversation", ('"conversation_id":', '"is_anonymous":')),
    ("feedback", ('"conversation_id":', '"rating":')),
)
"""What the other files of an export hold, with keys that they have."""
_PAGE = regex(r"\s*+<html>.{0,200}<title>ChatGPT Data Export</title>", re.DOTALL)
_NODE = regex(r'"(?:message|parent|children|current_node)"\s*:')

# What the model writes to itself, and what the user set up: shown to nobody as an utterance.
_UNSEEN = {
    "thoughts": "thoughts of the model",
    "reasoning_recap": "thoughts of the model",
    "app_pairing_content": "note of the program",
    "user_editable_context": "custom instructions",
    "model_editable_context": "custom instructions",
}

_KINDS = {
    "text",
    "multimodal_text",
    "code",
    "execution_output",
    "tether_quote",
    "tether_browsing_display",
    "sonic_webpage",
    "computer_output",
    "super_widget",
    "citable_code_output",
    "system_error",
}


def sniff(source: Source) -> float:
    """By the mapping of nodes; the companions by fields of theirs."""
    head = source.head_text
    if not _MAPPING.search(head):
        return 0.85 if _companion(head) else 0.0
    return 0.97 if _NODE.search(head) else 0.5


def read(source: Source) -> Iterator[Item]:
    """One session for each conversation, with the messages of its current branch."""
    companion = _companion(source.head_text)
    if companion == "page":
        yield Ignored(reason="the conversations of conversations.json as a page")
        return
    for record in records(source):
        if isinstance(record, Skipped):
            yield record
            continue
        value = record.value
        nodes = value.get("mapping") if isinstance(value, dict) else None
        if companion and isinstance(value, dict) and nodes is None:
            yield Ignored(reason=companion)
            continue
        if not isinstance(nodes, dict):
            reason = "a conversation without a mapping of messages"
            yield Skipped(line=record.line, reason=reason, excerpt=record.text[:EXCERPT_CHARS])
            continue
        native_id = value.get("conversation_id") or value.get("id")
        title = value.get("title")
        yield RawSession(
            native_id=native_id if isinstance(native_id, str) else None,
            title=title if isinstance(title, str) and title.strip() else None,
        )
        lines = dict(reversed(key_lines(record, "id")))
        path = _path(nodes, value.get("current_node"))
        for key in path:
            yield _turn(nodes[key], lines.get(key, record.line), lines, record)
        seen = set(path)
        for key, node in nodes.items():
            if key not in seen and _message(node):
                yield Ignored(reason="other branch")


def _companion(head: str) -> str | None:
    if _PAGE.match(head):
        return "page"
    if not head.lstrip().startswith(("[", "{")):
        return None
    keys = head.replace('" :', '":')
    return next((name for name, wanted in _COMPANIONS if all(key in keys for key in wanted)), None)


def _path(nodes: dict[str, Any], leaf: object) -> list[str]:
    """The ids from the root to the leaf; a cycle or a missing parent ends it."""
    parents = {key: node.get("parent") for key, node in nodes.items() if isinstance(node, dict)}
    linked = any(isinstance(parent, str) and parent in nodes for parent in parents.values())
    if not linked:
        return sorted(nodes, key=lambda key: _time_of(nodes[key]))
    if not isinstance(leaf, str) or leaf not in nodes:
        inner = {parent for parent in parents.values() if isinstance(parent, str)}
        leaves = [key for key in nodes if key not in inner] or list(nodes)
        leaf = max(leaves, key=lambda key: _time_of(nodes[key]))
    path: dict[str, None] = {}
    key: object = leaf
    while isinstance(key, str) and key in nodes and key not in path:
        path[key] = None
        key = parents.get(key)
    return list(reversed(path))


def _message(node: object) -> dict[str, Any] | None:
    message = node.get("message") if isinstance(node, dict) else None
    return message if isinstance(message, dict) else None


def _time_of(node: object) -> float:
    """When the message of a node was made, for putting nodes in order; 0 where it does not say."""
    time = (_message(node) or {}).get("create_time")
    return float(time) if isinstance(time, int | float) and abs(time) < 1e15 else 0.0


def _turn(node: object, line: int, lines: dict[str, int], record: Record) -> RawTurn | Skipped | Ignored:
    message = _message(node)
    if message is None:
        return Ignored(reason="empty message")
    native_id = message.get("id") if isinstance(message.get("id"), str) else None
    line = lines.get(native_id or "", line)
    author = message.get("author")
    author = author if isinstance(author, dict) else {}
    metadata = message.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    content = message.get("content")
    content = content if isinstance(content, dict) else {"content_type": "text", "text": content}
    kind = content.get("content_type")
    if metadata.get("is_visually_hidden_from_conversation"):
        return Ignored(reason="hidden message")
    if isinstance(kind, str) and kind in _UNSEEN:
        return Ignored(reason=_UNSEEN[kind])
    try:
        text, media = _words(content)
        if not text.strip():
            return Ignored(reason="media without words" if media else "empty message")
        role = author.get("role")
        if not isinstance(role, str) or not role:
            raise ValueError("a message without a role")
        name = author.get("name")
        return RawTurn(
            speaker=name if isinstance(name, str) and name.strip() else role,
            text=text,
            said_at=read_time(message.get("create_time")),
            line=line,
            role=ROLES.get(role.lower(), "user"),
            native_id=native_id,
            metadata=_details(metadata),
            worded_at=worded_at(message.get("update_time")),
        )
    except ValueError as error:
        return Skipped(line=line, reason=str(error), excerpt=str(native_id or "")[:EXCERPT_CHARS])


def _words(content: dict[str, Any]) -> tuple[str, int]:
    """The words of a message's content and the number of its parts that are no words (images, audio)."""
    parts = content.get("parts")
    if not isinstance(parts, list):
        # code and execution_output: text; tether_quote: text; tether_browsing_display: result; some system errors: text
        parts = [content.get("text") if content.get("text") is not None else content.get("result")]
    words, media = [], 0
    for part in parts:
        text = part.get("text") if isinstance(part, dict) else part
        if isinstance(text, str):
            words.append(text)
        elif part is not None:
            media += 1
    kind = content.get("content_type")
    if not words and not media and kind not in _KINDS:
        raise ValueError(f"a message of the unknown kind {kind if isinstance(kind, str) else None!r:.40}")
    return "\n".join(word for word in words if word), media


def _details(metadata: dict[str, Any]) -> dict[str, Any]:
    """What is worth keeping beside the words: the model that answered, and the names of attached files."""
    details: dict[str, Any] = {}
    if isinstance(metadata.get("model_slug"), str):
        details["model"] = metadata["model_slug"]
    files = metadata.get("attachments")
    names = [file.get("name") for file in files if isinstance(file, dict)] if isinstance(files, list) else []
    if kept := [name for name in names if isinstance(name, str)]:
        details["attachments"] = kept
    return details


READER = Reader(name="chatgpt", title="ChatGPT data export (conversations.json)", sniff=sniff, read=read)
