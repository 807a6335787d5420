"""From what a reader found to what is kept: clean text without secrets, and times in UTC."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any

from memcli.ingest.redact import redact, suspects
from memcli.patterns import regex

TEXT_CHARS = 1024 * 1024
"""A longer utterance is refused: nobody said it, and every later step would have to bear it."""
NAME_CHARS = 200
TITLE_CHARS = 500
METADATA_CHARS = 64 * 1024
_METADATA_DEPTH = 20

# What drives a terminal (ECMA-48: CSI, OSC and the other strings, two-character escapes), and mIRC's colours, whole.
_SEQUENCES = regex(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]|\x03(?:\d{1,2}(?:,\d{1,2})?)?"
)
# C0 and C1 control characters but tab and newline; marks that turn the direction of what follows (Unicode UAX #9:
# embeddings, overrides, isolates), which can make a line read as what it is not; a byte-order mark; annotation marks.
_CONTROLS = regex("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]")
_LINE_ENDS = regex("\r\n?|[\u2028\u2029\x85]")
_DIRECTION = regex("[\u061c\u200e\u200f]")
_BLANKS = regex(r"\s+")


class Normaliser:
    """Normalises the turns of one ingest, and counts the secrets that it took out by kind."""

    def __init__(self, zone: tzinfo, *, redacting: bool) -> None:
        self._redacting = redacting
        self.redacted: Counter[str] = Counter()

        # Chat logs repeat the same minute over and over; resolving a zone is most of the cost of a time.
        @lru_cache(maxsize=4096)
        def moment(said_at: datetime) -> tuple[datetime, int]:
            aware = said_at if said_at.tzinfo is not None else said_at.replace(tzinfo=zone)
            offset = aware.utcoffset()
            minutes = round(offset.total_seconds() / 60) if offset is not None else 0
            return aware.astimezone(UTC).replace(tzinfo=None), minutes

        self._moment = moment

        # A name comes again and again, and a secret in it is one secret.
        @lru_cache(maxsize=65_536)
        def name(text: str, limit: int) -> str:
            return self.text(_BLANKS.sub(" ", _DIRECTION.sub("", clean(text))))[:limit].strip()

        self._name = name

    def text(self, text: str) -> str:
        """The words: without control characters, lone surrogates, outer blanks, and (unless told not to) secrets."""
        text = clean(text)
        if self._redacting:
            text, kinds = redact(text)
            if kinds:
                self.redacted.update(kinds)
        return text

    def texts(self, texts: Sequence[str]) -> list[str]:
        """text() of each of them, which costs less than one by one."""
        cleaned = [clean(text) for text in texts]
        if self._redacting:
            for place in suspects(cleaned):
                cleaned[place], kinds = redact(cleaned[place])
                self.redacted.update(kinds)
        return cleaned

    def speaker(self, name: str) -> str:
        """The name of a speaker, on one line, as text() would have it."""
        return self._name(name, NAME_CHARS)

    def title(self, title: str) -> str:
        """The title of a session, on one line, as text() would have it."""
        return self._name(title, TITLE_CHARS)

    def metadata(self, metadata: Mapping[str, Any]) -> str | None:
        """What else a source says of a turn, as JSON, each of its texts as text() would have it; None for nothing."""
        import json

        if not metadata:
            return None
        document = json.dumps(self._tidy(metadata, _METADATA_DEPTH), default=str)
        if len(document) > METADATA_CHARS:
            return json.dumps({"left_out": f"metadata of {len(document)} characters"})
        return document

    def _tidy(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bool | int | float) or value is None:
            return value
        if depth == 0:
            return "..."
        if isinstance(value, Mapping):
            return {self.text(str(key)): self._tidy(inner, depth - 1) for key, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._tidy(inner, depth - 1) for inner in value]
        return self.text(str(value))

    def moment(self, said_at: datetime | None) -> tuple[datetime | None, int]:
        """(naive UTC time, minutes that the speaker's clock was ahead of UTC); (None, 0) without a time.

        A time that leaves the calendar when it is moved to UTC (year 1 or 9999) is none.
        """
        if said_at is None:
            return None, 0
        try:
            return self._moment(said_at)
        except (OverflowError, ValueError):
            return None, 0


def clean(text: str) -> str:
    """Text without control characters and sequences, direction overrides, lone surrogates and outer blanks."""
    if text.isascii():
        if text.isprintable():
            return text.strip()
    else:
        text = text.encode("utf-8", errors="replace").decode("utf-8")
    return _CONTROLS.sub("", _SEQUENCES.sub("", _LINE_ENDS.sub("\n", text))).strip()


def visible(text: str) -> str:
    """Text to be shown on one line: what would drive a terminal or turn the line around is shown as U+FFFD."""
    if text.isascii() and text.isprintable():
        return text
    text = text.encode("utf-8", errors="replace").decode("utf-8")
    return "".join("�" if _CONTROLS.match(char) or char in "\t\n" else char for char in text)
