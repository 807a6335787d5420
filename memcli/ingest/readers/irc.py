"""IRC logs of many clients, bots and bouncers, one channel a file.

    [12:18] <nick> text                        ubuntu.com's logs, energymech, eggdrop, ZNC, mIRC: date in the name
    12:18 < nick> text                         irssi: dates in "--- Log opened ..." and "--- Day changed ..."
    2005-01-08T23:33:54  <nick> text           supybot, Limnoria
    2005-01-08 23:33:54<TAB>nick<TAB>text      weechat
    Jan 08 23:33:54 <nick><TAB>text            XChat, HexChat: the year in "**** BEGIN LOGGING AT ..." or in the name
    [14 Jan 12:36] <nick!user@host> +text      dircproxy: the year is in the name

None of them is specified; the shapes are those in the tests of irclog2html (https://mg.pov.lt/irclog2html) and of
perceval's supybot backend (https://github.com/chaoss/grimoirelab-perceval), and in the logs of irclogs.ubuntu.com.

`* nick does something` is a turn of nick (metadata "action"), and so is a notice to the channel ("notice"). Joins,
parts, nick changes, modes and topics are no utterances. Where a file has times but no date, the time is kept as
metadata ("clock"). A line without a time has that of the line before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from memcli.ingest.readers.base import (
    EXCERPT_CHARS,
    TOO_LONG,
    Ignored,
    Item,
    RawSession,
    RawTurn,
    Reader,
    Skipped,
    Source,
)
from memcli.ingest.readers.irc_clock import STAMP, Clock, date_in_name
from memcli.patterns import regex

_EVENT = regex(
    r"has (?:joined|left) [#&(]|has (?:joined|left|quit)(?: IRC)?(?: \(.*)?$|(?:joined|left) the channel"
    r"|(?:is|are) now known as \S+$|sets (?:channel )?mode:? |was kicked (?:from|by|off)|has been kicked"
    r"|change[sd] (?:the )?topic (?:of|to)"
    r"|^(?:mode/|ServerMode|Topic\b|Now talking|Mode\b|Users |net(?:joined|split)\b|Disconnected\b|Connected\b)"
)
_MOST_EVENTS = ("has joined #", "has left #")
"""Which most events are by far: they are told without going through the words one by one."""
_ACTION = regex(r"\*+ ?\t?[@+%&~]?([^\s:*<>]+)[ \t]+(.*\S)")
_EQUALS_ACTION = regex(r"=== ([^\s:<>\[\]]+(?:\[[^\s<>]*)?) (.*\S)")
_NOTICE = regex(r"-([^\s!:()<>-][^\s:/<>]{0,60}?)(?:[:/]\S{1,80})?- (.*\S)")
_PRIVATE = regex(r"\(([^\s/()]+)/[#&][^\s()]*\) (.*\S)")
_TABBED = regex(r"[@+%&~]?([^\s<>*=-][^\s<>]*)\t(.*)")
_EGGDROP_ACTION = regex(r"Action: (\S+) (.*\S)")

_NICK_CHARS = 40
_NICKS = 10_000
"""So many nicks with other signs than letters and digits are remembered as bare ones, without a mode in front or a host
behind, for the sake of speed."""

_CHANNEL_EVENT = Ignored(reason="join, part, nick, mode or topic line")
_EMPTY = Ignored(reason="empty message")


def sniff(source: Source) -> float:
    """By the share of lines that read as IRC, of which some must be somebody's words."""
    lines = source.head_lines[:200]
    known, spoken = 0, False
    clock = Clock(None)
    for line in lines:
        item = _read_line(line, 1, clock)
        known += not isinstance(item, Skipped)
        # Words behind a bare asterisk or dash are found in any list; a nick in brackets or a dated tab is not.
        spoken = spoken or (isinstance(item, RawTurn) and bool(_SPOKEN.match(line)))
    if not spoken or known < 0.6 * len(lines):
        return 0.0
    return 0.95 * known / len(lines)


def _name(source: Source) -> str:
    """The file's name; with its folder, which is the channel then, where the name is nothing but a date."""
    if any(letter.isalpha() for letter in source.stem):
        return source.stem
    return "/".join([*source.uri.rsplit("/", 2)[-2:-1], source.stem])


_SPOKEN = regex(r".{0,40}?<[^<>\s]{0,2} ?[^<>\s]{1,60}>[ \t]|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\t[^\t]{1,60}\t")


def read(source: Source) -> Iterator[Item]:
    """One session; a turn for each line that somebody said."""
    name = _name(source)
    yield RawSession(native_id=name, title=name)
    clock = Clock(date_in_name(source.name))
    if "clock" in source.carry:
        clock.carry_on(source.carry["clock"])
    source.carry["clock"] = clock
    width = 0
    said_at: datetime | None = None
    metadata: Mapping[str, Any] = {}
    nicks: set[str] = set()
    for number, line in source.lines():
        # The hot path, worth its few lines: `<nick> text` of a bare nick, at a time of day that was read before.
        if width and line is not None and line[width : width + 2] == " <":
            end = line.find("> ", width)
            nick = line[width + 2 : end]
            text = line[end + 2 :].strip()
            if end > 0 and text and (nick in nicks or (nick.isalnum() and len(nick) <= _NICK_CHARS)):
                if not line.startswith(clock.stamp) and clock.again(line[:width]):
                    said_at, metadata = clock.now, clock.metadata
                if line.startswith(clock.stamp):
                    # As RawTurn(speaker=nick, text=text, ...), in half the time.
                    yield RawTurn._make((nick, text, said_at, number, "user", None, None, metadata, None))
                    continue
        if line is None:
            yield Skipped(line=number, reason=TOO_LONG)
        elif not line or line.isspace():
            continue
        else:
            item = _read_line(line, number, clock)
            yield item
            width = len(clock.stamp)
            said_at, metadata = clock.now, clock.metadata
            if isinstance(item, RawTurn) and item.metadata is metadata and len(nicks) < _NICKS:
                nicks.add(item.speaker)


def _read_line(line: str, number: int, clock: Clock) -> RawTurn | Skipped | Ignored:
    """One line that is not blank."""
    if clock.sets_date(line):
        return _CHANNEL_EVENT
    stamped = STAMP.match(line)
    body = line[stamped.end() :] if stamped else line
    tabbed = body.startswith("\t")
    body = body.strip()
    if stamped and not clock.read(stamped):
        return Skipped(line=number, reason="no such date or time", excerpt=line[:EXCERPT_CHARS])
    kind = ""
    first = body[:1]
    if first == "<" and not body.startswith("<--"):
        end = body.find(">")
        nick, text = body[1:end].strip("@+%&~ "), body[end + 1 :].strip()
        if "!" in nick:
            nick = nick.partition("!")[0]
            # Freenode marked each line with whether the nick was registered; dircproxy wrote the mark down.
            text = text[1:].strip() if text[:1] in "+-" else text
        if end < 0 or not nick or len(nick) > _NICK_CHARS:
            return Skipped(line=number, reason="no nick in front of the message", excerpt=line[:EXCERPT_CHARS])
    elif words := _other_words(body, tabbed):
        nick, text, kind = words
    elif _is_event(body):
        return _CHANNEL_EVENT
    else:
        return Skipped(line=number, reason="not a line of an IRC log", excerpt=line[:EXCERPT_CHARS])
    if not text:
        return _EMPTY
    metadata = {**clock.metadata, kind: True} if kind else clock.metadata
    return RawTurn(speaker=nick, text=text, said_at=clock.now, line=number, metadata=metadata)


def _is_event(body: str) -> bool:
    return body.startswith(("*", "-!-", "-->", "<--", "--", "===", "|<--")) or _tells_event(body)


def _tells_event(words: str) -> bool:
    return any(one in words for one in _MOST_EVENTS) or _EVENT.search(words) is not None


def _other_words(body: str, tabbed: bool) -> tuple[str, str, str] | None:
    """Nick, words and kind of a line that is no plain `<nick> text`; None where nobody says anything."""
    first = body[:1]
    if first in "*=":
        # Three asterisks are the client speaking; one is an action, but mIRC writes joins with one as well.
        if body.startswith(("**", "====")) or _tells_event(body.lstrip("*= ")):
            return None
        match = (_ACTION if first == "*" else _EQUALS_ACTION).fullmatch(body)
        return (match[1], match[2], "action") if match else None
    if first == "-":
        match = None if body.startswith(("--", "-!-")) else _NOTICE.fullmatch(body)
        return (match[1], match[2], "notice") if match else None
    if first == "(":
        match = _PRIVATE.fullmatch(body)
        return (match[1], match[2], "notice") if match else None
    if tabbed:
        match = _TABBED.fullmatch(body)
        return (match[1], match[2].strip(), "") if match else None
    match = _EGGDROP_ACTION.fullmatch(body)
    return (match[1], match[2], "action") if match else None


READER = Reader(
    name="irc",
    title="IRC log (irssi, weechat, HexChat, supybot, ZNC, dircproxy, ...)",
    sniff=sniff,
    read=read,
    by_line=True,
)
