"""Tables and JSON by a mapping, and tables that need none."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from memcli.ingest.detect import detect
from memcli.ingest.errors import NotALog
from memcli.ingest.readers import mapped
from memcli.ingest.readers.base import LINE_BYTES, UNEDITED, Ignored, Item, RawSession, RawTurn, Skipped, Source
from memcli.usage import UsageError

MAP = {"speaker": "author", "text": "body", "time": "ts"}
NINE = datetime(2024, 3, 1, 9, 30, tzinfo=UTC)
ID: dict[str, Any] = {"worded_at": UNEDITED}
"""What comes with an id of the source's own."""


def source(tmp_path: Path, text: str | bytes, name: str = "chat.csv") -> Source:
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return Source(uri=name, path=path)


def read(tmp_path: Path, text: str | bytes, mapping: dict[str, str] = MAP) -> list[Item]:
    return list(mapped.reader_for(mapping).read(source(tmp_path, text)))


def turns(items: list[Item]) -> list[RawTurn]:
    return [item for item in items if isinstance(item, RawTurn)]


def skipped(items: list[Item]) -> list[tuple[int | None, str]]:
    return [(item.line, item.reason) for item in items if isinstance(item, Skipped)]


@pytest.mark.parametrize("mark", [",", "\t", ";", "|"])
def test_a_table(tmp_path: Path, mark: str) -> None:
    text = 'author,ts,body,mood\nAnn,2024-03-01T09:30:00Z,"one\ntwo ""x""",glad\nBob,,three,\n'.replace(",", mark)
    assert read(tmp_path, text) == [
        RawSession(native_id=None),
        RawTurn(speaker="Ann", text='one\ntwo "x"', said_at=NINE, line=2, native_id="1", metadata={"mood": "glad"}),
        RawTurn(speaker="Bob", text="three", said_at=None, line=4, native_id="2"),
    ]


@pytest.mark.parametrize("as_list", [True, False])
def test_json(tmp_path: Path, as_list: bool) -> None:
    records = [
        {
            "id": 7,
            "from": {"name": "Ann"},
            "content": {"parts": ["hi", "x"]},
            "ts": 1709285400,
            "kind": "a",
            "chat": "s",
        },
        {"id": 8, "from": {"name": "Bob"}, "content": {"parts": ["ho"]}, "ts": None, "chat": "s", "who": "assistant"},
    ]
    text = json.dumps(records) if as_list else "\n".join(map(json.dumps, records))
    mapping = {
        "speaker": "from.name",
        "text": "content.parts.0",
        "time": "ts",
        "id": "id",
        "session": "chat",
        "role": "who",
    }
    assert read(tmp_path, text, mapping) == [
        RawSession(native_id="s"),
        RawTurn(speaker="Ann", text="hi", said_at=NINE, line=1, native_id="7", metadata={"kind": "a"}, **ID),
        RawTurn(
            speaker="Bob", text="ho", said_at=None, line=1 if as_list else 2, native_id="8", role="assistant", **ID
        ),
    ]


def test_a_key_with_dots(tmp_path: Path) -> None:
    assert turns(read(tmp_path, '{"a.b": "hi"}', {"text": "a.b"}))[0].text == "hi"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("author,body\nAnn,hi\n", "no 'ts' in it; there is: author, body"),
        ("a;b;c\n1;2;3\n", "no 'author', 'body', 'ts' in it; there is: a, b, c"),
        ('{"body": "hi", "by": {"name": "Ann"}}', "no 'author', 'ts' in it; there is: body, by.name"),
    ],
)
def test_an_unknown_column_is_answered_with_those_there_are(tmp_path: Path, text: str, reason: str) -> None:
    assert read(tmp_path, text) == [Skipped(line=1, reason=reason)]


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({"speaker": "a"}, "names no text"),
        ({"text": "a", "words": "b"}, "no field 'words'"),
        ({"text": " "}, "mapped to nothing"),
    ],
)
def test_a_wrong_mapping_is_wrong_usage(mapping: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        mapped.reader_for(mapping)


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("2024-03-01 09:30", datetime(2024, 3, 1, 9, 30)),
        ("2024/03/01 09:30:00", datetime(2024, 3, 1, 9, 30)),
        ("1709285400", NINE),
        ("1709285400000", NINE),
        ("Fri, 1 Mar 2024 09:30:00 +0000", NINE),
    ],
)
def test_times(tmp_path: Path, time: str, expected: datetime) -> None:
    assert turns(read(tmp_path, f'author,ts,body\nAnn,"{time}",hi\n'))[0].said_at == expected


def test_what_cannot_be_read_is_skipped(tmp_path: Path) -> None:
    text = "author,ts,body\nAnn,03/04/2024,hi\nAnn,,hi,and,more\nAnn,,\n\nBob,,ho\n"
    items = read(tmp_path, text)
    assert skipped(items) == [
        (2, "'03/04/2024' is no ISO 8601 time"),
        (3, "5 values under 3 columns"),
    ]
    assert [item.reason for item in items if isinstance(item, Ignored)] == ["empty message"]
    assert [(turn.text, turn.line) for turn in turns(items)] == [("ho", 6)]
    items = read(tmp_path, '{"author": "Ann", "body": "hi", "ts": 1}\n[]\n{"body": 5}\n{"ts": 1}\n{"body": [1]}\n')
    assert [line for line, _ in skipped(items)] == [3, 4, 5]


def test_a_quote_that_nobody_closed_costs_what_is_in_it(tmp_path: Path) -> None:
    items = read(tmp_path, 'author,ts,body\nAnn,,hi\nBob,,"ho\nAnn,,he\n')
    assert skipped(items) == [(3, "a quote that is not closed")]
    assert [turn.text for turn in turns(items)] == ["hi"]
    endless = 'author,ts,body\nBob,,"ho\n' + "x\n" * LINE_BYTES + "Ann,,he\n"
    items = read(tmp_path, endless)
    assert skipped(items)
    assert turns(items)[-1].text == "he"


def test_a_line_that_is_too_long(tmp_path: Path) -> None:
    items = read(tmp_path, "author,ts,body\nAnn,,hi\nAnn,," + "x" * LINE_BYTES + "\nBob,,ho\n")
    assert skipped(items) == [(3, "the line is longer than 1 MiB")]
    assert [turn.text for turn in turns(items)] == ["hi", "ho"]


def test_quotes_within_a_value_are_text(tmp_path: Path) -> None:
    assert turns(read(tmp_path, 'author,ts,body\nAnn,,5" or 6\n'))[0].text == '5" or 6'


@pytest.mark.parametrize(
    "data", ["\ufeffAuthor,Time,Text\nAnn,,Grüße\n".encode(), "Time,Text\n,Grüße\n".encode("cp1252")]
)
def test_a_table_of_generic_turns_needs_no_mapping(tmp_path: Path, data: bytes) -> None:
    found = source(tmp_path, data)
    assert detect(found).name == "table"
    assert turns(list(detect(found).read(found)))[0].text == "Grüße"


def test_generic_columns(tmp_path: Path) -> None:
    found = source(
        tmp_path, "Session\tID\tSpeaker\tRole\tTime\tText\tMood\ns1\tk1\tAnn\tuser\t2024-03-01T09:30:00Z\thi\tglad\n"
    )
    assert list(detect(found).read(found)) == [
        RawSession(native_id="s1"),
        RawTurn(speaker="Ann", text="hi", said_at=NINE, line=2, native_id="k1", metadata={"Mood": "glad"}, **ID),
    ]


@pytest.mark.parametrize("text", ["name,price\nbread,3\n", "text\nhi\n", "The text, the time: prose.\nMore, of it.\n"])
def test_other_tables_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(NotALog):
        detect(source(tmp_path, text))


def test_a_longer_table_has_the_same_turns(tmp_path: Path) -> None:
    older = "author,ts,body\nAnn,2024-03-01T09:30:00Z,hi\n"
    assert read(tmp_path, older + "Bob,,ho\n")[:2] == read(tmp_path, older)
