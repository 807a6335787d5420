"""Streams the records of a JSON file, each with the line it starts on, in memory bounded by the largest record.

One way for three layouts: JSON Lines (https://jsonlines.org), one array of records, one record alone. A record that is
no JSON costs only itself wherever the next one can be told from it, that is, wherever it starts on a line of its own.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from memcli.ingest.readers.base import EXCERPT_CHARS, Skipped, Source
from memcli.patterns import regex

RECORD_CHARS = 64 * 1024 * 1024
"""A longer record is refused. The longest real ones (one ChatGPT conversation) are a few megabytes."""
PIECE_BYTES = 64 * 1024

_BLANK = regex(r"[\s,]*")
_SURROGATE = regex("[\ud800-\udfff]")
# An error of the parser this near the end of what was read may only mean that the rest is still to come
# (a literal, a number or an escape cut in two); further away, the JSON is really wrong.
_CUT_CHARS = 16
# The parser counts the lines up to each error; what has been dealt with is dropped, so that they stay few.
_SEEN_CHARS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record: its value, its text as written, the 1-based line it starts on.

    `array` and `position` say where it stands: the how-manieth array of the file (0: outside of any), and the
    how-manieth record in that array, or in the file.
    """

    value: Any
    text: str
    line: int
    array: int
    position: int


class Broken(Exception):
    """What starts here is no JSON value; `at_end`: perhaps only because the file ends."""

    def __init__(self, reason: str, *, at_end: bool = False) -> None:
        super().__init__(reason)
        self.at_end = at_end


class Window:
    """The part of the text that is being looked at. Lines are counted as it moves on."""

    def __init__(self, stream: BinaryIO, first_line: int = 1) -> None:
        self.stream = stream
        self.decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self.json = json.JSONDecoder()
        self.text = ""
        self.at = 0
        self.line = first_line
        self.indent = ""
        self.ended = False

    def more(self) -> bool:
        """Read as much again as is unread, so that nothing is parsed more than about twice; False at the end."""
        if self.ended:
            return False
        unread = self.text[self.at :]
        data = self.stream.read(max(PIECE_BYTES, len(unread)))
        self.ended = not data
        self.text = unread + self.decoder.decode(data, final=self.ended)
        self.at = 0
        return True

    def move(self, to: int) -> None:
        self.line += self.text.count("\n", self.at, to)
        self.at = to

    def next_char(self) -> str:
        """Move over white space and commas to the next character and give it; empty at the end of the file."""
        while True:
            found = _BLANK.match(self.text, self.at)
            to = found.end() if found else self.at
            blank = self.text[self.at : to]
            if "\n" in blank:
                self.indent = ""
            self.indent = (self.indent + blank[blank.rfind("\n") + 1 :])[-80:]
            self.move(to)
            if to < len(self.text):
                return self.text[to]
            if not self.more():
                return ""

    def value(self) -> tuple[Any, str]:
        """Parse the value that starts here and move behind it; Broken says why it cannot be parsed."""
        while True:
            try:
                value, end = self.json.raw_decode(self.text, self.at)
                text = self.text[self.at : end]
                if "\\ud" in text or "\\uD" in text:
                    value = _mend(value)
                self.move(end)
                self.indent = ""
                return value, text
            except RecursionError:
                raise Broken("JSON nested too deeply") from None
            except json.JSONDecodeError as error:
                unterminated = error.msg.startswith("Unterminated string")
                if not unterminated and error.pos < len(self.text) - _CUT_CHARS:
                    raise Broken(f"not JSON: {error.msg}") from None
                reason = error.msg
            except ValueError:
                raise Broken("not JSON: a number with too many digits") from None
            if len(self.text) - self.at > RECORD_CHARS:
                raise Broken(f"a record longer than {RECORD_CHARS // 1024**2} MiB")
            if not self.more():
                raise Broken(f"not JSON, or cut off at the end of the file: {reason}", at_end=True)

    def leave(self, boundary: re.Pattern[str]) -> bool:
        """Move to where the next record can start, which `boundary` matches from its line break; False if nowhere."""
        while True:
            found = boundary.search(self.text, self.at)
            if found:
                self.move(found.start() + 1)
                self.indent = ""
                if self.at > _SEEN_CHARS:
                    self.text, self.at = self.text[self.at :], 0
                return True
            # A boundary may be cut in two: it is at most a line break, an indent of 80 and a bracket.
            self.move(max(self.at, len(self.text) - 82))
            if not self.more():
                self.move(len(self.text))
                return False


def records(source: Source) -> Iterator[Record | Skipped]:
    """Every record of a file, and a Skipped for whatever cannot be parsed, for a cut-off end too. Never raises."""
    with source.open() as stream:
        window = Window(stream, source.first_line)
        arrays = array = position = 0
        by_line = False
        while char := window.next_char():
            if char == "[" and not array:
                arrays += 1
                source.place.never = True
                array, position = arrays, 0
                window.move(window.at + 1)
                window.indent = ""
                continue
            if char == "]" and array:
                array = 0
                window.move(window.at + 1)
                continue
            line, excerpt, indent = window.line, window.text[window.at : window.at + EXCERPT_CHARS], window.indent
            position += 1
            try:
                value, text = window.value()
                # A part ends with a line, which may be in the middle of such a record.
                source.place.never = source.place.never or "\n" in text
            except Broken as broken:
                source.place.never = source.place.never or broken.at_end
                resumes = window.leave(boundary(indent, by_line and not array))
                reason = str(broken) if resumes or broken.at_end else f"{broken}; nothing after it could be read"
                yield Skipped(line=line, reason=reason, excerpt=excerpt)
                array = array if resumes else 0
                continue
            by_line = by_line or (not array and "\n" not in text)
            yield Record(value=value, text=text, line=line, array=array, position=position)
        if array:
            yield Skipped(line=window.line, reason="the file is cut off: its list is not closed")


def key_lines(record: Record, key: str) -> list[tuple[str, int]]:
    """Every `"key": "value"` in the text of a record, in order, with the line of the file that it is on.

    The values are as written, with escapes; a value that is no text is an empty text here.
    """
    found: list[tuple[str, int]] = []
    line, seen = record.line, 0
    for match in re.finditer(rf'"{re.escape(key)}"\s*:\s*(?:"([^"]*)")?', record.text):
        line += record.text.count("\n", seen, match.start())
        seen = match.start()
        found.append((match[1] or "", line))
    return found


def boundary(indent: str, by_line: bool) -> re.Pattern[str]:
    """Where the next record starts: on the next line if every line has one, else where a line opens like this one."""
    if by_line:
        return regex(r"\n")
    return regex(r"\n" + (re.escape(indent) if indent.isspace() else "") + r"(?=[{\[])")


def _mend(value: Any) -> Any:
    """The value without half characters (lone surrogates), which JSON can write and no database can keep."""
    if isinstance(value, str):
        return _SURROGATE.sub("�", value)
    if isinstance(value, list):
        return [_mend(item) for item in value]
    if isinstance(value, dict):
        return {_mend(key): _mend(item) for key, item in value.items()}
    return value
