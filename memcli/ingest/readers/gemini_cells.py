"""The cells of Google's MyActivity.html, one an activity, streamed in bounded memory.

A page is a long head of styles and then, often all on one line, `<div class="outer-cell ...">` after it. Inside, the
header-cell names the product, the first content-cell holds what was done: the title, perhaps lines about attachments,
a line that is a time, and the answer, parted by <br>.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from html import unescape

from memcli.ingest.readers.base import Source
from memcli.ingest.readers.gemini_dates import activity_time
from memcli.ingest.readers.html_words import words
from memcli.patterns import regex

CELL_CHARS = 16 * 1024 * 1024
"""A longer cell is refused; answers with pictures in them have some megabytes."""
_PIECE_BYTES = 256 * 1024
_OPENING = '<div class="outer-cell'
_HEADER = regex(r'class="header-cell[^>]{0,200}>(.{0,1000}?)</div>', re.DOTALL)
_CONTENT = regex(r'<div class="content-cell[^>]{0,200}>')
_BREAK = regex(r"<br\s*/?>", re.IGNORECASE)
_ATTACHED = regex(
    r"\d+ generated (?:image|video|file)s?\.?|Attached \d+ files?\.?|\d+ Datei(?:en)? angehängt\.?", re.IGNORECASE
)
_CONVERSATION = regex(r"gemini\.google\.com/(?:u/\d+/)?app/(?:c_)?([\w-]{6,64})")
_TAG = regex(r"<[^<>]*>")
_SPACE = "\ue000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One activity as the page shows it. `said_at` is None where no line of it is a time; `answer` is HTML.

    `link` is the id of the conversation, where the page links to it.
    """

    product: str
    title: str
    said_at: datetime | None
    answer: str
    link: str | None
    attachments: list[str] = field(default_factory=list)


def cells(source: Source) -> Iterator[tuple[int, Cell | None]]:
    """Every cell with the line that it starts on; None for one that is too long."""
    for line, text in _pieces(source):
        yield line, _cell(text) if text is not None else None


def _pieces(source: Source) -> Iterator[tuple[int, str | None]]:
    """(line, text) of every cell, from its opening tag to the next one's; the text of one that is too long is None."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
    mark = len(_OPENING)
    text, line, passed = "", 1, 0
    begun = dropped = False
    with source.open() as stream:
        while True:
            data = stream.read(_PIECE_BYTES)
            looked = max(len(text) - mark, mark if begun else 0)
            text += decoder.decode(data, final=not data)
            at = 0
            while (found := text.find(_OPENING, looked)) >= 0:
                if begun:
                    yield line, None if dropped else text[at:found]
                line, passed = line + passed + text.count("\n", at, found), 0
                at, looked = found, found + mark
                begun, dropped = True, False
            text = text[at:]
            if len(text) > (CELL_CHARS if begun else mark):
                # What is in front of the first cell, and what is in one that is too long, is only counted.
                dropped = begun
                kept = text[-mark:]
                passed += text.count("\n", 0, len(text) - mark)
                text = _OPENING + kept if begun else kept
            if not data:
                if begun:
                    yield line, None if dropped else text
                return


def _cell(text: str) -> Cell:
    header = _HEADER.search(text)
    opening = _CONTENT.search(text)
    body = text[opening.end() :] if opening else ""
    following = _CONTENT.search(body)
    body = body[: following.start()] if following else body
    title: list[str] = []
    attachments: list[str] = []
    said_at, answer, at = None, "", 0
    for found in [*_BREAK.finditer(body), None]:
        segment = body[at : found.start() if found else len(body)]
        shown, mark, rest = segment.partition("<")
        said_at = activity_time(plain(shown)) if len(shown) < 200 else None
        if said_at is not None:
            answer = mark + rest + (body[found.start() :] if found else "")
            break
        if attachments or ("<" not in segment and _ATTACHED.fullmatch(plain(segment))):
            attachments.append(plain(segment))
        else:
            title.append(segment)
        at = found.end() if found else at
        if len(title) > 20_000:
            break
    link = _CONVERSATION.search(text, 0, opening.end() + at if opening and said_at else len(text))
    return Cell(
        product=_product(header[1]) if header else "",
        title=plain("<br>".join(title)),
        said_at=said_at,
        answer=answer,
        link=link[1] if link else None,
        attachments=[name.lstrip("- ") for name in attachments if name],
    )


@lru_cache(maxsize=64)
def _product(header: str) -> str:
    return plain(header)


def conversation(link: str) -> str | None:
    """The id of the conversation that a link to Gemini leads to."""
    match = _CONVERSATION.search(link)
    return match[1] if match else None


def plain(html: str) -> str:
    """The words of HTML as they are shown; what is preformatted (code) keeps its lines and indents."""
    if "<" not in html:
        return unescape(html).replace("\xa0", " ").strip()
    *closed, rest = html.split("</pre>")
    html = "</pre>".join([*map(_kept, closed), rest])
    return words(html, without="").replace(_SPACE, " ").replace("\xa0", " ").strip()


def _kept(html: str) -> str:
    """HTML that ends in preformatted words, these with marks that outlast the laying out of lines."""
    before, opening, code = html.partition("<pre")
    tag, closing, code = code.partition(">")
    code = _TAG.sub("", _BREAK.sub("\n", code)).replace(" ", _SPACE).replace("\n", "<br>")
    return before + opening + tag + closing + code
