"""For every format: what is written in it is read back, and no bytes at all make a reader raise or hang."""

import json
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memcli.ingest.detect import READERS, detect
from memcli.ingest.errors import NotALog
from memcli.ingest.normalise import Normaliser
from memcli.ingest.readers import (
    chatgpt,
    irc,
    locomo,
    openai_messages,
    plain_text,
    sharegpt,
    turns,
    whatsapp,
)
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Reader, Skipped, Source
from memcli.ingest.redact import redact
from memcli.ingest.redact_rules import RULES

Said = tuple[str, str, datetime]

NAMES = st.text(string.ascii_letters, min_size=3, max_size=9).map(str.capitalize)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=40).map(str.strip)
TEXTS = WORDS.filter(bool)
TIMES = st.datetimes(datetime(2001, 1, 1), datetime(2038, 1, 1)).map(lambda time: time.replace(microsecond=0))


@st.composite
def conversations(draw: st.DrawFn, texts: st.SearchStrategy[str] = TEXTS) -> list[Said]:
    """Utterances in the order of their times, each a minute or more after the one before."""
    begin = draw(TIMES)
    gaps = draw(st.lists(st.integers(1, 60 * 24 * 40), min_size=1, max_size=12))
    names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    said, now = [], begin.replace(second=0)
    for gap in gaps:
        now += timedelta(minutes=gap)
        said.append((draw(st.sampled_from(names)), draw(texts), now))
    return said


def read(reader: Reader, data: bytes, name: str = "talk.txt") -> list[Item]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "data"
        path.write_bytes(data)
        return list(reader.read(Source(uri=name, path=path)))


def spoken(items: list[Item]) -> list[Said]:
    assert not [item for item in items if isinstance(item, Skipped | Ignored)]
    return [(item.speaker, item.text, item.said_at or datetime.min) for item in items if isinstance(item, RawTurn)]


def in_utc(said: list[Said]) -> list[Said]:
    return [(speaker, text, time.replace(tzinfo=UTC)) for speaker, text, time in said]


@given(conversations(), st.booleans(), st.sampled_from([None, 1]))
def test_turns(said: list[Said], as_list: bool, indent: int | None) -> None:
    records = [{"speaker": speaker, "text": text, "time": time.isoformat()} for speaker, text, time in said]
    text = json.dumps(records, indent=indent) if as_list else "\n".join(json.dumps(record) for record in records)
    items = read(turns.READER, text.encode())
    assert spoken(items) == said
    assert [item.native_id for item in items if isinstance(item, RawTurn)] == [str(n + 1) for n in range(len(said))]


@given(st.lists(conversations(), min_size=1, max_size=3), st.booleans())
def test_openai(talks: list[list[Said]], raw: bool) -> None:
    records = [
        {"messages": [{"role": "user", "name": who, "content": text} for who, text, _ in said]} for said in talks
    ]
    lines = "\n".join(json.dumps(record, ensure_ascii=raw) for record in records)
    items = read(openai_messages.READER, lines.encode())
    assert [text for _, text, _ in spoken(items)] == [text for said in talks for _, text, _ in said]
    assert sum(isinstance(item, RawSession) for item in items) == len(talks)
    assert [item.line for item in items if isinstance(item, RawTurn)] == [
        number + 1 for number, said in enumerate(talks) for _ in said
    ]


@given(st.lists(conversations(), min_size=1, max_size=3))
def test_sharegpt(talks: list[list[Said]]) -> None:
    records = [{"conversations": [{"from": who, "value": text} for who, text, _ in said]} for said in talks]
    items = read(sharegpt.READER, json.dumps(records).encode())
    assert [(who, text) for who, text, _ in spoken(items)] == [(who, text) for said in talks for who, text, _ in said]


@given(conversations(), st.sampled_from([None, 2]), st.randoms(use_true_random=False))
def test_chatgpt(said: list[Said], indent: int | None, random: object) -> None:
    nodes = {}
    for number, (who, text, time) in enumerate(in_utc(said)):
        message = {
            "id": f"m{number}",
            "author": {"role": "user", "name": who},
            "create_time": time.timestamp(),
            "content": {"content_type": "text", "parts": [text]},
        }
        parent = f"m{number - 1}" if number else None
        nodes[f"m{number}"] = {"id": f"m{number}", "message": message, "parent": parent, "children": []}
    shuffled = list(nodes.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    export = [{"title": "T", "mapping": dict(shuffled), "current_node": f"m{len(said) - 1}"}]
    items = read(chatgpt.READER, json.dumps(export, indent=indent).encode())
    assert spoken(items) == in_utc(said)


@given(conversations(), st.sampled_from([None, 2]))
def test_locomo(said: list[Said], indent: int | None) -> None:
    sessions: dict[str, object] = {}
    for number, (who, text, time) in enumerate(said, start=1):
        clock = f"{(time.hour - 1) % 12 + 1}:{time:%M} {'am' if time.hour < 12 else 'pm'}"
        sessions[f"session_{number}_date_time"] = f"{clock} on {time.day} {time:%B}, {time.year}"
        sessions[f"session_{number}"] = [{"speaker": who, "dia_id": f"D{number}:1", "text": text}]
    data = json.dumps([{"sample_id": "s", "conversation": sessions}], indent=indent)
    assert spoken(read(locomo.READER, data.encode())) == in_utc(said)


PRINTED = TEXTS.filter(
    lambda text: not text.startswith(("<", "\u200e", "\u200f")) and "omitted" not in text and "null" not in text
).map(lambda text: "x " + text)
ANDROID: list[Callable[[datetime], str]] = [
    lambda time: f"{time:%d/%m/%y, %H:%M} - ",
    lambda time: f"{time:%d.%m.%Y, %H:%M} - ",
    lambda time: f"{time.month}/{time.day}/{time:%y}, {(time.hour - 1) % 12 + 1}:{time:%M}\u202f{time:%p} - ",
    lambda time: f"[{time:%d.%m.%y, %H:%M:%S}] ",
    lambda time: f"[{time.month}/{time.day}/{time:%y}, {(time.hour - 1) % 12 + 1}:{time:%M:%S} {time:%p}] ",
    lambda time: f"[{time:%Y-%m-%d, %H:%M:%S}] ",
]


@given(conversations(PRINTED), st.sampled_from(ANDROID), st.integers(0, 2))
def test_whatsapp(said: list[Said], header: Callable[[datetime], str], more_lines: int) -> None:
    # A last message on the 28th settles the order of day and month; without such a date it is a guess by rule.
    last = (said[-1][2] + timedelta(days=40)).replace(day=28)
    said = [*said, ("Ann", "bye", last)]
    more = "\nand another line" * more_lines
    text = "".join(f"{header(time)}{who}: {text}{more}\n" for who, text, time in said)
    expected = [
        (who, (text + more).replace("\u200e", "").replace("\u200f", "").strip(), time) for who, text, time in said
    ]
    assert spoken(read(whatsapp.READER, text.encode())) == expected


IRC_LINES: list[Callable[[str, str, datetime], str]] = [
    lambda who, text, time: f"{time:%Y-%m-%dT%H:%M:%S}  <{who}> {text}",
    lambda who, text, time: f"[{time:%Y-%m-%d %H:%M:%S}] <@{who}> {text}",
    lambda who, text, time: f"{time:%Y-%m-%d %H:%M:%S}\t{who}\t{text}",
]


@given(conversations(PRINTED), st.sampled_from(IRC_LINES))
def test_irc_with_dates(said: list[Said], line: Callable[[str, str, datetime], str]) -> None:
    assert spoken(read(irc.READER, "\n".join(line(*one) for one in said).encode())) == said


@given(conversations(PRINTED), st.sampled_from(["[{:%H:%M}] <{}> {}", "{:%H:%M} < {}> {}"]))
def test_irc_with_days(said: list[Said], shape: str) -> None:
    lines, day = [], None
    for who, text, time in said:
        if time.date() != day:
            lines.append(f"--- Day changed {time:%a %b %d %Y}")
            day = time.date()
        lines.append(shape.format(time, who, text))
    items = read(irc.READER, "\n".join(lines).encode())
    assert [(i.speaker, i.text, i.said_at) for i in items if isinstance(i, RawTurn)] == said


@given(st.lists(st.tuples(NAMES, PRINTED, st.integers(0, 11 * 60)), min_size=1, max_size=20))
def test_irc_over_midnights(steps: list[tuple[str, str, int]]) -> None:
    now, said = datetime(2024, 2, 28, 13, 0), []
    for who, text, gap in steps:
        now += timedelta(minutes=gap)
        said.append((who, text, now))
    text = "\n".join(f"[{time:%H:%M}] <{who}> {text}" for who, text, time in said)
    # The first line says that the clock has 24 hours, for hours above 12 are what tells.
    items = read(irc.READER, f"[13:00] <Ann> hi\n{text}".encode(), "#chan.2024-02-28.log")
    assert spoken(items)[1:] == said


@given(conversations(PRINTED))
def test_plain(said: list[Said]) -> None:
    text = "\n".join(f"[{time:%Y-%m-%d %H:%M}] {who}: {text}" for who, text, time in said)
    assert spoken(read(plain_text.READER, text.encode())) == said


PIECES = st.sampled_from(
    [
        b"[12:18] <ann> hi",
        b"--- Day changed Tue Nov 16 2004",
        b"2005-01-08 23:33:54\tann\thi",
        b"31/12/23, 21:05 - Ann: hi",
        b"[2023-12-31, 21:05:33] Ann: \xe2\x80\x8e<attached: a.jpg>",
        b"Ann: hi",
        b'{"speaker": "a", "text": "b", "time": 1}',
        b'{"messages": [{"role": "user", "content": "a"}',
        b'"mapping": {"a": {"message": null, "parent": "a"}}',
        b'{"conversation": {"session_1": [{"dia_id": "D1:1"}]}}',
        b'{"conversations": [{"from": "a", "value": 1}]}',
        b"[",
        b"{",
        b"}",
        b"]",
        b",",
        b'"',
        b"\n",
        b"\n\n",
        b"\x00",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        rb"\ud800",
        b"\xe2\x80\xa8",
        b"1e999",
        b" ",
        b"\t",
        b": ",
    ]
)
HOSTILE = st.one_of(
    st.binary(max_size=300), st.lists(st.one_of(PIECES, st.binary(max_size=6)), max_size=30).map(b"".join)
)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
@given(data=HOSTILE)
def test_no_bytes_make_a_reader_raise(reader: Reader, data: bytes) -> None:
    lines = data.count(b"\n") + 1
    for item in read(reader, data):
        assert isinstance(item, RawSession | RawTurn | Skipped | Ignored)
        if isinstance(item, RawTurn):
            assert item.text.strip()
            assert item.speaker
            item.text.encode("utf-8")
            item.speaker.encode("utf-8")
            json.dumps(dict(item.metadata))
        if isinstance(item, RawTurn | Skipped):
            assert item.line is not None
            assert 1 <= item.line <= lines
        if isinstance(item, Skipped):
            assert item.reason


@given(data=HOSTILE)
def test_no_bytes_make_detection_raise_anything_else(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "data"
        path.write_bytes(data)
        try:
            assert detect(Source(uri="data", path=path)) in READERS
        except NotALog as error:
            assert str(error)


LONG = [
    b"a" * 1_000_000,
    b"\n" * 1_000_000,
    b" " * 1_000_000,
    b"\x00" * 1_000_000,
    b"\xff" * 1_000_000,
    b"-a/" * 300_000,
    b"[12:18] -" + b"a/" * 300_000,
    b"[12:18] <" * 100_000,
    b"[12:18] * " + b"a " * 300_000,
    b"31/12/23, 21:05 - Ann: hi\n" + b"<" * 900_000 + b"\n" + b" " * 900_000,
    b"31/12/23, 21:05 - " + b"a:" * 300_000,
    b"Ann: " * 200_000,
    b"Ann: a\n[" + b"(" * 900_000,
    b"{" * 1_000_000,
    b'{"messages": [{"role": ' * 40_000,
    b'{"a":' * 200_000,
    b'"mapping": {' * 80_000,
    b'{"text": "' + rb"\ud800" * 150_000 + b'"}',
]


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
@pytest.mark.parametrize("number", range(len(LONG)))
def test_long_hostile_input_ends_soon(reader: Reader, number: int) -> None:
    began = datetime.now()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "data"
        path.write_bytes(LONG[number])
        source = Source(uri="data", path=path)
        reader.sniff(source)
        for _ in reader.read(source):
            pass
    assert datetime.now() - began < timedelta(seconds=30)


SECRETS = st.sampled_from(
    [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "ghp_" + "a1B2" * 9,
        "glpat-" + "x1" * 10,
        "xoxb-" + "1234567890-abc",
        "sk-" + "a1" * 24,
        "sk-ant-api03-" + "a1" * 20,
        "sk_live_" + "a1" * 12,
        "AIza" + "a" * 35,
        "eyJ" + "a" * 20 + ".eyJ" + "b" * 20 + ".c",
        "-----BEGIN PRIVATE " + "KEY-----",
        "-----END PRIVATE " + "KEY-----",
        "4111 1111 1111 1111",
        "340000000000009",
        "://ann:",
        "s3cret@example.com",
        "password=",
        "password: ",
        "my password is ",
        "[redacted: password]",
        "[redacted: ",
        "]",
        "hunter22",
        " ",
        "\n",
        '"',
        "-",
        "_",
        "a",
        "1",
        "\u0130",
        "PASS\u212aEY=",
        "SECRET_\u212aEY=",
    ]
)
TALK = st.lists(st.one_of(SECRETS, st.text(max_size=4)), max_size=12).map("".join)


@settings(max_examples=500)
@given(st.lists(TALK, max_size=6))
def test_no_rule_finds_anything_more_in_what_was_cleaned_in_a_crowd(texts: list[str]) -> None:
    together, alone = (Normaliser(ZoneInfo("UTC"), redacting=True) for _ in range(2))
    cleaned = together.texts(texts)
    assert cleaned == [alone.text(text) for text in texts]
    assert together.redacted == alone.redacted
    assert not [rule.kind for rule in RULES for text in cleaned if rule.pattern.search(text)]


@settings(max_examples=500)
@given(TALK)
def test_redacting_again_changes_nothing(text: str) -> None:
    once, kinds = redact(text)
    assert redact(once) == (once, ())
    assert (once == text) == (not kinds)
