"""What of a source is new since it was last read: nothing, its end, or (as far as can be told) all of it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from memcli.ingest.identity import OpenSession
from memcli.ingest.readers.base import Reader, Source
from store.batches import ReadRow

_RACY = timedelta(seconds=2)
"""A file changed so shortly before it was read may have changed again under the same time stamp."""
_RECENT = timedelta(hours=3)
"""Turns that far from the last one can have equals in the next part: clocks go back an hour, and lines are swapped."""
_COUNTED = 20_000
"""More content than this is not remembered for the next part; the source is then read from its beginning."""
_PIECE = 1024 * 1024


@dataclass(frozen=True)
class Part:
    """What is to be read of a source. `source` is None if nothing is: it is as it was when it was last read.

    `bytes`, `sha256` and `lines` are those of the source from its beginning to the end of the part; `continues` says
    that a next part can begin there. `before` and `state`: the last reading, if the part goes on where that ended.
    """

    source: Source | None
    before: ReadRow | None
    bytes: int
    sha256: str
    mtime_ns: int
    lines: int = 0
    continues: bool = False
    state: dict[str, Any] = field(default_factory=dict)


def part(source: Source, reader: Reader, last: ReadRow | None, how: str) -> Part:
    """The part of a source that is to be read.

    how: all that decides what a reading finds beside the bytes (format, zone, version, ...), as text.
    """
    stat = source.path.stat()
    state: dict[str, Any] = json.loads(last.state or "{}") if last is not None else {}
    if last is not None and (last.how != how or last.format != reader.name or not _beside_is_as(source, state)):
        last = None
    if last is not None and stat.st_size == last.bytes and stat.st_mtime_ns == last.mtime_ns:
        written = datetime.fromtimestamp(stat.st_mtime, UTC)
        if last.read_at - written > _RACY:
            return Part(None, last, last.bytes, last.sha256, last.mtime_ns)
    hashed = _Hashed(source, stat.st_size, last.bytes if last is not None else 0)
    known: dict[str, Any] = {
        "bytes": hashed.bytes, "sha256": hashed.sha256, "mtime_ns": stat.st_mtime_ns, "lines": hashed.lines,
        "continues": reader.by_line and hashed.ends_with_line,
    }  # fmt: skip
    if last is not None and hashed.head_sha256 == last.sha256:
        if hashed.bytes == last.bytes:
            return Part(None, last, **known)
        if reader.by_line and "lines" in state:
            rest = replace(
                source, start=last.bytes, first_line=state["lines"] + 1, end=hashed.bytes, carry=dict(state["carry"])
            )
            return Part(rest, last, **known, state=state)
    return Part(replace(source, end=hashed.bytes) if reader.by_line else source, None, **known)


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
    part are remembered. Where turns have no times, that can be all of them: such a source is not continued.
    """
    source, earlier, opened = part.source, part.state, list(sessions)
    if source is None or not part.continues:
        return {}
    if any(None in session.latest.values() for session in opened) or source.head.lstrip()[:1] == b"[":
        return {}
    said: dict[str, dict[str, list[Any]]] = dict(earlier.get("said", {}))
    for session in opened:
        said[session.id] = {
            content: [session.said[content], at.isoformat()] for content, at in session.latest.items() if at
        }
    latest = max((at for contents in said.values() for _, at in contents.values()), default=None)
    if latest is not None:
        since = (datetime.fromisoformat(latest) - _RECENT).isoformat()
        recent = {
            id_: {c: entry for c, entry in contents.items() if entry[1] >= since} for id_, contents in said.items()
        }
        said = {id_: contents for id_, contents in recent.items() if contents}
    if sum(map(len, said.values())) > _COUNTED:
        return {}
    return {
        "lines": part.lines,
        "carry": source.carry,
        "said": said,
        "base": max((session.base for session in opened if session.base is not None), default=earlier.get("base")),
        "position": max((session.turns_read for session in opened), default=earlier.get("position", 0)),
        "unnamed": next((session.native_id for session in opened if session.unnamed), earlier.get("unnamed")),
    }


def remember(session: OpenSession, part: Part) -> None:
    """Let a session that goes on know what was said at the end of the part before."""
    for content, (count, at) in part.state.get("said", {}).get(session.id, {}).items():
        session.said[content] += count
        session.latest.setdefault(content, datetime.fromisoformat(at))


def forget_old(session: OpenSession) -> None:
    """Forget what was said so long before the latest words that nothing to come can be its equal."""
    times = [at for at in session.latest.values() if at is not None]
    if len(times) < len(session.latest) or len(times) < _COUNTED // 2:
        return
    since = max(times) - _RECENT
    session.latest = {content: at for content, at in session.latest.items() if at is not None and at >= since}
    session.said = Counter({content: session.said[content] for content in session.latest})


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
