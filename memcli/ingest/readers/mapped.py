"""Tables and JSON of any shape, by a mapping of the fields of a turn to columns; and tables that need none.

    --map speaker=author,text=body,time=ts                CSV or TSV: names of columns
    --map speaker=from.name,text=content.parts.0          JSON Lines or a JSON list: dotted paths, numbers count from 0

The fields are those of memcli's generic turns (see turns.py): text, speaker, session, id, role, time. Only text must be
mapped. What is not mapped is kept as metadata. A table whose header has a column `text` beside one of the others is
read by itself, as format `table`. Times are ISO 8601 (a slash for a dash will do), RFC 5322, or counted from 1970.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from memcli.ingest.readers.base import (
    EXCERPT_CHARS,
    ROLES,
    UNEDITED,
    Ignored,
    Item,
    RawSession,
    RawTurn,
    Reader,
    Skipped,
    Source,
    always,
)
from memcli.ingest.readers.json_stream import records
from memcli.ingest.readers.tables import columns, rows
from memcli.ingest.readers.timestamps import read_time
from memcli.ingest.readers.turns import deeper_than, first_values
from memcli.usage import UsageError

FIELDS = ("text", "speaker", "session", "id", "role", "time")
_METADATA_DEPTH = 20
_LOOKED_AT = 20
"""So many records are looked at to see whether a mapped field is in any of them."""


class WrongMapping(UsageError):
    """A mapping that names a field that turns do not have, or no text."""


def reader_for(mapping: Mapping[str, str]) -> Reader:
    """A reader for whatever has the columns, or paths, that `mapping` gives by field.

    A file without one of them is skipped as a whole, with a reason that lists what it has. Raises WrongMapping.
    """
    known = ", ".join(FIELDS)
    for name, place in mapping.items():
        if name not in FIELDS:
            raise WrongMapping(f"a turn has no field {name[:40]!r}", hint=f"The fields are {known}.")
        if not place.strip():
            raise WrongMapping(f"{name} is mapped to nothing", hint=f"Write {name}=COLUMN.")
    if "text" not in mapping:
        raise WrongMapping("the mapping names no text", hint="Say where the words are: --map text=COLUMN,...")
    places = {name: place.strip() for name, place in mapping.items()}

    def read(source: Source) -> Iterator[Item]:
        is_json = source.head_text.lstrip()[:1] in ("{", "[")
        yield from (_read_json if is_json else _read_table)(source, places)

    return Reader(name="mapped", title="Table or JSON by --map", sniff=lambda source: 0.0, read=read, goes_on=always)


def _read_table(source: Source, places: Mapping[str, str]) -> Iterator[Item]:
    there = columns(source)
    if missing := [place for place in places.values() if place not in there]:
        yield _missing(missing, there)
        return

    def turns() -> Iterator[Item | tuple[str | None, RawTurn]]:
        for row in rows(source):
            if isinstance(row, Skipped):
                yield row
                continue
            rest = {name: value for name, value in row.values.items() if value and name and name not in places.values()}
            fields = {name: row.values.get(place) for name, place in places.items()}
            yield _turn(fields, rest, row.line, row.number, row.text)

    yield from _in_sessions(source, turns())


def _read_json(source: Source, places: Mapping[str, str]) -> Iterator[Item]:
    first = [value for value in first_values(source.head_text, limit=_LOOKED_AT) if isinstance(value, dict)]
    missing = [place for place in places.values() if all(_at(value, place) is None for value in first)]
    if first and missing:
        yield _missing(missing, _paths(first))
        return
    tops = {place.split(".")[0] for place in places.values()}

    def turns() -> Iterator[Item | tuple[str | None, RawTurn]]:
        for record in records(source):
            if isinstance(record, Skipped):
                yield record
                continue
            value = record.value
            if not isinstance(value, dict):
                yield Skipped(line=record.line, reason="not a JSON object", excerpt=record.text[:EXCERPT_CHARS])
                continue
            rest = {key: inner for key, inner in value.items() if key not in tops and key not in places.values()}
            number = record.position if record.array else record.line
            fields = {name: _at(value, place) for name, place in places.items()}
            yield _turn(fields, rest, record.line, number, record.text)

    yield from _in_sessions(source, turns())


def _in_sessions(source: Source, turns: Iterator[Item | tuple[str | None, RawTurn]]) -> Iterator[Item]:
    """The turns, with a RawSession whenever the session changes."""
    begun, resuming = "session" in source.carry, source.start > 0
    session: str | None = source.carry.get("session")
    for item in turns:
        if isinstance(item, Item):
            yield item
            continue
        native_id, turn = item
        if not begun or resuming or native_id != session:
            yield RawSession(native_id=native_id, goes_on=begun and resuming and native_id == session)
            session, begun, resuming = native_id, True, False
            source.carry["session"] = session
        yield turn


def _turn(
    fields: Mapping[str, Any], rest: dict[str, Any], line: int, number: int, written: str
) -> tuple[str | None, RawTurn] | Skipped | Ignored:
    """The session and the turn of a record; the id is the number of the record where there is no other."""
    try:
        text = fields.get("text")
        if text is None:
            raise ValueError("no text")
        if not isinstance(text, str):
            raise ValueError(f"the text is a {type(text).__name__}")
        if not text.strip():
            return Ignored(reason="empty message")
        role_name = _name(fields.get("role"))
        role = ROLES.get((role_name or "").lower(), "user")
        metadata = dict(rest)
        if role_name and role_name.lower() not in ROLES:
            metadata["role"] = role_name
        if deeper_than(metadata, _METADATA_DEPTH):
            raise ValueError("JSON nested too deeply")
        return _name(fields.get("session")), RawTurn(
            speaker=_name(fields.get("speaker")) or role,
            text=text,
            said_at=_time(fields.get("time")),
            line=line,
            role=role,
            native_id=_name(fields.get("id")) or str(number),
            metadata=metadata,
            worded_at=UNEDITED if _name(fields.get("id")) else None,
        )
    except ValueError as error:
        return Skipped(line=line, reason=str(error), excerpt=written[:EXCERPT_CHARS])


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return read_time(value)
    written = value.strip()
    try:
        return read_time(written.replace("/", "-") if written[:4].isdigit() else written)
    except ValueError:
        # RFC 5322 names the month; 03/04/2024 could be two days, and is not guessed at.
        if any(letter.isalpha() for letter in written):
            try:
                return parsedate_to_datetime(written)
            except (ValueError, TypeError, IndexError, OverflowError):
                pass
        raise


def _name(value: object) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if value is None:
        return None
    raise ValueError("session, id, role and speaker are text or numbers")


def _at(value: object, place: str) -> Any:
    """What stands at a dotted path. A key that has dots itself is found as it is."""
    if isinstance(value, dict) and place in value:
        return value[place]
    for key in place.split("."):
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and len(key) < 10 and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value


def _paths(values: Collection[dict[str, Any]]) -> list[str]:
    """The dotted paths that the records have, two levels deep."""
    found: dict[str, None] = {}
    for value in values:
        for key, inside in value.items():
            if isinstance(inside, dict) and inside:
                found.update((f"{key}.{name}", None) for name in inside)
            else:
                found[key] = None
    return list(found)


def _missing(missing: Collection[str], there: Collection[str]) -> Skipped:
    known = ", ".join(name[:60] for name in list(there)[:50]) or "none"
    return Skipped(line=1, reason=f"no {', '.join(map(repr, missing))} in it; there is: {known}")


def _sniff_table(source: Source) -> float:
    """By a header with the columns of generic turns: text, and one of the others."""
    names = {name.lower() for name in columns(source)}
    return 0.9 if "text" in names and names & set(FIELDS[1:]) and len(source.head_lines) > 1 else 0.0


def _read_generic_table(source: Source) -> Iterator[Item]:
    by_field = {name.lower(): name for name in reversed(columns(source)) if name.lower() in FIELDS}
    if "text" not in by_field:
        yield _missing(["text"], columns(source))
        return
    yield from _read_table(source, by_field)


READER = Reader(
    name="table", title="Generic turns (CSV or TSV)", sniff=_sniff_table, read=_read_generic_table, goes_on=always
)
