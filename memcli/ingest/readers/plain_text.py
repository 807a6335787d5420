"""Plain transcripts: `Name: text`, one utterance a line, perhaps with a time in front.

    Ann: Shall we meet at six?
    [2024-03-01 09:30] Bob: Yes, at six.
    2024-03-01 09:31:10 Ann: Good.

There is no specification; this is how people write conversations down. A line that starts with no name goes on with
the utterance above it; after a blank line it is another utterance of the same speaker. A line that is all in brackets
is a stage direction. Where a file has times, only lines with a time, and names seen with one, start an utterance.
Otherwise a name is what starts with a capital letter or comes twice, and is no label such as "Note" or "PS".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from memcli.ingest.readers.base import (
    EXCERPT_CHARS,
    LINE_BYTES,
    ROLES,
    TOO_LONG,
    Ignored,
    Item,
    RawSession,
    RawTurn,
    Reader,
    Skipped,
    Source,
)
from memcli.ingest.readers.timestamps import from_iso
from memcli.patterns import regex

_LINE = regex(
    r"""(?:(?P<open>[\[(])?
        (?:(?P<date>\d{4}-\d\d-\d\d)[T ,]{1,2})?(?P<time>\d\d?:\d\d(?::\d\d)?)(?P<zone>Z|[+-]\d\d:\d\d)?
        (?(open)[\])])[ \t]*(?:[-–|][ \t]+)?)?
    (?P<name>[^\W\d_][^:<>"\[\](){}=/\\]{0,39}|\d{1,10}[^\W\d_][\w.-]{0,29}):(?:[ \t]+(?P<text>.*)|[ \t]*)""",
    re.VERBOSE,
)
_DIRECTION = regex(r"\[[^\[\]]*\]|\([^()]*\)")
_NOT_NAMES = frozenset(
    [
        "note",
        "nb",
        "ps",
        "p.s",
        "edit",
        "update",
        "tip",
        "hint",
        "warning",
        "warn",
        "error",
        "info",
        "debug",
        "trace",
        "fatal",
        "critical",
        "notice",
        "todo",
        "fixme",
        "example",
        "e.g",
        "i.e",
        "http",
        "https",
        "ftp",
        "mailto",
        "re",
        "fw",
        "fwd",
        "from",
        "to",
        "cc",
        "bcc",
        "subject",
        "date",
        "sent",
        "reply-to",
        "message-id",
        "received",
        "content-type",
        "question",
        "answer",
        "summary",
        "title",
        "tags",
        "version",
        "name",
        "description",
        "url",
        "source",
        "see",
        "also",
        "step",
        "steps",
        "usage",
        "license",
        "author",
        "authors",
        "copyright",
    ]
)
_NAME_WORDS = 4
_NAMES = 10_000
"""So many names are counted in the first pass; a transcript with more has no speakers but other lines with colons."""


@dataclass(slots=True)
class _Open:
    """The utterance that is being read."""

    speaker: str
    said_at: datetime | None
    line: int
    clock: str | None
    words: list[str] = field(default_factory=list)
    size: int = 0


def sniff(source: Source) -> float:
    """Never certain: most lines must start with a name, and at least one of two or more names must come again."""
    lines = source.head_lines[:400]
    opened = [match for line in lines if (match := _opening(line)) and not _is_label(match["name"])]
    names = Counter(match["name"] for match in opened)
    repeated = sum(count for count in names.values() if count > 1)
    if len(names) < 2 or len(opened) < 0.5 * len(lines) or repeated < 0.5 * len(opened):
        return 0.0
    return 0.6 if sum(match["time"] is not None for match in opened) > 0.5 * len(opened) else 0.35


def read(source: Source) -> Iterator[Item]:
    """One session, named as the file."""
    yield RawSession(native_id=None, title=None if source.name == "-" else source.stem, goes_on=source.start > 0)
    names = _survey(source).speakers
    counted = _Names.carry_on(source.carry)
    since_place: list[re.Match[str]] = []
    source.carry["names"] = counted
    now: _Open | None = None
    fresh = False
    for number, line in source.lines():
        if line is None:
            yield Skipped(line=number, reason=TOO_LONG)
            continue
        match = _opening(line)
        if match and (match["time"] or match["name"] in names):
            if now:
                yield _turn(now)
            for earlier in since_place:
                counted.take(earlier)
            source.keep_place()
            source.place.never = counted.full
            since_place = []
            now = _open(match, number)
            if now is None:
                yield Skipped(line=number, reason="no such date or time", excerpt=line[:EXCERPT_CHARS])
        elif not line.strip():
            fresh = True
            continue
        elif _DIRECTION.fullmatch(line.strip()):
            yield Ignored(reason="stage direction")
        elif now is None:
            yield Ignored(reason="text in front of the first speaker")
        elif fresh or now.size + len(line) > LINE_BYTES:
            yield _turn(now)
            now = _Open(now.speaker, now.said_at, number, now.clock, [line.strip()], len(line))
        else:
            now.words.append(line.strip())
            now.size += len(line)
        if match and line.strip():
            since_place.append(match)
        fresh = False
    if now:
        yield _turn(now)


def _goes_on(source: Source) -> bool:
    """Whether those who spoke before are still those who speak."""
    before, now = _Names.carry_on(source.carry), _survey(source)
    return before.speakers == now.speakers & before.counts.keys()


def _opening(line: str) -> re.Match[str] | None:
    """The parts of a line that may start an utterance; sentences with a colon, and labels without a time, do not."""
    match = _LINE.fullmatch(line)
    if not match or len(match["name"].split()) > _NAME_WORDS or (_is_label(match["name"]) and not match["time"]):
        return None
    return match


def _is_label(name: str) -> bool:
    return name.lower() in _NOT_NAMES


@dataclass(slots=True)
class _Names:
    """How often each name stands in front of a colon, and which of them behind a time."""

    counts: Counter[str] = field(default_factory=Counter)
    stamped: set[str] = field(default_factory=set)

    def take(self, match: re.Match[str]) -> None:
        """Count the name of a line that may start an utterance."""
        if match["name"] in self.counts or not self.full:
            self.counts[match["name"]] += 1
            if match["time"]:
                self.stamped.add(match["name"])

    @property
    def full(self) -> bool:
        return len(self.counts) >= _NAMES

    @property
    def speakers(self) -> set[str]:
        """Who of them speaks."""
        return self.stamped or {name for name, count in self.counts.items() if count > 1 or name[0].isupper()}

    def carried(self) -> dict[str, Any]:
        """As JSON, for the part of the file that goes on where this one ends."""
        return {"counts": self.counts, "stamped": sorted(self.stamped)}

    @classmethod
    def carry_on(cls, carry: Mapping[str, Any]) -> _Names:
        """Those of the part before, if there was one."""
        names = carry.get("names", {})
        return cls(Counter(names.get("counts", {})), set(names.get("stamped", ())))


def _survey(source: Source) -> _Names:
    """The first pass: who speaks in this file."""
    names = _Names.carry_on(source.carry)
    for _, line in source.lines():
        if line and (match := _opening(line)):
            names.take(match)
    return names


def _open(match: re.Match[str], number: int) -> _Open | None:
    said_at, clock = None, match["time"]
    if match["date"]:
        clock = None
        try:
            said_at = from_iso(f"{match['date']}T{match['time'].zfill(5)}{match['zone'] or ''}")
        except ValueError:
            return None
    text = (match["text"] or "").strip()
    return _Open(match["name"].strip(), said_at, number, clock, [text] if text else [], len(text))


def _turn(said: _Open) -> RawTurn | Ignored:
    text = "\n".join(said.words).strip()
    if not text:
        return Ignored(reason="empty message")
    metadata = {"clock": said.clock} if said.clock else {}
    role = ROLES.get(said.speaker.lower(), "user")
    return RawTurn(speaker=said.speaker, text=text, said_at=said.said_at, line=said.line, role=role, metadata=metadata)


READER = Reader(name="plain", title="Plain transcript (Name: text)", sniff=sniff, read=read, goes_on=_goes_on)
