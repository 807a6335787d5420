"""Turns on their way to the catalogue: what was heard as columns, made before the catalogue is shut to readers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from memcli.ingest.identity import OpenSession
from memcli.ingest.incremental import Part, remember
from memcli.ingest.listen import Heard
from memcli.ingest.report import SourceReport
from memcli.ingest.times import Stamp, infer

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMNS = (
    "id", "session", "position", "speaker", "role", "text", "said_at", "utc_offset", "time_inferred", "who",
    "native_id", "source", "line", "batch", "metadata", "worded_at",
)  # fmt: skip

SpeakersHeard = dict[tuple[str, str | None, str], datetime | None]
"""When speakers said something last, by format, the source's own key and name."""


class Prepared(NamedTuple):
    """Turns on their way to the catalogue, as its table has them; but the columns session, source and who hold places
    in what stands beside: sessions by id, reports by the URI of their source, speakers."""

    turns: pa.Table
    sessions: Mapping[str, OpenSession]
    reports: Mapping[str, SourceReport]
    speakers: SpeakersHeard


def prepare(heard: Sequence[Heard], parts: Mapping[str, Part], batch: int) -> Prepared:
    """What was heard as columns, with all but the numbers that the catalogue gives. Counts it in its sessions: once.

    parts: how much of each source is read, by URI. batch: the number of the ingest.
    """
    for begun in {id(turn.session): turn.session for turn in heard}.values():
        if not begun.said:
            remember(begun, parts[begun.source.uri])
    sessions = {id(turn.session): turn.session for turn in heard}
    opened = {session.id: session for session in sessions.values()}
    reports = {turn.session.source.uri: turn.report for turn in {id(turn.report): turn for turn in heard}.values()}
    inferred = _inferred(heard)
    speakers = _speakers(heard)
    kept: dict[str, Heard] = {}
    for turn in heard:
        # Where two sources of this commit overlap, the first one counts.
        kept.setdefault(turn.session.turn_id(turn.said_by, turn.said_at, turn.text), turn)
    columns: dict[str, Any] = dict(zip(Heard._fields, zip(*kept.values(), strict=True), strict=True))
    columns["time_inferred"] = [False] * len(kept)
    if inferred:
        _fill_in(columns, inferred)
    place_of_session, place_of_source = _places(opened), _places(reports)
    places = {key: (place_of_session[one.id], place_of_source[one.source.uri]) for key, one in sessions.items()}
    place_of_speaker = _places(speakers)
    columns["who"] = [
        place_of_speaker[session.format, known_by, speaker]
        for session, known_by, speaker in zip(columns["session"], columns["known_by"], columns["speaker"], strict=True)
    ]
    columns["session"], columns["source"] = zip(*[places[id(one)] for one in columns["session"]], strict=True)
    columns |= {"id": list(kept), "batch": [batch] * len(kept)}
    return Prepared(table_of({name: columns[name] for name in _COLUMNS}), opened, reports, speakers)


def _fill_in(columns: dict[str, Any], inferred: Mapping[tuple[int, int], Stamp]) -> None:
    """Put inferred times where there are none."""
    said_at, utc_offset = list(columns["said_at"]), list(columns["utc_offset"])
    for row, (session, position) in enumerate(zip(columns["session"], columns["position"], strict=True)):
        if said_at[row] is None and (stamp := inferred.get((id(session), position))) is not None:
            said_at[row], utc_offset[row], columns["time_inferred"][row] = stamp.said_at, stamp.utc_offset, True
    columns |= {"said_at": said_at, "utc_offset": utc_offset}


def _inferred(heard: Sequence[Heard]) -> dict[tuple[int, int], Stamp]:
    """The nearest known times of the turns that have none, by (session, position)."""
    timeless: defaultdict[int, list[int]] = defaultdict(list)
    for turn in heard:
        if turn.said_at is None:
            timeless[id(turn.session)].append(turn.position)
    known: defaultdict[int, list[Stamp]] = defaultdict(list)
    if timeless:
        for turn in heard:
            session, stamps = turn.session, known[id(turn.session)]
            if not stamps and session.last_known is not None:
                stamps.append(session.last_known)
            if turn.said_at is not None:
                stamps.append(Stamp(turn.position, turn.said_at, turn.utc_offset))
    for turn in {id(turn.session): turn for turn in heard if turn.said_at is not None}.values():
        turn.session.last_known = Stamp(turn.position, turn.said_at, turn.utc_offset)  # type: ignore[arg-type]
    return {
        (session, position): stamp
        for session, positions in timeless.items()
        for position, stamp in zip(positions, infer(positions, known[session]), strict=True)
        if stamp is not None
    }


def _speakers(heard: Sequence[Heard]) -> SpeakersHeard:
    latest: SpeakersHeard = {}
    for turn in heard:
        who = (turn.session.format, turn.known_by, turn.speaker)
        at = turn.said_at
        if who not in latest or (at is not None and (latest[who] or datetime.min) < at):
            latest[who] = at
    return latest


def _places(keys: Iterable[Any]) -> dict[Any, int]:
    return {key: place for place, key in enumerate(keys)}


def numbered(turns: pa.Table, name: str, numbers: Sequence[int]) -> pa.Table:
    """The turns with the number at each place in a column."""
    import pyarrow as pa

    place = turns.column_names.index(name)
    return turns.set_column(place, name, pa.chunked_array([pa.array(numbers, pa.int32()).take(turns[name].chunk(0))]))


def table_of(columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """Columns of any of the tables that an ingest writes, as Arrow."""
    import pyarrow as pa

    types = {
        "session": pa.int32(), "position": pa.int64(), "said_at": pa.timestamp("us"), "utc_offset": pa.int16(),
        "worded_at": pa.timestamp("us"), "told": pa.int64(), "bytes": pa.int64(),
        "time_inferred": pa.bool_(), "who": pa.int32(), "source": pa.int32(), "line": pa.int64(), "batch": pa.int32(),
    }  # fmt: skip
    return pa.table({name: pa.array(values, types.get(name, pa.string())) for name, values in columns.items()})
