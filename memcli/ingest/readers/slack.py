"""Slack: the export of a workspace, one file a channel and day, and answers of conversations.history.

https://slack.com/help/articles/220556107 (what is in an export): users.json, channels.json and the like, and a folder
for each channel with a list of messages in each 2016-01-14.json. https://docs.slack.dev/reference/events/message says
what a message is. `ts` is its id and its time, in seconds since 1970, with a number behind the point that makes it
unique. Quirks:

- Who wrote is an id; names are in users.json, newer messages carry them in `user_profile` too.
- A reply has the `ts` of the message that began the thread in `thread_ts`, and stands where it was written.
- Bots often write in `attachments` or `blocks` only. What a link in a text leads to is an attachment as well, but was
  not said by anyone.
- Until 2018, a file was a message `<@U1> uploaded a file: <url|name> and commented: words` of the subtype file_share,
  and a comment on it a message without a user; the words are in the file and in the comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from memcli.ingest.readers.base import ROLES, Ignored, Item, RawSession, RawTurn, Reader, Skipped, Source
from memcli.ingest.readers.json_fields import excerpt, fields, key, objects, present, text
from memcli.ingest.readers.json_tree import Part, Path, parts
from memcli.ingest.readers.newest_first import oldest_first
from memcli.ingest.readers.slack_people import COMPANIONS, Workspace, name_of, workspace
from memcli.ingest.readers.slack_text import attachment_words, block_words, is_preview, plain
from memcli.ingest.readers.timestamps import from_epoch, worded_at
from memcli.patterns import regex

_TS = regex(r'"ts"\s*:\s*"\d{9,10}\.\d{6}"')
_KIND = regex(r'"type"\s*:\s*"message"')
_MESSAGES = regex(r'\s*\{(?:[^{}\[\]]*,)?\s*"messages"\s*:\s*\[')
_USER = regex(r'\s*\[\s*\{[^{}]*"id"\s*:\s*"[UW][A-Z0-9]{5,}"[^{}]*"(?:profile|real_name|team_id)"\s*:')
_CHANNEL = regex(r'\s*\[\s*\{[^{}]*"id"\s*:\s*"[CGD][A-Z0-9]{5,}"[^{}]*"members"\s*:\s*\[')
_INTEGRATION = regex(r'\s*\[\s*\{[^{}]*"user_id"\s*:\s*"[UW][A-Z0-9]{5,}"[^{}]*"change_type"\s*:')
_DAY_FILE = regex(r"\d{4}-\d\d-\d\d\.json")
_SYSTEM = regex(
    r"(?:channel|group|mpim|conversation)_.+|(?:un)?pinned_item|bot_(?:add|remove|enable|disable)"
    r"|reminder_.+|tombstone|huddle_.+|sh_room_.+|ekm_access_denied|app_conversation_join|joiner_.+|unfurl_.+"
)
_UPLOADED = regex(r"\s*<@[^<>]{1,80}> (?:uploaded|shared|mentioned) (?:a|an) (?:file|image|snippet|post)\b")
_INSIDE: frozenset[Path] = frozenset({(), ("messages",)})


def sniff(source: Source) -> float:
    """By messages whose `ts` has six digits behind the point, or by the files that come with them."""
    head = source.head_text
    if _TS.search(head) and _KIND.search(head) and (head.lstrip().startswith("[") or _MESSAGES.match(head)):
        return 0.95
    return 0.9 if _companion(source) else 0.0


def read(source: Source) -> Iterator[Item]:
    """One session for each channel, in which threads are marked; the lists beside the channels hold no utterance."""
    if reason := _companion(source):
        yield Ignored(reason=reason)
        return
    space = workspace(source, "..")
    yield _session(source, space)
    yield from oldest_first(_items(source, space))


def _companion(source: Source) -> str:
    """What the file is if it is one of those that hold no messages; empty if it is not."""
    head = source.head_text
    for pattern, reason in (
        (_USER, "list of users"),
        (_CHANNEL, "list of channels"),
        (_INTEGRATION, "log of integrations"),
    ):
        if pattern.match(head):
            return reason
    # An empty list, or one whose items are described nowhere: known by its name beside a list of users.
    users = source.beside("users.json") or source.beside("org_users.json")
    if (
        head.lstrip().startswith("[")
        and source.name in COMPANIONS
        and users is not None
        and _USER.match(users.head_text)
    ):
        return COMPANIONS[source.name]
    users = source.beside("../users.json") or source.beside("../org_users.json")
    if not head.strip().strip("[] \n") and _DAY_FILE.fullmatch(source.name) and users is not None:
        return "day without messages" if _USER.match(users.head_text) else ""
    return ""


def _session(source: Source, space: Workspace) -> RawSession:
    """The channel, by the folder of its days: its id where a list of channels tells it."""
    folder = source.uri.split("/")[-2] if "/" in source.uri else ""
    channel = space.channels.get(folder)
    if channel is None:
        # A single file says only what it is called itself.
        known = bool(space.channels) or _DAY_FILE.fullmatch(source.name) is not None
        return RawSession(native_id=folder, title=folder) if known and folder else RawSession(native_id=None)
    if channel.direct:
        members = (space.user(member) or member for member in channel.members)
        return RawSession(native_id=channel.id, title=", ".join(members) or folder)
    return RawSession(native_id=channel.id, title=f"#{channel.name or folder}")


def _items(source: Source, space: Workspace) -> Iterator[Item]:
    for part in parts(source, _INSIDE):
        if isinstance(part, Skipped):
            yield part
        elif isinstance(part, Part) and part.path in (("*",), ("messages", "*")):
            yield _turn(part, space)


def _turn(part: Part, space: Workspace) -> RawTurn | Skipped | Ignored:
    message = fields(part.value)
    if message.get("type") != "message":
        return Skipped(line=part.line, reason="no message of Slack", excerpt=excerpt(part.text))
    subtype = text(message.get("subtype"))
    if subtype == "message_changed":
        message = {"ts": message.get("ts")} | fields(message.get("message"))
        subtype = text(message.get("subtype"))
    if subtype == "message_deleted" or subtype == "tombstone":
        return Ignored(reason="deleted message")
    if _SYSTEM.fullmatch(subtype) or message.get("hidden") is True:
        return Ignored(reason="system message")
    previews = [one for one in objects(message.get("attachments")) if is_preview(one)]
    files = objects(message.get("files")) or objects([message.get("file")])
    names = [found for one in files if (found := text(one.get("title")) or text(one.get("name")))]
    written, author = _written(message, subtype)
    words = plain(written, space.user)
    if not words.strip():
        return Ignored(reason="media without words" if names or previews else "empty message")
    try:
        said_at = _time(message.get("ts"))
    except ValueError as error:
        return Skipped(line=part.line, reason=str(error), excerpt=excerpt(part.text))
    ts, thread = text(message.get("ts")), text(message.get("thread_ts"))
    name, identity, is_bot = _speaker(message, author, space)
    return RawTurn(
        speaker=name,
        speaker_key=identity or None,
        text=words,
        said_at=said_at,
        line=part.line,
        role=ROLES["bot" if is_bot else "user"],
        native_id=ts or None,
        metadata=present(
            thread=thread if thread != ts else "",
            edited=_edited(message.get("edited")),
            action=subtype == "me_message",
            attachments=names,
            links=[link for one in previews if (link := text(one.get("from_url")) or text(one.get("title_link")))],
            reactions=[
                f":{emoji}: {key(one.get('count'))}".strip()
                for one in objects(message.get("reactions"))
                if (emoji := text(one.get("name")))
            ],
        ),
        worded_at=worded_at(_edited(message.get("edited"))),
    )


def _written(message: dict[str, Any], subtype: str) -> tuple[str, str]:
    """What was written, still with markup, and the id of who wrote it where the message itself does not say."""
    if subtype == "file_comment":
        comment = fields(message.get("comment"))
        return text(comment.get("comment")), key(comment.get("user"))
    written = text(message.get("text"))
    if subtype in ("file_share", "file_mention") and _UPLOADED.match(written):
        comment = fields(fields(message.get("file")).get("initial_comment"))
        return text(comment.get("comment")), ""
    attachments = objects(message.get("attachments"))
    written = written or block_words(message.get("blocks"))
    said = [attachment_words(one) for one in attachments if not is_preview(one) or not written]
    return "\n".join(filter(None, [written, *said])), ""


def _speaker(message: dict[str, Any], author: str, space: Workspace) -> tuple[str, str, bool]:
    """Name and id of who wrote, and whether it was a program."""
    bot = fields(message.get("bot_profile"))
    bot_id = key(message.get("bot_id")) or key(bot.get("id"))
    user = author or key(message.get("user"))
    if message.get("subtype") == "bot_message" or (bot_id and not user):
        name = text(message.get("username")) or text(bot.get("name")) or space.user(bot_id) or space.user(user)
        return name or bot_id or user or "bot", bot_id or user, True
    name = space.user(user) or name_of(fields(message.get("user_profile"))) or text(message.get("username"))
    return name or text(bot.get("name")) or user or "unknown", user, bool(bot_id) and bool(bot)


def _time(value: object) -> datetime:
    ts = text(value)
    if not re.fullmatch(r"[0-9]{9,10}(?:\.[0-9]{1,6})?", ts):
        raise ValueError(f"{ts[:40]!r} is no time of Slack")
    # In whole numbers: a fraction would be rounded, and the id of the message is more than its time.
    seconds, _, unique = ts.partition(".")
    return from_epoch(int(seconds)).replace(microsecond=int(unique.ljust(6, "0") or 0))


def _edited(value: object) -> str:
    try:
        return _time(fields(value).get("ts")).astimezone(UTC).isoformat() if value else ""
    except ValueError:
        return ""


READER = Reader(name="slack", title="Slack export (JSON)", only_json=True, sniff=sniff, read=read)
