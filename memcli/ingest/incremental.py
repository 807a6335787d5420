"""What of a source is new since it was last read: nothing, its end, or (as far as can be told) all of it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from memcli.ingest.identity import OpenSession, written
from memcli.ingest.readers.base import Reader, Source
from memcli.ingest.said_before import SaidBefore
from store.batches import ReadRow

_RACY = timedelta(seconds=2)
"""A file changed so shortly before it was read may have changed again under the same time stamp."""
RECENT = timedelta(hours=3)
"""Turns that far from the last one can have equals in the next part: clocks go back an hour, and lines are swapped."""
COUNTED = 20_000
"""More content than this is not remembered for the next part; the source is then read from its beginning."""
AT_HAND = 65_536
"""So many contents stay in the sessions whenever they were said: about as many as one commit has."""
_PIECE = 1024 * 1024


@dataclass(frozen=True)
class Part:
    """What is to be read of a source. `source` is None if nothing is: it is as it was when it was last read.

    `bytes`, `sha256` and `lines` are those of the source from its beginning to the end of the part; `continues` says
    that a next part can begin there, `keeps_place` that the reader says where. `before` and `state`: the last reading,
    if the part goes on where that ended.
    """

    source: Source | None
    before: ReadRow | None
    bytes: int
    sha256: str
    mtime_ns: int
    lines: int = 0
    continues: bool = False
    keeps_place: bool = False
    state: dict[str, Any] = field(default_factory=dict)


def part(source: Source, reader: Reader, last: ReadRow | None, how: str) -> Part:
    """The part of a source that is to be read.

    how: all that decides what a reading finds beside the bytes (format, zone, version, ...), as text.
    """
    known = as_it_was(source, reader, last, how)
    if known is not None:
        return known
    stat = source.path.stat()
    state: dict[str, Any] = json.loads(last.state or "{}") if last is not None else {}
    if last is not None and (last.how != how or last.format != reader.name or not _beside_is_as(source, state)):
        last = None
    hashed = _Hashed(source, stat.st_size, last.bytes if last is not None else 0)
    whole: dict[str, Any] = {
        "bytes": hashed.bytes, "sha256": hashed.sha256, "mtime_ns": stat.st_mtime_ns, "lines": hashed.lines,
        "continues": reader.by_line and hashed.ends_with_line, "keeps_place": reader.goes_on is not None,
    }  # fmt: skip
    if last is not None and hashed.head_sha256 == last.sha256:
        if hashed.bytes == last.bytes:
            return Part(None, last, **whole)
        if "at" in state:
            bounded = replace(source, end=hashed.bytes)
            rest = bounded.part(state["at"], state["lines"] + 1, state["carry"])
            if reader.goes_on is None or reader.goes_on(rest):
                rest = bounded.part(state["at"], state["lines"] + 1, state["carry"])
                before = last._replace(turns=last.turns - state["unfinished"])
                return Part(rest, before, **whole, state=state)
    if reader.by_line or reader.goes_on is not None:
        source = replace(source, end=hashed.bytes)
    return Part(source, None, **whole)


def as_it_was(source: Source, reader: Reader, last: ReadRow | None, how: str) -> Part | None:
    """The part of a source that is seen to be unchanged without reading it; None if it has to be looked at: part()."""
    if last is None or last.how != how or last.format != reader.name:
        return None
    stat = source.path.stat()
    written = datetime.fromtimestamp(stat.st_mtime, UTC)
    if (stat.st_size, stat.st_mtime_ns) != (last.bytes, last.mtime_ns) or last.read_at - written <= _RACY:
        return None
    if not _beside_is_as(source, json.loads(last.state or "{}")):
        return None
    return Part(None, last, last.bytes, last.sha256, last.mtime_ns)


class _Hashed:
    """One pass over a file: the hashes of its first bytes and of all, and its lines."""

    def __init__(self, source: Source, size: int, head: int) -> None:
        digest, self.head_sha256 = hashlib.sha256(), ""
        self.bytes = self.lines = 0
        last = b""
        with source.path.open("rb") as stream:
            for piece in _pieces(stream, size, head):
                digest.update(piece)
                self.bytes += len(piece)
                self.lines += piece.count(b"\n")
                last = piece[-1:]
                if self.bytes == head:
                    self.head_sha256 = digest.hexdigest()
        self.sha256 = digest.hexdigest()
        self.ends_with_line = last == b"\n"


def _pieces(stream: Any, size: int, head: int) -> Iterable[bytes]:
    for end in sorted({min(head, size), size}):
        while (left := end - stream.tell()) > 0 and (piece := stream.read(min(left, _PIECE))):
            yield piece


def state_after(part: Part, sessions: Iterable[OpenSession]) -> dict[str, Any]:
    """What the reading of the next part has to know; empty if there can be none.

    Equal words of one speaker at one time are told apart by their number, so those that can have equals in the next
    part are remembered: all, where turns have no times or are not in their order. What the next part reads again, since
    it may go on there (the message at the end), does not count yet.
    """
    source, earlier, opened = part.source, part.state, list(sessions)
    if source is None or source.place.never:
        return {}
    place, at, lines, carry = source.place, part.bytes, part.lines, source.carry
    if part.keeps_place:
        if place.offset is None:
            return {}
        at, lines, carry = place.offset, place.line - 1, place.carry
    elif not part.continues:
        return {}
    counted: dict[str, int] = dict(earlier.get("positions", {}))
    ordered = place.ordered and earlier.get("ordered", True)
    newest = place.newest or (datetime.fromisoformat(earlier["newest"]) if earlier.get("newest") else None)
    since = newest - RECENT if ordered and newest is not None else datetime.min
    earliest = written(since)
    said: dict[str, dict[str, list[Any]]] = {
        id_: {content: entry for content, entry in contents.items() if entry[1] is None or entry[1] >= earliest}
        for id_, contents in earlier.get("said", {}).items()
    }
    unfinished = 0
    unnamed = next((one for one in reversed(opened) if one.unnamed), None)
    for session in opened:
        if session.unnamed and session is not unnamed:
            continue  # it has ended, and one that begins like it is another
        again = session.unfinished_from(lines + 1) if part.keeps_place else Counter()
        times = set(session.latest.values())
        if session.gone and (since == datetime.min or not session.continued):
            return {}  # more is needed than is remembered
        if None in times and (len(times) > 1 or session.gone):
            return {}  # the nearest known time of a turn without one may be in the next part
        counted[session.id] = session.turns_read - again.total()
        if session.unnamed and counted[session.id] < (2 if None in times and part.keeps_place else 1):
            return {}  # it is known by its first turns: see native_id_from()
        unfinished += again.total()
        counts = session.said - again if again else session.said
        said[session.id] = {
            content: [counts[content], at and written(at)]
            for content, at in session.latest.items()
            if (at is None or at >= since) and content in counts
        }
    said = {id_: contents for id_, contents in said.items() if contents}
    if sum(map(len, said.values())) + len(counted) > COUNTED:
        return {}
    return {
        "at": at,
        "lines": lines,
        "carry": carry,
        "said": said,
        "ordered": ordered,
        "newest": newest and newest.isoformat(),
        "unfinished": unfinished,
        "base": max((session.base for session in opened if session.base is not None), default=earlier.get("base")),
        "positions": counted,
        "unnamed": unnamed.native_id if unnamed is not None else earlier.get("unnamed"),
    }


def remember(session: OpenSession, part: Part) -> None:
    """Let a session that goes on know what was said at the end of the part before."""
    if session.unnamed and not session.goes_on:
        return
    for content, (count, at) in part.state.get("said", {}).get(session.id, {}).items():
        session.said[content] += count
        session.latest.setdefault(content, at and datetime.fromisoformat(at))


def let_go(sessions: Sequence[OpenSession], before: SaidBefore) -> None:
    """Move what was said long before from the sessions of a source to where it takes less room, if it is much.

    What the next part of the source has to know (see state_after()) stays, unless it is more than that can have.
    """
    if sum(len(session.said) for session in sessions) <= AT_HAND:
        return
    last_unnamed = next((session for session in reversed(sessions) if session.unnamed), None)
    going_on = [one for one in sessions if one.continued and (not one.unnamed or one is last_unnamed)]
    known = [at for session in going_on for at in session.latest.values() if at is not None]
    since = max(known) - RECENT if known else None
    timeless = sum(len(session.latest) for session in going_on) - len(known)
    stay = {id(session) for session in going_on}
    if timeless > 2 * COUNTED:
        stay.clear()
        for session in going_on:
            session.continued = False
    for session in sessions:
        latest = session.latest if id(session) in stay else {}
        kept = {content: at for content, at in latest.items() if at is None or (since is not None and at >= since)}
        gone = {(session.key, content): count for content, count in session.said.items() if content not in kept}
        if gone:
            before.add(gone)
            session.gone = True
            session.said = Counter({content: session.said[content] for content in kept})
            session.latest = kept


def beside(source: Source) -> dict[str, list[int] | None]:
    """The files that the reader looked for beside its own, with their sizes and times."""
    return {name: _stamp(source, name) for name in sorted(source.consulted)}


def _stamp(source: Source, name: str) -> list[int] | None:
    try:
        stat = (source.path.parent / name).stat()
    except OSError:
        return None
    return [stat.st_size, stat.st_mtime_ns]


def _beside_is_as(source: Source, state: dict[str, Any]) -> bool:
    """Whether the files beside it are as they were."""
    return all(_stamp(source, name) == stamp for name, stamp in state.get("beside", {}).items())
