"""iMessage chats as imessage-exporter writes them, as text.

    Mar 01, 2023  2:05:31 PM (Read by them after 3 seconds)
    +15558675309                               who: a number, an address or a name; "Me" is who exported
    Are we still on?                           the words, or the path of an attachment
    Tapbacks:                                  ("Reactions:" until version 2)
    Loved by Me
        Mar 01, 2023  2:06:00 PM               an answer, shown under what it answers, and again in its own place
        Me
        Yes

https://github.com/ReagentX/imessage-exporter (imessage-exporter/src/exporters/txt.rs). An edited message shows each
version, the later ones as "Edited 10 seconds later: ..."; the last one is read. Times are local to who exported.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from memcli.ingest.readers.base import (
    EXCERPT_CHARS,
    LINE_BYTES,
    TOO_LONG,
    Ignored,
    Item,
    RawSession,
    RawTurn,
    Reader,
    Skipped,
    Source,
)
from memcli.ingest.readers.timestamps import MONTHS
from memcli.patterns import regex

_STAMP = regex(
    r"(?P<indent> *)(?P<month>[A-Z][a-z]{2}) (?P<day>\d\d), (?P<year>\d{4}) {1,2}(?P<hour>\d{1,2}):(?P<minute>\d\d)"
    r":(?P<second>\d\d) (?P<half>[AP])M(?: \((?P<read>Read by [^()]*)\))?(?P<rest> .*)?"
)
_REACTIONS = regex(r"(?:Tapbacks|Reactions):")
_REACTION = regex(r"\s*(.{1,60}?) by (.{1,80})")
_EDITED = regex(r"Edited (.{1,60}) later: ?(.*)")
_UNSENT = regex(r".{1,80} unsent this message(?: part)?(?: .{1,60} after sending)?!?")
_ANSWERS = "This message responded to an earlier message."
_ATTACHMENT = regex(
    r"(?:Sticker from .{1,80}: )?(?:/|~/|\.{0,2}/|attachments/|[A-Za-z]:\\)[^\n]{1,400}\.\w{2,5}(?: \(.{1,80}\))?"
)
_NOTES = regex(
    r"Attachments? missing!?|Unable to (?:copy|convert|locate) attachment.*"
    r"|Sent with (?:Slam|Loud|Gentle|Invisible Ink|Echo|Spotlight|Balloons|Confetti|Love|Lasers|Fireworks|Sparkles"
    r"|Celebration|Shooting Star|Heart)"
)


@dataclass(slots=True)
class _Block:
    """A message as it is written: its stamp and the lines under it, without their indent."""

    stamp: re.Match[str]
    line: int
    lines: list[str] = field(default_factory=list)
    size: int = 0

    @property
    def answer(self) -> bool:
        return bool(self.stamp["indent"])


def sniff(source: Source) -> float:
    """By its stamps, each with a line that names who and a line of words under it."""
    if not source.head_lines or not _STAMP.fullmatch(source.head_lines[0]):
        return 0.0
    lines = source.head_text.split("\n")
    stamps = [number for number, line in enumerate(lines) if _STAMP.fullmatch(line.rstrip("\r"))]
    return 0.95 if any(number + 2 < len(lines) and lines[number + 1].strip() for number in stamps) else 0.0


def read(source: Source) -> Iterator[Item]:
    """One session, named as the file. An answer that is shown twice is read in its own place."""
    yield RawSession(native_id=None, title=None if source.name == "-" else source.stem, goes_on=source.start > 0)
    in_place = _in_place(source)
    source.carry["in_place"] = in_place
    shown: list[str] = list(source.carry.get("shown", ()))
    source.carry["shown"] = shown
    answered: RawTurn | None = None
    for block in _blocks(source):
        if isinstance(block, Skipped):
            yield block
            continue
        item = _message(block)
        if not block.answer:
            answered = item if isinstance(item, RawTurn) else None
        if not isinstance(item, RawTurn) or not block.answer:
            yield item
        elif _mark(item) in in_place:
            yield Ignored(reason="an answer that is shown again under what it answers")
        else:
            shown.append(_mark(item))
            metadata = {**item.metadata, "reply_to": answered.text[:EXCERPT_CHARS]} if answered else item.metadata
            yield RawTurn(speaker=item.speaker, text=item.text, said_at=item.said_at, line=item.line, metadata=metadata)


class _Marks(set[str]):
    """The marks of messages that stand in their own place."""

    def carried(self) -> list[str]:
        """As JSON, for the part of the file that goes on where this one ends."""
        return sorted(self)


def _in_place(source: Source) -> _Marks:
    """The first pass: which messages stand in their own place, in this part of the file or before it."""
    found = _Marks(source.carry.get("in_place", ()))
    for block in _blocks(source):
        if isinstance(block, _Block) and not block.answer and isinstance(item := _message(block), RawTurn):
            found.add(_mark(item))
    return found


def _goes_on(source: Source) -> bool:
    """Whether no answer that was read where it was shown turns up in its own place."""
    return not _in_place(source).intersection(source.carry["shown"])


def _blocks(source: Source) -> Iterator[_Block | Skipped]:
    """The messages of a file. A stamp starts one only at the start, after a blank line, or deeper than the last."""
    block: _Block | None = None
    blank = True
    for number, line in source.lines():
        if line is None:
            yield Skipped(line=number, reason=TOO_LONG)
            continue
        stamp = _STAMP.fullmatch(line)
        deeper = stamp is not None and block is not None and len(stamp["indent"]) != len(block.stamp["indent"])
        if stamp and (blank or deeper):
            here = source.here
            if block:
                yield block
            if not stamp["indent"]:
                source.keep_place(here)
            block = _Block(stamp, number)
        elif block and block.size + len(line) <= LINE_BYTES:
            indent = block.stamp["indent"]
            block.lines.append(line.removeprefix(indent))
            block.size += len(line) + 1
        elif line.strip():
            reason = "a message longer than 1 MiB" if block else "text in front of the first message"
            yield Skipped(line=number, reason=reason, excerpt=line[:EXCERPT_CHARS])
        blank = not line.strip()
    if block:
        yield block


def _message(block: _Block) -> RawTurn | Skipped | Ignored:
    stamp = block.stamp
    try:
        hour = int(stamp["hour"]) % 12 + (12 if stamp["half"] == "P" else 0)
        month = MONTHS[stamp["month"].lower()]
        said_at = datetime(
            int(stamp["year"]), month, int(stamp["day"]), hour, int(stamp["minute"]), int(stamp["second"])
        )
        if not 1 <= int(stamp["hour"]) <= 12:
            raise ValueError("no such hour")
    except (ValueError, KeyError):
        return Skipped(line=block.line, reason="no such date or time", excerpt=stamp[0][:EXCERPT_CHARS])
    if stamp["rest"]:
        return Ignored(reason="system line")  # "Ann named the conversation ..." stands on the line of the stamp
    speaker = block.lines[0].strip() if block.lines else ""
    if not speaker:
        return Skipped(line=block.line, reason="a message without a sender", excerpt=stamp[0][:EXCERPT_CHARS])
    text, metadata = _words(block.lines[1:])
    if stamp["read"]:
        metadata["receipt"] = stamp["read"]
    if not text:
        if metadata.pop("unsent", False):
            return Ignored(reason="deleted message")
        return Ignored(reason="media without words" if "attachments" in metadata else "empty message")
    metadata.pop("unsent", None)
    return RawTurn(speaker=speaker, text=text, said_at=said_at, line=block.line, metadata=metadata)


def _words(lines: list[str]) -> tuple[str, dict[str, Any]]:
    """What is said in the lines under the name; attachments, reactions and edits beside it."""
    kept: list[str] = []
    metadata: dict[str, Any] = {}
    reacting = False
    for line in lines:
        bare = line.strip()
        if reacting and (found := _REACTION.fullmatch(bare)):
            metadata.setdefault("reactions", {}).setdefault(found[1], []).append(found[2])
            continue
        if _REACTIONS.fullmatch(bare):
            reacting = True
        elif found := _EDITED.fullmatch(bare):
            metadata["edited"] = True
            kept = [found[2]]
        elif bare == _ANSWERS:
            metadata["answer"] = True
        elif _UNSENT.fullmatch(bare):
            metadata["unsent"] = True
        elif _ATTACHMENT.fullmatch(bare):
            metadata.setdefault("attachments", []).append(bare.replace("\\", "/").rsplit("/", 1)[-1])
        elif not _NOTES.fullmatch(bare):
            kept.append(line.rstrip())
    return "\n".join(kept).strip(), metadata


def _mark(turn: RawTurn) -> str:
    said = f"{turn.speaker}\n{turn.said_at}\n{turn.text}"
    return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=16).hexdigest()


READER = Reader(name="imessage", title="iMessage (imessage-exporter, text)", sniff=sniff, read=read, goes_on=_goes_on)
