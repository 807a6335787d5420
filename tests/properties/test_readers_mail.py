"""Mail, forums, phones, subtitles and tables: what is written in them is read back, and nothing makes them raise."""

import csv
import html
import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from properties.test_readers import NAMES, TEXTS, Said, conversations, in_utc, read, spoken

from memcli.ingest.readers import (
    discourse,
    gitter,
    imessage,
    line,
    mail,
    mapped,
    mattermost,
    rocketchat,
    subtitles,
    twitter,
)
from memcli.ingest.readers.base import Ignored, RawSession, RawTurn, Reader, Skipped

# Words that no format reads as anything but words.
WORDS = st.text("abcdefghij ÄÖçß日本語<>&\"'.,!?#@0123456789", min_size=1, max_size=60).map(str.strip).filter(bool)
PRINTED = WORDS.map(lambda words: "x " + " ".join(words.split()))
TALKS = conversations(PRINTED)
MAP = mapped.reader_for({"speaker": "who", "text": "what", "time": "when"})


def as_mbox(said: list[Said], policy: str = "utf-8", cte: str | None = None) -> bytes:
    """The talk as a mailbox: each mail answers the one before."""
    parts = []
    for number, (who, text, time) in enumerate(in_utc(said)):
        message = EmailMessage()
        message["From"] = f"{who} <{who.lower()}@example.com>"
        message["Date"] = format_datetime(time)
        message["Subject"] = f"{'Re: ' if number else ''}Talk"
        message["Message-ID"] = f"<{number}@example.com>"
        if number:
            message["In-Reply-To"] = f"<{number - 1}@example.com>"
        message.set_content(text, charset=policy, cte=cte)
        parts.append(b"From someone Fri Mar  1 09:30:00 2024\n" + message.as_bytes() + b"\n")
    return b"".join(parts)


@settings(deadline=None)
@given(TALKS, st.sampled_from([None, "8bit", "base64", "quoted-printable"]), st.randoms(use_true_random=False))
def test_mail(said: list[Said], cte: str | None, random: object) -> None:
    items = read(mail.READER, as_mbox(said, cte=cte))
    assert spoken(items) == in_utc(said)
    assert {item.native_id for item in items if isinstance(item, RawSession)} == {"0@example.com"}
    mails = as_mbox(said, cte=cte).split(b"From someone")[1:]
    random.shuffle(mails)  # type: ignore[attr-defined]
    again = read(mail.READER, b"".join(b"From someone" + one for one in mails))
    assert sorted(spoken(again), key=lambda one: one[2]) == in_utc(said)
    assert {item.native_id for item in again if isinstance(item, RawSession)} == {"0@example.com"}


def as_line(said: list[Said], hours: int = 24) -> bytes:
    out, day = "[LINE] Chat history with Ann\nSaved on: 2024/03/25 19:57\n", None
    for who, text, time in said:
        if time.date() != day:
            day = time.date()
            out += f"\n{time:%Y/%m/%d %a}\n"
        clock = f"{time:%H:%M}" if hours == 24 else f"{(time.hour - 1) % 12 + 1}:{time:%M%p}"
        out += f'{clock}\t{who}\t"{text}\nand more"\n' if "\n" in text else f"{clock}\t{who}\t{text}\n"
    return out.encode()


@settings(deadline=None)
@given(TALKS, st.sampled_from([12, 24]))
def test_line(said: list[Said], hours: int) -> None:
    assert spoken(read(line.READER, as_line(said, hours))) == said


@settings(deadline=None)
@given(TALKS, st.sampled_from([True, False]))
def test_line_with_days_first_or_months(said: list[Said], month_first: bool) -> None:
    # A last day that exists in one order only; without one, 7 January and 1 July of 2001 are Sundays both.
    said = [*said, ("Ann", "bye", (said[-1][2] + timedelta(days=40)).replace(day=28))]
    out = "[LINE] Chat history with Ann\n"
    for who, text, time in said:
        date = f"{time:%m/%d/%Y}" if month_first else f"{time:%d/%m/%Y}"
        out += f"\n{time:%a}, {date}\n{time:%H:%M}\t{who}\t{text}\n"
    assert spoken(read(line.READER, out.encode())) == said


def as_imessage(said: list[Said]) -> bytes:
    return "".join(
        f"{time:%b %d, %Y} {(time.hour - 1) % 12 + 1:2}:{time:%M:%S %p}\n{who}\n{text}\n\n" for who, text, time in said
    ).encode()


@settings(deadline=None)
@given(TALKS)
def test_imessage(said: list[Said]) -> None:
    assert spoken(read(imessage.READER, as_imessage(said))) == said


def as_twitter(said: list[Said], indent: int | None = 2) -> bytes:
    messages = [
        {"messageCreate": {"id": str(n), "senderId": who, "text": text, "createdAt": f"{time:%Y-%m-%dT%H:%M:%S}.000Z"}}
        for n, (who, text, time) in enumerate(said)
    ]
    value = [{"dmConversation": {"conversationId": "1-2", "messages": messages}}]
    return b"window.YTD.direct_messages.part0 = " + json.dumps(value, indent=indent).encode()


@settings(deadline=None)
@given(conversations(TEXTS), st.sampled_from([None, 2]))
def test_twitter(said: list[Said], indent: int | None) -> None:
    assert spoken(read(twitter.READER, as_twitter(said, indent))) == in_utc(said)


def as_mattermost(said: list[Said], indent: int | None = 1) -> bytes:
    posts = {
        f"p{n}": {"id": f"p{n}", "create_at": int(time.timestamp() * 1000), "user_id": who, "message": text}
        for n, (who, text, time) in enumerate(in_utc(said))
    }
    return json.dumps({"order": list(reversed(posts)), "posts": dict(reversed(posts.items()))}, indent=indent).encode()


@settings(deadline=None)
@given(conversations(TEXTS), st.sampled_from([None, 2]))
def test_mattermost(said: list[Said], indent: int | None) -> None:
    assert spoken(read(mattermost.READER, as_mattermost(said, indent))) == in_utc(said)


@settings(deadline=None)
@given(conversations(TEXTS))
def test_a_bulk_export_of_mattermost(said: list[Said]) -> None:
    lines = [
        {
            "type": "post",
            "post": {
                "team": "t",
                "channel": "c",
                "user": who,
                "message": text,
                "create_at": int(time.timestamp() * 1000),
            },
        }
        for who, text, time in in_utc(said)
    ]
    assert spoken(read(mattermost.READER, "\n".join(map(json.dumps, lines)).encode())) == in_utc(said)


def as_rocketchat(said: list[Said], indent: int | None = 1) -> bytes:
    messages = [
        {
            "_id": f"m{n}",
            "rid": "r",
            "msg": text,
            "ts": f"{time:%Y-%m-%dT%H:%M:%S}.000Z",
            "u": {"_id": who, "name": who},
        }
        for n, (who, text, time) in enumerate(said)
    ]
    return json.dumps({"messages": messages[::-1]}, indent=indent).encode()


@settings(deadline=None)
@given(conversations(TEXTS), st.sampled_from([None, 2]))
def test_rocketchat(said: list[Said], indent: int | None) -> None:
    assert spoken(read(rocketchat.READER, as_rocketchat(said, indent))) == in_utc(said)


def as_gitter(said: list[Said]) -> bytes:
    return json.dumps(
        [
            {"id": str(n), "text": text, "sent": f"{time:%Y-%m-%dT%H:%M:%S}.000Z", "fromUser": {"username": who}}
            for n, (who, text, time) in enumerate(said)
        ]
    ).encode()


@settings(deadline=None)
@given(conversations(TEXTS))
def test_gitter(said: list[Said]) -> None:
    assert spoken(read(gitter.READER, as_gitter(said))) == in_utc(said)


def as_discourse(said: list[Said]) -> bytes:
    posts = [
        {"id": n, "username": who, "cooked": f"<p>{html.escape(text)}</p>", "created_at": f"{time:%Y-%m-%dT%H:%M:%S}Z"}
        for n, (who, text, time) in enumerate(said)
    ]
    return json.dumps({"post_stream": {"posts": posts}, "id": 1, "title": "T"}).encode()


@settings(deadline=None)
@given(TALKS)
def test_discourse(said: list[Said]) -> None:
    assert spoken(read(discourse.READER, as_discourse(said))) == in_utc(said)


def as_vtt(said: list[Said], shape: str = "<v {}>{}</v>") -> bytes:
    out, first = "WEBVTT\n\n", said[0][2]
    for who, text, time in said:
        seconds = int((time - first).total_seconds())
        stamp = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        out += f"{stamp}.000 --> {stamp}.900\n{shape.format(who, html.escape(text))}\n\n"
    return out.encode()


@settings(deadline=None)
@given(TALKS, st.sampled_from(["<v {}>{}</v>", "<v.loud {}>{}", "{}: {}"]))
def test_subtitles(said: list[Said], shape: str) -> None:
    # Every pause in these talks is a minute or longer, so that each utterance is a turn.
    first = said[0][2]
    found = read(subtitles.READER, as_vtt(said, shape), f"{first:%Y%m%d_%H%M}.vtt")
    assert spoken(found) == said


@settings(deadline=None)
@given(st.lists(st.tuples(NAMES, st.lists(PRINTED, min_size=1, max_size=4)), min_size=1, max_size=6))
def test_cues_of_one_speaker_are_one_turn(said: list[tuple[str, list[str]]]) -> None:
    out, seconds, expected = "WEBVTT\n\n", 0, list[tuple[str, str]]()
    for who, cues in said:
        for cue in cues:
            out += f"00:{seconds // 60:02}:{seconds % 60:02}.000 --> 00:{seconds // 60:02}:{seconds % 60:02}.900\n"
            out += f"<v {who}>{html.escape(cue)}</v>\n\n"
            seconds += 1
        if expected and expected[-1][0] == who:
            expected[-1] = (who, " ".join([expected[-1][1], *cues]))
        else:
            expected.append((who, " ".join(cues)))
    assert [(who, text) for who, text, _ in spoken(read(subtitles.READER, out.encode()))] == expected


def as_csv(said: list[Said], mark: str = ",", header: tuple[str, str, str] = ("who", "what", "when")) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=mark)
    writer.writerow(header)
    writer.writerows([who, text, time.isoformat()] for who, text, time in said)
    return out.getvalue().encode()


LINES = st.lists(TEXTS, min_size=1, max_size=3).map("\n".join)


@settings(deadline=None)
@given(conversations(LINES), st.sampled_from([",", ";", "\t", "|"]))
def test_mapped_tables(said: list[Said], mark: str) -> None:
    assert spoken(read(MAP, as_csv(said, mark))) == said


@settings(deadline=None)
@given(conversations(LINES))
def test_tables_of_generic_turns(said: list[Said]) -> None:
    assert spoken(read(mapped.READER, as_csv(said, ",", ("Speaker", "Text", "Time")))) == said


@settings(deadline=None)
@given(conversations(LINES), st.booleans())
def test_mapped_json(said: list[Said], as_list: bool) -> None:
    records = [{"who": who, "what": text, "when": time.isoformat()} for who, text, time in said]
    data = json.dumps(records) if as_list else "\n".join(map(json.dumps, records))
    assert spoken(read(MAP, data.encode())) == said


SAMPLE: list[Said] = [
    (who, text, datetime(2024, 3, 1, 9, 30) + timedelta(minutes=n))
    for n, (who, text) in enumerate([("Ann", "Lunch?"), ("Bob", "Yes <b>\nplease</b>: 3:30"), ("Ann", 'Good "é" &')])
]
VALID: list[tuple[Reader, bytes]] = [
    (mail.READER, as_mbox(SAMPLE)),
    (mail.READER, as_mbox(SAMPLE, cte="base64")),
    (
        mail.READER,
        b"From: =?utf-8?q?Ann?= <a@x>\nReceived: x; Fri, 1 Mar 2024 09:30:00 +0100\n"
        b"Content-Type: multipart/mixed; boundary=A\n\n--A\nContent-Type: text/html; charset=latin-1\n"
        b"Content-Transfer-Encoding: quoted-printable\n\n<p>a=E9<blockquote type=cite>b</blockquote>\n--A\n"
        b"Content-Disposition: attachment; filename*0*=utf-8''a%20; filename*1=b\n\nx\n--A--\n",
    ),
    (line.READER, as_line(SAMPLE)),
    (imessage.READER, as_imessage(SAMPLE) + b"Tapbacks:\nLoved by Me\nEdited 1 second later: x\n"),
    (twitter.READER, as_twitter(SAMPLE)),
    (mattermost.READER, as_mattermost(SAMPLE)),
    (
        mattermost.READER,
        b'{"type": "version", "version": 1}\n{"type": "post", "post": {"user": "a", "message": "b"}}\n',
    ),
    (rocketchat.READER, as_rocketchat(SAMPLE)),
    (gitter.READER, as_gitter(SAMPLE)),
    (discourse.READER, as_discourse(SAMPLE)),
    (subtitles.READER, as_vtt(SAMPLE)),
    (mapped.READER, as_csv(SAMPLE, ",", ("Speaker", "Text", "Time"))),
    (MAP, as_csv(SAMPLE)),
    (MAP, b'[{"who": "Ann", "what": "hi", "when": 1709285400}, {"who": 1, "what": "ho", "when": null}]'),
]
JUNK = st.sampled_from(
    [b"", b"\n", b"\n\n", b'"', b"{", b"}", b"]", b"\x00", b"\xff", b"\xed\xa0\x80", b"<", b"99", b": "]
)


@pytest.mark.parametrize("number", range(len(VALID)))
@settings(deadline=None)
@given(data=st.data())
def test_no_damage_to_a_valid_file_makes_a_reader_raise(number: int, data: st.DataObject) -> None:
    reader, valid = VALID[number]
    damaged = valid
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(damaged)))
        gone = data.draw(st.integers(0, 12))
        damaged = damaged[:at] + data.draw(st.one_of(JUNK, st.binary(max_size=6))) + damaged[at + gone :]
    damaged = damaged[: data.draw(st.integers(0, len(damaged)))] if data.draw(st.booleans()) else damaged
    items = read(reader, damaged)
    for item in items:
        assert isinstance(item, RawSession | RawTurn | Skipped | Ignored)
        if isinstance(item, RawTurn):
            assert item.text.strip()
            assert item.speaker.strip()
            json.dumps(dict(item.metadata))
            item.text.encode("utf-8")
        if isinstance(item, RawTurn | Skipped):
            assert item.line is not None
            assert 1 <= item.line <= damaged.count(b"\n") + 1
    assert items == read(reader, damaged)


@pytest.mark.parametrize("write", [as_line, as_imessage, as_gitter, as_csv, as_mbox, as_twitter, as_discourse])
@settings(deadline=None)
@given(said=TALKS, cut=st.integers(1, 12))
def test_an_older_export_is_the_beginning_of_a_newer_one(
    write: Callable[[list[Said]], bytes], said: list[Said], cut: int
) -> None:
    reader = {
        as_line: line.READER, as_imessage: imessage.READER, as_gitter: gitter.READER, as_csv: MAP, as_mbox: mail.READER,
        as_twitter: twitter.READER, as_discourse: discourse.READER,
    }[write]  # fmt: skip

    def turns(data: bytes) -> list[tuple[str | None, str, datetime | None, str]]:
        found, session = [], None
        for item in read(reader, data):
            if isinstance(item, RawSession):
                session = item.native_id
            elif isinstance(item, RawTurn):
                found.append((session, item.speaker, item.said_at, item.text))
        return found

    older = turns(write(said[:cut]))
    assert turns(write(said))[: len(older)] == older
