"""Gemini (once Bard) in a Google Takeout: My Activity/Gemini Apps/MyActivity.json or MyActivity.html.

https://support.google.com/gemini/answer/13278892 (how to get it); the layout is not documented, this reader follows
real exports. Each activity is one prompt with its answers: `title` is "Prompted " (in the account's language) and the
words of the prompt, `time` is in UTC, `safeHtmlItem` holds the answers in HTML, several where one was made again. Other
activities (feedback, a canvas, other products) hold no prompt. A title whose beginning is in a language that is not
known here is kept whole if it has an answer. The newest come first.

No field says which conversation an activity belongs to, but for a link to it in some exports. So a session is that
conversation, or else a day (in UTC): the same in every export, whatever older activities have been deleted meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from memcli.ingest.readers.base import (
    EXCERPT_CHARS,
    Ignored,
    Item,
    RawSession,
    RawTurn,
    Reader,
    Skipped,
    Source,
)
from memcli.ingest.readers.gemini_cells import cells, conversation, plain
from memcli.ingest.readers.json_stream import records
from memcli.ingest.readers.timestamps import read_time
from memcli.patterns import regex

_PRODUCT = regex(r"gemini|\bbard\b", re.IGNORECASE)
_FIELDS = regex(r'\s*+\[?\s*+\{[^{}\[\]]*"(?:header|title|time)"\s*:')
_PROMPTED = regex(r"(?:Prompted|Eingegebener Prompt:|Asked|Said)(?:\s+|$)")
_NO_PROMPT = ("Gave feedback", "Selected preferred draft", "Used ", "Created Gemini Canvas", "Created a ")
_HTML_BYTES = 1024 * 1024
_PICTURE = regex(r"<(?:img|picture|video|audio|svg|canvas|iframe)\b", re.IGNORECASE)
_MARKUP = regex(r"<[^<>]*>|&nbsp;")


@dataclass(frozen=True, slots=True)
class _Activity:
    """A prompt with its answers, and the session that it is of."""

    said_at: datetime
    session: str
    turns: list[RawTurn]


def sniff(source: Source) -> float:
    """By the fields of an activity, or the cells of the page, and the name of the product."""
    head = source.head_text
    if _FIELDS.match(head) and '"products"' in head and '"header"' in head:
        return 0.95 if _PRODUCT.search(head) else 0.0
    return 0.9 if _is_page(source) and _page_is_of_gemini(source) else 0.0


def read(source: Source) -> Iterator[Item]:
    """Every day's prompts and answers, those of a day in the order of their times."""
    day: list[_Activity] = []
    for item in _page(source) if _is_page(source) else _document(source):
        if not isinstance(item, _Activity):
            yield item
            continue
        if day and item.said_at.date() != day[-1].said_at.date():
            yield from _told(day)
            day = []
        day.append(item)
    yield from _told(day)


def _told(day: list[_Activity]) -> Iterator[Item]:
    session = None
    day = day[::-1]
    day.sort(key=lambda activity: activity.said_at.replace(tzinfo=None))
    for activity in day:
        if activity.session != session:
            session = activity.session
            yield RawSession(native_id=session, title=f"Gemini, {activity.said_at:%Y-%m-%d}")
        yield from activity.turns


def _is_page(source: Source) -> bool:
    start = source.head_text[:2000].lstrip().lower()
    return start.startswith(("<html", "<!doctype html")) and ("mdl-" in source.head_text or "outer-cell" in start)


def _page_is_of_gemini(source: Source) -> bool:
    """The styles in front of the first cell can be longer than a head."""
    with source.open() as stream:
        text = stream.read(_HTML_BYTES).decode("utf-8", errors="replace")
    at = text.find('<div class="outer-cell')
    return at >= 0 and bool(_PRODUCT.search(text, at))


def _document(source: Source) -> Iterator[_Activity | Skipped | Ignored]:
    for record in records(source):
        if isinstance(record, Skipped):
            yield record
            continue
        value = record.value
        try:
            if not isinstance(value, dict) or not isinstance(value.get("title"), str):
                raise ValueError("an activity without a title")
            products = value.get("products")
            names = [value.get("header"), *(products if isinstance(products, list) else [])]
            if not any(isinstance(name, str) and _PRODUCT.search(name) for name in names):
                yield Ignored(reason="activity of another product")
                continue
            answers, others = _answers(value.get("safeHtmlItem"), record.line)
            prompt = _prompt(value["title"], answered=bool(answers))
            yield from others
            if prompt is None:
                yield Ignored(reason="activity without a prompt")
                continue
            time = value.get("time")
            said_at = read_time(time)
            if said_at is None:
                raise ValueError("an activity without a time")
            link = conversation(str(value.get("titleUrl") or ""))
            files = _files(value)
            yield _activity(prompt, answers, said_at, record.line, link, files)
        except ValueError as error:
            yield Skipped(line=record.line, reason=str(error), excerpt=record.text[:EXCERPT_CHARS])


def _page(source: Source) -> Iterator[_Activity | Skipped | Ignored]:
    for line, cell in cells(source):
        if cell is None:
            yield Skipped(line=line, reason="an activity that is too long")
        elif not _PRODUCT.search(cell.product):
            yield Ignored(reason="activity of another product")
        else:
            answers, others = _answers([{"html": cell.answer}], line)
            prompt = _prompt(cell.title, answered=bool(answers))
            yield from others
            if prompt is None:
                yield Ignored(reason="activity without a prompt")
            elif cell.said_at is None:
                yield Skipped(line=line, reason="an activity without a time", excerpt=cell.title[:EXCERPT_CHARS])
            else:
                yield _activity(prompt, answers, cell.said_at, line, cell.link, cell.attachments[1:])


def _prompt(title: str, *, answered: bool) -> str | None:
    """The words of the prompt in a title; None where it is the title of something else."""
    if match := _PROMPTED.match(title):
        return title[match.end() :].strip()
    return title.strip() if answered and not title.startswith(_NO_PROMPT) else None


def _activity(
    prompt: str, answers: list[str], said_at: datetime, line: int, link: str | None, files: list[str]
) -> _Activity | Ignored:
    metadata = {"attachments": files} if files else {}
    turns = [RawTurn(speaker="user", text=prompt, said_at=said_at, line=line, role="user", metadata=metadata)]
    turns = turns if prompt else []
    for answer in answers:
        turns.append(RawTurn(speaker="assistant", text=answer, said_at=said_at, line=line, role="assistant"))
    if not turns:
        return Ignored(reason="empty message")
    moment = said_at.astimezone(UTC) if said_at.tzinfo else said_at
    return _Activity(moment, link or f"{moment:%Y-%m-%d}", turns)


def _answers(written: object, line: int) -> tuple[list[str], list[Skipped | Ignored]]:
    """The words of the answers, and the answers without words: pictures, and what cannot be read."""
    answers: list[str] = []
    others: list[Skipped | Ignored] = []
    for item in written if isinstance(written, list) else [written] if written else []:
        html = item.get("html") if isinstance(item, dict) else item
        if not isinstance(html, str):
            others.append(Skipped(line=line, reason="an answer that is no text", excerpt=str(html)[:EXCERPT_CHARS]))
        elif answer := plain(html):
            answers.append(answer)
        elif _PICTURE.search(html):
            others.append(Ignored(reason="media without words"))
        elif rest := _MARKUP.sub(" ", html).strip():
            others.append(Skipped(line=line, reason="an answer that cannot be read", excerpt=rest[:EXCERPT_CHARS]))
    return answers, others


def _files(value: dict[str, Any]) -> list[str]:
    files = value.get("attachedFiles")
    names = [*(files if isinstance(files, list) else []), value.get("imageFile")]
    return list(dict.fromkeys(name for name in names if isinstance(name, str) and name))


READER = Reader(name="gemini", title="Gemini activity in a Google Takeout (JSON or HTML)", sniff=sniff, read=read)
