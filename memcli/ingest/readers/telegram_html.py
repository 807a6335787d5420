"""Telegram Desktop's export as web pages: messages.html, messages2.html, ... for each chat.

https://github.com/telegramdesktop/tdesktop, export/output/export_output_html.cpp. A message is
<div class="message default clearfix" id="message7"> with a date whose title is "02.01.2024 10:30:00 UTC+01:00" (without
the zone until 2022), a from_name and a text; one of the same person shortly after the last is "joined" and has no
from_name. What is forwarded stands in a "forwarded body" with a from_name of its own. Line breaks in the text are <br>;
those in the file are none.

The pages do not say which chat they are of, so a chat is known by its first message, until the JSON export of the same
chat is read: messages with the same number, time and words tell that it is the same. Where there are both, the messages
of JSON count, which says more.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser

from memcli.ingest.readers.base import (
    EXCERPT_CHARS,
    LINE_BYTES,
    RETOLD,
    TOO_LONG,
    Ignored,
    Item,
    RawSession,
    RawTurn,
    Skipped,
    Source,
)
from memcli.ingest.readers.json_fields import present
from memcli.patterns import regex

_PAGE = regex(r'<div class="message (?:default|service)\b')
_NAMED = regex(r'class="(?:page_header|from_name|body details)\b')
_TIME = regex(r"(\d\d)\.(\d\d)\.(\d{4}) (\d\d):(\d\d):(\d\d)(?: UTC([+-])(\d\d):(\d\d))?", re.ASCII)
_FORMATTING = regex(r"\s*\n\s*")
_VOID = {"br", "img", "meta", "link", "input", "hr", "source", "wbr"}
_TAG = 16 * 1024
_DEEP = 200
"""Pages of Telegram are some fifteen elements deep; deeper ones are not followed."""


@dataclass(slots=True)
class _Message:
    """A message as far as it has been seen."""

    line: int
    number: str = ""
    service: bool = False
    date: str = ""
    speaker: str = ""
    forwarded_from: str = ""
    reply_to: str = ""
    text: str = ""
    media: bool = False
    links: list[str] = field(default_factory=list)


class _Page(HTMLParser):
    """Gathers messages; those that are complete are in `done`, the title of the chat in `title`."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.roles: list[str] = []
        self.message: _Message | None = None
        self.done: list[_Message] = []
        self.title = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "br":
            self._add("\n")
        elif tag == "a":
            self._link(given.get("href", ""))
        if tag in _VOID or len(self.roles) >= _DEEP:
            return
        role = self._role(set(given.get("class", "").split()), given)
        self.roles.append(role)

    def _role(self, classes: set[str], given: dict[str, str]) -> str:
        """What an element is for, by its classes."""
        if "message" in classes and classes & {"default", "service"}:
            self._finish()
            number = given.get("id", "").removeprefix("message")
            self.message = _Message(self.getpos()[0], number, "service" in classes)
            return "message"
        if "date" in classes and self.message is not None:
            if "forwarded" not in self.roles and not self.message.date:
                self.message.date = given.get("title", "")
            return "date"
        if "media_wrap" in classes and self.message is not None:
            self.message.media = True
        return next((role for role in _ROLES if role in classes), "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID or not self.roles:
            return
        if self.roles.pop() == "message":
            self._finish()

    def handle_data(self, data: str) -> None:
        self._add(_FORMATTING.sub("", data))

    def _add(self, words: str) -> None:
        role = next((role for role in reversed(self.roles) if role), "")
        if role == "text" and "page_header" in self.roles:
            self.title += words
        elif self.message is None:
            return
        elif role == "text":
            self.message.text += words
        elif role == "from_name" and "forwarded" in self.roles:
            self.message.forwarded_from += words
        elif role == "from_name":
            self.message.speaker += words

    def _link(self, address: str) -> None:
        role = next((role for role in reversed(self.roles) if role), "")
        if self.message is None:
            return
        if role == "reply_to":
            self.message.reply_to = address.partition("go_to_message")[2]
        elif role == "text" and address.startswith(("http://", "https://")):
            self.message.links.append(address)

    def _finish(self) -> None:
        if self.message is not None:
            self.done.append(self.message)
            self.message = None

    def close(self) -> None:
        super().close()
        self._finish()


_ROLES = ("forwarded", "from_name", "text", "reply_to", "media_wrap", "reactions", "page_header")


def is_page(source: Source) -> bool:
    """Whether the file is such a page."""
    head = source.head_text
    return _PAGE.search(head) is not None and _NAMED.search(head) is not None


def read_page(source: Source) -> Iterator[Item]:
    """One session for all pages of a chat."""
    first = source.beside("messages.html") if re.fullmatch(r"messages\d+\.html", source.name) else None
    page, speaker, announced = _Page(), "", False
    for message in _messages(source, page):
        if isinstance(message, Skipped):
            yield message
            continue
        if not announced:
            yield _session(first or source, page.title.strip())
            announced = True
        speaker = message.speaker.strip() or speaker
        yield _turn(message, speaker)


def _session(source: Source, title: str) -> RawSession:
    for message in _messages(source, _Page()):
        if isinstance(message, _Message) and not message.service:
            id_ = f"html/{message.number}/{message.date}"
            return RawSession(native_id=id_, title=title or None, telling="lesser")
    return RawSession(native_id=None, title=title or None)


def _messages(source: Source, page: _Page) -> Iterator[_Message | Skipped]:
    for number, line in source.lines():
        if line is None:
            yield Skipped(line=number, reason=TOO_LONG)
        page.feed((line or "") + "\n")
        yield from page.done
        page.done.clear()
        # What the parser still holds is a tag that has not ended; it begins anew with it at every line.
        if len(page.rawdata) > _TAG or (page.message and len(page.message.text) > LINE_BYTES):
            yield Skipped(line=number, reason="a tag or a message without end; nothing after it could be read")
            return
    page.close()
    yield from page.done


def _turn(message: _Message, speaker: str) -> RawTurn | Skipped | Ignored:
    words = message.text.strip()
    if message.service:
        return Ignored(reason="service message")
    if not words:
        return Ignored(reason="media without words" if message.media else "empty message")
    try:
        said_at = _time(message.date)
    except (ValueError, OverflowError):
        reason = f"{message.date[:40]!r} is no time of Telegram"
        return Skipped(line=message.line, reason=reason, excerpt=words[:EXCERPT_CHARS])
    name, _, bot = speaker.partition(" via @")
    return RawTurn(
        speaker=name.strip() or "unknown",
        text=words,
        said_at=said_at,
        line=message.line,
        native_id=message.number or None,
        metadata=present(
            reply_to=message.reply_to,
            forwarded_from=message.forwarded_from.strip(),
            via_bot=f"@{bot}" if bot else "",
            links=[link for link in message.links if link not in words],
        ),
        worded_at=RETOLD,
    )


def _time(written: str) -> datetime:
    found = _TIME.fullmatch(written)
    if not found:
        raise ValueError(written)
    day, month, year, hour, minute, second = map(int, found.groups()[:6])
    moment = datetime(year, month, day, hour, minute, second)
    if not found[7]:
        return moment
    ahead = timedelta(hours=int(found[8]), minutes=int(found[9]))
    zone = timezone(ahead if found[7] == "+" else -ahead) if ahead else UTC
    return moment.replace(tzinfo=zone)
