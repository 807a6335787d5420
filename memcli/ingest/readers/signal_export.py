"""What signal-export makes of Signal Desktop's database: chat.md and data.json for each chat.

https://github.com/carderne/signal-export (sigexport/models.py). In chat.md (index.md before 2023):

    [2019-12-24, 12:23] Jane Doe: Hello John!         until 2023
    [2023-06-01 12:23:45] Me:                         since then; two blanks end a text
    <blank>
    > the words that are replied to
    <blank>
    Fine
    (- Jane Doe: 👍, Me: 😀 -)  ![photo.jpg](./media/photo.jpg)

data.json has one object a line with `date`, `sender`, `body`, `quote`, `sticker`, `reactions`, `attachments`. Times are
on the clock of the computer that exported; they are read to the second, as chat.md has them, so that the two files of
one chat hold the same turns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from memcli.ingest.readers.base import (
    EXCERPT_CHARS,
    LINE_BYTES,
    TOO_LONG,
    Ignored,
    Item,
    RawSession,
    RawTurn,
    Reader,
    Skipped,
    Source,
)
from memcli.ingest.readers.json_fields import elements, excerpt, fields, present, text, texts
from memcli.ingest.readers.json_stream import Record, records
from memcli.ingest.readers.timestamps import from_iso
from memcli.patterns import regex

_HEADER = regex(r"\[(\d{4}-\d\d-\d\d)(,?) (\d\d:\d\d(?::\d\d)?)\] ([^:\n]{1,80}):(?: (.*)|$)", re.DOTALL)
_RECORD = regex(r'\s*\{\s*"date"\s*:\s*"[^"\n]*"\s*,\s*"sender"\s*:\s*(?:"|null)')
_FIELDS = regex(r'"body"\s*:|"quote"\s*:|"sticker"\s*:')
_REACTIONS = regex(r"\n\(- ([^\n]{1,4000}) -\)")
_STICKER = regex(r"(?:\n\(\( [^\n]{0,80} \)\)|\[[^\]\n]{0,80}\]\(\.\./exported_stickers/[^)\n]*\))")
_ATTACHMENT = regex(r"!?\[([^\]\n]{0,300})\]\(\./?media/[^)\n]*\)")
_QUOTE = regex(r"\s*\n> ?[^\n]*(?:\n> ?[^\n]*)*\n*")
_CALL = regex(r"(?:Incoming|Outgoing|Missed) (?:(?:voice|video|group|adhoc) )?call(?: \([^()\n]{1,60}\))?")
_SIGNS = ("](./media/", "\n(- ", "] No-Sender:", "](../exported_stickers/", "(This message was deleted)")


def sniff(source: Source) -> float:
    """By the fields of data.json, or by the one way of chat.md to write a time, with what only chat.md has."""
    head = source.head_text
    if _RECORD.match(head) and len(set(_FIELDS.findall(head))) >= 3:
        return 0.95
    if not source.head_lines or not _HEADER.match(source.head_lines[0]):
        return 0.0
    headers = [match for line in source.head_lines if (match := _HEADER.match(line))]
    if all(match[2] and len(match[3]) == 5 for match in headers):
        return 0.85
    ended = sum(line.endswith("  ") for line in source.head_lines)
    signed = ended * 2 >= len(headers) or any(sign in head for sign in _SIGNS)
    return 0.85 if signed and all(not match[2] and len(match[3]) == 8 for match in headers) else 0.0


def read(source: Source) -> Iterator[Item]:
    """One session: the chat, which has its folder's name."""
    folder = source.uri.split("/")[-2] if "/" in source.uri else ""
    named = folder and source.name in ("chat.md", "index.md", "data.json")
    yield RawSession(native_id=None, title=folder if named else None)
    yield from _records(source) if source.head_text.lstrip().startswith("{") else _messages(source)


def _messages(source: Source) -> Iterator[Item]:
    header: re.Match[str] | None = None
    first, size, body = 0, 0, list[str]()
    for number, line in source.lines():
        found = _HEADER.match(line) if line is not None else None
        if line is None:
            yield Skipped(line=number, reason=TOO_LONG)
        elif found:
            if header:
                yield _message(header, body, first)
            header, first, size, body = found, number, len(line), [found[5] or ""]
        elif header and size + len(line) <= LINE_BYTES:
            body.append(line)
            size += len(line) + 1
        elif line.strip():
            reason = "a message longer than 1 MiB" if header else "text in front of the first message"
            yield Skipped(line=number, reason=reason, excerpt=line[:EXCERPT_CHARS])
    if header:
        yield _message(header, body, first)


def _message(header: re.Match[str], body: list[str], line: int) -> RawTurn | Skipped | Ignored:
    whole = "\n".join(body)
    try:
        said_at = from_iso(f"{header[1]}T{header[3]}")
    except ValueError as error:
        return Skipped(line=line, reason=str(error), excerpt=header[0][:EXCERPT_CHARS])
    reactions = [one for found in _REACTIONS.findall(whole) for one in found.split(", ")]
    attachments = _ATTACHMENT.findall(whole)
    words = _ATTACHMENT.sub("", _STICKER.sub("", _REACTIONS.sub("", whole)))
    quote = _QUOTE.match(words)
    if quote:
        words = words[quote.end() :]
    media = bool(attachments) or _STICKER.search(whole) is not None
    return _said(header[4], words, said_at, line, media=media, details=present(
        reply_to_words=_unquoted(quote[0]) if quote else "", attachments=attachments, reactions=reactions
    ))  # fmt: skip


def _records(source: Source) -> Iterator[Item]:
    for record in records(source):
        yield record if isinstance(record, Skipped) else _record(record)


def _record(record: Record) -> RawTurn | Skipped | Ignored:
    message = fields(record.value)
    sender = text(message.get("sender"))
    try:
        if not sender or not isinstance(message.get("body"), str):
            raise ValueError("no message of signal-export")
        said_at = from_iso(text(message.get("date"))).replace(microsecond=0)
    except ValueError as error:
        return Skipped(line=record.line, reason=str(error), excerpt=excerpt(record.text))
    attachments = texts(message.get("attachments"), "name")
    if message.get("deleted") is True:
        return Ignored(reason="deleted message")
    media = bool(attachments or message.get("sticker"))
    return _said(sender, message["body"], said_at, record.line, media=media, details=present(
        reply_to_words=_unquoted(text(message.get("quote"))),
        attachments=attachments,
        reactions=[": ".join(filter(None, map(text, elements(pair)))) for pair in elements(message.get("reactions"))],
    ))  # fmt: skip


def _unquoted(quote: str) -> str:
    return "\n".join(line.removeprefix(">").strip() for line in quote.strip().split("\n"))[:EXCERPT_CHARS]


def _said(
    sender: str, body: str, said_at: datetime, line: int, *, media: bool, details: dict[str, object]
) -> RawTurn | Ignored:
    # Two blanks at the end of a line are how Markdown is told to break it.
    words = "\n".join(written.rstrip() for written in body.split("\n")).strip()
    if not words:
        return Ignored(reason="media without words" if media else "empty message")
    if words == "(This message was deleted)":
        return Ignored(reason="deleted message")
    if _CALL.fullmatch(words):
        return Ignored(reason="call")
    return RawTurn(speaker=sender.strip() or "unknown", text=words, said_at=said_at, line=line, metadata=details)


READER = Reader(
    name="signal-export", title="Signal chats of signal-export (chat.md, data.json)", sniff=sniff, read=read
)
