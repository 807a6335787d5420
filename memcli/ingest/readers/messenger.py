"""Messages of Facebook and of Instagram, as "Download your information" gives them in JSON.

https://www.facebook.com/help/212802592074644; the layout is not documented, this reader follows real exports and
https://github.com/SamuelePilleri/facebook-schemas. A conversation is a folder with message_1.json, message_2.json, ...
of 10,000 messages each, the newest message first. Quirks:

- Every text is broken: its UTF-8 bytes were taken for Latin-1 ("cafÃ©"). That is undone wherever it can be.
- `thread_path`, which names the conversation, stands behind the messages. Its first part is the title of the day, what
  is behind the first underscore stays.
- A message with a photo has a text of its own making: "You sent a photo."
- Of Messenger conversations with end-to-end encryption there are other files: {"participants", "threadName",
  "messages"} with `senderName`, `text`, `timestamp`, in clean UTF-8, one conversation a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Reader, Skipped, Source
from memcli.ingest.readers.json_fields import excerpt, fields, objects, present, text, texts
from memcli.ingest.readers.json_tree import Part, Path, parts
from memcli.ingest.readers.newest_first import oldest_first
from memcli.ingest.readers.timestamps import from_epoch
from memcli.patterns import regex

_BROKEN = regex(r'"sender_name"\s*:\s*"')
_BROKEN_TIME = regex(r'"timestamp_ms"\s*:\s*\d')
_SECURE = regex(r'"senderName"\s*:\s*"')
_SECURE_SIGNS = regex(r'"(?:threadName|isUnsent)"\s*:')
_INSIDE: frozenset[Path] = frozenset({(), ("messages",)})
_MEDIA = ("photos", "videos", "audio_files", "gifs", "files", "sticker", "media")
_SENT = regex(
    r"(?:You|[^\n]{1,80}?) sent (?:a|an|your|\d{1,4}) (?:photo|video|attachment|voice message|sticker|GIF|file)s?\.?"
)
_LINK_SENT = regex(r"(?:You|[^\n]{1,80}?) sent (?:a link|an attachment|a post)\.?")
_REACTED = regex(r"(?:Liked a message|Reacted [^\w\s]{1,16} to your message)\s*")


def sniff(source: Source) -> float:
    """By who sent a message, and when in milliseconds."""
    head = source.head_text
    if _BROKEN.search(head) and _BROKEN_TIME.search(head):
        return 0.95
    return 0.9 if _SECURE.search(head) and _SECURE_SIGNS.search(head) and '"messages"' in head else 0.0


def read(source: Source) -> Iterator[Item]:
    """One session, from several files if the conversation has several; its messages oldest first."""
    about: dict[str, Any] = {}
    for part in parts(source, _INSIDE):
        if isinstance(part, Part) and len(part.path) == 1:
            about[part.path[0]] = part.value
    broken = "threadName" not in about
    path = text(about.get("thread_path")).rstrip("/").rsplit("/", 1)[-1]
    native_id = path.partition("_")[2] or path if broken else text(about.get("threadName"))
    names = texts(about.get("participants"), "name")
    title = text(about.get("title")) or text(about.get("threadName")).rpartition("_")[0] or ", ".join(names)
    yield RawSession(native_id=native_id or None, title=(_repaired(title) if broken else title) or None)
    yield from oldest_first(_items(source, broken))


def _items(source: Source, broken: bool) -> Iterator[Item]:
    for part in parts(source, _INSIDE):
        if isinstance(part, Skipped):
            yield part
        elif isinstance(part, Part) and part.path == ("messages", "*"):
            yield _turn(part, broken)


def _turn(part: Part, broken: bool) -> RawTurn | Skipped | Ignored:
    message = fields(part.value)
    mended = _repaired if broken else str
    speaker = mended(text(message.get("sender_name")) or text(message.get("senderName")))
    kind = text(message.get("type")).lower()
    if message.get("is_unsent") is True or message.get("isUnsent") is True:
        return Ignored(reason="unsent message")
    if kind == "call" or "call_duration" in message:
        return Ignored(reason="call")
    if kind in ("subscribe", "unsubscribe"):
        return Ignored(reason="system message")
    if not speaker and not message.get("content"):
        return Skipped(line=part.line, reason="no message of Facebook or Instagram", excerpt=excerpt(part.text))
    words = mended(text(message.get("content")) or text(message.get("text")))
    media = [name for name in _MEDIA if message.get(name)]
    link = mended(text(fields(message.get("share")).get("link")))
    if media and _SENT.fullmatch(words.strip()):
        words = ""
    if link and (not words or _LINK_SENT.fullmatch(words.strip())):
        words = link
    if _REACTED.fullmatch(words):
        return Ignored(reason="reaction")
    if not words.strip():
        return Ignored(reason="media without words" if media or message.get("share") else "empty message")
    try:
        said_at = _time(message)
    except ValueError as error:
        return Skipped(line=part.line, reason=str(error), excerpt=excerpt(part.text))
    return RawTurn(
        speaker=speaker or "unknown",
        text=words,
        said_at=said_at,
        line=part.line,
        metadata=present(
            attachments=media,
            links=[link] if link and link != words else [],
            reactions=[
                f"{mended(emoji)} {mended(text(one.get('actor')))}".strip()
                for one in objects(message.get("reactions"))
                if (emoji := text(one.get("reaction")))
            ],
        ),
    )


def _time(message: dict[str, Any]) -> datetime:
    time = message.get("timestamp_ms", message.get("timestamp"))
    if not isinstance(time, int | float) or isinstance(time, bool):
        raise ValueError("a message without a time")
    return from_epoch(time)


def _repaired(broken: str) -> str:
    """The text whose UTF-8 bytes were taken for Latin-1; the text itself where that cannot have happened."""
    try:
        return broken.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return broken


READER = Reader(
    name="messenger", title="Facebook Messenger and Instagram (message_1.json)", only_json=True, sniff=sniff, read=read
)
