"""Discord channels as DiscordChatExporter writes them to web pages and to CSV.

https://github.com/Tyrrrz/DiscordChatExporter, Exporting/MessageGroupTemplate.cshtml and CsvMessageWriter.cs. Both tell
less than its JSON, and neither names the channel but in the file's name: "Guild - channel [1012224565567721552].html".

A page has a `data-message-id` for each message, from which its time follows to the millisecond
(https://discord.com/developers/docs/reference#snowflakes), so a message is the same one as in JSON. Only the first
message of a group has an author. CSV has the columns AuthorID, Author, Date, Content, Attachments, Reactions: no ids of
messages, and times as the exporter's locale writes them, to the minute (ISO 8601 in newer versions). Which of two
numbers is the day is decided over the whole file. Plain text is read by discord_text.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser

from memcli.ingest.readers.base import EXCERPT_CHARS, RETOLD, ROLES, Ignored, Item, RawSession, RawTurn, Skipped, Source
from memcli.ingest.readers.csv_stream import rows
from memcli.ingest.readers.json_fields import excerpt, present
from memcli.ingest.readers.timestamps import MONTHS, from_iso, from_snowflake
from memcli.patterns import regex

_COLUMNS = regex(r'"?AuthorID"?,"?Author"?,"?Date"?,"?Content"?,"?Attachments"?,"?Reactions"?\s*(?:\n|\Z)')
_CHANNEL = regex(r"\[(\d{15,20})\]")
_NUMBER = regex(r"\d{15,20}")
_WORDED = regex(r"(\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d) ([AP]M)", re.ASCII)
_NUMBERED = regex(
    r"(\d{1,4})[/.-](\d{1,2})[/.-](\d{1,4}),? (\d{1,2}):(\d\d)(?::(\d\d))?(?:[ \u202f]?([AaPp])\.?[Mm]\.?)?", re.ASCII
)
_NOTICE = regex(
    r"Joined the server\.|Pinned a message\.|Changed the channel icon\.|Started a thread\.|Left the group\."
    r"|Added .{1,100} to the group\.|Removed .{1,100} from the group\.|Changed the channel name: .{1,100}"
    r"|Started a call that lasted [\d,.]{1,20} minutes\."
)
_VOID = {"br", "img", "meta", "link", "input", "hr", "source", "wbr", "area", "base", "col", "embed", "track"}
_DEEP = 300
_TAG = 64 * 1024
_PIECE = 64 * 1024
_WORDS = 64 * 1024
"""Discord's longest message has some thousands of characters; what is longer on a page is no message."""


@dataclass(slots=True)
class _Message:
    """A message as far as it has been seen."""

    line: int
    number: str
    notice: bool = False
    text: str = ""
    media: bool = False


@dataclass(slots=True)
class _Author:
    name: str = ""
    number: str = ""
    bot: bool = False


class _Page(HTMLParser):
    """Gathers messages with their authors; those that are complete are in `done`, the page's title in `title`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.roles: list[str] = []
        self.message: _Message | None = None
        self.author = _Author()
        self.done: list[tuple[_Message, _Author]] = []
        self.title = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "br":
            self._add("\n")
        elif tag == "img" and "chatlog__emoji" in given.get("class", ""):
            name = given.get("alt", "")
            self._add(f":{name}:" if name and name.isascii() else name)
        if tag not in _VOID and len(self.roles) < _DEEP:
            self.roles.append(self._role(tag, given))

    def _role(self, tag: str, given: dict[str, str]) -> str:
        """What an element is for, by its classes."""
        classes = given.get("class", "").split()
        if given.get("data-message-id"):
            self.finish()
            self.message = _Message(self.getpos()[0], given["data-message-id"])
        elif tag == "title":
            return "title"
        elif any(name.startswith(("chatlog__reply", "chatlog__edited-", "chatlog__embed")) for name in classes):
            return "other"
        elif any(name.startswith("chatlog__system-notification") for name in classes) and self.message is not None:
            self.message.notice = True
            return "other"
        elif given.get("data-user-id") and any(name.startswith("chatlog__author") for name in classes):
            self.author = _Author(number=given["data-user-id"])
            return "author"
        elif "chatlog__author-tag" in classes or "chatlog__bot-tag" in classes:
            self.author.bot = True
            return "other"
        elif "chatlog__content" in classes:
            return "content"
        elif any(name.startswith(("chatlog__attachment", "chatlog__sticker")) for name in classes) and self.message:
            self.message.media = True
            return "other"
        return ""

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID and self.roles:
            self.roles.pop()

    def handle_data(self, data: str) -> None:
        self._add(data)

    def _add(self, words: str) -> None:
        role = next((role for role in reversed(self.roles) if role), "")
        if role == "content" and self.message is not None and len(self.message.text) < _WORDS:
            self.message.text += words
        elif role == "author" and len(self.author.name) < EXCERPT_CHARS:
            self.author.name += words
        elif role == "title" and len(self.title) < EXCERPT_CHARS:
            self.title += words

    def finish(self) -> None:
        """The message that was begun has ended."""
        if self.message is not None:
            self.done.append((self.message, self.author))
            self.message = None


def is_page_of_discord(source: Source) -> bool:
    """Whether the file is a page of DiscordChatExporter, by the names of its styles."""
    start = source.head_text[:1000].lstrip().lower()
    return start.startswith(("<!doctype html", "<html")) and "chatlog__" in source.head_text


def is_table_of_discord(source: Source) -> bool:
    """Whether the file has the columns that DiscordChatExporter writes."""
    return bool(_COLUMNS.match(source.head_text))


def read_page_of_discord(source: Source) -> Iterator[Item]:
    """One session: the channel."""
    page, begun = _Page(), False
    for message, author in _messages(source, page):
        if not begun:
            begun = True
            yield session_of(source, f"page/{message.number}", " / ".join(page.title.strip().split(" - ")))
        yield _turn(message, author)
    if page.rawdata.strip():
        yield Skipped(line=page.getpos()[0], reason="a tag without end; nothing after it could be read")


def session_of(source: Source, otherwise: str | None, title: str | None) -> RawSession:
    """The channel, by the id in the file's name; `otherwise` is its id where there is none."""
    found = _CHANNEL.findall(source.name)
    return RawSession(native_id=found[-1] if found else otherwise, title=title or None, telling="lesser")


def _messages(source: Source, page: _Page) -> Iterator[tuple[_Message, _Author]]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    with source.open() as stream:
        while data := stream.read(_PIECE):
            page.feed(decoder.decode(data))
            yield from page.done
            page.done.clear()
            if len(page.rawdata) > _TAG + _PIECE:
                break  # what the parser still holds is a tag that has not ended
        else:
            page.close()
    page.finish()
    yield from page.done


def _turn(message: _Message, author: _Author) -> RawTurn | Skipped | Ignored:
    words = message.text.strip()
    if message.notice:
        return Ignored(reason="system message")
    if not words:
        return Ignored(reason="media without words" if message.media else "empty message")
    if not _NUMBER.fullmatch(message.number):
        return Skipped(line=message.line, reason="a message without an id of Discord", excerpt=words[:EXCERPT_CHARS])
    return RawTurn(
        speaker=author.name.strip() or "unknown",
        speaker_key=author.number or None,
        text=words,
        said_at=from_snowflake(int(message.number)),
        line=message.line,
        role=ROLES["bot" if author.bot else "user"],
        native_id=message.number,
        worded_at=RETOLD,
    )


def read_table_of_discord(source: Source) -> Iterator[Item]:
    """One session: the channel."""
    first = day_first(row.fields.get("Date", "") for row in rows(source) if not isinstance(row, Skipped))
    yield session_of(source, None, None)
    for row in rows(source):
        if isinstance(row, Skipped):
            yield row
            continue
        words, attached = row.fields.get("Content", "").strip(), row.fields.get("Attachments", "").strip()
        if is_notice(words):
            yield Ignored(reason="system message")
        elif not words:
            yield Ignored(reason="media without words" if attached else "empty message")
        else:
            try:
                moment = said_at(row.fields.get("Date", "").strip(), day_first=first)
            except ValueError as error:
                yield Skipped(line=row.line, reason=str(error), excerpt=excerpt(words))
                continue
            yield RawTurn(
                speaker=row.fields.get("Author", "").strip().removesuffix("#0000") or "unknown",
                speaker_key=row.fields.get("AuthorID", "").strip() or None,
                text=words,
                said_at=moment,
                line=row.line,
                metadata=present(attachments=[one.rsplit("/", 1)[-1] for one in attached.split(",") if one]),
            )


def is_notice(words: str) -> bool:
    """Whether Discord itself says it, as the exporter words it where it does not tell the kind of a message."""
    return bool(_NOTICE.fullmatch(words))


def day_first(dates: Iterable[str]) -> bool | None:
    """Whether the day stands before the month; None where no date of the file tells."""
    halves = False
    for written in dates:
        found = _NUMBERED.fullmatch(written.strip())
        if found is not None and len(found[1]) < 4:
            if int(found[1]) > 12:
                return True
            if int(found[2]) > 12:
                return False
            halves = halves or found[7] is not None
    return False if halves else None  # English of the United States, which is what the exporter speaks by itself


def said_at(written: str, *, day_first: bool | None) -> datetime:
    """A time as the exporter writes it. Raises ValueError where it is none, or could be two days."""
    if found := _WORDED.fullmatch(written):
        month = MONTHS.get(found[2].lower())
        if month is None:
            raise ValueError(f"{written[:40]!r} is no time of DiscordChatExporter")
        hour = int(found[4]) % 12 + 12 * (found[6] == "PM")
        return datetime(2000 + int(found[3]), month, int(found[1]), hour, int(found[5]))
    if not (found := _NUMBERED.fullmatch(written)):
        return from_iso(written)
    first, second, third = int(found[1]), int(found[2]), int(found[3])
    if len(found[1]) == 4:
        year, month, day = first, second, third
    elif day_first is None:
        raise ValueError(f"{written[:40]!r} could be two days")
    else:
        year = third + 2000 * (third < 100)
        day, month = (first, second) if day_first else (second, first)
    half = (found[7] or "").lower()
    hour = int(found[4]) % 12 + 12 * (half == "p") if half else int(found[4])
    return datetime(year, month, day, hour, int(found[5]), int(found[6] or 0))
