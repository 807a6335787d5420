"""Google Chat in a Takeout: Groups/DM abc/messages.json, with group_info.json beside it.

https://support.google.com/accounts/answer/3024190 (how to get it); the layout is not documented, this reader follows
real exports. Quirks:

- `created_date` is a sentence in the language of the account, in UTC ("Tuesday, February 10, 2015 at 6:03:26 PM UTC",
  with U+202F before PM in newer ones).
- People are known by `email`; a deleted account has none, or no name.
- `message_id` is group/topic/message, the group's id being what its folder is called behind "DM " or "Space "; exports
  before about 2021 have none.
- A message that was edited has its older versions in `previous_message_versions`; one that was deleted says so in
  `message_state` or `deletion_metadata` and has no text.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from memcli.ingest.readers.base import ROLES, UNEDITED, Ignored, Item, RawSession, RawTurn, Reader, Skipped, Source
from memcli.ingest.readers.json_fields import excerpt, fields, key, objects, present, text, texts
from memcli.ingest.readers.json_stream import records
from memcli.ingest.readers.json_tree import Part, Path, parts
from memcli.ingest.readers.local_dates import from_words
from memcli.ingest.readers.timestamps import from_iso
from memcli.patterns import regex

_MESSAGE = regex(r'"creator"\s*:\s*\{')
_DATE = regex(r'"created_date"\s*:\s*"')
_PERSON = r'\{\s*"(?:name|email|user_type)"\s*:\s*"'
_MEMBERS = regex(rf'\s*\{{(?:\s*"name"\s*:\s*"[^"]*",)?\s*"members"\s*:\s*\[\s*{_PERSON}')
_USER = regex(rf'\s*\{{\s*"user"\s*:\s*{_PERSON}')
_GROUP_ID = regex(r'"message_id"\s*:\s*"([^"/\\]{1,80})/')
_ISO = regex(r"\d{4}-\d\d-\d\dT")
_FOLDER = regex(r"(?:DM|Space) (\S+)")
_INSIDE: frozenset[Path] = frozenset({(), ("messages",)})


def sniff(source: Source) -> float:
    """By messages with a creator and the date of their creation, or by who is in a group."""
    head = source.head_text
    if '"messages"' in head and _MESSAGE.search(head) and _DATE.search(head):
        return 0.95
    return 0.85 if _companion(head) else 0.0


def read(source: Source) -> Iterator[Item]:
    """One session: the group, with its messages in the order of the export."""
    if reason := _companion(source.head_text):
        yield Ignored(reason=reason)
        return
    yield _session(source)
    for part in parts(source, _INSIDE):
        if isinstance(part, Skipped):
            yield part
        elif isinstance(part, Part) and part.path == ("messages", "*"):
            yield _turn(part)


def _companion(head: str) -> str:
    """What the file is if it is one that holds no messages; empty if it is not."""
    if _DATE.search(head):
        return ""
    return "list of members" if _MEMBERS.match(head) else "description of the account" if _USER.match(head) else ""


def _session(source: Source) -> RawSession:
    beside = source.beside("group_info.json")
    info: dict[str, Any] = {}
    for record in records(beside) if beside is not None else ():
        info = {} if isinstance(record, Skipped) else fields(record.value)
    folder = _FOLDER.fullmatch(source.uri.split("/")[-2] if "/" in source.uri else "")
    found = folder or _GROUP_ID.search(source.head_text)
    members = [text(one.get("name")) or text(one.get("email")) for one in objects(info.get("members"))]
    title = text(info.get("name")) or ", ".join(filter(None, members))
    return RawSession(native_id=found[1] if found else None, title=title or None)


def _turn(part: Part) -> RawTurn | Skipped | Ignored:
    message = fields(part.value)
    creator = fields(message.get("creator"))
    if "creator" not in message:
        return Skipped(line=part.line, reason="no message of Google Chat", excerpt=excerpt(part.text))
    if text(message.get("message_state")).upper() == "DELETED" or message.get("deletion_metadata"):
        return Ignored(reason="deleted message")
    words = text(message.get("text"))
    annotations = objects(message.get("annotations"))
    files = texts(message.get("attached_files"), "original_name")
    if not words:
        media = message.get("attached_files") or annotations or message.get("attached_gifs")
        return Ignored(reason="media without words" if media else "empty message")
    written = text(message.get("created_date"))
    try:
        said_at = _moment(written)
    except ValueError as error:
        return Skipped(line=part.line, reason=str(error), excerpt=excerpt(part.text))
    email = text(creator.get("email"))
    return RawTurn(
        speaker=text(creator.get("name")) or email or "unknown",
        speaker_key=email or None,
        text=words,
        said_at=said_at,
        line=part.line,
        role=ROLES["bot" if text(creator.get("user_type")) == "Bot" else "user"],
        native_id=key(message.get("message_id")) or None,
        metadata=present(
            topic=key(message.get("topic_id")),
            reply_to=key(fields(message.get("quoted_message_metadata")).get("message_id")),
            edited=text(message.get("updated_date")),
            attachments=files,
            links=[link for one in annotations if (link := _link(one)) and link not in words],
            reactions=[
                f"{emoji} {len(one['reactor_emails'])}" if isinstance(one.get("reactor_emails"), list) else emoji
                for one in objects(message.get("reactions"))
                if (emoji := text(fields(one.get("emoji")).get("unicode")))
            ],
        ),
        worded_at=_edited(text(message.get("updated_date"))),
    )


def _moment(written: str) -> datetime:
    return from_iso(written) if _ISO.match(written) else from_words(written)


def _edited(written: str) -> datetime:
    try:
        return _moment(written) if written else UNEDITED
    except ValueError:
        return UNEDITED


def _link(annotation: dict[str, Any]) -> str:
    """Where an annotation leads, if it is a link."""
    url = fields(annotation.get("url_metadata")).get("url")
    if isinstance(url, dict):
        url = next((value for value in url.values() if text(value)), "")
    return text(url)


READER = Reader(name="google-chat", title="Google Chat (Takeout messages.json)", only_json=True, sniff=sniff, read=read)
