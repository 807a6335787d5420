"""Takes a mailbox apart into mails, in memory bounded by the largest one that is read. Never raises on its content.

mbox (RFC 4155, https://www.loc.gov/preservation/digital/formats/fdd/fdd000383.shtml): a mail starts with a line "From
address date" after a blank line. Which "From " starts a mail is not always clear, as some writers do not quote those in
the text: here one does where it stands at the start or after a blank line (or ends with a date), and a header follows.
A file that starts with no such line is one mail (RFC 5322: .eml files, maildir).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from memcli.ingest.readers.base import LINE_BYTES, Source

MESSAGE_BYTES = 32 * 1024 * 1024
"""A mail that is longer without its attachments is refused."""
ENCODED_BYTES = 16 * 1024
TEXT_BYTES = 4 * 1024 * 1024
"""So much of an unbroken run of lines without a space is kept in an attachment, and in a part that is text (which may
be in base64). The rest is left out while the mail is gathered: of an attachment only the name is read."""
HEADER_BYTES = 1024 * 1024

_STARTS = re.compile(rb"From \S")
_DATED = re.compile(rb"From \S.*\d\d?:\d\d.*\b(?:19|20)\d\d\b")
_HEADER = re.compile(rb"[!-9;-~]{1,76}:|>From ")
_QUOTED_FROM = re.compile(rb">+From ")


@dataclass(slots=True)
class Raw:
    """One mail as it is written: the 1-based line that it starts on, its From line, its bytes; `long` if not whole."""

    line: int
    envelope: bytes = b""
    lines: list[bytes] = field(default_factory=list)
    size: int = 0
    long: bool = False
    text: bool = True
    run: int = 0

    def add(self, line: bytes, limit: int) -> None:
        """Take another line, unless it is in the middle of an attachment or the mail is over its limit."""
        first = line[:1]
        if first in (b"\n", b"\r", b"-"):
            self.run = 0
            self.text = self.text or first == b"-"
        elif first in (b"C", b"c") and line[:13].lower() == b"content-type:":
            self.text = b"text/" in line.lower()
        self.run += len(line)
        if self.run > (TEXT_BYTES if self.text else ENCODED_BYTES) and b" " not in line:
            return
        self.size += len(line)
        if self.size > limit:
            self.long = True
        else:
            self.lines.append(line)


def mails(source: Source, *, headers_only: bool = False) -> Iterator[Raw]:
    """Every mail of a source; with headers_only, without their bodies."""
    mail: Raw | None = None
    box = False  # whether the file is an mbox
    blank, in_headers = True, True
    number, at, end = source.first_line - 1, source.start, source.start
    # A From line, with its number and where it is, whose next line decides whether it starts a mail.
    held: tuple[int, int, bytes] | None = None
    for whole, written in _lines(source):
        line = written
        number += whole
        at, end = end, end + len(line)
        if held is not None:
            start, place, envelope = held
            held = None
            if _HEADER.match(line):
                if mail is not None and (mail.lines or box):
                    yield mail
                source.keep_place((place, start))
                mail, box, in_headers = Raw(line=start, envelope=envelope), True, True
            elif mail is None:
                mail = Raw(line=start)
                mail.add(envelope, MESSAGE_BYTES)
            elif not headers_only:
                mail.add(envelope, MESSAGE_BYTES)
        # The commonest lines first: a mailbox is mostly attachments, and every line comes by here.
        if (
            whole
            and line[:5] == b"From "
            and _STARTS.match(line)
            and (box or number == source.first_line)
            and (blank or _DATED.match(line))
        ):
            held, blank = (number, at, line), False
            continue
        if mail is None:
            if not line.strip():
                continue
            mail = Raw(line=number)
        blank = len(line) < 100 and not line.strip()
        if in_headers and blank:
            in_headers = False
        if headers_only:
            if in_headers:
                mail.add(line, HEADER_BYTES)
            continue
        if line[:1] == b">" and box and not in_headers and _QUOTED_FROM.match(line):
            line = line[1:]
        mail.add(line, MESSAGE_BYTES)
    if held is not None and mail is not None and not headers_only:
        mail.add(held[2], MESSAGE_BYTES)
    if mail is not None:
        yield mail


def _lines(source: Source) -> Iterator[tuple[bool, bytes]]:
    """The file's lines in pieces of at most LINE_BYTES, each with whether a line starts with it."""
    with source.open() as stream:
        whole = first = True
        while piece := stream.readline(LINE_BYTES):
            if first and not source.start:
                piece = piece.removeprefix(codecs.BOM_UTF8)
            first = False
            yield whole, piece
            whole = piece.endswith(b"\n")
