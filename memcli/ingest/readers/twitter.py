"""Direct messages in the data archive of X (Twitter): direct-messages.js and direct-messages-group.js.

    window.YTD.direct_messages.part0 = [ {"dmConversation": {"conversationId": "1-2", "messages": [
      {"messageCreate": {"id", "text", "senderId", "recipientId", "createdAt", "reactions", "urls", "mediaUrls"}}]}} ]

https://help.x.com/en/managing-your-account/how-to-download-your-x-archive; the README.txt in the archive describes the
files. JavaScript by its first words, JSON after the equals sign. People are ids; account.js beside it names the one
whose archive it is. Groups have events besides messages (joinConversation, conversationNameUpdate, ...). Links are
shortened in the text and given in full in `urls`; those that lead to a picture of the message itself are left out. The
other files of an archive are known by the same first words and hold no conversation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BufferedReader
from typing import Any

from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Reader, Skipped, Source
from memcli.ingest.readers.json_fields import broken, inner, key, objects, text
from memcli.ingest.readers.json_stream import records
from memcli.ingest.readers.json_tree import Begin, End, Part, parts
from memcli.ingest.readers.timestamps import read_time

_ASSIGNS = re.compile(rb"\s*window\.YTD\.(\w{1,60})\.part\d{1,4}\s*=\s*")
_CONVERSATION = ("*", "dmConversation")
_INSIDE = {(), ("*",), _CONVERSATION, (*_CONVERSATION, "messages")}
_MEDIA = re.compile(r"https://(?:twitter|x)\.com/messages/media/")


@dataclass(frozen=True, kw_only=True)
class _Json(Source):
    """A file of the archive without the JavaScript in front."""

    file: Source

    @classmethod
    def of(cls, file: Source) -> _Json:
        return cls(uri=file.uri, path=file.path, file=file)

    def open(self) -> BufferedReader:
        stream = self.file.open()
        if found := _ASSIGNS.match(self.file.head):
            stream.read(found.end())
        return stream


def sniff(source: Source) -> float:
    """By the first words."""
    return 0.99 if _ASSIGNS.match(source.head) else 0.0


def read(source: Source) -> Iterator[Item]:
    """A session for each conversation, in the order of the file, which is newest first."""
    found = _ASSIGNS.match(source.head)
    kind = found[1].decode("ascii", "replace") if found else "direct_messages"
    if not kind.startswith("direct_message") or kind.endswith("_headers"):
        yield Ignored(reason=f"no conversation: {kind.replace('_', ' ')} of X")
        return
    names = _account(source)
    begun = False
    for part in parts(_Json.of(source), _INSIDE):
        if isinstance(part, Skipped):
            yield part
        elif isinstance(part, Begin):
            begun = begun and part.path != _CONVERSATION
        elif isinstance(part, Part):
            if part.path == (*_CONVERSATION, "conversationId"):
                begun = True
                yield RawSession(native_id=part.value if isinstance(part.value, str) else None)
            elif part.path == (*_CONVERSATION, "messages", "*"):
                if not begun:
                    begun = True
                    yield RawSession(native_id=None)
                yield _event(part, names)
        else:
            assert isinstance(part, End)


def _event(part: Part, names: dict[str, str]) -> RawTurn | Skipped | Ignored:
    message = inner(part.value, "messageCreate")
    if not isinstance(message, dict):
        if isinstance(part.value, dict) and part.value:
            return Ignored(reason="system line")
        return broken("not a message of X", part.line, part.text)
    sender = key(message, "senderId")
    if not sender or not isinstance(inner(message, "text"), str):
        return broken("a message without a sender or a text", part.line, part.text)
    words, media = message["text"], message.get("mediaUrls") or []
    for url in objects(message, "urls"):
        if short := text(url, "url"):
            full = text(url, "expanded")
            words = words.replace(short, "" if _MEDIA.match(full) else full or short)
    if not words.strip():
        return Ignored(reason="media without words" if media else "empty message")
    try:
        said_at = read_time(inner(message, "createdAt"))
    except ValueError as error:
        return broken(str(error), part.line, part.text)
    metadata: dict[str, Any] = {}
    if isinstance(media, list) and media:
        metadata["attachments"] = [str(url).rsplit("/", 1)[-1][:200] for url in media]
    reactions: dict[str, list[str]] = {}
    for reaction in objects(message, "reactions"):
        who = key(reaction, "senderId")
        reactions.setdefault(text(reaction, "reactionKey"), []).append(names.get(who, who))
    if reactions:
        metadata["reactions"] = reactions
    return RawTurn(
        speaker=names.get(sender, sender),
        speaker_key=sender,
        text=words.strip(),
        said_at=said_at,
        line=part.line,
        native_id=key(message, "id") or None,
        metadata=metadata,
    )


def _account(source: Source) -> dict[str, str]:
    """The name of the one whose archive it is, by id."""
    beside = source.beside("account.js")
    names: dict[str, str] = {}
    if beside is not None and _ASSIGNS.match(beside.head):
        for record in records(_Json.of(beside)):
            account = inner(record.value, "account") if not isinstance(record, Skipped) else None
            name = text(account, "accountDisplayName").strip() or text(account, "username").strip()
            if name and key(account, "accountId"):
                names[key(account, "accountId")] = name
    return names


READER = Reader(name="twitter", title="X (Twitter) direct messages (archive)", sniff=sniff, read=read)
