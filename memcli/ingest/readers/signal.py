"""Signal's own export in plain text: main.jsonl, the frames of a backup, one a line.

https://github.com/signalapp/Signal-Desktop, protos/Backups.proto, in the JSON of protocol buffers: 64-bit numbers are
texts, bytes are base64. The first line is the header; then account, recipients, chats and messages ("chatItem"), every
frame after those that it refers to. Ids of recipients and chats hold only within one file, so a chat is known by the
service id (`aci`), the number or the group key of its recipient. What is not in a frame has its default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from memcli.ids import content_id
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Reader, Skipped, Source
from memcli.ingest.readers.json_fields import excerpt, fields, key, objects, present, text, texts
from memcli.ingest.readers.json_stream import Record, records
from memcli.ingest.readers.timestamps import from_epoch
from memcli.patterns import regex

_HEADER = regex(r'\s*\{(?=[^{}]*"version"\s*:)[^{}]*"backupTimeMs"\s*:')
_FRAME = regex(r'^\s*\{\s*"(?:account|recipient|chat)"\s*:\s*\{', re.MULTILINE)
_ITEM = regex(r'^\s*\{\s*"chatItem"\s*:\s*\{\s*"chatId"\s*:', re.MULTILINE)


class _Who(NamedTuple):
    name: str
    key: str


def sniff(source: Source) -> float:
    """By the header of a backup, or by messages among recipients and chats."""
    head = source.head_text
    return 0.97 if _HEADER.match(head) or (_ITEM.search(head) and _FRAME.search(head)) else 0.0


def read(source: Source) -> Iterator[Item]:
    """One session for each chat; messages come in the order in which they were received."""
    people: dict[str, _Who] = {}
    chats: dict[str, _Who] = {}
    me = "Me"
    current = None
    for record in records(source):
        if isinstance(record, Skipped):
            yield record
            continue
        frame = fields(record.value)
        if "chatItem" in frame:
            item = fields(frame["chatItem"])
            chat = key(item.get("chatId"))
            if chat != current:
                current = chat
                about = chats.get(chat, _Who("", ""))
                yield RawSession(native_id=about.key or None, title=about.name or None)
            yield _turn(item, record, people)
        elif "recipient" in frame:
            recipient = fields(frame["recipient"])
            people[key(recipient.get("id"))] = _recipient(recipient, me)
        elif "chat" in frame:
            chat_frame = fields(frame["chat"])
            chats[key(chat_frame.get("id"))] = people.get(key(chat_frame.get("recipientId")), _Who("", ""))
        elif "account" in frame:
            me = _name(fields(frame["account"]), "givenName", "familyName") or me
        elif not isinstance(record.value, dict):
            yield Skipped(line=record.line, reason="no frame of a Signal backup", excerpt=excerpt(record.text))


def _recipient(recipient: dict[str, Any], me: str) -> _Who:
    if "self" in recipient:
        return _Who(me, "self")
    if "group" in recipient:
        group = fields(recipient["group"])
        title = text(fields(fields(group.get("snapshot")).get("title")).get("title"))
        secret = text(group.get("masterKey"))
        # The key opens the group to whoever has it: only its hash is kept.
        return _Who(title or "Group", content_id("signal group", secret) if secret else "")
    if "releaseNotes" in recipient:
        return _Who("Signal", "signal")
    contact = fields(recipient.get("contact"))
    name = (
        _name(fields(contact.get("nickname")), "given", "family")
        or _name(contact, "systemGivenName", "systemFamilyName")
        or _name(contact, "profileGivenName", "profileFamilyName")
        or text(contact.get("username"))
        or _number(contact)
    )
    return _Who(name or "unknown", text(contact.get("aci")) or _number(contact) or text(contact.get("pni")))


def _name(names: dict[str, Any], given: str, family: str) -> str:
    return " ".join(filter(None, (text(names.get(given)), text(names.get(family)))))


def _number(contact: dict[str, Any]) -> str:
    number = key(contact.get("e164"))
    return f"+{number.lstrip('+')}" if number and number != "0" else ""


def _turn(item: dict[str, Any], record: Record, people: dict[str, _Who]) -> RawTurn | Skipped | Ignored:
    if "updateMessage" in item:
        return Ignored(reason="system message")
    if "remoteDeletedMessage" in item or "adminDeletedMessage" in item:
        return Ignored(reason="deleted message")
    standard = fields(item.get("standardMessage"))
    message = standard or fields(item.get("directStoryReplyMessage")) or fields(item.get("poll"))
    words = _words(item)
    files = [fields(one.get("pointer")) for one in objects(standard.get("attachments"))]
    if not words:
        others = ("contactMessage", "stickerMessage", "viewOnceMessage", "paymentNotification", "giftBadge")
        return Ignored(reason="media without words" if files or any(map(item.get, others)) else "empty message")
    try:
        said_at = from_epoch(int(key(item.get("dateSent")) or "no time"))
    except ValueError:
        return Skipped(line=record.line, reason="a message without a time", excerpt=excerpt(record.text))
    author = people.get(key(item.get("authorId")), _Who("unknown", ""))
    quote = fields(standard.get("quote"))
    return RawTurn(
        speaker=author.name,
        speaker_key=author.key or None,
        text=words,
        said_at=said_at,
        line=record.line,
        native_id=key(item.get("dateSent")),
        metadata=present(
            reply_to=key(quote.get("targetSentTimestamp")),
            edited=len(objects(item.get("revisions"))),
            attachments=[text(one.get("fileName")) or text(one.get("contentType")) or "file" for one in files],
            links=texts(standard.get("linkPreview"), "url"),
            reactions=[
                f"{emoji} {people[who].name if (who := key(one.get('authorId'))) in people else ''}".strip()
                for one in objects(message.get("reactions"))
                if (emoji := text(one.get("emoji")))
            ],
        ),
    )


def _words(item: dict[str, Any]) -> str:
    """The text of a message, of a reply to a story, or of a poll with its options."""
    reply = fields(item.get("directStoryReplyMessage"))
    poll = fields(item.get("poll"))
    question = text(poll.get("question"))
    if question:
        return "\n".join([question, *(f"- {option}" for option in texts(poll.get("options"), "option"))])
    return (
        text(fields(fields(item.get("standardMessage")).get("text")).get("body"))
        or text(fields(fields(reply.get("textReply")).get("text")).get("body"))
        or text(reply.get("emoji"))
    )


READER = Reader(name="signal", title="Signal export in plain text (main.jsonl)", only_json=True, sniff=sniff, read=read)
