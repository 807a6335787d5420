"""From a source to what is said in it: clean, in UTC, with its session; what is no utterance goes to the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from memcli.ingest.identity import OpenSession, first_position
from memcli.ingest.incremental import RECENT, Part
from memcli.ingest.normalise import TEXT_CHARS, Normaliser
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Reader, Skipped, Source
from memcli.ingest.report import SourceReport

EXCERPT = 200
"""Characters of a bad record that the quarantine keeps."""


AT_ONCE, AT_ONCE_CHARS = 256, 64 * 1024
"""So many turns, or as many as have so many characters, are looked through for secrets at a time."""


class Heard(NamedTuple):
    """A turn on its way to the catalogue. `said_at` is naive UTC, as the source gives it; `metadata` is JSON.

    `known_by` is the source's own key of the speaker; None where it has none. `worded_at`: see RawTurn; naive UTC.
    """

    session: OpenSession
    report: SourceReport
    position: int
    speaker: str
    known_by: str | None
    role: str
    text: str
    said_at: datetime | None
    utc_offset: int
    native_id: str | None
    line: int | None
    metadata: str | None
    worded_at: datetime | None

    @property
    def said_by(self) -> str:
        """What tells its speaker from others: see said_by()."""
        return said_by(self.known_by, self.speaker)


def said_by(known_by: str | None, speaker: str) -> str:
    """What the source knows a speaker by, or the name: what tells equal turns from others."""
    return f"={known_by}" if known_by else speaker


class Unread(NamedTuple):
    """A record for the quarantine."""

    uri: str
    line: int | None
    reason: str
    excerpt: str


def listen_to(part: Part, reader: Reader, normaliser: Normaliser, report: SourceReport) -> Iterator[Heard | Unread]:
    """listen() to what is new of a source, going on where the reading before ended."""
    assert part.source is not None
    return listen(
        part.source, reader, normaliser, report, positions=part.state.get("positions"),
        unnamed=part.state.get("unnamed"), base=part.state.get("base"),
    )  # fmt: skip


def listen(
    source: Source, reader: Reader, normaliser: Normaliser, report: SourceReport, *,
    positions: Mapping[str, int] | None = None, unnamed: str | None = None, base: int | None = None,
) -> Iterator[Heard | Unread]:  # fmt: skip
    """Every turn of the source, in order, and what should have been one.

    positions: how many turns of each session, by its id, were read before this part of the source. unnamed: the native
    id that the last session without one got then. base: what the positions of the source's turns began with then.
    """
    sessions: dict[str, OpenSession] = {}
    session: OpenSession | None = None
    place = source.place

    def begin(raw: RawSession) -> OpenSession:
        opened = OpenSession.begin(source, reader.name, raw)
        if raw.goes_on and raw.native_id is None:
            opened.native_id = unnamed
        opened.title = normaliser.title(opened.title)
        opened.continued = reader.by_line or reader.goes_on is not None
        if positions and opened.native_id is not None:
            opened.turns_read = opened.read_before = positions.get(opened.id, 0)
        return opened

    def unread(line: int | None, reason: str, excerpt: str) -> Unread:
        report.skipped.append((line, reason))
        return Unread(source.uri, line, reason, normaliser.text(excerpt[: 10 * EXCERPT])[:EXCERPT])

    last_said_at: datetime | None = None
    moment = normaliser.moment(None)
    # Where the next part begins is asked of the reader turn by turn.
    at_once = 1 if source.grows or reader.goes_on is not None else AT_ONCE
    for item, text in _cleaned(_items(source, reader), normaliser, at_once):
        if isinstance(item, RawTurn):
            speaker, raw_text, raw_said_at, line, role, native_id, speaker_key, metadata, worded_at = item
            if session is None:
                session = begin(RawSession(native_id=None))
            if len(raw_text) > TEXT_CHARS:
                yield unread(line, f"the text is longer than {TEXT_CHARS:,} characters", raw_text[:EXCERPT])
                continue
            if not text:
                report.ignored["empty"] += 1
                continue
            if session.turns_read == session.read_before:
                report.sessions += 1
            session.turns_read += 1
            report.turns_read += 1
            if raw_said_at is not last_said_at:  # many lines of a log have the time of the one before
                last_said_at, moment = raw_said_at, normaliser.moment(raw_said_at)
                if (at := moment[0]) is not None:
                    base = first_position(at) if base is None else base
                    if place.newest is None or at > place.newest:
                        place.newest = at
                    elif place.newest - at > RECENT:
                        place.ordered = False
            said_at, utc_offset = moment
            session.base = base
            heard = Heard._make((
                session, report, (base or 0) + session.turns_read, normaliser.speaker(speaker) or role,
                speaker_key and (normaliser.speaker(speaker_key) or None), role, text, said_at, utc_offset, native_id,
                line, normaliser.metadata(metadata) if metadata else None,
                normaliser.moment(worded_at)[0] if native_id else None,
            ))  # fmt: skip
            if place.offset is not None:
                session.read_again(line or 0, heard.said_by, said_at, text, since=place.line)
            yield heard
        elif isinstance(item, RawSession):
            session = begin(item)
            if item.native_id is not None:
                session = sessions.setdefault(item.native_id, session)
        elif isinstance(item, Ignored):
            report.ignored[item.reason] += 1
        elif isinstance(item, Skipped):
            yield unread(item.line, item.reason, item.excerpt)


def _cleaned(items: Iterable[Item], normaliser: Normaliser, at_once: int) -> Iterator[tuple[Item, str]]:
    """The items, and the words of the turns among them as they are to be kept; of those that are too long none."""
    block: list[Item] = []
    raw: list[str] = []
    chars = 0
    for item in items:
        text = item.text if isinstance(item, RawTurn) and len(item.text) <= TEXT_CHARS else ""
        block.append(item)
        raw.append(text)
        chars += len(text)
        if len(block) >= at_once or chars > AT_ONCE_CHARS:
            yield from zip(block, normaliser.texts(raw), strict=True)
            block, raw, chars = [], [], 0
    yield from zip(block, normaliser.texts(raw), strict=True)


def _items(source: Source, reader: Reader) -> Iterator[Item]:
    """What the reader finds; an input that fails under it (a disk, a pulled stick) ends it with a skipped record."""
    try:
        yield from reader.read(source)
    except OSError as error:
        yield Skipped(line=None, reason=f"reading stopped: {error.strerror or error}")
