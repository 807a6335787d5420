"""LINE's "Export chat history" text files, of phones.

    [LINE] Chat history with Kaori             the first line, in the language of the phone
    Saved on: 2018/03/25 19:57

    2015/12/25 Fri                             a day; also "2015/12/25(金)", "Fri, 12/25/2015", "2015.12.25 金曜日"
    07:33<TAB>Kaori<TAB>Merry Christmas!       also "7:33AM", "午前7:33"
    07:34<TAB>Kaori<TAB>"two
    lines"                                     a message of several lines stands in quotation marks
    07:35<TAB>Kaori invited Erik.              no words: LINE speaking

https://help.line.me/line/?contentId=20007388 (how to get one). There is no specification; the shapes are those in the
tests of public parsers. Thai phones may count the years of the Buddhist era, 543 more. Where day and month could be
either way round, the day of the week that stands beside them decides, then the order of the days, over the whole file.
Times are on the clock of the phone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

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
from memcli.patterns import regex

_TITLE = regex(
    r"\[LINE\] ?(?:Chat history (?:with|in) (?P<en>.+)|(?P<ja>.+?)(?:とのトーク履歴|のトーク履歴)"
    r"|[与與](?P<zh>.+?)的(?:聊天记录|聊天記錄|聊天紀錄)|ประวัติการแชท(?:กับ|ใน)? ?(?P<th>.+)"
    r"|(?P<ko>.+?)님?과의 대화.*|(?P<other>.+))"
)
_DAY = regex(
    r"(?P<before>[^\W\d_][\w.]{0,20}\.?,? ?)?(?P<a>\d{1,4})(?:[./-]|年 ?)(?P<b>\d{1,2})(?:[./-]|月 ?)(?P<c>\d{1,4})日?"
    r"\.?[ ,]?\(?(?P<after>[^\W\d_][^\d\t()]{0,20})?\)?"
)
_ROW = regex(
    r"(?:(?P<early>午前|上午|오전)|(?P<late>午後|下午|오후))?[ ]?(?P<hour>\d{1,2}):(?P<minute>\d\d)"
    r"[ \u00a0\u202f]?(?P<half>[AaPp])?(?(half)\.?[Mm]\.?)\t(?P<rest>.*)"
)
_WEEKDAYS = {
    name: number
    for names in ("mon tue wed thu fri sat sun", "月 火 水 木 金 土 日", "一 二 三 四 五 六 日")
    for number, name in enumerate(names.split())
}
_MEDIA = regex(
    r"\[(?:Photo|Photos|Sticker|Video|Videos|Voice message|File|Contact|Location|Album|Note|Gift|Emoji|Image|GIF"
    r"|写真|スタンプ|動画|ボイスメッセージ|音声メッセージ|ファイル|連絡先|位置情報|アルバム|ノート|画像|絵文字"
    r"|照片|貼圖|贴图|影片|视频|相片|圖片|图片|語音訊息|语音信息|檔案|文件|聯絡資訊|位置訊息"
    r"|รูป|รูปภาพ|รูปถ่าย|สติกเกอร์|สติ๊กเกอร์|วิดีโอ|ไฟล์|ตำแหน่ง|ข้อความเสียง"
    r"|사진|스티커|동영상|음성 메시지|파일|위치)\](?: .{0,80})?"
)
_CALL = regex(r"☎.*")
_ERA = 543


def sniff(source: Source) -> float:
    """By LINE's title in the first line, or by days with tabbed rows under them."""
    lines = source.head_lines
    titled = bool(lines) and lines[0].startswith("[LINE]")
    if not titled and not (lines and _is_day(lines[0])):
        return 0.0
    rows = sum(_ROW.fullmatch(line) is not None for line in lines)
    if titled:
        return 0.98 if rows else 0.6
    days = sum(_is_day(line) for line in lines)
    spoken = sum(line.count("\t") == 2 and _ROW.fullmatch(line) is not None for line in lines)
    return 0.97 if spoken and days + rows >= 0.3 * len(lines) else 0.0


def read(source: Source) -> Iterator[Item]:
    """One session. A message goes on over the lines that are neither a day nor a row."""
    first = next((line for _, line in source.lines()), None) or ""
    named = _TITLE.fullmatch(first.strip())
    yield RawSession(native_id=None, title=next(filter(None, named.groups()), None) if named else source.stem)
    month_first = _month_first(source)
    day: datetime | None = None
    row: re.Match[str] | None = None
    started, size, body, blank = 0, 0, list[str](), False
    for number, line in source.lines():
        if line is None:
            yield Skipped(line=number, reason=TOO_LONG)
            continue
        found = _ROW.fullmatch(line)
        in_quotes = row is not None and _open_quotes(body)
        new_day = _is_day(line) and (blank or not in_quotes)
        if found or new_day:
            if row:
                yield _message(row, body, started, day)
            row = None
        if new_day:
            day = _date(line, month_first)
            if day is None:
                yield Skipped(line=number, reason="no such date", excerpt=line[:EXCERPT_CHARS])
        elif found:
            row, started, body, size = found, number, [found["rest"]], len(line)
        elif row and size + len(line) <= LINE_BYTES:
            body.append(line)
            size += len(line) + 1
        elif row:
            yield Skipped(line=number, reason="a message longer than 1 MiB", excerpt=line[:EXCERPT_CHARS])
        elif line.strip() and not (number == 1 and named) and not (number <= 3 and re.search(r"\d", line)):
            yield Skipped(line=number, reason="not a line of a LINE chat", excerpt=line[:EXCERPT_CHARS])
        blank = not line.strip()
    if row:
        yield _message(row, body, started, day)


def _message(row: re.Match[str], body: list[str], line: int, day: datetime | None) -> RawTurn | Skipped | Ignored:
    speaker, tab, text = "\n".join(body).partition("\t")
    if not tab or not speaker.strip():
        return Ignored(reason="system line")
    hour, minute = int(row["hour"]), int(row["minute"])
    if (row["late"] or row["half"] in ("p", "P")) and hour < 12:
        hour += 12
    elif (row["early"] or row["half"] in ("a", "A")) and hour == 12:
        hour = 0
    if hour > 24 or minute > 59:
        return Skipped(line=line, reason="no such time", excerpt=row[0][:EXCERPT_CHARS])
    text = text.strip()
    if "\n" in text and text.startswith('"') and text.endswith('"'):
        text = text[1:-1].replace('""', '"').strip()
    if not text:
        return Ignored(reason="empty message")
    if _MEDIA.fullmatch(text):
        return Ignored(reason="media without words")
    if _CALL.match(text):
        return Ignored(reason="call")
    clock = {} if day else {"clock": row[0][: row.start("rest")].strip()}
    said_at = day + timedelta(hours=hour, minutes=minute) if day else None
    return RawTurn(speaker=speaker.strip(), text=text, said_at=said_at, line=line, metadata=clock)


def _open_quotes(body: list[str]) -> bool:
    """Whether a message of several lines has begun and not ended."""
    text = body[0].partition("\t")[2]
    if not text.startswith('"'):
        return False
    last = body[-1].rstrip() if len(body) > 1 else text.rstrip()[1:]
    return not last.endswith('"')


def _is_day(line: str) -> bool:
    found = _DAY.fullmatch(line.strip())
    return bool(found and (found["before"] or found["after"] or len(found["a"]) == 4)) and "\t" not in line


def _date(line: str, month_first: bool) -> datetime | None:
    found = _DAY.fullmatch(line.strip())
    if not found:
        return None
    first, second, third = int(found["a"]), int(found["b"]), int(found["c"])
    if len(found["a"]) == 4:
        year, month, day = first, second, third
    else:
        year, (month, day) = third, (first, second) if month_first else (second, first)
    try:
        return datetime(year - _ERA if year > 2400 else year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None


def _month_first(source: Source) -> bool:
    """The first pass: which of the two orders fits the days, their names and their order better."""
    bad = {True: 0, False: 0}
    last: dict[bool, datetime | None] = {True: None, False: None}
    for _, line in source.lines():
        if line is None or not (found := _DAY.fullmatch(line.strip())) or len(found["a"]) == 4 or not _is_day(line):
            continue
        name = (found["before"] or found["after"] or "").strip(" ,.").lower()
        weekday = _WEEKDAYS.get(name[:3], _WEEKDAYS.get(name[:1]))
        for order, before in last.items():
            date = _date(line, order)
            wrong_name = date is not None and weekday is not None and date.weekday() != weekday
            back = date is not None and before is not None and date < before
            bad[order] += date is None or wrong_name or back
            last[order] = date or before
    return bad[True] < bad[False]


READER = Reader(name="line", title="LINE chat history (text)", sniff=sniff, read=read)
