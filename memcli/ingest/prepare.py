"""Turns on their way to the catalogue: what was heard as columns, made before the catalogue is shut to readers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from memcli.ingest.identity import OpenSession, content_of
from memcli.ingest.incremental import Part, remember
from memcli.ingest.listen import Heard, said_by
from memcli.ingest.report import SourceReport
from memcli.ingest.said_before import SaidBefore
from memcli.ingest.times import Stamp, infer

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow as pa

_COLUMNS = (
    "id", "session", "position", "speaker", "role", "text", "said_at", "utc_offset", "time_inferred", "who",
    "native_id", "source", "line", "batch", "metadata", "worded_at",
)  # fmt: skip

SpeakersHeard = dict[tuple[str, str | None, str], "datetime | None"]
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
    import numpy as np

    columns: dict[str, Any] = dict(zip(Heard._fields, zip(*heard, strict=True), strict=True))
    runs = [(run[0], len(run)) for run in (list(run) for _, run in groupby(columns["session"], key=id))]
    sessions = {id(session): session for session, _ in runs}
    for begun in sessions.values():
        if begun.is_fresh:
            remember(begun, parts[begun.source.uri])
    opened = {session.id: session for session in sessions.values()}
    told = zip(columns["session"], columns["report"], strict=True)
    reports = {session.source.uri: report for session, report in {id(one[1]): one for one in told}.values()}
    columns["id"] = _ids(runs, columns)
    columns["who"], speakers = _speakers(runs, columns)
    columns["time_inferred"] = [False] * len(heard)
    if inferred := _inferred(heard):
        _fill_in(columns, inferred)
    place_of_session, place_of_source = _places(opened), _places(reports)
    lengths = [length for _, length in runs]
    columns["session"] = np.repeat([place_of_session[session.id] for session, _ in runs], lengths)
    columns["source"] = np.repeat([place_of_source[session.source.uri] for session, _ in runs], lengths)
    columns["batch"] = np.full(len(heard), batch)
    turns = table_of({name: columns[name] for name in _COLUMNS})
    if len(set(columns["id"])) < len(heard):  # two sources of this commit overlap: the first one counts
        first = {id_: place for place, id_ in reversed(list(enumerate(columns["id"])))}
        turns = turns.take(sorted(first.values())).combine_chunks()
    return Prepared(turns, opened, reports, speakers)


def _ids(runs: Sequence[tuple[OpenSession, int]], columns: Mapping[str, Any]) -> list[str]:
    """The ids of the turns, of which so many in a row are of the same session."""
    named = zip(columns["known_by"], columns["speaker"], strict=True)
    speakers = [said_by(known_by, speaker) for known_by, speaker in named]
    contents = list(map(content_of, speakers, columns["said_at"], columns["text"]))
    before = _said_before(runs, contents)
    ids: list[str] = []
    for session, length in runs:
        here = slice(len(ids), len(ids) + length)
        ids += session.turn_ids(contents[here], columns["said_at"][here], before)
    return ids


def _said_before(runs: Sequence[tuple[OpenSession, int]], contents: Sequence[str]) -> dict[tuple[str, str], int]:
    """How often the contents of these runs that are gone from their sessions were said, by session key and content."""
    asked: dict[SaidBefore, list[tuple[str, str]]] = {}
    start = 0
    for session, length in runs:
        if session.before:
            here = ((session.key, content) for content in contents[start : start + length])
            asked.setdefault(session.before, []).extend(one for one in here if one[1] not in session.said)
        start += length
    return {one: count for before, some in asked.items() for one, count in before.counts(some).items()}


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


def _speakers(runs: Iterable[tuple[OpenSession, int]], columns: Mapping[str, Any]) -> tuple[list[int], SpeakersHeard]:
    """The places of the turns' speakers among all of them, and all of them."""
    formats = chain.from_iterable([session.format] * length for session, length in runs)
    heard = list(zip(formats, columns["known_by"], columns["speaker"], strict=True))
    latest: SpeakersHeard = dict.fromkeys(heard)
    for key, said_at in zip(heard, columns["said_at"], strict=True):
        if said_at is not None and ((before := latest[key]) is None or said_at > before):
            latest[key] = said_at
    place_of = _places(latest)
    return [place_of[key] for key in heard], latest


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
