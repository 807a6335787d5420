"""Transcripts of meetings and films as subtitles: WebVTT and SubRip (SRT).

WebVTT: https://www.w3.org/TR/webvtt1/ (cues, <v Name> voices, NOTE comments). SRT has no specification; it is numbered
cues with a comma in the time. Teams and Webex name who speaks as <v Name>, Zoom and others as "Name: " in front.

A turn is an utterance: the cues that one speaker says one after the other, until a long pause, or the end of a
sentence once it is long. Where nobody is named, each sentence end may end a turn, and the speaker is "unknown". Times
in it count from the start of the recording (metadata "offset_s", in seconds). When that was is told by a date in a
NOTE or in the name of the file (Zoom's GMT20240301-093000 is UTC); if nothing tells it, the turns have no time.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from memcli.ingest.readers.base import (
    EXCERPT_CHARS,
    LINE_BYTES,
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

_TIMING = regex(
    r"\s*(?:(\d{1,4}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})\s*-->\s*(?:(\d{1,4}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})(?:\s.*)?",
    re.ASCII,
)
_VOICE = regex(r"<v(?:\.[^\s<>]*)?[ \t]+([^<>\n]{1,200})>")
_TAG = regex(r"</?(?:v|c|i|b|u|s|ruby|rt|lang|font)\b[^<>\n]*>|<\d[\d:.]*>|\{\\[^{}\n]*\}", re.IGNORECASE)
_NAMED = regex(r"(?:>>[ ]?)?([^\W\d_][^:<>\"\[\](){}=/\\\n]{0,39}):[ \t]+(?=\S)")
_DATE_TIME = regex(
    r"""(?P<gmt>GMT)?(?<!\d)(?P<date>20\d\d[-_.]?[01]\d[-_.]?[0-3]\d)
    (?:(?:[T _-]|,[ ]?|[ ]at[ ])(?P<time>[0-2]\d[:.h_-]?[0-5]\d(?:[:.m_-]?[0-5]\d)?)(?:\.\d{1,6})?
       [ ]?(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?)?(?!\d)""",
    re.VERBOSE,
)
_SENTENCE_END = regex(r"[.!?…。！？][\"'”’»)]*$")
_NAME_WORDS = 4
_NAMES = 10_000
PAUSE_S = 30.0
"""After so long a silence, the same speaker begins another utterance."""
LONG_CHARS = 1000
"""So long an utterance ends with its sentence; one of nobody in particular ends with any sentence."""


@dataclass(slots=True)
class _Cue:
    """A cue: where its timing is and the line of that, when it is shown, in seconds, its lines as written."""

    here: tuple[int, int]
    line: int
    begin: float
    end: float
    lines: list[str] = field(default_factory=list)
    size: int = 0


@dataclass(slots=True)
class _Open:
    """The utterance that is being gathered."""

    speaker: str | None
    line: int
    begin: float
    end: float
    words: list[str] = field(default_factory=list)
    size: int = 0


def sniff(source: Source) -> float:
    """By the first line of WebVTT, or by the timing under the first number of an SRT."""
    head, lines = source.head_text, source.head_lines
    if re.match(r"WEBVTT(?:[ \t\r\n]|$)", head):
        return 0.99
    timed = [number for number, line in enumerate(lines[:3]) if _TIMING.fullmatch(line)]
    return 0.98 if timed and (timed[0] == 0 or lines[0].strip().isdigit()) else 0.0


def read(source: Source) -> Iterator[Item]:
    """One session, named as the file."""
    title = re.sub(r"\.(?:transcript|cc|[a-z]{2}(?:-[A-Za-z]{2,4})?)$", "", source.stem)
    yield RawSession(native_id=None, title=None if source.name == "-" else title, goes_on=source.start > 0)
    survey = _survey(source)
    start, names = survey.start(source), survey.names
    counted = _Survey.carry_on(source.carry)
    source.carry["survey"] = counted
    since_place: list[_Cue | str] = []
    now: _Open | None = None
    last: str | None = source.carry.get("last")
    for cue in _cues(source):
        if isinstance(cue, Skipped):
            yield cue
            continue
        if isinstance(cue, str):
            since_place.append(cue)
            continue
        said, before = False, last
        for named, words in _utterances(cue, names):
            # In a file that names speakers, a cue without a name goes on with the last one.
            speaker = last = named or last
            if now is not None and not _is_more(now, speaker, cue):
                yield _turn(now, start)
                now = None
            if now is None and not said:
                for earlier in since_place:
                    counted.take(earlier)
                since_place = []
                source.carry["last"] = before
                source.keep_place(cue.here)
                source.place.never = counted.full
            said = True
            if now is None:
                now = _Open(speaker, cue.line, cue.begin, cue.end)
            now.words.append(words)
            now.size += len(words) + 1
            now.end = cue.end
        since_place.append(cue)
        if not said:
            yield Ignored(reason="empty message")
    if now is not None:
        yield _turn(now, start)


def _goes_on(source: Source) -> bool:
    """Whether those who spoke before are still those who speak, and the recording began when it did."""
    before, now = _Survey.carry_on(source.carry), _survey(source)
    return before.names == now.names & before.counts.keys() and before.start(source) == now.start(source)


def _is_more(now: _Open, speaker: str | None, cue: _Cue) -> bool:
    """Whether the utterance goes on in the cue."""
    if speaker != now.speaker or cue.begin - now.end > PAUSE_S or now.size > LINE_BYTES:
        return False
    return not (_SENTENCE_END.search(now.words[-1]) and (now.speaker is None or now.size >= LONG_CHARS))


def _turn(said: _Open, start: datetime | None) -> RawTurn:
    try:
        said_at = start + timedelta(seconds=said.begin) if start else None
    except OverflowError:
        said_at = None
    return RawTurn(
        speaker=said.speaker or "unknown",
        text=" ".join(said.words),
        said_at=said_at,
        line=said.line,
        metadata={"offset_s": said.begin},
    )


def _utterances(cue: _Cue, names: set[str]) -> Iterator[tuple[str | None, str]]:
    """Who says what in a cue; the one who spoke before it is None."""
    speaker: str | None = None
    words: list[str] = []
    for line in cue.lines:
        # The text between voices belongs to the voice in front of it.
        pieces = _VOICE.split(line)
        for number, piece in enumerate(pieces):
            named = number % 2 == 1
            text = " ".join(html.unescape(_TAG.sub("", piece)).replace("\u200b", "").split())
            found = None if named else _NAMED.match(text)
            if found and found[1].strip() in names:
                text, name = text[found.end() :], found[1].strip()
            else:
                name = text if named else ""
            if name:
                if words:
                    yield speaker, " ".join(words)
                speaker, words = name, []
            if text and not named:
                words.append(text)
    if words:
        yield speaker, " ".join(words)


@dataclass(slots=True)
class _Survey:
    """What the first pass finds out: when the recording began, and the names in front of colons that are speakers."""

    counts: Counter[str] = field(default_factory=Counter)
    cues: int = 0
    noted: datetime | None = None

    def take(self, part: _Cue | str) -> None:
        """Take the next cue or note."""
        if isinstance(part, str):
            self.noted = self.noted or _date_in(part)
            return
        self.cues += 1
        for line in part.lines:
            found = _NAMED.match(" ".join(html.unescape(_TAG.sub("", line)).split()))
            name = found[1].strip() if found else ""
            if name and len(name.split()) <= _NAME_WORDS and (name in self.counts or not self.full):
                self.counts[name] += 1

    @property
    def full(self) -> bool:
        return len(self.counts) >= _NAMES

    @property
    def names(self) -> set[str]:
        """The names of a file where most cues have one, or that come again."""
        often = self.counts.total() >= 0.5 * self.cues
        return {name for name, count in self.counts.items() if (count > 1 or often) and not name[0].islower()}

    def start(self, source: Source) -> datetime | None:
        """When the recording began, by a note or by the name of the file."""
        return self.noted or _date_in(source.stem)

    def carried(self) -> dict[str, Any]:
        """As JSON, for the part of the file that goes on where this one ends."""
        return {"counts": self.counts, "cues": self.cues, "noted": self.noted and self.noted.isoformat()}

    @classmethod
    def carry_on(cls, carry: Mapping[str, Any]) -> _Survey:
        """That of the part before, if there was one."""
        survey = carry.get("survey", {"counts": {}, "cues": 0, "noted": None})
        noted = survey["noted"] and datetime.fromisoformat(survey["noted"])
        return cls(Counter(survey["counts"]), survey["cues"], noted)


def _survey(source: Source) -> _Survey:
    """The first pass."""
    found = _Survey.carry_on(source.carry)
    for part in _cues(source):
        if not isinstance(part, Skipped):
            found.take(part)
    return found


def _date_in(text: str) -> datetime | None:
    """The first time that is written in a text; a date alone is its midnight."""
    for found in _DATE_TIME.finditer(text):
        date, time, zone = re.sub(r"\D", "", found["date"]), re.sub(r"\D", "", found["time"] or ""), found["zone"]
        zone = "Z" if zone in ("UTC", "GMT") or (found["gmt"] and not zone) else zone or ""
        try:
            moment = from_iso(f"{date}T{time.ljust(6, '0')}{zone if time else ''}")
        except ValueError:
            continue
        return moment.astimezone(UTC) if zone == "Z" else moment
    return None


def _cues(source: Source) -> Iterator[_Cue | str | Skipped]:
    """The cues of a file, and the texts of its NOTEs."""
    cue: _Cue | None = None
    note: list[str] | None = None
    hidden = False  # in a STYLE or REGION block
    for number, line in source.lines():
        if line is None:
            yield Skipped(line=number, reason=TOO_LONG)
            continue
        timing = _TIMING.fullmatch(line)
        if not line.strip() or timing:
            if note:
                yield "\n".join(note)
            note, hidden = None, False
            if cue is not None:
                # An SRT whose cues follow each other without a blank line has the next number as its last line.
                if timing and cue.lines and cue.lines[-1].strip().isdigit():
                    cue.lines.pop()
                yield cue
            cue = None
            if timing:
                begin, end = _seconds(timing, 1), _seconds(timing, 5)
                cue = _Cue(source.here, number, begin, max(begin, end))
        elif cue is not None and cue.size <= LINE_BYTES:
            cue.lines.append(line)
            cue.size += len(line)
        elif cue is not None:
            yield Skipped(line=number, reason="a cue longer than 1 MiB", excerpt=line[:EXCERPT_CHARS])
        elif note is not None:
            if len(note) < 100:
                note.append(line)
        elif re.match(r"NOTE(?:\s|$)", line):
            note = [line[4:]]
        elif re.match(r"(?:STYLE|REGION|WEBVTT)(?:\s|$)", line):
            hidden = True
        elif not hidden and "-->" in line:
            yield Skipped(line=number, reason="not a timing of a cue", excerpt=line[:EXCERPT_CHARS])
            hidden = True
    if note:
        yield "\n".join(note)
    if cue is not None:
        yield cue


def _seconds(timing: re.Match[str], first: int) -> float:
    hours, minutes, seconds, fraction = (timing[first + n] for n in range(4))
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction.ljust(3, "0")) / 1000


READER = Reader(
    name="subtitles", title="Transcript as subtitles (WebVTT, SRT)", sniff=sniff, read=read, goes_on=_goes_on
)
