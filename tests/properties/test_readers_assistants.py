"""For every format of assistants: what is written is read back, longer exports go on, no damage makes it raise."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written import FORMATS, STORY, Spoken

from memcli.ingest.detect import detect, reader_named
from memcli.ingest.readers import gemini, gemini_cells, markdown
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Skipped, Source

# Letters of several alphabets and marks that mean something in Markdown, HTML or JSON; a word in front keeps Markdown
# from taking the words for a heading, and single blanks are what a page of HTML leaves of several.
WORDS = st.text(
    st.sampled_from("abcXYZ059 .,:;!?'\"\\/<>&#*_`~()[]{}|-+=@éßøжя中文שع🎉"),
    max_size=40,
).map(lambda text: " ".join(f"x {text}".split()))
TIMES = st.datetimes(datetime(2001, 1, 1), datetime(2038, 1, 1)).map(
    lambda time: time.replace(second=0, microsecond=0, tzinfo=UTC)
)


@st.composite
def dialogues(draw: st.DrawFn) -> list[Spoken]:
    """Turns of a user and an assistant, each a minute or more after the one before; the user begins."""
    now = draw(TIMES)
    said: list[Spoken] = []
    for number, gap in enumerate(draw(st.lists(st.integers(1, 60 * 24 * 40), min_size=2, max_size=10))):
        now += timedelta(minutes=gap)
        said.append(("assistant" if number % 2 else "user", draw(WORDS), now))
    return said


def read(name: str, data: bytes) -> list[Item]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "data"
        path.write_bytes(data)
        return list(reader_named(FORMATS[name][0]).read(Source(uri="talk", path=path)))


def spoken(items: list[Item]) -> list[Spoken]:
    return sorted(
        ((item.role, item.text, item.said_at or datetime.min) for item in items if isinstance(item, RawTurn)),
        key=lambda one: one[2].timestamp() if one[2].tzinfo else 0,
    )


def in_sessions(items: list[Item]) -> list[tuple[str | None, str, str, datetime | None]]:
    """Every turn with the session that it is in."""
    found, session = [], None
    for item in items:
        if isinstance(item, RawSession):
            session = item.native_id
        elif isinstance(item, RawTurn):
            found.append((session, item.speaker, item.text, item.said_at))
    return found


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=50)
@given(said=dialogues())
def test_what_is_written_is_read_back(name: str, said: list[Spoken]) -> None:
    items = read(name, FORMATS[name][1](said).encode())
    assert spoken(items) == said
    assert not [item for item in items if isinstance(item, Skipped)]


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=25)
@given(said=dialogues())
def test_its_format_is_recognised(name: str, said: list[Spoken]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "data"
        path.write_text(FORMATS[name][1](said), encoding="utf-8")
        assert detect(Source(uri="talk", path=path)).name == FORMATS[name][0]


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=25)
@given(said=dialogues(), part=st.integers(1, 9))
def test_a_longer_export_holds_all_that_a_shorter_one_did(name: str, said: list[Spoken], part: int) -> None:
    write = FORMATS[name][1]
    older = in_sessions(read(name, write(said[:part]).encode()))
    newer = in_sessions(read(name, write(said).encode()))
    assert set(older) <= set(newer)


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=100)
@given(data=st.data())
def test_no_damage_makes_a_reader_raise(name: str, data: st.DataObject) -> None:
    whole = FORMATS[name][1](STORY).encode()
    begin = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(begin, min(len(whole), begin + 60)))
    piece = data.draw(
        st.one_of(st.binary(max_size=12), st.sampled_from([b"null", b"5", b"[]", b"{}", b'"x"', b"\n", b"}"]))
    )
    cut = data.draw(st.sampled_from([len(whole), begin, end]))
    damaged = whole[:begin] + piece + whole[end:cut]
    lines = damaged.count(b"\n") + 1
    for item in read(name, damaged):
        assert isinstance(item, RawSession | RawTurn | Skipped | Ignored)
        if isinstance(item, RawTurn):
            assert item.text.strip()
            assert item.speaker
            item.text.encode("utf-8")
            item.speaker.encode("utf-8")
            json.dumps(dict(item.metadata))
        if isinstance(item, RawTurn | Skipped):
            assert item.line is None or 1 <= item.line <= lines
        if isinstance(item, Skipped):
            assert item.reason


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=100)
@given(data=st.data())
def test_a_value_of_another_kind_makes_no_reader_raise(name: str, data: st.DataObject) -> None:
    """Every part of the document in turn is replaced by something that is JSON but not what belongs there."""
    text = FORMATS[name][1](STORY)
    try:
        documents = [json.loads(text)]
    except ValueError:
        if not text.startswith("{"):
            pytest.skip("no JSON")
        documents = [json.loads(line) for line in text.splitlines()]
    place = data.draw(st.integers(0, 60))
    strange = data.draw(st.sampled_from([None, True, 5, -1.5e300, "", "x", [], [[]], [5], {}, {"a": {}}, "\ud800"]))
    changed = [_replaced(document, [place], strange) for document in documents]
    for item in read(name, "\n".join(json.dumps(document) for document in changed).encode()):
        if isinstance(item, RawTurn):
            assert item.text.strip()
            item.text.encode("utf-8")
            json.dumps(dict(item.metadata))


def _replaced(value: object, countdown: list[int], strange: object) -> object:
    """The value with the part that the countdown ends at replaced."""
    countdown[0] -= 1
    if countdown[0] == -1:
        return strange
    if isinstance(value, list):
        return [_replaced(item, countdown, strange) for item in value]
    if isinstance(value, dict):
        return {key: _replaced(item, countdown, strange) for key, item in value.items()}
    return value


LONG = {
    "unclosed cells": b'<html>mdl-<div class="outer-cell' * 30_000,
    "headers": b'<html>mdl-<div class="outer-cell">' + b'class="header-cell' * 50_000,
    "contents": b'<html>mdl-<div class="outer-cell">' + b'<div class="content-cell' * 40_000,
    "breaks": b'<html>mdl-<div class="outer-cell"><div class="content-cell">' + b"<br>" * 200_000,
    "code": b'<html>mdl-<div class="outer-cell"><div class="content-cell">' + b"<pre>" * 100_000 + b"</pre>" * 50_000,
    "deep": b'<html>mdl-<div class="outer-cell"><div class="content-cell">Prompted ' + b"<i>" * 200_000,
    "heading": b"# User" + b" " * 900_000 + b"x",
    "bold": b"**User" + b" " * 900_000 + b"x",
    "marks": b"## User\n" * 100_000,
    "fences": b"```\n~~~\n" * 100_000,
    "stamps": b"# 2024-01-01" + b" ," * 400_000,
    "icons": b"## " + "🎉".encode() * 200_000,
    "comment": b"<!-- Session " + b"a" * 900_000,
    "blanks": b"## User\nx\n" + b"\n" * 900_000 + b"## Assistant\ny",
    "digits": b"## User\n" + b"1/" * 400_000,
}


@pytest.mark.parametrize("reader", [gemini.READER, markdown.READER], ids=lambda reader: reader.name)
@pytest.mark.parametrize("name", LONG)
def test_long_hostile_input_ends_soon(reader: object, name: str) -> None:
    began = datetime.now()
    with TemporaryDirectory() as folder:
        path = Path(folder) / "data"
        path.write_bytes(LONG[name])
        source = Source(uri="data", path=path)
        reader.sniff(source)  # type: ignore[attr-defined]
        for _ in reader.read(source):  # type: ignore[attr-defined]
            pass
    assert datetime.now() - began < timedelta(seconds=30)


HOSTILE_WORDS = [
    "<system-reminder>" * 50_000,
    "</system-reminder>" + "<system-reminder>" * 50_000,
    "<command-name>" * 50_000,
    "<bash-stdout>" * 50_000,
    "<pre>" * 50_000 + "<" * 200_000,
    "## My request for Codex:" * 20_000,
]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("number", range(len(HOSTILE_WORDS)))
def test_long_hostile_words_end_soon(name: str, number: int) -> None:
    began = datetime.now()
    time = datetime(2024, 3, 1, tzinfo=UTC)
    read(name, FORMATS[name][1]([("user", HOSTILE_WORDS[number], time), ("assistant", "x", time)]).encode())
    assert datetime.now() - began < timedelta(seconds=30)


@given(st.binary(max_size=200))
def test_any_html_has_words_or_none(data: bytes) -> None:
    gemini_cells.plain(data.decode("utf-8", "replace"))
