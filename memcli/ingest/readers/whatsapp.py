"""WhatsApp's "Export chat" text files, from Android and from iOS.

    12/31/23, 9:05 PM - Ann: text               Android: date, time, dash
    [31.12.23, 21:05:33] Ann: text              iOS: date and time in brackets
    31.12.23, 21:05 - Ann added Bob             no colon: WhatsApp speaking, not a person

https://faq.whatsapp.com/1180414079177245 (how to get one). There is no specification; the shapes are those of the test
files of chat-miner, whatstk and whatsapp-chat-parser. A message goes on over the lines that start with no date.

The file does not say whether the day or the month comes first, so that is decided over the whole of it, in
whatsapp_dates. Times are on the clock of the phone that exported, without a zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
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
from memcli.ingest.readers.whatsapp_dates import DateOrder, Dates, moment
from memcli.patterns import regex

# U+200E and U+200F (writing direction) stand in front of what WhatsApp itself put in; U+202F and U+00A0 are spaces.
HEADER = regex(
    r"""[\u200e\u200f\ufeff]*(?P<bracket>\[)?
    (?P<a>\d{1,4})\u200f?(?P<mark>[./-])[ ]?(?P<b>\d{1,2})\u200f?(?P=mark)[ ]?(?P<c>\d{2,4})\.?(?:[ ]г\.)?
    [,،]?[ \u00a0\u202f](?:(?:à|um|klo|kl\.|om|at|a[ ]las|alle|в)[ ])?
    (?:(?P<early>上午|午前|오전|凌晨|清晨|早上)|(?P<late>下午|午後|오후|中午|晚上))?[ ]?
    (?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?
    (?:[ \u00a0\u202f]?(?P<half>[AaPp])\.?[ \u00a0\u202f]?[Mm]\.?
    |[ \u00a0\u202f](?:(?P<early_after>ص|π\.μ\.|ÖÖ|SA|de\.|PG)|(?P<late_after>م|μ\.μ\.|ÖS|CH|du\.|PTG)|ч\.))?
    (?(bracket)\]|[ ][-–])[ ](?P<rest>.*)""",
    re.VERBOSE,
)
_SPEAKER = regex(r"[\u200e\u200f~\u00a0 ]*([^:\n]{1,80}?):(?: (.*)|(?=\n)|$)", re.DOTALL)
_CLOSE_SPEAKER = regex(r"([^:\n]{1,80}?):(\S.*)", re.DOTALL)
_OWN_WORDS = regex(
    r"(?:Messages and calls are|Messages you send to this (?:chat|group) (?:and calls )?are now) (?:end-to-end|secured)"
    r"|Your security code with .{1,60} changed|Missed (?:group )?(?:voice|video) call\b|Waiting for this message\b"
)
_DELETED = regex(
    r"(?:This message was deleted|You deleted this message|null"
    r"|Diese Nachricht wurde gelöscht|Du hast diese Nachricht gelöscht"
    r"|Se eliminó este mensaje|Este mensaje fue eliminado|Eliminaste este mensaje"
    r"|Ce message a été supprimé|Vous avez supprimé ce message"
    r"|Questo messaggio è stato eliminato|Hai eliminato questo messaggio"
    r"|Mensagem apagada|Esta mensagem foi apagada|Você apagou esta mensagem|Apagou esta mensagem"
    r"|Dit bericht is verwijderd|Dit bericht werd verwijderd|Je hebt dit bericht verwijderd"
    r"|Данное сообщение удалено|Это сообщение удалено|Вы удалили данное сообщение|Bu mesaj silindi|Bu mesajı sildiniz"
    r"|Ta wiadomość została usunięta|Usunięto tę wiadomość|تم حذف هذه الرسالة"
    r"|このメッセージは削除されました|このメッセージを削除しました|此消息已删除|您删除了这条消息|此訊息已刪除|您已刪除此訊息"
    r"|삭제된 메시지입니다|이 메시지는 삭제되었습니다)[.。]?"
)
# Android writes the marker in the phone's language, always in angle brackets; iOS after U+200E.
_MEDIA = regex(
    r"<(?=[^<>\n]*(?: |[^\x00-\x7f]))[^<>\n=/\"]{3,40}>"
    r"|(?:image|video|audio|sticker|GIF|document|Contact card|video note) omitted"
)
_ATTACHED = regex(
    r"\u200e<[^<>\n:]{3,20}: ([^<>\n]{1,120})>|<attached: ([^<>\n]{1,120})>"
    r"|\A\u200e?((?:IMG|VID|AUD|PTT|STK|DOC)-\d{8}-WA\d{4,6}\.\w{2,5}) \([^()\n]{3,40}\)(?=\n|\Z)"
    r"|\A\u200e?([^\n]{1,120}\.\w{2,5}) \((?:file attached|Datei angehängt|archivo adjunto|fichier joint|file allegato"
    r"|bestand bijgevoegd|arquivo anexado|ficheiro anexado|файл добавлен)\)(?=\n|\Z)"
)
# In the phone's language, after U+200E; in English, older versions left that out.
_EDITED = regex(r" ?(?:\u200e<[^<>\n:]{5,60}>|<This message was edited>)[ \u200e]*\Z")
_POLL = regex(r"[^\W\d_]{3,20} ?:\n.+", re.DOTALL)
_CHAT_TITLE = regex(r"WhatsApp (?:Chat|chat) (?:with|-) (.+)")
_SIGNS = ("<Media omitted>", "\u200e", "end-to-end encrypt", "omitted", "(file attached)")

_AROUND_NAMES = "\u202a\u202c\u2068\u2069\u200e\u200f\u00a0 "
_SPEAKERS = 10_000
"""So many names are remembered from the first pass; a chat has at most 1,024 members."""


def sniff(source: Source) -> float:
    """By lines that start with a date, a time and a name in one of WhatsApp's two shapes."""
    lines = source.head_lines
    headers = [match for line in lines if (match := HEADER.match(line))]
    spoken = [match for match in headers if _spoken(match["rest"])]
    if not spoken or len(headers) < (0.1 if HEADER.match(lines[0]) else 0.3) * len(lines):
        return 0.0
    # A year first, in brackets, is also how people write their own logs; what only WhatsApp writes settles it.
    iso_like = all(match["bracket"] and len(match["a"]) == 4 for match in headers)
    if iso_like and not any(sign in source.head_text for sign in _SIGNS):
        return 0.55
    return 0.9


def read(source: Source) -> Iterator[Item]:
    """One session; its messages in the order of the file."""
    yield RawSession(native_id=None, title=_title(source), goes_on=source.start > 0)
    survey = _survey(source)
    order, speakers = survey.order, survey.speakers
    source.carry["survey"] = survey
    header: re.Match[str] | None = None
    first, size, body = 0, 0, list[str]()
    for number, line in source.lines():
        found = HEADER.match(line) if line is not None else None
        if line is None:
            yield Skipped(line=number, reason=TOO_LONG)
        elif found:
            if header:
                yield _message(header, body, first, order, speakers)
            if survey.whole:
                source.keep_place()
            header, first, body = found, number, [found["rest"]]
            size = len(line)
        elif header and size + len(line) <= LINE_BYTES:
            body.append(line)
            size += len(line) + 1
        elif line.strip():
            reason = "a message longer than 1 MiB" if header else "text in front of the first message"
            yield Skipped(line=number, reason=reason, excerpt=line[:EXCERPT_CHARS])
    if header:
        yield _message(header, body, first, order, speakers)


def _goes_on(source: Source) -> bool:
    """Whether the order of day and month is what it was, and nobody speaks who was not known to speak before."""
    before = _Survey.carry_on(source.carry["survey"])
    now = _survey(source)
    return now.order is before.order and not (now.speakers & before.doubtful)


def _title(source: Source) -> str | None:
    """The name of the chat: that of the file, or of the folder or zip in which iOS puts a file "_chat.txt"."""
    folder, name = (["", *re.split(r"[/!:]+", source.uri)])[-2:]
    title = PurePath(name).name.removesuffix(".txt")
    if named := _CHAT_TITLE.fullmatch(folder.removesuffix(".zip") if title == "_chat" else title):
        return named[1]
    return None if title in ("_chat", "-") else title


@dataclass(slots=True)
class _Survey:
    """What the first pass finds out: the order of day, month and year, and the names of those who speak.

    `settled` are the dates but for the last, which the next part of the file, when it has grown, begins with.
    `doubtful`: names of which a line was taken for one of WhatsApp's own, since nobody was known by them.
    """

    order: DateOrder
    settled: Dates = field(default_factory=Dates)
    speakers: set[str] = field(default_factory=set)
    doubtful: set[str] = field(default_factory=set)

    @property
    def whole(self) -> bool:
        """Whether all the names are in it."""
        return len(self.speakers) < _SPEAKERS and len(self.doubtful) < _SPEAKERS

    def carried(self) -> dict[str, Any]:
        """As JSON, for the part of the file that goes on where this one ends."""
        names = {"speakers": sorted(self.speakers), "doubtful": sorted(self.doubtful - self.speakers)}
        return {"order": self.order.value, "dates": self.settled.carried(), **names}

    @classmethod
    def carry_on(cls, carried: Mapping[str, Any]) -> _Survey:
        """The survey of the part before."""
        names = set(carried["speakers"]), set(carried["doubtful"])
        return cls(DateOrder(carried["order"]), Dates.carry_on(carried["dates"]), *names)


def _survey(source: Source) -> _Survey:
    """The first pass."""
    found = _Survey(DateOrder.DAY_FIRST)
    if "survey" in source.carry:
        found = _Survey.carry_on(source.carry["survey"])
    last: re.Match[str] | None = None
    for _, line in source.lines():
        if line is None or not (header := HEADER.match(line)):
            continue
        if last is not None:
            found.settled.take(last)
        last = header
        if spoken := _spoken(header["rest"]):
            if len(found.speakers) < _SPEAKERS:
                found.speakers.add(spoken[1].strip(_AROUND_NAMES))
        elif (close := _CLOSE_SPEAKER.fullmatch(header["rest"])) and len(found.doubtful) < _SPEAKERS:
            found.doubtful.add(close[1].strip(_AROUND_NAMES))
    dates = found.settled.copy()
    if last is not None:
        dates.take(last)
    found.order = dates.order
    return found


def _spoken(text: str) -> re.Match[str] | None:
    """Speaker and words. A quote open at the colon means that a chat's name is told: changed the subject to "Re: x"."""
    match = _SPEAKER.match(text)
    if match and (match[1].count('"') % 2 or match[1].count("“") > match[1].count("”")):
        return None
    return match


def _message(
    header: re.Match[str], body: list[str], line: int, order: DateOrder, speakers: set[str]
) -> RawTurn | Skipped | Ignored:
    said_at = moment(header, order)
    if said_at is None:
        return Skipped(line=line, reason="no such date or time", excerpt=header[0][:EXCERPT_CHARS])
    whole = "\n".join(body)
    spoken = _spoken(whole)
    if not spoken:
        # `Ann:text` only where Ann is known from elsewhere: "Ann started a call at 12:30" has a colon, too.
        spoken = _CLOSE_SPEAKER.fullmatch(whole)
        if not spoken or spoken[1].strip(_AROUND_NAMES) not in speakers:
            return Ignored(reason="system line")
    text = spoken[2] if spoken[2] is not None else whole.partition("\n")[2]
    text = text.rstrip()
    metadata: dict[str, Any] = {}
    if not _MEDIA.fullmatch(text.strip("\u200e ")) and (edited := _EDITED.search(text)):
        text = text[: edited.start()]
        metadata["edited"] = True
    text = text.rstrip(" \u200e")
    if attached := _ATTACHED.search(text):
        metadata["attachment"] = next(name for name in attached.groups() if name)
        text = text[: attached.start()] + text[attached.end() :]
    app_speaking = text.startswith("\u200e")
    text = text.replace("\u200e", "").replace("\u200f", "").strip()
    if not text:
        return Ignored(reason="media without words" if attached else "empty message")
    if _MEDIA.fullmatch(text):
        return Ignored(reason="media without words")
    if _DELETED.fullmatch(text):
        return Ignored(reason="deleted message")
    # A poll is written by the app, in the words of who made it: "POLL:", the question, "OPTION: ..." on each line.
    if _POLL.fullmatch(text) and text.partition("\n")[0].isupper():
        app_speaking = False
    if app_speaking or _OWN_WORDS.match(text):
        return Ignored(reason="system line")
    return RawTurn(
        speaker=spoken[1].strip(_AROUND_NAMES) or "unknown", text=text, said_at=said_at, line=line, metadata=metadata
    )


READER = Reader(name="whatsapp", title="WhatsApp chat export (text)", sniff=sniff, read=read, goes_on=_goes_on)
