"""Gemini CLI sessions: documents and lines, tool results, rewound and replaced messages."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from memcli.ingest.readers import gemini_cli
from memcli.ingest.readers.base import UNEDITED, Ignored, Item, RawSession, RawTurn, Skipped, Source

HEAD = {
    "sessionId": "s1",
    "projectHash": "h",
    "startTime": "2026-01-05T10:00:00Z",
    "lastUpdated": "2026-01-05T10:09:00Z",
}


def message(native_id: str, kind: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"id": native_id, "timestamp": "2026-01-05T10:00:00.000Z", "type": kind, "content": content, **more}


def read(tmp_path: Path, text: str) -> list[Item]:
    path = tmp_path / "session-1.json"
    path.write_text(text)
    source = Source(uri="session-1.json", path=path)
    assert gemini_cli.READER.sniff(source) > 0.9
    return list(gemini_cli.READER.read(source))


def document(tmp_path: Path, *messages: Any, **more: Any) -> list[Item]:
    return read(tmp_path, json.dumps({**HEAD, "messages": list(messages), **more}, indent=2))


def lines(tmp_path: Path, *records: Any) -> list[Item]:
    return read(tmp_path, "".join(json.dumps(record) + "\n" for record in [HEAD, *records]))


def turns(items: list[Item]) -> list[tuple[str, str, str]]:
    return [(item.speaker, item.role, item.text) for item in items if isinstance(item, RawTurn)]


def reasons(items: list[Item]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Ignored | Skipped)]


def test_a_document(tmp_path: Path) -> None:
    items = document(
        tmp_path, message("m1", "user", "Hi"), message("m2", "gemini", "Hello!", model="gemini-x"), summary="Greeting"
    )
    then = datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert items == [
        RawSession(native_id="s1", title="Greeting"),
        RawTurn(speaker="user", text="Hi", said_at=then, line=8, role="user", native_id="m1", worded_at=UNEDITED),
        RawTurn(
            speaker="assistant",
            text="Hello!",
            said_at=then,
            line=14,
            role="assistant",
            native_id="m2",
            metadata={"model": "gemini-x"},
            worded_at=UNEDITED,
        ),
    ]


def test_parts_thoughts_and_tools(tmp_path: Path) -> None:
    call = {"id": "c", "name": "read_file", "args": {}, "status": "success", "resultDisplay": "12 lines"}
    response = [{"functionResponse": {"id": "d", "response": {"output": "all of it"}}}]
    items = document(
        tmp_path,
        message("m1", "user", [{"text": "Read"}, {"inlineData": {}}, {"text": "this"}]),
        message("m2", "gemini", [{"text": "hm", "thought": True}, {"text": "Yes"}], toolCalls=[call]),
        message("m3", "gemini", "", toolCalls=[{"name": "shell", "result": response}, {"name": "x"}]),
        message("m4", "gemini", ""),
        message("m5", "user", [{"inlineData": {}}]),
        message("m6", "info", "Update available"),
    )
    assert turns(items) == [
        ("user", "user", "Read\nthis"),
        ("assistant", "assistant", "Yes"),
        ("read_file", "tool", "12 lines"),
        ("shell", "tool", "all of it"),
    ]
    assert reasons(items) == [*["tool call"] * 3, "empty message", "media without words", "note of the program"]


def test_lines(tmp_path: Path) -> None:
    items = lines(tmp_path, message("m1", "user", "Hi"), {"$set": {"summary": "x"}}, message("m2", "gemini", "Ho"))
    assert [(item.text, item.line) for item in items if isinstance(item, RawTurn)] == [("Hi", 2), ("Ho", 4)]
    assert [item.native_id for item in items if isinstance(item, RawSession)] == ["s1"]


def test_a_later_line_replaces_an_earlier_one(tmp_path: Path) -> None:
    items = lines(tmp_path, message("m1", "user", "Hi"), message("m2", "gemini", "H"), message("m2", "gemini", "Ho"))
    assert [text for *_, text in turns(items)] == ["Hi", "Ho"]
    assert reasons(items) == ["copy of a record below"]


@pytest.mark.parametrize(("to", "expected"), [("m2", ["a", "d"]), ("gone", ["d"])])
def test_what_was_taken_back_is_another_branch(tmp_path: Path, to: str, expected: list[str]) -> None:
    said = [message("m1", "user", "a"), message("m2", "gemini", "b"), message("m3", "user", "c")]
    items = lines(tmp_path, *said, {"$rewindTo": to}, message("m4", "user", "d"))
    assert [text for *_, text in turns(items)] == expected


@pytest.mark.parametrize("bad", [5, {}, message("x", "user", None), message("x", "user", "y") | {"timestamp": "soon"}])
def test_a_bad_message_costs_only_itself(tmp_path: Path, bad: object) -> None:
    for items in (
        document(tmp_path, bad, message("m2", "user", "fine")),
        lines(tmp_path, bad, message("m2", "user", "fine")),
    ):
        assert [text for *_, text in turns(items)] == ["fine"]
        assert sum(isinstance(item, Skipped) for item in items) == 1
