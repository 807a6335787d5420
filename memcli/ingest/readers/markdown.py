"""Transcripts in Markdown, as people and exporters of assistants write them: a mark for who speaks, then the words.

    ## User            ### Assistant          headings, of any one level
    **You:** Hi        **ChatGPT**            bold, the words behind it or below
    _**User (2025-07-25 14:32Z)**_            SpecStory (https://github.com/specstoryai/getspecstory)

There is no specification. Names are those that people and assistants go by in such files, so that a heading of an
answer is no speaker; of several kinds of marks in one file only that counts by which the two sides alternate most, and
none inside a code fence (SpecStory's count there too, for the code that an answer quotes may be cut off). A time, and
the model, may stand in brackets behind the name; a time alone on the first line of an utterance (the browser extension
ChatGPT Exporter) is its time. Rules (---) between utterances are left out. The first heading in front of them is the
title; SpecStory's comment "... Session ID (...)" gives the session's id.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

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
from memcli.ingest.readers.timestamps import from_iso
from memcli.patterns import regex
from memcli.types import Role

_USER = frozenset(["user", "you", "human", "me", "prompt", "usuario", "usuário", "utilisateur", "benutzer", "用户"])
_ASSISTANT = frozenset(
    ["assistant", "ai", "agent", "bot", "response", "model", "chatgpt", "gpt", "claude", "gemini", "copilot", "cursor",
     "codex", "grok", "deepseek", "mistral", "perplexity", "llama", "qwen", "asistente", "assistente", "assistent",
     "助手"]
)  # fmt: skip
_OTHERS: dict[str, Role] = {"system": "system", "tool": "tool"}
_NAME = r"(?P<name>[^\W\d_][\w .-]{0,29}?)(?: {0,3}\((?P<details>[^()]{1,120})\))?"
_ICON = r"(?:[^\w\s#*_<>\[\]()`\"'-]{1,8} {0,3})?"
_MARKS = (
    ("specstory", regex(rf"_\*\*{_NAME}\*\*_")),
    (
        "heading",
        regex(rf"(?P<level>#{{1,6}}) {{1,3}}{_ICON}(?:\*\*|__)?{_NAME} {{0,3}}:?(?:\*\*|__)?:?(?: {{0,3}}#{{1,6}})?"),
    ),
    (
        "bold",
        regex(rf"(?:\*\*|__){_ICON}{_NAME} {{0,3}}(?::(?:\*\*|__)|(?:\*\*|__) ?:|(?:\*\*|__)$)(?: (?P<text>.*))?"),
    ),
)
_BEGINNINGS = ("#", "*", "_")
"""Each mark begins with one of them."""
_FENCE = regex(r" {0,3}(`{3,}|~{3,})")
_RULE = regex(r"\s{0,3}(?:-{3,}|\*{3,}|_{3,})\s*")
_TITLE = regex(r"#\s+(?P<title>\S.*)")
_SESSION = regex(r"<!--.{0,60}\bSession ([0-9a-fA-F-]{8,64})\b.*-->")
_STAMP = regex(r"(\d{4}-\d\d-\d\d)[T ,]+(\d\d?:\d\d(?::\d\d(?:\.\d{1,6})?)?)\s*(Z|UTC|[+-]\d\d:?\d\d)?")
_AMERICAN = regex(r"(\d{1,2})/(\d{1,2})/(\d{4}),?\s+(\d{1,2}):(\d\d)(?::(\d\d))?\s*([AP])\.?M\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A line that says who speaks: how, and with what words behind it."""

    kind: str
    speaker: str
    role: Role
    details: str
    text: str


@dataclass(slots=True)
class _Open:
    """The utterance that is being read."""

    mark: _Mark
    line: int
    words: list[str] = field(default_factory=list)
    size: int = 0


def sniff(source: Source) -> float:
    """By the marks: SpecStory's are certain; others must be of both sides, and alternate more than once to be sure."""
    counts = _count(enumerate(source.head_lines))
    kind = _kind(counts)
    if kind is None:
        return 0.0
    if kind == "specstory":
        return 0.9
    user, assistant = counts[kind, "user"], counts[kind, "assistant"]
    if not user or not assistant:
        return 0.0
    return 0.8 if user + assistant > 2 else 0.5


def read(source: Source) -> Iterator[Item]:
    """One session, by the kind of marks that the first pass found."""
    kind = _kind(_count(source.lines()))
    session: RawSession | None = None
    native_id = title = fence = None
    now: _Open | None = None
    for number, line in source.lines():
        if line is None:
            yield Skipped(line=number, reason=TOO_LONG)
            continue
        fence = _fenced(line, fence)
        mark = _mark(line)
        if mark and mark.kind == kind and (fence is None or kind == "specstory"):
            fence = None
            if session is None:
                session = RawSession(native_id=native_id, title=title, telling="full" if native_id else None)
                yield session
            if now:
                yield _turn(now)
            now = _Open(mark, number, [mark.text] if mark.text else [], len(mark.text))
        elif now is None:
            if found := _SESSION.match(line.strip()):
                native_id = found[1]
            elif title is None and (heading := _TITLE.match(line)):
                title = _STAMP.sub("", heading["title"]).replace("()", "").strip()[:EXCERPT_CHARS] or None
            elif line.strip():
                yield Ignored(reason="text in front of the first speaker")
        elif now.size + len(line) > LINE_BYTES:
            yield _turn(now)
            now = _Open(now.mark, number, [line], len(line))
        else:
            now.words.append(line.rstrip())
            now.size += len(line) + 1
    if now:
        yield _turn(now)
    if session is None:
        yield Skipped(line=1, reason="nobody is marked as speaking")


def _mark(line: str) -> _Mark | None:
    """Who is marked as speaking by this line, if anybody."""
    if not line.startswith(_BEGINNINGS):
        return None
    for kind, pattern in _MARKS:
        if match := pattern.fullmatch(line.rstrip()):
            parts = match.groupdict()
            role = _role(parts["name"])
            if role is None:
                return None
            level = f" {len(parts['level'])}" if kind == "heading" else ""
            return _Mark(
                kind + level, parts["name"].strip(), role, parts["details"] or "", (parts.get("text") or "").strip()
            )
    return None


def _role(name: str) -> Role | None:
    """The role of a name: the whole name, or its first word where a version follows (Claude 3.5, GPT-4)."""
    plain = name.strip().casefold()
    first = re.split(r"[\s.-]*\d|[\s-](?:said|says|code|cli)\b", plain, maxsplit=1)[0].strip()
    for known in (plain, first):
        if known in _USER:
            return "user"
        if known in _ASSISTANT:
            return "assistant"
        if known in _OTHERS:
            return _OTHERS[known]
    return None


def _fenced(line: str, fence: str | None) -> str | None:
    """The fence that is open after this line: a code fence lasts until one as long of the same sign."""
    if "```" not in line and "~~~" not in line:
        return fence
    match = _FENCE.match(line)
    if fence is None:
        inline = match and match[1][0] == "`" and "`" in line[match.end() :]
        return match[1] if match and not inline else None
    closes = match and match[1].startswith(fence) and not line.strip().strip(fence[0])
    return None if closes else fence


def _count(lines: Iterable[tuple[int, str | None]]) -> Counter[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    fence = None
    for _, line in lines:
        # Any log is asked whether it is this: most lines of most can be neither mark nor fence.
        if line is not None and (line.startswith(_BEGINNINGS) or "```" in line or "~~~" in line):
            fence = _fenced(line, fence)
            mark = _mark(line)
            if mark and (fence is None or mark.kind == "specstory"):
                counts[mark.kind, mark.role] += 1
    return counts


def _kind(counts: Counter[tuple[str, str]]) -> str | None:
    """The kind of marks by which the two sides alternate most; SpecStory's even where only one side speaks."""
    kinds = sorted({kind for kind, _ in counts})
    if "specstory" in kinds:
        return "specstory"
    return max(
        kinds,
        key=lambda kind: (
            min(counts[kind, "user"], counts[kind, "assistant"]),
            counts[kind, "user"] + counts[kind, "assistant"],
        ),
        default=None,
    )


def _turn(said: _Open) -> RawTurn | Skipped | Ignored:
    words = said.words
    try:
        said_at = _time(said.mark.details)
        first = next((number for number, word in enumerate(words) if word.strip()), len(words))
        if said_at is None and first < len(words) and (alone := _whole_time(words[first].strip())):
            said_at, words = alone, words[first + 1 :]
    except ValueError as error:
        return Skipped(line=said.line, reason=str(error), excerpt="\n".join(words)[:EXCERPT_CHARS])
    end = len(words)
    while end and (not words[end - 1].strip() or _RULE.fullmatch(words[end - 1])):
        end -= 1
    text = "\n".join(words[:end]).strip()
    if not text:
        return Ignored(reason="empty message")
    details = _STAMP.sub("", said.mark.details).strip(" ,")
    metadata = {"details": details} if details else {}
    return RawTurn(
        speaker=said.mark.speaker, text=text, said_at=said_at, line=said.line, role=said.mark.role, metadata=metadata
    )


def _time(text: str) -> datetime | None:
    """The time somewhere in the text. Raises ValueError where it is an impossible one."""
    match = _STAMP.search(text)
    if not match:
        return None
    zone = (match[3] or "").replace("UTC", "+00:00").replace("Z", "+00:00")
    clock = match[2].zfill(5) if match[2].count(":") == 1 else match[2].zfill(8)
    return from_iso(f"{match[1]}T{clock}{zone}")


def _whole_time(line: str) -> datetime | None:
    """The time that a line is and nothing else; 7/20/2025, 10:00:00 AM is American, as AM and PM say."""
    if _STAMP.fullmatch(line):
        return _time(line)
    match = _AMERICAN.fullmatch(line)
    if not match:
        return None
    month, day, year, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    return datetime(year, month, day, hour % 12 + (12 if match[7] in "pP" else 0), minute, second)


READER = Reader(
    name="markdown", title="Markdown transcript (SpecStory, User/Assistant headings)", sniff=sniff, read=read
)
