"""What every reader is made of: a look at the head of a file, the file itself, and the items read from it."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import cached_property
from io import BufferedReader, RawIOBase
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from memcli.patterns import regex
from memcli.types import Role

HEAD_BYTES = 64 * 1024
LINE_BYTES = 1024 * 1024
"""A longer line is not a line of a conversation log; it is refused, so that memory stays bounded."""
TOO_LONG = "the line is longer than 1 MiB"
EXCERPT_CHARS = 200
"""How much of a record that cannot be read is shown to the user."""

ROLES: Mapping[str, Role] = {
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "bot": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "claude": "assistant",
    "model": "assistant",
    "tool": "tool",
    "function": "tool",
    "observation": "tool",
    "system": "system",
    "developer": "system",
}
"""What the various exporters call the four roles."""


# "[12:18] <ann> hi" is no list.
_JSON = regex(r'\n\s*(?:\{|\[\s*(?:[\[{"\]]|\Z))')

UNEDITED = datetime(1, 1, 2, tzinfo=UTC)
"""Since when a message has had its words that was never edited, as far as its source tells: always."""
RETOLD = datetime(1, 1, 1, tzinfo=UTC)
"""The same in an export that tells less than another of the same service: what that tells is preferred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSession:
    """A conversation begins. native_id: the source's own id for it; None where the format has none.

    goes_on: it is the one without an id in which the part before this one ended.

    telling: the service exports the same conversation in two ways, a full one and a lesser one that does not know the
    conversation's id. They are told to be the same by the times and words of messages, and by their ids if they have
    any. A full one whose messages have no ids may also meet one without an id (None) of the same format.
    """

    native_id: str | None
    title: str | None = None
    goes_on: bool = False
    telling: Literal["full", "lesser"] | None = None


class RawTurn(NamedTuple):
    """One utterance as written. A `said_at` without a zone is on the clock of whoever made the log.

    `speaker` is the name to show. `speaker_key` is what the source knows the speaker by where names can change (an
    account id, a phone number, a mail address): the turn stays the same turn when its speaker is renamed.

    `worded_at` says that `native_id` stays the same when the message is edited, and since when it has had these words:
    the time of the edit, or UNEDITED, or RETOLD. Of several words of one message, the latest are its present ones.

    There is one for every line of every log: a frozen dataclass would take three times as long to make.
    """

    speaker: str
    text: str
    said_at: datetime | None
    line: int | None
    role: Role = "user"
    native_id: str | None = None
    speaker_key: str | None = None
    metadata: Mapping[str, Any] = MappingProxyType({})
    worded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A record that should have been a turn and could not be read: it goes to quarantine with its reason."""

    line: int | None
    reason: str
    excerpt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Something that is no utterance by the rules of its format (a join line, a media marker): only counted."""

    reason: str


Item = RawSession | RawTurn | Skipped | Ignored


@dataclass(slots=True)
class Place:
    """Where the next part of a source can begin: a byte, the 1-based line that starts there, and what to carry there.

    `offset` is None until there is such a place; `never` says that there is none whatever comes. `line_at` and
    `line_number` are those of the line that was read last. `newest` is the latest time that was heard (naive UTC),
    `ordered` whether all turns came in the order of their times, or nearly.
    """

    offset: int | None = None
    line: int = 0
    carry: dict[str, Any] = field(default_factory=dict)
    never: bool = False
    line_at: int = 0
    line_number: int = 0
    newest: datetime | None = None
    ordered: bool = True


@dataclass(frozen=True, kw_only=True)
class Source:
    """An input to read. `uri` is how the user is told of it; `path` is where its bytes are now.

    A reader that can go on where it ended may be given only a part: the bytes from `start` (which is at the beginning
    of the 1-based line `first_line`) to `end`. What it has to know of the lines before, it leaves in `carry`: JSON, or
    what has a method `carried` that gives it when it is kept. The next part gets it back. `place` says where that can
    begin, if that is not the end of this one. `consulted` are the names of files that were looked for beside it.
    `watched` is told how many bytes are read, as they are read.
    """

    uri: str
    path: Path
    start: int = 0
    first_line: int = 1
    end: int | None = None
    carry: dict[str, Any] = field(default_factory=dict, compare=False)
    place: Place = field(default_factory=Place, compare=False)
    consulted: set[str] = field(default_factory=set, compare=False)
    watched: Callable[[int], None] | None = field(default=None, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        """What another process is told: the fields, without what is kept of the head, and without who watches here."""
        return {one.name: getattr(self, one.name) for one in fields(self)} | {"watched": None}

    @property
    def name(self) -> str:
        """The file's own name, without folders."""
        return self.uri.rsplit("/", 1)[-1]

    @property
    def stem(self) -> str:
        """The file's name without its extension."""
        return self.name.rsplit(".", 1)[0] if "." in self.name else self.name

    @property
    def grows(self) -> bool:
        """Whether it is read as it is written: what is read last is then not to wait for what comes next."""
        return False

    def open(self) -> BufferedReader:
        """Open the bytes for reading: all of them, or the part that is to be read."""
        stream = self.path.open("rb")
        if self.start:
            stream.seek(self.start)
        if self.end is None and self.watched is None:
            return stream
        return BufferedReader(_Until(stream, self.end, self.watched), 256 * 1024)

    def part(self, start: int, first_line: int, carry: Mapping[str, Any]) -> Source:
        """The source from this byte on, which starts that line."""
        return replace(self, start=start, first_line=first_line, carry=dict(carry), place=Place())

    @property
    def here(self) -> tuple[int, int]:
        """The byte at which the line starts that lines() gave last, and its number."""
        return self.place.line_at, self.place.line_number

    def keep_place(self, here: tuple[int, int] | None = None) -> None:
        """Say that all in front of the line that was read last (or of the one at `here`) is yielded.

        The next part of the source, when it has grown, can begin there, and gets `carry` as it is now.
        """
        self.place.offset, self.place.line = here or self.here
        self.place.carry = dict(self.carry)

    def beside(self, name: str) -> Source | None:
        """The file of that name in the same folder ("../users.json": in the one above); None where there is none.

        Exports in several files keep in one what another needs: the names of users, the title of a channel.
        """
        path = self.path.parent / name
        self.consulted.add(name)
        if not path.is_file():
            return None
        return Source(uri=os.path.normpath(os.path.join(self.uri, "..", name)), path=path)  # noqa: PTH118

    @cached_property
    def head(self) -> bytes:
        """The first HEAD_BYTES bytes, for detection."""
        with self.path.open("rb") as stream:
            return stream.read(HEAD_BYTES)

    @cached_property
    def head_text(self) -> str:
        """The head as text, without a byte-order mark, cut at its last whole line if it is only a part."""
        data = self.head
        if len(data) == HEAD_BYTES:
            if b"\n" in data:
                data = data[: data.rfind(b"\n")]
            else:
                # One long line: a character cut in two must not make the whole head look like Windows-1252.
                return codecs.getincrementaldecoder("utf-8-sig")("replace").decode(data)
        return decode(data.removeprefix(codecs.BOM_UTF8))

    @cached_property
    def head_lines(self) -> list[str]:
        """The lines of head_text that are not blank."""
        return [line.rstrip("\r") for line in self.head_text.split("\n") if line.strip()]

    @cached_property
    def may_be_json(self) -> bool:
        """Whether a line of the head begins as an object does, or as a list of anything but numbers."""
        return _JSON.search("\n" + self.head_text) is not None

    def lines(self) -> Iterator[tuple[int, str | None]]:
        """Every line with its 1-based number, decoded, without its line end; None where it is over LINE_BYTES."""
        with self.open() as stream:
            number, at, place = self.first_line - 1, self.start, self.place
            while raw := stream.readline(LINE_BYTES):
                number += 1
                place.line_at, place.line_number = at, number
                at += len(raw)
                if number == 1:
                    raw = raw.removeprefix(codecs.BOM_UTF8)
                if len(raw) == LINE_BYTES and not raw.endswith(b"\n"):
                    while rest := stream.readline(LINE_BYTES):
                        at += len(rest)
                        if rest.endswith(b"\n"):
                            break
                    yield number, None
                    continue
                yield number, decode(raw).rstrip("\r\n")


class _Until(RawIOBase):
    """A file that ends at a byte, whatever is being written behind it, and that somebody may watch being read."""

    def __init__(self, stream: BufferedReader, end: int | None, watched: Callable[[int], None] | None) -> None:
        self._stream = stream
        self._left = end - stream.tell() if end is not None else sys.maxsize
        self._watched = watched

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(max(0, min(len(buffer), self._left)))
        self._left -= len(data)
        if self._watched is not None:
            self._watched(len(data))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def decode(data: bytes) -> str:
    """UTF-8 where it is UTF-8, else Windows-1252, as old chat clients wrote; undefined bytes become U+FFFD."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def always(source: Source) -> bool:
    """For readers that decide nothing over the whole of a source: any part can be read on its own."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One format. `sniff` gives a confidence from 0 (not this) to 1 (certain) from the head of a source alone.

    `only_json`: it need not be asked of a head that cannot be JSON (see Source.may_be_json).

    `by_line`: it goes through the lines once, yields what a line says before it takes the next, and can begin at any
    line with what it left in `Source.carry`. Only such a format can be followed.

    `goes_on`: it keeps its place (see Source.keep_place) and can begin there. Given the part that is new, it says
    whether what it decided over the parts before still holds; if not, the source is read from its beginning. So it is
    where a format has neither.
    """

    name: str
    title: str
    sniff: Callable[[Source], float]
    read: Callable[[Source], Iterator[Item]]
    only_json: bool = False
    by_line: bool = False
    goes_on: Callable[[Source], bool] | None = None
