"""Which format is this? Decided by what is in the file, never by its name alone."""

from __future__ import annotations

import codecs
import difflib
from dataclasses import dataclass

from memcli.ingest.errors import NotALog, UnknownFormat
from memcli.ingest.readers import (
    chatgpt,
    claude_ai,
    claude_code,
    codex,
    discord,
    discourse,
    gemini,
    gemini_cli,
    gitter,
    google_chat,
    imessage,
    irc,
    line,
    locomo,
    longmemeval,
    mail,
    mapped,
    markdown,
    mattermost,
    messenger,
    openai_messages,
    plain_text,
    rocketchat,
    sharegpt,
    signal,
    signal_export,
    sigtop,
    slack,
    subtitles,
    telegram,
    turns,
    twitter,
    whatsapp,
)
from memcli.ingest.readers.base import Reader, Source

READERS: tuple[Reader, ...] = (
    turns.READER,
    openai_messages.READER,
    sharegpt.READER,
    chatgpt.READER,
    claude_ai.READER,
    claude_code.READER,
    codex.READER,
    gemini.READER,
    gemini_cli.READER,
    markdown.READER,
    locomo.READER,
    longmemeval.READER,
    telegram.READER,
    signal.READER,
    signal_export.READER,
    sigtop.READER,
    slack.READER,
    discord.READER,
    messenger.READER,
    google_chat.READER,
    mattermost.READER,
    rocketchat.READER,
    gitter.READER,
    discourse.READER,
    twitter.READER,
    line.READER,
    imessage.READER,
    subtitles.READER,
    mail.READER,
    mapped.READER,
    whatsapp.READER,
    irc.READER,
    plain_text.READER,
)
"""Every format, the most deliberate first: of two that are equally sure, the earlier one reads."""

_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive", ""),
    (b"\x1f\x8b", "gzip", ""),
    (b"BZh", "bzip2", ""),
    (b"\xfd7zXZ\x00", "xz", ""),
    (b"\x28\xb5\x2f\xfd", "zstd", "unpack it first: unzstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it first"),
    (b"SQLite format 3\x00", "an SQLite database", "export the conversation as text or JSON"),
    (b"%PDF-", "a PDF document", "save it as text first"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image", ""),
    (b"\xff\xd8\xff", "a JPEG image", ""),
    (b"GIF8", "a GIF image", ""),
    (b"RIFF", "audio, video or an image", ""),
    (b"OggS", "audio", ""),
    (b"ID3", "audio", ""),
    (b"\x7fELF", "a program", ""),
    (b"MZ\x90\x00", "a program", ""),
)
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Line ends, tab, form feed, escape, and the control characters that IRC uses for bold, colour and the like.
_TEXT_CONTROLS = b"\t\n\r\f\x1b\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f\x01"
_OTHER_CONTROLS = bytes(byte for byte in range(0x20) if byte not in _TEXT_CONTROLS)


def reader_named(name: str) -> Reader:
    """The reader of a format by its name, as after `--format`. Raises UnknownFormat."""
    for reader in READERS:
        if reader.name == name.lower():
            return reader
    names = [reader.name for reader in READERS]
    near = difflib.get_close_matches(name.lower()[:40], names, n=1)
    suggestion = f"Did you mean {near[0]}? " if near else ""
    raise UnknownFormat(f"no format is called {name[:40]!r}", hint=f"{suggestion}Known formats: {', '.join(names)}")


@dataclass(frozen=True, slots=True)
class Detected:
    """The reader that is surest of a file, and how sure it is, from 0 to 1."""

    reader: Reader
    confidence: float


def detect(source: Source) -> Reader:
    """The reader that is surest of the file.

    Raises NotALog where the file is empty, binary or in no known format, and OSError where it cannot be opened.
    """
    return judge(source).reader


def judge(source: Source) -> Detected:
    """Like detect(), with the confidence."""
    if not source.head.removeprefix(codecs.BOM_UTF8).strip():
        raise NotALog("the file is empty")
    _refuse_binary(source.head)
    asked = [reader for reader in READERS if source.may_be_json or not reader.only_json]
    sureness = [(reader.sniff(source), reader) for reader in asked]
    best = max(score for score, _ in sureness)
    if best <= 0:
        names = ", ".join(reader.name for reader in READERS)
        raise NotALog(
            "no known conversation format",
            hint=f"Known formats: {names}. Name one with --format, or write the conversation as JSON Lines "
            '({"speaker": "Ann", "time": "2024-03-01T09:30:00Z", "text": "..."}).',
        )
    return Detected(next(reader for score, reader in sureness if score == best), best)


def _refuse_binary(head: bytes) -> None:
    for signature, looks_like, hint in _SIGNATURES:
        if head.startswith(signature):
            raise NotALog(f"binary data (looks like {looks_like})", hint=hint)
    if head.startswith(_UTF_16):
        raise NotALog("the text is in UTF-16", hint="convert it first: iconv -f UTF-16 -t UTF-8")
    # A stray NUL is what a crash leaves in a log; more of them are no text.
    if head.count(0) * 1000 > len(head):
        raise NotALog("binary data (it has NUL bytes)")
    if (len(head) - len(head.translate(None, _OTHER_CONTROLS))) * 20 > len(head):
        raise NotALog("binary data (it has control characters)")
