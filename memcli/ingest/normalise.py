"""From what a reader found to what is kept: clean text without secrets, and times in UTC."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from memcli.ingest.redact import redact

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""C0 and C1 control characters but tab and newline: no words, and able to drive a terminal."""


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

    def text(self, text: str) -> str:
        """The words: without control characters, lone surrogates, outer blanks, and (unless told not to) secrets."""
        text = clean(text)
        if self._redacting:
            text, kinds = redact(text)
            self.redacted.update(kinds)
        return text

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
    """Text without control characters, lone surrogates and outer blanks."""
    if not text.isascii():
        text = text.encode("utf-8", errors="replace").decode("utf-8")
    return _CONTROLS.sub("", text).strip()
