"""The headers of a mail, as they are rather than as they should be. Nothing here raises on what is written in them.

RFC 5322 (headers, dates), RFC 2047 (encoded words), RFC 2231 (names of attachments).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime

from memcli.ingest.readers.base import decode
from memcli.patterns import regex

HEADER_CHARS = 64 * 1024
"""The References of the longest threads are a few tens of thousand characters."""

Fields = Mapping[str, list[str]]
"""The headers of a mail by their names in lower case, as written, in order."""

_LATIN = frozenset({"iso-8859-1", "latin1", "iso8859-1", "iso-8859-15", "windows-1252", "cp1252", "us-ascii"})
_ID = regex(r"<([^<>\s]{1,400})>")
_OBSCURED = regex(r"(\S{1,200}) at (\S{1,200})(?: \((.{0,400})\))?\s*", re.DOTALL)
"""How Mailman's archives hide addresses: `ann at example.com (Ann)`."""
_PREFIXES = regex(
    r"\s*(?:(?:re|aw|antw|sv|vs|odp|ynt|rif|res|fwd?|wg|tr|rv|enc|回复|答复|转发|回覆)(?:\[\d+\])?\s*[:：]|\[[^\]]{1,40}\])",
    re.IGNORECASE,
)
_REPLY = regex(
    r"\s*(?:\[[^\]]{1,40}\]\s*)*(?:re|aw|antw|sv|vs|odp|ynt|rif|res|回复|答复|回覆)(?:\[\d+\])?\s*[:：]", re.IGNORECASE
)
_ENVELOPE_TIME = regex(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) {1,2}(\d{1,2}) (\d\d:\d\d(?::\d\d)?)(?: \S{1,6})? (\d{4})")
_BLANKS = regex(r"\s+")

BROKEN: tuple[type[Exception], ...] = (
    ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError, OverflowError,
    HeaderParseError,
)  # fmt: skip
"""What the standard library's mail parser has raised, at one time or another, on broken mail."""


def decode_as(data: bytes, charset: str | None) -> str:
    """Bytes in a charset that may be missing, unknown or wrong.

    Text that says Latin-1 and is valid UTF-8 beyond ASCII is UTF-8: real Latin-1 is that only by accident.
    """
    name = (charset or "").strip().lower()
    for attempt in ("utf-8", name) if name in _LATIN else (name,):
        try:
            if attempt and "\0" not in attempt:
                # What calls itself ISO-8859-1 is Windows-1252 in practice (https://encoding.spec.whatwg.org/).
                return data.decode("cp1252" if attempt.endswith("8859-1") else attempt)
        except (LookupError, ValueError):
            continue  # no such charset, or not in it
    return decode(data)


def fields_of(message: Message) -> Fields:
    """The headers of a mail as they are written."""
    fields: dict[str, list[str]] = {}
    for key, value in message.raw_items():
        fields.setdefault(key.lower(), []).append(_text(value))
    return fields


def header(fields: Fields, name: str) -> str:
    """A header's text, decoded and on one line; empty where there is none. What is over HEADER_CHARS is cut off."""
    return decode_words(fields[name][0][:HEADER_CHARS]) if name in fields else ""


def decode_words(raw: str) -> str:
    """A header with its encoded words (RFC 2047) decoded, white space folded."""
    try:
        parts = [
            part if isinstance(part, str) else decode_as(part, charset) for part, charset in decode_header(raw)
        ] if "=?" in raw else [raw]  # fmt: skip
    except BROKEN:
        parts = [raw]
    return _BLANKS.sub(" ", "".join(parts)).strip()


def sender(fields: Fields) -> tuple[str, str | None]:
    """(name, address in lower case or None) of who wrote the mail."""
    raw = next(filter(None, (*fields.get("from", ()), *fields.get("sender", ()))), "")[:HEADER_CHARS]
    if obscured := _OBSCURED.fullmatch(_BLANKS.sub(" ", raw).strip()):
        name, address = decode_words(obscured[3] or ""), f"{obscured[1]}@{obscured[2]}"
    else:
        # The name is decoded last: a comma or an angle bracket in it would else be taken for syntax.
        try:
            name, address = parseaddr(_BLANKS.sub(" ", raw))
        except BROKEN:
            name, address = "", ""
        name = decode_words(name)
        if not address and not name:
            name = decode_words(raw)
    address = address.strip().lower()
    name = name.strip().strip("'\"").strip()
    return name or address or "unknown", address or None


def message_id(fields: Fields) -> str | None:
    """The mail's own id, without its angle brackets."""
    found = ids(header(fields, "message-id"))
    return found[0] if found else None


def ids(text: str) -> list[str]:
    """The ids in a header, in order."""
    return _ID.findall(text)


def sent_at(fields: Fields, envelope: str) -> tuple[datetime | None, str | None]:
    """When it was sent, and which header says so if it is not Date.

    A Date that names no zone that is known is set right by the first server that received the mail, if one says so.
    """
    date = _date(header(fields, "date"))
    if date is not None and date.tzinfo is not None:
        return date, None
    for name in ("Received", "X-Received", "NNTP-Posting-Date", "Delivery-Date"):
        for value in reversed(fields.get(name.lower(), ())):
            received = _date(_BLANKS.sub(" ", value).rpartition(";")[2])
            if received is not None and received.tzinfo is not None:
                return received, name
    if date is not None:
        return date, None
    found = _ENVELOPE_TIME.search(envelope)
    if found:
        try:
            return parsedate_to_datetime(f"{found[2]} {found[1]} {found[4]} {found[3]}"), "From line"
        except BROKEN:
            pass
    return None, None


def bare_subject(subject: str) -> str:
    """A subject without Re:, Fwd: and the tags of mailing lists, in whatever order they stand."""
    while (prefix := _PREFIXES.match(subject)) and prefix.end() < len(subject):
        subject = subject[prefix.end() :]
    return subject.strip()


def is_reply(subject: str) -> bool:
    """Whether a subject says that the mail answers another."""
    return bool(_REPLY.match(subject))


def charset_of(part: Message) -> str | None:
    """The charset that a part names."""
    return _guarded(part.get_content_charset)


def file_name(part: Message) -> str | None:
    """The file name of an attachment, without folders."""
    name = _guarded(part.get_filename)
    return decode_words(name).replace("\\", "/").rsplit("/", 1)[-1][:200] or None if name else None


def _guarded(get: Callable[[], str | None]) -> str | None:
    try:
        return get()
    except BROKEN:
        return None


def _text(value: object) -> str:
    """A raw header; bytes beyond ASCII, which it should not have, are decoded as text files are."""
    text = str(value)
    if text.isascii():
        return text
    return decode(text.encode("utf-8", "surrogateescape"))


def _date(text: str) -> datetime | None:
    """A date of RFC 5322. "-0000" is UTC by somebody who does not tell his own zone."""
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None and text.strip().endswith("-0000"):
            moment = moment.replace(tzinfo=UTC)
        return moment if 1970 <= moment.year <= 9998 else None
    except BROKEN:
        return None
