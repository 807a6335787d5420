"""Mattermost: its bulk export (JSON Lines) and the lists of posts that its API gives.

https://docs.mattermost.com/administration-guide/onboard/bulk-loading-data.html: one object a line, by `type`: version,
team, channel ({"team", "name", "display_name"}), user, post ({"team", "channel", "user", "message", "create_at",
"reactions", "replies", "attachments"}), direct_channel, direct_post ({"channel_members", ...}).
https://developers.mattermost.com/api-documentation/ (GetPostsForChannel): {"order": [ids], "posts": {id: post}}, where
a post has user_id, channel_id, root_id, and the posts come newest first.

Times are milliseconds since 1970. Posts of a type "system_..." are the server speaking; a delete_at is a deleted post.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from memcli.ingest.readers.base import UNEDITED, Ignored, Item, RawSession, RawTurn, Reader, Skipped, Source
from memcli.ingest.readers.json_fields import broken, in_time, inner, key, objects, text
from memcli.ingest.readers.json_stream import Record, key_lines, records
from memcli.ingest.readers.timestamps import read_time
from memcli.patterns import regex

_PAGE = regex(r'"posts"\s*:\s*\{\s*(?:\}|"[^"]*"\s*:\s*\{)')
_PAGE_FIELDS = regex(r'"(?:create_at|channel_id|root_id)"\s*:')
_BULK = regex(
    r'^\s*\{\s*"type"\s*:\s*"(?:version|team|channel|user|role|scheme|emoji|bot|direct_channel|post|direct_post)"\s*,'
)
_BULK_LINE = regex(r'"(post|direct_post|channel|user|team|version)"\s*:\s*(?:\{|\d)')
_KINDS = frozenset(
    {"version", "team", "channel", "user", "role", "scheme", "emoji", "bot", "direct_channel", "post", "direct_post"}
)


def sniff(source: Source) -> float:
    """By a map of posts with their order, or by the lines of a bulk export."""
    head = source.head_text
    if _PAGE.search(head) and _PAGE_FIELDS.search(head) and re.search(r'"order"\s*:\s*\[', head):
        return 0.97
    return 0.97 if _BULK.match(head) and _BULK_LINE.search(head) else 0.0


def read(source: Source) -> Iterator[Item]:
    """A session for each channel, and for each group of people in direct messages."""
    titles: dict[str, str] = {}
    session: str | None = None
    for record in records(source):
        if isinstance(record, Skipped):
            yield record
            continue
        for item in _items(record, titles):
            if isinstance(item, RawSession):
                if item.native_id == session:
                    continue
                session = item.native_id
            yield item


def _items(record: Record, titles: dict[str, str]) -> Iterator[Item]:
    value = record.value
    if isinstance(inner(value, "posts"), dict):
        yield from _page(record)
        return
    kind = text(value, "type")
    body = inner(value, kind) if kind else None
    if kind == "version":
        yield Ignored(reason="version")
    elif kind not in _KINDS or not isinstance(body, dict):
        yield broken("not a line of a Mattermost export", record.line, record.text)
    elif kind == "channel":
        titles[f"{text(body, 'team')}/{text(body, 'name')}"] = text(body, "display_name")
        yield Ignored(reason="channel")
    elif kind == "post":
        channel = f"{text(body, 'team')}/{text(body, 'channel')}"
        yield RawSession(native_id=channel, title=titles.get(channel) or text(body, "channel") or None)
        yield from _thread(body, record)
    elif kind == "direct_post":
        members = inner(body, "channel_members")
        names = sorted(name for name in members if isinstance(name, str)) if isinstance(members, list) else []
        yield RawSession(native_id="direct:" + ",".join(names), title=", ".join(names) or None)
        yield from _thread(body, record)
    else:
        yield Ignored(reason=kind.replace("_", " "))


def _thread(post: dict[str, Any], record: Record) -> Iterator[Item]:
    """A post of a bulk export, and its replies."""
    yield _post(post, record.line, record.text, {})
    root = {"reply_to": {"speaker": text(post, "user"), "time": inner(post, "create_at")}}
    for reply in objects(post, "replies"):
        yield _post(reply, record.line, record.text, root)


def _page(record: Record) -> Iterator[Item]:
    """The posts that the API gave, oldest first, channel by channel."""
    lines = dict(reversed(key_lines(record, "id")))
    channels: dict[str, list[RawTurn]] = {}
    for place, post in record.value["posts"].items():
        if not isinstance(post, dict):
            yield broken("a post that is no object", lines.get(place, record.line), str(post))
            continue
        metadata = {"reply_to": post["root_id"]} if key(post, "root_id") else {}
        item = _post(post, lines.get(key(post, "id") or place, record.line), str(post), metadata)
        if isinstance(item, RawTurn):
            channels.setdefault(key(post, "channel_id"), []).append(item)
        else:
            yield item
    for channel, turns in channels.items():
        yield RawSession(native_id=channel or None)
        yield from in_time(turns)


def _post(post: dict[str, Any], line: int, written: str, metadata: dict[str, Any]) -> RawTurn | Skipped | Ignored:
    if text(post, "type").startswith("system_"):
        return Ignored(reason="system line")
    if inner(post, "delete_at"):
        return Ignored(reason="deleted message")
    words = text(post, "message").strip() or "\n".join(
        filter(None, map(_attached, objects(post, "props", "attachments")))
    )
    files = [name for file in objects(post, "attachments") if (name := text(file, "path").rsplit("/", 1)[-1])]
    files += [name for file in objects(post, "metadata", "files") if (name := text(file, "name"))]
    if not words:
        return Ignored(reason="media without words" if files or inner(post, "file_ids") else "empty message")
    speaker = text(post, "user") or text(post, "props", "override_username") or key(post, "user_id")
    if not speaker.strip():
        return broken("a post without a user", line, written)
    try:
        said_at = read_time(inner(post, "create_at"))
        edited_at = read_time(inner(post, "edit_at") or None)
    except ValueError as error:
        return broken(str(error), line, written)
    metadata = dict(metadata)
    if files:
        metadata["attachments"] = files
    if edited_at:
        metadata["edited_at"] = edited_at.isoformat()
    if reactions := _reactions(objects(post, "reactions") or objects(post, "metadata", "reactions")):
        metadata["reactions"] = reactions
    return RawTurn(
        speaker=speaker,
        speaker_key=key(post, "user_id") or text(post, "user") or None,
        text=words,
        said_at=said_at,
        line=line,
        native_id=key(post, "id") or None,
        metadata=metadata,
        worded_at=edited_at or UNEDITED,
    )


def _attached(attachment: dict[str, Any]) -> str:
    """The words of what a bot attached (Slack's shape of attachments)."""
    return "\n".join(filter(None, (text(attachment, name) for name in ("pretext", "title", "text")))) or text(
        attachment, "fallback"
    )


def _reactions(reactions: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Who reacted, by emoji."""
    found: dict[str, list[str]] = {}
    for reaction in reactions:
        found.setdefault(text(reaction, "emoji_name"), []).append(text(reaction, "user") or key(reaction, "user_id"))
    return found


READER = Reader(
    name="mattermost", title="Mattermost (bulk export, posts of the API)", only_json=True, sniff=sniff, read=read
)
