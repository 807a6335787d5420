"""Discourse: a topic as JSON (its address with ".json" after it), and lists of posts.

https://docs.discourse.org/ (Get a single topic): {"id", "title", "created_at", "post_stream": {"posts": [{"id",
"post_number", "name", "username", "user_id", "created_at", "cooked" (HTML), "raw" (if asked for),
"reply_to_post_number", "post_type", "action_code"}]}}; (List latest posts): {"latest_posts": [...]}, with topic_id and
topic_title.

Post types 2 and 3, and posts with an action_code, are the forum speaking ("closed this topic"). Quotes in `cooked` are
other people's words and left out. Ids of topics are counted by each forum: with created_at they are told apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from memcli.ingest.readers import html_words
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Reader, Skipped, Source
from memcli.ingest.readers.json_fields import broken, in_time, inner, key, objects, text
from memcli.ingest.readers.json_stream import Record, records
from memcli.ingest.readers.timestamps import read_time, worded_at
from memcli.patterns import regex

_POSTS = regex(r'"(?:post_stream"\s*:\s*\{|latest_posts"\s*:\s*\[)')
_FIELDS = regex(r'"(?:cooked|raw)"\s*:')
_QUOTE = regex(r"\[quote[^\]]*\].*?\[/quote\]", re.DOTALL)


def sniff(source: Source) -> float:
    """By a stream of posts with their cooked (or raw) text."""
    head = source.head_text
    return 0.97 if _POSTS.search(head) and _FIELDS.search(head) else 0.0


def read(source: Source) -> Iterator[Item]:
    """A session for each topic, its posts in the order of their times."""
    for record in records(source):
        if isinstance(record, Skipped):
            yield record
            continue
        value = record.value
        posts = inner(value, "post_stream", "posts") or inner(value, "latest_posts")
        if not isinstance(posts, list):
            yield broken("a topic without posts", record.line, record.text)
            continue
        topics: dict[str, tuple[str, list[RawTurn]]] = {}
        lines = dict(reversed(_id_lines(record)))
        for post in posts:
            item = _post(post, lines.get(key(post, "id"), record.line))
            if isinstance(item, RawTurn):
                topic = key(value, "id") or key(post, "topic_id")
                began = text(value, "created_at")
                title = text(value, "title") or text(post, "topic_title")
                native_id = f"{topic} {began}".strip()
                topics.setdefault(native_id, (title, []))[1].append(item)
            else:
                yield item
        for native_id, (title, turns) in topics.items():
            yield RawSession(native_id=native_id or None, title=title or None)
            yield from in_time(turns)


def _id_lines(record: Record) -> list[tuple[str, int]]:
    """Every number that is an id, with its line."""
    found: list[tuple[str, int]] = []
    line, seen = record.line, 0
    for match in re.finditer(r'"id"\s*:\s*(\d{1,19})', record.text):
        line += record.text.count("\n", seen, match.start())
        seen = match.start()
        found.append((match[1], line))
    return found


def _post(post: object, line: int) -> RawTurn | Skipped | Ignored:
    raw, cooked = text(post, "raw"), text(post, "cooked")
    speaker = text(post, "name") or text(post, "username")
    if not isinstance(post, dict) or not speaker.strip():
        return broken("not a post of Discourse", line, str(post))
    if inner(post, "post_type") in (2, 3) or text(post, "action_code"):
        return Ignored(reason="system line")
    if inner(post, "deleted_at") or inner(post, "user_deleted") is True:
        return Ignored(reason="deleted message")
    words = _QUOTE.sub("", raw).strip() if raw else html_words.words(cooked)
    if not words:
        return Ignored(reason="media without words" if "<img" in cooked else "empty message")
    try:
        said_at = read_time(inner(post, "created_at"))
    except ValueError as error:
        return broken(str(error), line, str(post))
    metadata: dict[str, Any] = {}
    if key(post, "reply_to_post_number"):
        metadata["reply_to"] = key(post, "reply_to_post_number")
    likes = [action for action in objects(post, "actions_summary") if inner(action, "id") == 2]
    if likes and isinstance(inner(likes[0], "count"), int):
        metadata["reactions"] = {"like": likes[0]["count"]}
    return RawTurn(
        speaker=speaker,
        speaker_key=key(post, "user_id") or text(post, "username") or None,
        text=words,
        said_at=said_at,
        line=line,
        native_id=key(post, "id") or None,
        metadata=metadata,
        worded_at=worded_at(inner(post, "updated_at")),
    )


READER = Reader(name="discourse", title="Discourse (topics and posts as JSON)", only_json=True, sniff=sniff, read=read)
