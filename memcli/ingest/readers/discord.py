"""Discord channels as DiscordChatExporter writes them to JSON (web pages and CSV: discord_page; text: discord_text).

https://github.com/Tyrrrz/DiscordChatExporter, DiscordChatExporter.Core/Exporting/JsonMessageWriter.cs: one object with
`guild`, `channel` and `messages`, oldest first. Its quirks:

- What Discord itself says ("Joined the server.") is a message with a `type` of its own; a type that the exporter has
  no name for is a number, and 20 and 23 are what bots answer to commands.
- `nickname` is the name in that server; the account's `id` never changes. The same channel in several files (one a
  part, or newer ones) is told by the channel's id.
- What a link in a text leads to is an embed; bots say what they say in embeds, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from memcli.ingest.readers.base import ROLES, Ignored, Item, RawSession, RawTurn, Reader, Skipped, Source
from memcli.ingest.readers.discord_package import ACCOUNT_NAMES, is_package, read_package
from memcli.ingest.readers.discord_page import (
    is_page_of_discord,
    is_table_of_discord,
    read_page_of_discord,
    read_table_of_discord,
)
from memcli.ingest.readers.discord_text import is_text_of_discord, read_text_of_discord
from memcli.ingest.readers.json_fields import excerpt, fields, key, objects, present, text, texts
from memcli.ingest.readers.json_tree import Part, Path, parts
from memcli.ingest.readers.timestamps import from_iso, worded_at
from memcli.patterns import regex

_EXPORT = regex(r'\s*\{\s*"guild"\s*:\s*\{.*?"channel"\s*:\s*\{\s*"id"\s*:\s*"\d+"', re.DOTALL)
_INSIDE: frozenset[Path] = frozenset({(), ("messages",)})
_SYSTEM = {
    "RecipientAdd",
    "RecipientRemove",
    "Call",
    "ChannelNameChange",
    "ChannelIconChange",
    "ChannelPinnedMessage",
    "GuildMemberJoin",
    "ThreadCreated",
    *(str(number) for number in range(1, 19)),
    "21",
}


def sniff(source: Source) -> float:
    """By a guild and a channel with their ids, or by the columns of the package that Discord itself hands out."""
    head = source.head_text
    if _EXPORT.match(head) and '"messages"' in head:
        return 0.95
    if is_text_of_discord(source):
        return 0.97
    return 0.9 if is_package(source) or is_table_of_discord(source) or is_page_of_discord(source) else 0.0


def read(source: Source) -> Iterator[Item]:
    """One session: the channel, with its messages."""
    if is_text_of_discord(source):
        yield from read_text_of_discord(source)
        return
    if not _EXPORT.match(source.head_text):
        page, table = is_page_of_discord(source), is_table_of_discord(source)
        yield from (read_page_of_discord if page else read_table_of_discord if table else read_package)(source)
        return
    guild: dict[str, Any] = {}
    channel: dict[str, Any] = {}
    announced = False
    for part in parts(source, _INSIDE):
        if isinstance(part, Skipped):
            yield part
        elif not isinstance(part, Part):
            continue
        elif part.path == ("guild",):
            guild = fields(part.value)
        elif part.path == ("channel",):
            channel = fields(part.value)
        elif part.path == ("messages", "*"):
            if not announced:
                names = (text(guild.get("name")), text(channel.get("name")))
                yield RawSession(
                    native_id=key(channel.get("id")) or None,
                    title=" / ".join(filter(None, names)) or None,
                    telling="full",
                )
                announced = True
            yield _turn(part)


def _turn(part: Part) -> RawTurn | Skipped | Ignored:
    message = fields(part.value)
    kind, author = key(message.get("type")), fields(message.get("author"))
    if not kind or not author:
        return Skipped(line=part.line, reason="no message of DiscordChatExporter", excerpt=excerpt(part.text))
    if kind in _SYSTEM:
        return Ignored(reason="system message")
    forwarded = fields(message.get("forwardedMessage"))
    attachments = texts([*objects(message.get("attachments")), *objects(forwarded.get("attachments"))], "fileName")
    stickers = texts(message.get("stickers"), "name")
    embeds = objects(message.get("embeds"))
    is_bot = author.get("isBot") is True
    words = text(message.get("content")) or text(forwarded.get("content"))
    if is_bot or not words:
        words = "\n".join(filter(None, [words, *map(_embed_words, embeds)]))
    if not words:
        return Ignored(reason="media without words" if attachments or stickers or embeds else "empty message")
    try:
        said_at = from_iso(text(message.get("timestamp")))
    except ValueError as error:
        return Skipped(line=part.line, reason=str(error), excerpt=excerpt(part.text))
    return RawTurn(
        speaker=next((name for name in map(text, map(author.get, ACCOUNT_NAMES)) if name), "") or "unknown",
        speaker_key=key(author.get("id")) or None,
        text=words,
        said_at=said_at,
        line=part.line,
        role=ROLES["bot" if is_bot else "user"],
        native_id=key(message.get("id")) or None,
        metadata=present(
            reply_to="" if forwarded else key(fields(message.get("reference")).get("messageId")),
            forwarded=bool(forwarded),
            edited=text(message.get("timestampEdited")),
            attachments=attachments,
            stickers=stickers,
            links=[] if is_bot else texts(embeds, "url"),
            reactions=[
                f"{text(fields(one.get('emoji')).get('name'))} {key(one.get('count'))}".strip()
                for one in objects(message.get("reactions"))
            ],
        ),
        worded_at=worded_at(message.get("timestampEdited")),
    )


def _embed_words(embed: dict[str, Any]) -> str:
    said = [text(fields(embed.get("author")).get("name")), text(embed.get("title")), text(embed.get("description"))]
    for field in objects(embed.get("fields")):
        said.append(": ".join(filter(None, (text(field.get("name")), text(field.get("value"))))))
    return "\n".join(filter(None, said))


READER = Reader(
    name="discord",
    title="Discord (DiscordChatExporter's JSON, HTML, CSV, TXT; its own package)",
    sniff=sniff,
    read=read,
)
