"""Telegram: the export of Telegram Desktop (result.json; its web pages: see telegram_html), and updates of bots.

https://github.com/telegramdesktop/tdesktop, export/output/export_output_json.cpp, is what writes result.json: one chat
({"name", "type", "id", "messages": [...]}), or the whole account, with the chats in `chats.list` and those that were
left in `left_chats.list`. Its quirks:

- `text` is a text, or a list of texts and of objects {"type", "text"}; `text_entities`, in newer exports, is always
  such a list and may be all there is. A `text_link` has its address in `href`, not in the text.
- `date` is on the clock of the computer that exported, without a zone; `date_unixtime` (since 2021) is exact. Where
  both are there, their difference is the zone.
- `from` is null for a deleted account; a service message has an `actor` instead.
- Control characters are written as backslash, x and two digits, which is no JSON: such a message is skipped.

Bots: https://core.telegram.org/bots/api#update, as getUpdates returns them, {"ok": true, "result": [...]}. Ids of chats
there are negative for groups, and begin with -100 for channels; here they are written as the Desktop export writes
peers (user8, chat1, channel1387877165), so that both are known to be of the same chat.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from memcli.ingest.readers.base import ROLES, Ignored, Item, RawSession, RawTurn, Reader, Skipped, Source
from memcli.ingest.readers.json_fields import elements, excerpt, fields, key, objects, present, text, texts
from memcli.ingest.readers.json_tree import Begin, Part, Path, parts
from memcli.ingest.readers.telegram_html import is_page, read_page
from memcli.ingest.readers.timestamps import from_epoch, read_time, worded_at
from memcli.patterns import regex

_MESSAGE = regex(r'"type"\s*:\s*"(?:message|service|unsupported)"')
_DESKTOP = regex(r'"date_unixtime"\s*:\s*"\d+"|"from_id"\s*:\s*(?:"(?:user|chat|channel))?\d|"actor_id"\s*:\s*"?\w')
_ACCOUNT = regex(r'"personal_information"\s*:\s*\{[^{}]*"user_id"\s*:|"(?:left_)?chats"\s*:\s*\{\s*"about"\s*:')
_UPDATES = regex(r'"update_id"\s*:\s*\d')

_ELEMENT: Path = ("*",)
_ONE_CHAT: frozenset[Path] = frozenset({(), ("messages",)})
_INSIDE = _ONE_CHAT | {
    path
    for where in ("chats", "left_chats")
    for path in ((where,), (where, "list"), (where, "list", "*"), (where, "list", "*", "messages"))
}
_INSIDE_UPDATES: frozenset[Path] = frozenset({(), ("result",), ("*",)})

_PEERS = {
    "personal_chat": "user",
    "bot_chat": "user",
    "saved_messages": "user",
    "private_group": "chat",
    "private_supergroup": "channel",
    "public_supergroup": "channel",
    "private_channel": "channel",
    "public_channel": "channel",
}
_DELETED = "Deleted Account"
_UPDATE_KINDS = ("message", "edited_message", "channel_post", "edited_channel_post")
_BOT_MEDIA = (
    "photo",
    "sticker",
    "voice",
    "audio",
    "video",
    "video_note",
    "document",
    "animation",
    "location",
    "contact",
)


def sniff(source: Source) -> float:
    """By messages with the exact time or the ids of peers that only Telegram writes, or by numbered updates."""
    head = source.head_text
    if _UPDATES.search(head) and '"message_id"' in head:
        return 0.95
    if is_page(source):
        return 0.95
    if '"messages"' in head and _MESSAGE.search(head) and _DESKTOP.search(head):
        return 0.95
    return 0.85 if _ACCOUNT.search(head) and head.lstrip().startswith("{") else 0.0


def read(source: Source) -> Iterator[Item]:
    """One session for each chat, with its messages in the order of the export."""
    if is_page(source):
        yield from read_page(source)
        return
    if _UPDATES.search(source.head_text):
        yield from _updates(source)
        return
    about: dict[str, Any] = {}
    announced = False
    for part in parts(source, _INSIDE):
        if isinstance(part, Skipped):
            yield part
        elif isinstance(part, Begin) and part.path[-1:] in ((), _ELEMENT):
            about, announced = {}, False
        elif isinstance(part, Part) and part.path[-2:] == ("messages", "*"):
            if not announced:
                yield _session(about)
                announced = True
            yield _turn(part, about)
        elif isinstance(part, Part) and part.path and part.path[-1] in ("id", "name", "type"):
            about[part.path[-1]] = part.value


def _session(about: dict[str, Any]) -> RawSession:
    kind, number = text(about.get("type")), key(about.get("id"))
    title = "Saved Messages" if kind == "saved_messages" else text(about.get("name"))
    return RawSession(
        native_id=f"{_PEERS.get(kind, 'peer')}{number}" if number else None,
        title=title or (_DELETED if number else None),
        telling="full",
    )


def _turn(part: Part, about: dict[str, Any]) -> RawTurn | Skipped | Ignored:
    message = part.value
    kind = message.get("type") if isinstance(message, dict) else None
    if kind == "service":
        return Ignored(reason="service message")
    if kind == "unsupported":
        return Ignored(reason="message of a kind that Telegram did not export")
    if kind != "message":
        return Skipped(line=part.line, reason="no message of Telegram", excerpt=excerpt(part.text))
    try:
        words, links = _words(message.get("text"))
        if not words.strip():
            words, links = _words(message.get("text_entities"))
        words = words if words.strip() else _poll(message.get("poll"))
        media = _media(message)
        if not words.strip():
            return Ignored(reason="media without words" if media else "empty message")
        said_at = _said_at(message)
    except ValueError as error:
        return Skipped(line=part.line, reason=str(error), excerpt=excerpt(part.text))
    speaker = text(message.get("from")) or (_DELETED if "from" in message else text(about.get("name")) or "unknown")
    return RawTurn(
        speaker=speaker,
        speaker_key=_peer(message.get("from_id")),
        text=words,
        said_at=said_at,
        line=part.line,
        native_id=key(message.get("id")) or None,
        metadata=present(
            reply_to=key(message.get("reply_to_message_id")),
            forwarded_from=text(message.get("forwarded_from")),
            author=text(message.get("author")),
            via_bot=text(message.get("via_bot")),
            edited=text(message.get("edited")),
            links=links,
            attachment=media,
            reactions=_reactions(message.get("reactions")),
        ),
        worded_at=worded_at(message.get("edited_unixtime") or message.get("edited")),
    )


def _words(written: object) -> tuple[str, list[str]]:
    """The words of a text or of a list of its pieces, and the addresses that are behind them."""
    if isinstance(written, str):
        return written, []
    words, links = [], []
    for piece in elements(written):
        if isinstance(piece, str):
            words.append(piece)
        elif isinstance(piece, dict):
            words.append(text(piece.get("text")) or (piece["text"] if isinstance(piece.get("text"), str) else ""))
            links.extend([piece["href"]] if text(piece.get("href")) else [])
    return "".join(words), links


def _poll(value: object) -> str:
    """A poll is a question and the answers to choose from."""
    poll = fields(value)
    question = _words(poll.get("question"))[0]
    answers = (_words(answer.get("text"))[0] for answer in objects(poll.get("answers") or poll.get("options")))
    return "\n".join([question, *(f"- {answer}" for answer in answers if answer)]) if question.strip() else ""


def _media(message: dict[str, Any]) -> str:
    """What is attached: the name of a file, or else the kind of thing."""
    path = text(message.get("file_name")) or text(message.get("file")) or text(message.get("photo"))
    if path and not path.startswith("("):
        return path.rsplit("/", 1)[-1]
    kinds = ("photo", "location_information", "contact_information", "poll", "game_title", "invoice_information")
    return text(message.get("media_type")) or next(
        (name for name in kinds if message.get(name)), "file" if path else ""
    )


def _reactions(value: object) -> list[str]:
    return [f"{name} {key(one.get('count'))}".strip() for one in objects(value) if (name := text(one.get("emoji")))]


def _said_at(message: dict[str, Any]) -> datetime | None:
    """The exact time on the clock of the computer that exported, as far as the message tells them."""
    exact, local = read_time(message.get("date_unixtime")), read_time(message.get("date"))
    if exact is None or local is None or local.tzinfo is not None:
        return exact or local
    ahead = local.replace(tzinfo=UTC) - exact
    # All zones of the world are whole quarters of an hour ahead of UTC or behind it.
    if abs(ahead) > timedelta(hours=14) or ahead % timedelta(minutes=15):
        return exact
    return exact.astimezone(timezone(ahead))


def _peer(value: object) -> str | None:
    """user123, chat123, channel123; old exports have the bare number of a user."""
    found = key(value)
    return f"user{found}" if found.isdecimal() else found or None


def _updates(source: Source) -> Iterator[Item]:
    """Messages that a bot got, each in the session of its chat."""
    chat = None
    for part in parts(source, _INSIDE_UPDATES):
        if isinstance(part, Skipped):
            yield part
        elif isinstance(part, Part) and part.path[-1:] == _ELEMENT:
            update = fields(part.value)
            name = next((name for name in _UPDATE_KINDS if name in update), None)
            if name is None:
                yield Ignored(reason="update without a message")
                continue
            message = fields(update[name])
            about = fields(message.get("chat"))
            if _bot_peer(about.get("id")) != chat or chat is None:
                chat = _bot_peer(about.get("id"))
                yield RawSession(native_id=chat, title=text(about.get("title")) or _bot_name(about) or None)
            yield _bot_turn(message, part, edited=name.startswith("edited"))


def _bot_turn(message: dict[str, Any], part: Part, *, edited: bool) -> RawTurn | Skipped | Ignored:
    try:
        words = text(message.get("text")) or text(message.get("caption")) or _poll(message.get("poll"))
        if not words:
            media = any(name in message for name in _BOT_MEDIA)
            return Ignored(reason="media without words" if media else "service message")
        date = message.get("date")
        said_at = from_epoch(date) if isinstance(date, int) and not isinstance(date, bool) else None
    except ValueError as error:
        return Skipped(line=part.line, reason=str(error), excerpt=excerpt(part.text))
    speaker = fields(message.get("from") or message.get("sender_chat") or message.get("chat"))
    files = [text(fields(message.get(name)).get("file_name")) or name for name in _BOT_MEDIA if message.get(name)]
    origin = fields(message.get("forward_origin"))
    return RawTurn(
        speaker=_bot_name(speaker) or _DELETED,
        speaker_key=_bot_peer(speaker.get("id")),
        text=words,
        said_at=said_at,
        line=part.line,
        role=ROLES["bot" if speaker.get("is_bot") is True else "user"],
        native_id=key(message.get("message_id")) or None,
        metadata=present(
            reply_to=key(fields(message.get("reply_to_message")).get("message_id")),
            forwarded_from=_bot_name(fields(message.get("forward_from") or origin.get("sender_user"))),
            edited=edited,
            links=texts(message.get("entities"), "url"),
            attachment=files[0] if files else "",
        ),
        worded_at=worded_at(message.get("edit_date")),
    )


def _bot_name(who: dict[str, Any]) -> str:
    names = [text(who.get("first_name")), text(who.get("last_name"))]
    return " ".join(filter(None, names)) or text(who.get("title")) or text(who.get("username"))


def _bot_peer(value: object) -> str | None:
    number = key(value)
    if number.startswith("-100") and len(number) > 10:
        return f"channel{number[4:].lstrip('0')}"
    return f"chat{number[1:]}" if number.startswith("-") else f"user{number}" if number else None


READER = Reader(
    name="telegram", title="Telegram (Desktop's result.json or messages.html, updates of bots)", sniff=sniff, read=read
)
