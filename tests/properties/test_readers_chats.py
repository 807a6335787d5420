"""For every chat service: what is written in its format is read back, and no bytes at all make its reader raise."""

import csv
import html
import io
import json
from collections.abc import Callable
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.chat_records import FULL
from properties.test_readers import Said, conversations, in_utc, read, spoken

from memcli.ingest.detect import READERS
from memcli.ingest.readers import discord, google_chat, messenger, signal, signal_export, sigtop, slack, telegram
from memcli.ingest.readers.base import Ignored, RawSession, RawTurn, Reader, Skipped

Writer = Callable[[list[Said]], str]

INDENTS = st.sampled_from([None, 1, 4])


def pieces(text: str) -> list[object]:
    return [text[:2], {"type": "bold", "text": text[2:]}]


def telegram_chat(said: list[Said], indent: int | None = None) -> str:
    messages = [
        {
            "id": number,
            "type": "message",
            "date": f"{time:%Y-%m-%dT%H:%M:%S}",
            "date_unixtime": f"{time.timestamp():.0f}",
            "from": who,
            "from_id": f"user{len(who)}",
            "text": text if number % 2 else pieces(text),
        }
        for number, (who, text, time) in enumerate(in_utc(said))
    ]
    return json.dumps({"name": "C", "type": "private_group", "id": 5, "messages": messages}, indent=indent)


def telegram_account(said: list[Said], indent: int | None = None) -> str:
    chat = json.loads(telegram_chat(said))
    return json.dumps({"about": "", "chats": {"about": "", "list": [chat]}}, indent=indent, ensure_ascii=False)


def telegram_pages(said: list[Said], indent: int | None = None) -> str:
    page = '<div class="page_header"><div class="text bold">C</div></div>\n'
    for number, (who, text, time) in enumerate(said):
        page += (
            f'<div class="message default clearfix" id="message{number}">\n <div class="body">\n'
            f'<div class="pull_right date details" title="{time:%d.%m.%Y %H:%M:%S} UTC+00:00">\n{time:%H:%M}\n</div>\n'
            f'<div class="from_name">\n{who}\n</div>\n<div class="text">\n{html.escape(text)}\n</div>\n</div>\n</div>\n'
        )
    return page


def slack_day(said: list[Said], indent: int | None = None) -> str:
    messages = [
        {
            "type": "message",
            "user": "U1",
            "user_profile": {"display_name": who},
            "text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
            "ts": f"{time.timestamp():.0f}.000000",
        }
        for who, text, time in in_utc(said)
    ]
    return json.dumps(messages, indent=indent)


def slack_answer(said: list[Said], indent: int | None = None) -> str:
    return json.dumps({"ok": True, "messages": json.loads(slack_day(said))[::-1]}, indent=indent)


def discord_channel(said: list[Said], indent: int | None = None) -> str:
    messages = [
        {
            "id": "1",
            "type": "Default",
            "timestamp": time.isoformat(),
            "content": text,
            "author": {"nickname": who},
        }
        for who, text, time in in_utc(said)
    ]
    about = {"guild": {"id": "1", "name": "G"}, "channel": {"id": "2", "name": "c"}}
    return json.dumps(about | {"messages": messages}, indent=indent)


def facebook(said: list[Said], indent: int | None = None) -> str:
    messages = [
        {
            "sender_name": who,
            "timestamp_ms": int(time.timestamp() * 1000),
            "content": text.encode().decode("latin-1"),
            "type": "Generic",
        }
        for who, text, time in in_utc(said)
    ]
    return json.dumps({"messages": messages[::-1], "thread_path": "inbox/c_1"}, indent=indent)


def google(said: list[Said], indent: int | None = None) -> str:
    messages = [
        {
            "creator": {"name": who},
            "created_date": f"{time:%A, %B} {time.day}, {time.year} at {(time.hour - 1) % 12 + 1}:{time:%M:%S}\u202f"
            f"{time:%p} UTC",
            "text": text,
        }
        for who, text, time in said
    ]
    return json.dumps({"messages": messages}, indent=indent)


def signal_frames(said: list[Said], indent: int | None = None) -> str:
    names = sorted({who for who, _, _ in said})
    frames: list[dict[str, object]] = [{"version": "1", "backupTimeMs": "1"}]
    frames += [{"recipient": {"id": str(n), "contact": {"profileGivenName": name}}} for n, name in enumerate(names)]
    frames.append({"chat": {"id": "1", "recipientId": "0"}})
    for who, text, time in in_utc(said):
        message = {"dateSent": f"{time.timestamp() * 1000:.0f}", "standardMessage": {"text": {"body": text}}}
        frames.append({"chatItem": {"chatId": "1", "authorId": str(names.index(who))} | message})
    return "\n".join(json.dumps(frame) for frame in frames)


def sigtop_rows(said: list[Said], indent: int | None = None) -> str:
    rows = [
        {
            "conversationId": "c",
            "type": "incoming",
            "sent_at": int(time.timestamp() * 1000),
            "source": who,
            "body": text,
        }
        for who, text, time in in_utc(said)
    ]
    return json.dumps(rows, indent=indent)


def signal_data(said: list[Said], indent: int | None = None) -> str:
    none: dict[str, object] = {"quote": "", "sticker": None, "reactions": [], "attachments": []}
    lines = [{"date": time.isoformat(), "sender": who, "body": text + "  "} | none for who, text, time in said]
    return "\n".join(json.dumps(line) for line in lines)


def signal_markdown(said: list[Said], indent: int | None = None) -> str:
    return "".join(f"[{time:%Y-%m-%d %H:%M:%S}] {who}: {text}  \n\n" for who, text, time in said)


WRITERS: list[tuple[Reader, Callable[..., str], bool]] = [
    (telegram.READER, telegram_chat, True),
    (telegram.READER, telegram_account, True),
    (telegram.READER, telegram_pages, True),
    (slack.READER, slack_day, True),
    (slack.READER, slack_answer, True),
    (discord.READER, discord_channel, True),
    (messenger.READER, facebook, True),
    (google_chat.READER, google, True),
    (signal.READER, signal_frames, True),
    (sigtop.READER, sigtop_rows, True),
    (signal_export.READER, signal_data, False),
    (signal_export.READER, signal_markdown, False),
]
"""Readers with a writer of their format, and whether it tells the zone."""
BY_WRITER = pytest.mark.parametrize(
    ("reader", "write", "zoned"), WRITERS, ids=[writer.__name__ for _, writer, _ in WRITERS]
)


@BY_WRITER
@given(said=conversations(), indent=INDENTS)
def test_what_is_written_is_read_back(
    reader: Reader, write: Callable[..., str], zoned: bool, said: list[Said], indent: int | None
) -> None:
    assert spoken(read(reader, write(said, indent).encode())) == (in_utc(said) if zoned else said)


@given(conversations(), st.booleans())
def test_the_package_of_discord(said: list[Said], newest_first: bool) -> None:
    rows = io.StringIO()
    lines = csv.writer(rows)
    lines.writerow(["ID", "Timestamp", "Contents", "Attachments"])
    messages = [(number, f"{time:%Y-%m-%d %H:%M:%S}", text, "") for number, (_, text, time) in enumerate(said)]
    lines.writerows(messages[::-1] if newest_first else messages)
    found = spoken(read(discord.READER, rows.getvalue().encode()))
    assert found == [("me", text, time) for _, text, time in in_utc(said)]


SAMPLE: list[Said] = [
    ("Ann", "Where is the blue canoe?", datetime(2024, 3, 1, 9, 30)),
    ("Bo", "In the shed, I think. ☕", datetime(2024, 3, 1, 9, 31)),
    ("Ann", "Thanks!", datetime(2024, 3, 2, 10, 0)),
]
VALUES = st.sampled_from(
    [
        b"null",
        b"7",
        b"-1",
        b"1e999",
        b'""',
        b'"x"',
        b"[]",
        b"{}",
        b"[[]]",
        b'[{"a": 1}]',
        b"true",
        rb'"\ud800"',
        b'"\\x"',
    ]
)
PIECES = st.one_of(VALUES, st.binary(max_size=6), st.sampled_from([b"\n", b'"', b"{", b"}", b"[", b"]", b",", b": "]))


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """The data with some places overwritten, and perhaps cut off."""
    for _ in range(draw(st.integers(0, 4))):
        begin = draw(st.integers(0, len(data)))
        data = data[:begin] + draw(PIECES) + data[begin + draw(st.integers(0, 12)) :]
    return data[: draw(st.integers(0, len(data)))] if draw(st.booleans()) else data


@st.composite
def mistyped(draw: st.DrawFn, data: bytes) -> bytes:
    """JSON, or lines of JSON, in which some values are of a kind that nobody expects."""
    wrong = st.sampled_from([None, 7, -1, 1e300, True, "", "x", [], {}, [[]], [None], [{"a": 1}], {"text": 5}, 10**30])

    def spoil(value: object) -> object:
        if draw(st.integers(0, 24)) == 0:
            return draw(wrong)
        if isinstance(value, dict):
            return {key: spoil(item) for key, item in value.items()}
        return [spoil(item) for item in value] if isinstance(value, list) else value

    try:
        return json.dumps(spoil(json.loads(data))).encode()
    except ValueError:
        lines = [line for line in data.split(b"\n") if line.startswith(b"{")]
        return b"\n".join(json.dumps(spoil(json.loads(line))).encode() for line in lines)


def check(reader: Reader, data: bytes) -> None:
    lines = data.count(b"\n") + 1
    for item in read(reader, data):
        assert isinstance(item, RawSession | RawTurn | Skipped | Ignored)
        if isinstance(item, RawTurn):
            assert item.text.strip()
            assert item.speaker
            item.text.encode("utf-8")
            item.speaker.encode("utf-8")
            (item.speaker_key or "").encode("utf-8")
            json.dumps(dict(item.metadata))
        if isinstance(item, RawTurn | Skipped):
            assert item.line is not None
            assert 1 <= item.line <= lines


@BY_WRITER
@settings(deadline=None)
@given(data=st.data())
def test_damage_makes_no_reader_raise(
    reader: Reader, write: Callable[..., str], zoned: bool, data: st.DataObject
) -> None:
    check(reader, data.draw(damaged(write(SAMPLE, data.draw(INDENTS)).encode())))


@BY_WRITER
@settings(deadline=None)
@given(data=st.data())
def test_values_of_another_kind_make_no_reader_raise(
    reader: Reader, write: Callable[..., str], zoned: bool, data: st.DataObject
) -> None:
    check(reader, data.draw(mistyped(write(SAMPLE).encode())))


@pytest.mark.parametrize("name", FULL)
@settings(deadline=None)
@given(data=st.data())
def test_details_of_another_kind_make_no_reader_raise(name: str, data: st.DataObject) -> None:
    reader = next(reader for reader in READERS if reader.name == name)
    value = data.draw(st.sampled_from(FULL[name]))
    check(reader, data.draw(mistyped(json.dumps(value).encode())))


EXPORTED = {
    "page": (
        "<!DOCTYPE html><html><head><title>G - c</title></head><body><div class=chatlog__message-group>"
        "<div data-message-id=1060919160000000001 class=chatlog__message-container><span class=chatlog__author "
        "data-user-id=7>Ann</span><div class=chatlog__content>hi <img class=chatlog__emoji alt=x><br>all</div></div>"
        "<div data-message-id=1060919160000000002><div class=chatlog__content>two</div></div></div></body></html>\n"
    ),
    "table": (
        "AuthorID,Author,Date,Content,Attachments,Reactions\n"
        '"7","Ann","2023-01-06T14:03:07.1230000+00:00","hi\nall","",""\n'
        '"7","Ann","1/13/2023 2:03 PM","two","a,b","x (2)"\n'
    ),
    "text": (
        f"{'=' * 62}\nGuild: G\nChannel: c\n{'=' * 62}\n\n[1/6/2023 2:03 PM] Ann (pinned)\nhi\nall\n\n{{Attachments}}\n"
        f"a/b\n\n\n[1/13/2023 2:03 PM] Bo\n\n\n{{Embed}}\ntwo\n\n{{Reactions}}\nx (2)\n\n{'=' * 62}\nExported 2\n"
    ),
}
"""What DiscordChatExporter writes beside JSON."""


@pytest.mark.parametrize("kind", EXPORTED)
@settings(deadline=None)
@given(data=st.data())
def test_damage_makes_no_other_export_of_discord_raise(kind: str, data: st.DataObject) -> None:
    whole = EXPORTED[kind].encode()
    assert sum(isinstance(item, RawTurn) for item in read(discord.READER, whole)) == 2
    check(discord.READER, data.draw(damaged(whole)))
