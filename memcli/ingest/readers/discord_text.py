"""Discord channels as DiscordChatExporter writes them to plain text.

    ==============================================================
    Guild: Garden club
    Channel: Talk / beds
    ==============================================================

    [7/19/2020 1:34 PM] ann#5447 (pinned)
    Are the beds ready?

    {Attachments}                              also {Embed}, {Stickers}, {Reactions}: lines under a mark of their own
    https://cdn.discordapp.com/attachments/1/2/beds.png

    ==============================================================
    Exported 1 message(s)
    ==============================================================

https://github.com/Tyrrrz/DiscordChatExporter, DiscordChatExporter.Core/Exporting/PlainTextMessageWriter.cs. It has no
ids of messages or people, and times as in CSV: see discord_page. A message ends where the next one begins, so one that
has a line like its first in it, behind an empty line, is read as two. What bots say in embeds is read where they say
nothing beside them; other embeds are what a link leads to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from memcli.ingest.readers.base import (
    EXCERPT_CHARS,
    LINE_BYTES,
    TOO_LONG,
    Ignored,
    Item,
    RawTurn,
    Skipped,
    Source,
)
from memcli.ingest.readers.discord_page import day_first, is_notice, said_at, session_of
from memcli.ingest.readers.json_fields import present
from memcli.patterns import regex

_RULE = "=" * 62
_HEADER = regex(r"\[([^\[\]]{6,40})\] (\S.{0,99}?)( \(pinned\))?", re.ASCII)
_DATE = regex(r"\d{1,4}[-/.](?:\d{1,2}|[A-Z][a-z]{2})[-/.]\d{1,4}\D{1,3}\d{1,2}:\d\d")
_MARKS = ("{Attachments}", "{Embed}", "{Stickers}", "{Reactions}")
_LINK = regex(r"https?://\S+")


@dataclass(slots=True)
class _Message:
    """A message as it is written: its first line, the number of that, the lines under it."""

    header: re.Match[str]
    line: int
    lines: list[str] = field(default_factory=list)
    size: int = 0


def is_text_of_discord(source: Source) -> bool:
    """Whether it begins with the rule, the guild and the channel."""
    first, guild, channel, *_ = [*source.head_lines[:3], "", "", ""]
    return first == _RULE and guild.startswith("Guild: ") and channel.startswith("Channel: ")


def read_text_of_discord(source: Source) -> Iterator[Item]:
    """One session: the channel."""
    names = [line.split(": ", 1)[1].strip() for line in source.head_lines[1:3]]
    first = day_first(found[1] for _, line in source.lines() if line and (found := _header(line)))
    yield session_of(source, None, " / ".join(filter(None, names)))
    for message in _messages(source):
        yield _turn(message, first) if isinstance(message, _Message) else message


def _header(line: str) -> re.Match[str] | None:
    found = _HEADER.fullmatch(line)
    return found if found and _DATE.match(found[1]) else None


def _messages(source: Source) -> Iterator[_Message | Skipped]:
    """The messages between the rules; what stands at the top and the end is none."""
    message: _Message | None = None
    blank, ruled, told = True, False, True
    for number, line in source.lines():
        if line is None:
            yield Skipped(line=number, reason=TOO_LONG)
            continue
        if ruled and line.startswith(("Exported ", "Guild: ")):
            if message is not None:
                yield message
            message, told = None, True
        elif ruled and message is not None:
            message.lines.append(_RULE)
        ruled = line == _RULE
        if blank and (header := _header(line)):
            if message is not None:
                yield message
            message, told = _Message(header, number), False
        elif message is not None and message.size > LINE_BYTES:
            yield Skipped(line=number, reason="a message longer than 1 MiB", excerpt=line[:EXCERPT_CHARS])
        elif message is not None and not ruled:
            message.lines.append(line)
            message.size += len(line) + 1
        elif message is None and not told and line.strip():
            yield Skipped(line=number, reason="text outside of any message", excerpt=line[:EXCERPT_CHARS])
        blank = not line.strip()
    if message is not None:
        yield message


def _turn(message: _Message, first: bool | None) -> RawTurn | Skipped | Ignored:
    parts: dict[str, list[str]] = {"": []}
    mark = ""
    for before, line in zip(["", *message.lines], message.lines, strict=False):
        if line in _MARKS and not before.strip():
            mark = line
        else:
            parts.setdefault(mark, []).append(line)
    words = "\n".join(parts[""]).strip()
    if is_notice(words):
        return Ignored(reason="system message")
    embedded = "\n".join(line for line in parts.get("{Embed}", ()) if not _LINK.fullmatch(line.strip())).strip()
    words = words or embedded
    if not words:
        return Ignored(reason="media without words" if len(parts) > 1 else "empty message")
    try:
        at = said_at(message.header[1], day_first=first)
    except ValueError as error:
        return Skipped(line=message.line, reason=str(error), excerpt=message.header[0][:EXCERPT_CHARS])
    attachments = [line.strip().rsplit("/", 1)[-1] for line in parts.get("{Attachments}", ()) if line.strip()]
    return RawTurn(
        speaker=message.header[2].removesuffix("#0000"),
        text=words,
        said_at=at,
        line=message.line,
        metadata=present(
            attachments=[name.split("?")[0] for name in attachments],
            stickers=[line.strip() for line in parts.get("{Stickers}", ()) if line.strip()],
            reactions=" ".join(parts.get("{Reactions}", ())).strip(),
            pinned=message.header[3] is not None,
        ),
    )
