"""Ids from content, so that the same words read twice, or from a newer export, are the same turns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from memcli.ids import content_id
from memcli.ingest.readers.base import RawSession, Source
from memcli.ingest.times import Stamp

if TYPE_CHECKING:
    from memcli.ingest.said_before import SaidBefore

_PHONE = re.compile(r"\+?[\d\s().\u00a0\u2011-]{7,24}")


@lru_cache(maxsize=65_536)
def speaker_key(key: str | None, name: str) -> str:
    """What a speaker is known by inside a format: the source's own key, else the name, however it is written.

    `@Maya` and `maya` are one name, and so are the ways to group the digits of a telephone number.
    """
    if key is not None:
        return f"={_number(key) or key}"
    return _number(name) or name.lstrip("@").lower() or name


def _number(text: str) -> str | None:
    if not _PHONE.fullmatch(text):
        return None
    digits = "".join(filter(str.isdigit, text))
    return ("+" if text.startswith("+") else "") + digits if len(digits) >= 7 else None


@dataclass(slots=True)
class OpenSession:
    """A session of the source being read. `native_id` stays None until identify() has seen what was said in it.

    `read_before` of its `turns_read` turns were read by earlier readings of the source. `said` counts equal content but
    for what is `gone` to `before`, which has the contents of all sessions that were said long ago. `key` (16 hex
    digits) tells it from the others there: a file that tells a conversation twice has two of one id, which count apart.
    `continued`: the next reading of the source may go on at the end of this one, for which `latest` keeps when each
    content was said, and `open_end` the turns at the end that the next reading will read again, as (line, content).
    `last_known` is the last time that was committed. `base`: what the positions of its turns began with at the last.
    """

    source: Source
    format: str
    native_id: str | None
    title: str
    turns_read: int = 0
    read_before: int = 0
    continued: bool = False
    unnamed: bool = False
    goes_on: bool = False
    telling: Literal["full", "lesser"] | None = None
    last_known: Stamp | None = None
    base: int | None = None
    _id: str | None = None
    said: Counter[str] = field(default_factory=Counter)
    gone: bool = False
    before: SaidBefore | None = None
    key: str = ""
    latest: dict[str, datetime | None] = field(default_factory=dict)
    open_end: list[tuple[int, str]] = field(default_factory=list)

    @classmethod
    def begin(cls, source: Source, format_name: str, raw: RawSession) -> OpenSession:
        """The session that a reader announced."""
        return cls(
            source,
            format_name,
            raw.native_id,
            raw.title or source.stem,
            unnamed=raw.native_id is None,
            goes_on=raw.goes_on,
            telling=raw.telling,
        )

    @property
    def id(self) -> str:
        """The session's id."""
        if self._id is None:
            assert self.native_id is not None
            self._id = content_id(self.format, self.native_id)
        return self._id

    @property
    def is_fresh(self) -> bool:
        """Whether nothing that was said in it was counted yet."""
        return not self.said and not self.gone

    def rename(self, native_id: str) -> None:
        """Say which session it is, before anything of it was kept."""
        self.native_id, self._id = native_id, None

    def turn_ids(
        self, contents: Iterable[str], said_at: Iterable[datetime | None], before: Mapping[tuple[str, str], int]
    ) -> list[str]:
        """The ids of its next turns: the n-th of the same content in a session is always the same.

        contents: see content_of(). said_at: the times that the source gives. before: of the contents that are gone, how
        often they were said, by the session's key and content.
        """
        ids, session_id, said, latest = [], self.id, self.said, self.latest
        for content, at in zip(contents, said_at, strict=True):
            count = said.get(content, 0) or (before.get((self.key, content), 0) if before else 0)
            count = said[content] = count + 1
            if self.continued:
                latest[content] = at
            ids.append(content_id(session_id, content, str(count)))
        return ids

    def read_again(self, line: int, speaker: str, said_at: datetime | None, text: str, *, since: int) -> None:
        """Note a turn that the next reading will read again, if that begins at the line `since`."""
        self.open_end = [one for one in self.open_end if one[0] >= since]
        self.open_end.append((line, content_of(speaker, said_at, text)))

    def unfinished_from(self, line: int) -> Counter[str]:
        """The contents of its turns from this line on, counted."""
        return Counter(content for at, content in self.open_end if at >= line)


def content_of(speaker: str, said_at: datetime | None, text: str) -> str:
    """What makes equal turns equal: see OpenSession.turn_ids(). `speaker` is what the source knows one by, or the name;
    `said_at`, as the source gives it, is naive."""
    return content_id(speaker, written(said_at) if said_at else "", text)


@lru_cache(maxsize=65_536)
def written(said_at: datetime) -> str:
    """A time as text (ISO 8601); many turns have the same one."""
    return said_at.isoformat()


def first_position(said_at: datetime) -> int:
    """What the positions of a source's turns begin with: its first known time in seconds since 1970, times 2**20.

    One conversation may lie in many files (a day each); so no two of its turns have the same position, those of a later
    file come after those of an earlier one, and the order in which the files are read makes no difference.
    """
    return ((said_at - datetime(1970, 1, 1)) // timedelta(seconds=1)) << 20


def native_id_from(source: Source, first_turns: Sequence[tuple[str, datetime | None, str]]) -> str:
    """A native id for a session whose format has none, from its first turns as (speaker, said_at, text).

    Turns with a time say by themselves which conversation they belong to, whatever the file is called this time; turns
    without one (many conversations begin with "Hi") need the name of the file beside them.
    """
    (speaker, said_at, text), *_ = first_turns
    if said_at is not None:
        return "content:" + content_id(speaker, said_at.isoformat(), text)
    spoken = (part for speaker, _, text in first_turns[:2] for part in (speaker, text))
    return "content:" + content_id(source.stem, *spoken)
