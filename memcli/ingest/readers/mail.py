"""Mail: mbox files, .eml files, the files of a maildir (cur, new), articles of news groups.

RFC 5322 (a message), RFC 4155 (mbox), RFC 2045 to 2049 (MIME), RFC 3676 (format=flowed, signatures), RFC 5536 (news).

A thread is a session: its id is the first of References, else the thread of In-Reply-To, else the mail's own id. So it
does not depend on the order of the mails, and a mail has the same one in its own file as in a mailbox, unless it names
no reference but only its subject says "Re:"; such a mail joins the thread of that subject that began in the same file.
A turn is what the sender wrote himself; quotes, signatures and footers are left out (mail_words), HTML becomes text,
and of attachments the names are kept. The same mail twice in a file (inbox and sent) is read once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any

from memcli.ingest.readers import html_words, mail_box, mail_headers, mail_words
from memcli.ingest.readers.base import (
    EXCERPT_CHARS,
    Ignored,
    Item,
    RawSession,
    RawTurn,
    Reader,
    Skipped,
    Source,
    decode,
)
from memcli.ingest.readers.mail_box import Raw
from memcli.ingest.readers.mail_headers import Fields
from memcli.patterns import regex

_HEADER_LINE = regex(r"([!-9;-~]{2,60}):(?:[ \t]|$)")
_NEEDED = frozenset({"from"})
_TELLING = frozenset(
    {"date", "message-id", "subject", "received", "to", "mime-version", "return-path", "in-reply-to", "newsgroups"}
)
_MAILS = 20_000
"""A mailbox with more to remember is read from its beginning when it has grown."""
_CHAIN = 1000
"""So many answers to answers are followed up to the root of a thread."""


@dataclass(slots=True)
class _Threads:
    """Which mail answers which, and which one began a subject: the first pass."""

    parents: dict[str, str] = field(default_factory=dict)
    subjects: dict[str, str] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)
    """What was told: the root by the mail at which the search began, or by `re:` and the subject."""

    def take(self, fields: Fields) -> None:
        own, subject = mail_headers.message_id(fields), mail_headers.header(fields, "subject")
        if own is None:
            return
        if parent := _parent(fields):
            # Twice the same id with different parents: the lesser one, whatever the order.
            self.parents[own] = min(self.parents.get(own, parent), parent)
        elif not mail_headers.is_reply(subject):
            bare = mail_headers.bare_subject(subject).casefold()
            self.subjects[bare] = min(self.subjects.get(bare, own), own)

    def root(self, fields: Fields) -> str | None:
        """The id of the mail with which the thread began."""
        own, subject = mail_headers.message_id(fields), mail_headers.header(fields, "subject")
        at = _parent(fields)
        if at is None and mail_headers.is_reply(subject):
            bare = mail_headers.bare_subject(subject).casefold()
            return self._told(f"re:{bare}", self._began(bare))
        at = at or own
        return None if at is None else self._told(at, self._followed(at))

    def _told(self, place: str, root: str) -> str:
        self.roots[place] = root
        return root

    def _began(self, bare: str) -> str:
        return self.subjects.get(bare, f"subject:{bare[:200]}")

    def _followed(self, at: str) -> str:
        seen = {at}
        while at in self.parents and self.parents[at] not in seen and len(seen) < _CHAIN:
            at = self.parents[at]
            seen.add(at)
        return at

    @property
    def hold(self) -> bool:
        """Whether all that was told of the mails so far is still so."""
        return all(
            root == (self._began(place[3:]) if place.startswith("re:") else self._followed(place))
            for place, root in self.roots.items()
        )

    def copy(self) -> _Threads:
        """These; what is taken later is taken by one of the two."""
        return _Threads(dict(self.parents), dict(self.subjects), dict(self.roots))

    def carried(self) -> dict[str, dict[str, str]]:
        """As JSON, for the part of the mailbox that goes on where this one ends."""
        return {"parents": self.parents, "subjects": self.subjects, "roots": self.roots}

    @classmethod
    def carry_on(cls, carry: Mapping[str, Any]) -> _Threads:
        """Those of the part before, if there was one."""
        return cls(**{name: dict(found) for name, found in carry.get("threads", {}).items()})


def _parent(fields: Fields) -> str | None:
    """The oldest mail that a mail says it follows. Some In-Reply-To hold a sentence, or the sender's address."""
    references = mail_headers.ids(mail_headers.header(fields, "references"))
    answered = [one for one in mail_headers.ids(mail_headers.header(fields, "in-reply-to")) if "@" in one]
    return next(iter(references or answered), None)


def sniff(source: Source) -> float:
    """By headers at the start, From among them, before the first blank line."""
    lines = source.head_text.lstrip("\r\n").split("\n")
    box = bool(lines) and lines[0].startswith("From ")
    names: set[str] = set()
    for line in lines[1:] if box else lines:
        found = _HEADER_LINE.match(line)
        if not line.strip():
            break
        if found:
            names.add(found[1].lower())
        elif not line.startswith((" ", "\t", ">From ")):
            return 0.0
    if not names & {"from", "sender"} or not names & _TELLING:
        return 0.0
    return 0.95 if box or len(names & _TELLING) > 1 else 0.5


def read(source: Source) -> Iterator[Item]:
    """A turn for each mail, each thread a session."""
    settled, threads = _survey(source)
    seen = _Seen(source.carry.get("seen", ()))
    source.carry.update(threads=settled, seen=seen)
    session: str | None = None
    for raw in mail_box.mails(source):
        # What the last mail brings is not carried: the next part begins with it.
        seen.last = ""
        settled.roots.update(threads.roots)
        threads.roots.clear()
        source.place.never = len(seen) + len(settled.parents) + len(settled.subjects) > _MAILS
        item = _mail(raw)
        if isinstance(item, Skipped | Ignored):
            yield item
            continue
        fields, turn = item
        said_at = turn.said_at.isoformat() if turn.said_at else ""
        mark = hashlib.blake2b(f"{turn.native_id}\n{said_at}\n{turn.speaker}\n{turn.text}".encode(), digest_size=16)
        if (turn.native_id or turn.said_at) and mark.hexdigest() in seen:
            yield Ignored(reason="the same mail again")
            continue
        seen.last = mark.hexdigest()
        seen.add(seen.last)
        root = threads.root(fields)
        if root is None or root != session:
            session = root
            subject = mail_headers.bare_subject(mail_headers.header(fields, "subject"))
            yield RawSession(native_id=root, title=subject or None)
        yield turn


class _Seen(set[str]):
    """The marks of the mails that were read; the last one is not carried."""

    last: str = ""

    def carried(self) -> list[str]:
        """As JSON, for the part of the mailbox that goes on where this one ends."""
        return sorted(self - {self.last})


def _survey(source: Source) -> tuple[_Threads, _Threads]:
    """The first pass: the threads of all mails but the last, which may go on in the next part, and of all."""
    settled = _Threads.carry_on(source.carry)
    last: Fields | None = None
    for raw in mail_box.mails(source, headers_only=True):
        if (message := _parse(raw)) is not None:
            if last is not None:
                settled.take(last)
            last = mail_headers.fields_of(message)
    threads = settled.copy()
    threads.roots.clear()
    if last is not None:
        threads.take(last)
    return settled, threads


def _goes_on(source: Source) -> bool:
    """Whether the mails that were read before are in the threads in which they were."""
    settled, threads = _survey(source)
    threads.roots = settled.roots
    return threads.hold


def _parse(raw: Raw) -> Message | None:
    try:
        return message_from_bytes(b"".join(raw.lines))
    except mail_headers.BROKEN:
        return None


def _mail(raw: Raw) -> tuple[Fields, RawTurn] | Skipped | Ignored:
    """The headers of a mail, and its turn."""
    excerpt = decode(b"".join(raw.lines[:5])[: 4 * EXCERPT_CHARS])[:EXCERPT_CHARS]
    if raw.long:
        limit = mail_box.MESSAGE_BYTES // 1024**2
        return Skipped(line=raw.line, reason=f"a mail longer than {limit} MiB", excerpt=excerpt)
    message = _parse(raw)
    if message is None:
        return Skipped(line=raw.line, reason="not a mail that can be taken apart", excerpt=excerpt)
    fields = mail_headers.fields_of(message)
    name, address = mail_headers.sender(fields)
    if address is None and name == "unknown":
        return Skipped(line=raw.line, reason="a mail without a sender", excerpt=excerpt)
    try:
        text, attachments = _words(message)
    except mail_headers.BROKEN as error:
        return Skipped(line=raw.line, reason=f"a mail that cannot be decoded: {error}"[:200], excerpt=excerpt)
    own, scrubbed = mail_words.own_words(text)
    attachments += scrubbed
    if not own:
        if text.strip():
            return Ignored(reason="a mail of nothing but quotes and signature")
        return Ignored(reason="media without words" if attachments else "empty message")
    said_at, said_by = mail_headers.sent_at(fields, decode(raw.envelope))
    parents = mail_headers.ids(mail_headers.header(fields, "in-reply-to")) or mail_headers.ids(
        mail_headers.header(fields, "references")
    )
    metadata: dict[str, Any] = {}
    if attachments:
        metadata["attachments"] = attachments
    if parents:
        metadata["reply_to"] = parents[-1]
    if said_by:
        metadata["time_from"] = said_by
    return fields, RawTurn(
        speaker=name,
        speaker_key=address,
        text=own,
        said_at=said_at,
        line=raw.line,
        native_id=mail_headers.message_id(fields),
        metadata=metadata,
    )


def _words(message: Message) -> tuple[str, list[str]]:
    """The text of a mail, plain where there is plain text, else made from HTML; and the names of its attachments."""
    plain: list[str] = []
    html: list[str] = []
    attachments: list[str] = []
    parts = [message]
    while parts:
        part = parts.pop(0)
        kind, name = part.get_content_type(), mail_headers.file_name(part)
        disposition = str(part.get("Content-Disposition") or "").lower()
        payload = part.get_payload()
        if kind == "message/rfc822" or (name and not kind.startswith("text/")) or disposition.startswith("attachment"):
            attachments.append(name or ("a mail" if kind == "message/rfc822" else kind))
        elif isinstance(payload, list):
            parts[:0] = [inner for inner in payload if isinstance(inner, Message)]
        elif kind in ("text/plain", "text/html"):
            (plain if kind == "text/plain" else html).append(_text(part, flowed=kind == "text/plain"))
        elif kind.startswith("text/") or part.is_multipart():
            continue  # a calendar, a card: no words
    text = "\n\n".join(one for one in plain if one.strip())
    if text and html_words.looks_like_html(text[:1000]) and text.lstrip()[:1] == "<":
        text = html_words.words(text)  # some programs send HTML as plain text
    return text or "\n\n".join(filter(None, (html_words.words(one) for one in html))), attachments


def _text(part: Message, *, flowed: bool) -> str:
    data = part.get_payload(decode=True)
    text = mail_headers.decode_as(data if isinstance(data, bytes) else b"", mail_headers.charset_of(part))
    if flowed and str(part.get_param("format") or "").lower() == "flowed":
        return mail_words.unflow(text, delete_space=str(part.get_param("delsp") or "").lower() == "yes")
    return text


READER = Reader(name="mail", title="Mail (mbox, eml, maildir, news articles)", sniff=sniff, read=read, goes_on=_goes_on)
