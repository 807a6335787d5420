"""The data export of Claude.ai: conversations.json, a list of conversations, each with its chat_messages.

https://support.claude.com/en/articles/9450526 (how to get it); the layout is not documented, this reader follows real
exports. Newer ones give each message a list of `content` blocks and its `parent_message_uuid`: an edited question or a
retried answer starts another branch. No field names the branch that was shown last, so it is the one that ends in the
latest message. Older exports have neither: the messages are read as they stand, their words in `text`. What was pasted
as an attachment is kept by its `extracted_content`, a turn of its own beside the words of its message.

users.json, projects.json and memories.json come in the same folder and hold no conversation.
"""

from __future__ import annotations

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
from memcli.ingest.readers.timestamps import read_time, worded_at
from memcli.patterns import regex

_MESSAGES = regex(r'"chat_messages"\s*:\s*\[')
_COMPANIONS = (
    ("project", ('"is_starter_project":', '"uuid":')),
    ("user", ('"full_name":', '"email_address":', '"uuid":')),
    ("memory of the program", ('"conversations_memory":',)),
)
"""What the other files of an export hold, with keys that they have."""
_NO_WORDS = {
    "thinking": "thoughts of the model",
    "redacted_thinking": "thoughts of the model",
    "tool_use": "tool call",
    "token_budget": "note of the program",
    "flag": "note of the program",
    "image": "media without words",
}


def sniff(source: Source) -> float:
    """By the list of chat_messages; the companions by fields of theirs."""
    head = source.head_text
    if head.lstrip().startswith(("[", "{")) and _MESSAGES.search(head) and '"uuid"' in head:
        return 0.97
    return 0.85 if _companion(head) else 0.0


def read(source: Source) -> Iterator[Item]:
    """One session for each conversation, with the messages of its latest branch."""
    companion = _companion(source.head_text)
    for record in records(source):
        if isinstance(record, Skipped):
            yield record
            continue
        value = record.value
        messages = value.get("chat_messages") if isinstance(value, dict) else None
        if isinstance(messages, list):
            yield from _conversation(value, messages, record)
        elif companion and isinstance(value, dict):
            yield Ignored(reason=companion)
        else:
            reason = "a conversation without chat_messages"
            yield Skipped(line=record.line, reason=reason, excerpt=record.text[:EXCERPT_CHARS])


def _companion(head: str) -> str | None:
    if not head.lstrip().startswith(("[", "{")) or _MESSAGES.search(head):
        return None
    keys = head.replace('" :', '":')
    return next((name for name, wanted in _COMPANIONS if all(key in keys for key in wanted)), None)


def _conversation(value: dict[str, Any], messages: list[Any], record: Record) -> Iterator[Item]:
    native_id, title = value.get("uuid"), value.get("name")
    yield RawSession(
        native_id=native_id if isinstance(native_id, str) and native_id else None,
        title=title if isinstance(title, str) and title.strip() else None,
    )
    lines = dict(reversed(key_lines(record, "uuid")))
    shown = _branch(messages, value.get("current_leaf_message_uuid"))
    for number, message in enumerate(messages):
        if number not in shown:
            yield Ignored(reason="other branch")
        elif isinstance(message, dict):
            yield from _message(message, lines.get(str(message.get("uuid")), record.line))
        else:
            yield Skipped(line=record.line, reason="a message that is not a JSON object")


def _branch(messages: list[Any], leaf: object) -> set[int]:
    """The places of the messages from the first to the leaf; all of them where they are not linked."""
    places: dict[str, int] = {}
    for number, message in enumerate(messages):
        if isinstance(message, dict) and isinstance(message.get("uuid"), str):
            places.setdefault(message["uuid"], number)
    parents = [_parent(message, number, places) for number, message in enumerate(messages)]
    inner = {parent for parent in parents if parent is not None}
    leaves = [number for number in range(len(messages)) if number not in inner]
    if len(leaves) < 2:
        return set(range(len(messages)))
    last: int | None = places.get(leaf) if isinstance(leaf, str) else None
    if last is None:
        last = max(leaves, key=lambda number: (_time_of(messages[number]), number))
    shown: set[int] = set()
    while last is not None and last not in shown:
        shown.add(last)
        last = parents[last]
    return shown


def _parent(message: object, number: int, places: dict[str, int]) -> int | None:
    """Where the message before this one is. One whose parent is not there goes on with what stands above it."""
    parent = message.get("parent_message_uuid") if isinstance(message, dict) else None
    if isinstance(parent, str) and parent in places:
        return places[parent]
    # The first message's parent is a uuid of zeros; several of them are the edits of a first question.
    if isinstance(parent, str) and parent.startswith("00000000-"):
        return None
    return number - 1 if number else None


def _time_of(message: object) -> str:
    """ISO 8601 times in UTC sort as text."""
    time = message.get("created_at") if isinstance(message, dict) else None
    return time if isinstance(time, str) else ""


def _message(message: dict[str, Any], line: int) -> Iterator[Item]:
    native_id = message.get("uuid") if isinstance(message.get("uuid"), str) else None
    try:
        sender = message.get("sender")
        if not isinstance(sender, str) or not sender:
            raise ValueError("a message without a sender")
        if not isinstance(message.get("text"), str) and not isinstance(message.get("content"), list):
            raise ValueError("a message without text or content")
        said_at = read_time(message.get("created_at"))
    except ValueError as error:
        yield Skipped(line=line, reason=str(error), excerpt=str(native_id or "")[:EXCERPT_CHARS])
        return
    role = ROLES.get(sender.lower(), "user")

    def turn(
        text: str, speaker: str = role, metadata: dict[str, Any] | None = None, edited: datetime | None = None
    ) -> RawTurn:
        return RawTurn(
            speaker=speaker,
            text=text,
            said_at=said_at,
            line=line,
            role="tool" if speaker != role else role,
            native_id=native_id,
            metadata=metadata or {},
            worded_at=edited,
        )

    words: list[str] = []
    others: list[Item] = []
    blocks = message.get("content")
    for block in blocks if isinstance(blocks, list) else []:
        kind = block.get("type") if isinstance(block, dict) else None
        text = block.get("text") if isinstance(block, dict) else block
        if kind == "tool_result":
            result = _result(block.get("content"))
            name = block.get("name")
            name = name if isinstance(name, str) and name.strip() else "tool"
            others.append(turn(result, speaker=name) if result.strip() else Ignored(reason="empty message"))
        elif isinstance(text, str) and str(kind) not in _NO_WORDS:
            words.append(text)
        else:
            others.append(Ignored(reason=_NO_WORDS.get(str(kind), "media without words")))
    # `text` repeats the blocks, with a placeholder for each that is no text; older exports have nothing else.
    whole = "\n\n".join(word for word in words if word.strip())
    if not blocks and isinstance(message.get("text"), str):
        whole = message["text"]
    names = [*_names(message.get("attachments")), *_names(message.get("files"))]
    pasted = list(_pasted(message.get("attachments")))
    if whole.strip():
        edited = worded_at(message.get("updated_at"))
        yield turn(whole, metadata={"attachments": names} if names else {}, edited=edited)
    elif not others and not pasted:
        yield Ignored(reason="media without words" if names else "empty message")
    for name, text in pasted:
        yield turn(text, metadata={"attachment": name})
    yield from others


def _result(content: object) -> str:
    """The words of a tool's answer: a text, or a list of blocks with texts."""
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    texts = (block.get("text") for block in blocks if isinstance(block, dict))
    return "\n".join(text for text in texts if isinstance(text, str))


def _names(files: object) -> list[str]:
    names = [file.get("file_name") for file in files if isinstance(file, dict)] if isinstance(files, list) else []
    return [name for name in names if isinstance(name, str) and name]


def _pasted(attachments: object) -> Iterator[tuple[str, str]]:
    """(file name, words) of the attachments whose words are in the export."""
    for attachment in attachments if isinstance(attachments, list) else []:
        text = attachment.get("extracted_content") if isinstance(attachment, dict) else None
        if isinstance(text, str) and text.strip():
            name = attachment.get("file_name")
            yield name if isinstance(name, str) else "", text


READER = Reader(
    name="claude", title="Claude.ai data export (conversations.json)", only_json=True, sniff=sniff, read=read
)
