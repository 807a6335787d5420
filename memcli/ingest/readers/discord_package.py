"""The data package that Discord hands out: messages/cID/messages.json (messages.csv until 2024). Only one's own words.

https://support.discord.com/hc/articles/360004957991 and README.txt in the package. A message has `ID`, `Timestamp`,
`Contents` and `Attachments` (addresses, apart by blanks); channel.json beside it says which channel it was in,
account/user.json who wrote them all. Older packages have the newest message first. The time is in UTC, to the second;
to the millisecond it is in the id itself (https://discord.com/developers/docs/reference#snowflakes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from memcli.ingest.readers.base import UNEDITED, Ignored, Item, RawSession, RawTurn, Skipped, Source
from memcli.ingest.readers.csv_stream import rows
from memcli.ingest.readers.json_fields import excerpt, fields, key, present, text
from memcli.ingest.readers.json_stream import records
from memcli.ingest.readers.json_tree import Part, parts
from memcli.ingest.readers.newest_first import oldest_first
from memcli.ingest.readers.timestamps import from_iso, from_snowflake
from memcli.patterns import regex

ACCOUNT_NAMES = ("nickname", "global_name", "username", "name")
"""Where an account has its name: the one in a server first."""

_COLUMNS = regex(r'"?ID"?,"?Timestamp"?,"?Contents"?,"?Attachments"?\s*(?:\n|\Z)')
_RECORD = regex(r'\s*\[\s*\{\s*"ID"\s*:\s*"?\d{15,20}"?\s*,\s*"Timestamp"\s*:')
_INDEX = regex(r'\s*\{\s*"\d{15,20}"\s*:\s*(?:"|null)')
_DESCRIPTIONS: Mapping[str, tuple[set[str], set[str], str]] = {
    "channel.json": ({"id", "type"}, {"id", "type", "name", "guild", "recipients"}, "description of a channel"),
    "guild.json": ({"id", "name"}, {"id", "name"}, "description of a server"),
    "user.json": ({"id", "username", "discriminator"}, set(), "description of the account"),
}
"""Files that hold no messages: what must be in them, all that may be (nothing: whatever), and what they are."""

_ACCOUNTS = ("../../account/user.json", "../../Account/user.json")


def is_package(source: Source) -> bool:
    """Whether the file is one of the package: messages of a channel, a channel, or the index of channels."""
    head = source.head_text
    return bool(_COLUMNS.match(head) or _RECORD.match(head) or _other(source))


def read_package(source: Source) -> Iterator[Item]:
    """One session: the channel, with what its user wrote in it."""
    if reason := _other(source):
        yield Ignored(reason=reason)
        return
    channel = _object(source.beside("channel.json"))
    folder = source.uri.split("/")[-2] if "/" in source.uri else ""
    number = key(channel.get("id")) or (folder.lstrip("c") if re.fullmatch(r"c?\d{15,20}", folder) else "")
    yield RawSession(native_id=number or None, title=_title(source, channel, number))
    account = next(filter(None, (_object(source.beside(name)) for name in _ACCOUNTS)), {})
    name = next((found for found in map(text, map(account.get, ACCOUNT_NAMES)) if found), "me")
    yield from oldest_first(_items(source, name, key(account.get("id"))))


def _other(source: Source) -> str:
    """What the file is if it is one that holds no messages; empty if it does."""
    head = source.head_text
    if _INDEX.match(head):
        return "list of channels"
    if not head.lstrip().startswith("{") or source.name not in _DESCRIPTIONS:
        return ""
    needed, possible, what = _DESCRIPTIONS[source.name]
    names = _object(source).keys()
    return what if needed <= names and (not possible or names <= possible) else ""


def _object(source: Source | None) -> dict[str, Any]:
    """The members of the JSON object in a file; none where there is no such file or no object in it."""
    found = parts(source, [()]) if source is not None else ()
    return {part.path[0]: part.value for part in found if isinstance(part, Part) and part.path}


def _title(source: Source, channel: Mapping[str, Any], number: str) -> str | None:
    guild, name = text(fields(channel.get("guild")).get("name")), text(channel.get("name"))
    if name:
        return " / ".join(filter(None, (guild, name)))
    return text(_object(source.beside("../index.json")).get(number)) or None


def _items(source: Source, name: str, account: str) -> Iterator[Item]:
    if _COLUMNS.match(source.head_text):
        for row in rows(source):
            yield row if isinstance(row, Skipped) else _turn(row.fields, row.line, name, account)
        return
    for record in records(source):
        if isinstance(record, Skipped):
            yield record
        elif isinstance(record.value, dict):
            yield _turn(record.value, record.line, name, account)
        else:
            yield Skipped(line=record.line, reason="no message of Discord", excerpt=excerpt(record.text))


def _turn(message: Mapping[str, Any], line: int, name: str, account: str) -> RawTurn | Skipped | Ignored:
    words, attached = text(message.get("Contents")), text(message.get("Attachments"))
    number = key(message.get("ID"))
    if not words:
        return Ignored(reason="media without words" if attached else "empty message")
    try:
        said_at = _said_at(text(message.get("Timestamp")), number)
    except ValueError as error:
        return Skipped(line=line, reason=str(error), excerpt=excerpt(words))
    return RawTurn(
        speaker=name,
        speaker_key=account or None,
        text=words,
        said_at=said_at,
        line=line,
        native_id=number or None,
        metadata=present(attachments=[address.rsplit("/", 1)[-1] for address in attached.split()]),
        worded_at=UNEDITED,
    )


def _said_at(written: str, number: str) -> datetime:
    """The time as written, in UTC; with its milliseconds where the id agrees with it."""
    moment = from_iso(written)
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    if re.fullmatch(r"[0-9]{15,20}", number):
        exact = from_snowflake(int(number))
        if abs(exact - moment) < timedelta(seconds=1):
            return exact
    return moment
