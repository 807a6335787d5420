"""Codex sessions: the layouts of three times, forks, what the program puts into the user's mouth."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from memcli.ingest.readers import codex
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Skipped, Source

THEN = datetime(2026, 10, 1, 10, tzinfo=UTC)


def item(kind: str, /, **payload: Any) -> dict[str, Any]:
    return {"timestamp": "2026-10-01T10:00:00.000Z", "type": "response_item", "payload": {"type": kind, **payload}}


def message(role: str, *texts: str) -> dict[str, Any]:
    return item("message", role=role, content=[{"type": "input_text", "text": text} for text in texts])


def meta(native_id: str, **more: Any) -> dict[str, Any]:
    payload = {"id": native_id, "timestamp": "2026-10-01T09:59:00.000Z", "cwd": "/x", **more}
    return {"timestamp": "2026-10-01T10:00:00.000Z", "type": "session_meta", "payload": payload}


def read(tmp_path: Path, *records: Any) -> list[Item]:
    path = tmp_path / "rollout-1.jsonl"
    path.write_text("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in records))
    source = Source(uri=str(path), path=path)
    assert codex.READER.sniff(source) > 0.8
    return list(codex.READER.read(source))


def turns(items: list[Item]) -> list[tuple[str, str, str]]:
    return [(one.speaker, one.role, one.text) for one in items if isinstance(one, RawTurn)]


def sessions(items: list[Item]) -> list[str | None]:
    return [one.native_id for one in items if isinstance(one, RawSession)]


def reasons(items: list[Item]) -> list[str]:
    return [one.reason for one in items if isinstance(one, Ignored | Skipped)]


def test_a_session(tmp_path: Path) -> None:
    items = read(tmp_path, meta("r1"), message("user", "add auth"), message("assistant", "Adding", "it"))
    assert items == [
        RawSession(native_id="r1"),
        Ignored(reason="record of the program"),
        RawTurn(speaker="user", text="add auth", said_at=THEN, line=2, role="user"),
        RawTurn(speaker="assistant", text="Adding\nit", said_at=THEN, line=3, role="assistant"),
    ]


def test_tools_and_events(tmp_path: Path) -> None:
    wrapped = json.dumps({"output": "a\nb", "metadata": {"exit_code": 0}})
    items = read(
        tmp_path,
        meta("r1"),
        item("reasoning", summary=[]),
        item("function_call", name="shell", call_id="c1", arguments="{}"),
        item("function_call_output", call_id="c1", output=wrapped),
        item("custom_tool_call", name="apply_patch", call_id="c2"),
        item("custom_tool_call_output", call_id="c2", output=[{"type": "input_text", "text": "ok"}]),
        item("function_call_output", call_id="c3", output={"content": "x", "success": True}),
        item("function_call_output", call_id="c4", output=""),
        {"timestamp": "t", "type": "event_msg", "payload": {"type": "agent_message", "message": "Adding"}},
        {"timestamp": "t", "type": "turn_context", "payload": {}},
        {"timestamp": "t", "type": "compacted", "payload": {"message": "They added auth."}},
    )
    assert turns(items) == [("shell", "tool", "a\nb"), ("apply_patch", "tool", "ok"), ("tool", "tool", "x")]
    assert reasons(items)[1:] == [
        "thoughts of the model",
        "tool call",
        "tool call",
        "empty message",
        "record of the program",
        "record of the program",
        "summary of the conversation",
    ]


@pytest.mark.parametrize(
    ("role", "text"),
    [
        ("user", "<environment_context>\n<cwd>/x</cwd></environment_context>"),
        ("user", "# AGENTS.md instructions for /x\n\nUse tabs."),
        ("user", "<user_instructions>Use tabs.</user_instructions>"),
        ("developer", "<permissions instructions>all</permissions instructions>"),
        ("system", "You are Codex"),
    ],
)
def test_what_the_user_did_not_say(tmp_path: Path, role: str, text: str) -> None:
    items = read(tmp_path, meta("r1"), message(role, text))
    assert (turns(items), reasons(items)[1:]) == ([], ["note of the program"])


def test_the_request_is_taken_out_of_what_the_editor_adds(tmp_path: Path) -> None:
    text = "# Context from my IDE setup:\n\n## Open tabs:\n- a.py\n\n## My request for Codex:\nFix the oven\n"
    assert turns(read(tmp_path, message("user", text))) == [("user", "user", "Fix the oven")]


def test_context_beside_a_request_is_left_out(tmp_path: Path) -> None:
    items = read(tmp_path, message("user", "<environment_context>x</environment_context>", "Fix the oven"))
    assert turns(items) == [("user", "user", "Fix the oven")]


def test_an_image_alone_has_no_words(tmp_path: Path) -> None:
    items = read(tmp_path, item("message", role="user", content=[{"type": "input_image", "image_url": "x"}]))
    assert (turns(items), reasons(items)) == ([], ["media without words"])


def test_a_fork_keeps_its_parents_lines(tmp_path: Path) -> None:
    records = [meta("new", forked_from_id="old"), meta("old"), message("user", "one"), message("user", "two")]
    assert sessions(read(tmp_path, *records)) == ["new"]


def test_a_resumed_session_goes_on_and_another_one_begins(tmp_path: Path) -> None:
    records = [
        meta("a"),
        message("user", "one"),
        meta("a"),
        message("user", "two"),
        meta("b"),
        message("user", "three"),
    ]
    assert sessions(read(tmp_path, *records)) == ["a", "b"]


def test_bare_records_have_the_time_at_which_the_session_began(tmp_path: Path) -> None:
    items = read(
        tmp_path,
        {"id": "r0", "timestamp": "2025-07-01T08:00:00.000Z", "instructions": None, "git": {"branch": "main"}},
        {"record_type": "state"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]},
        {"type": "reasoning", "summary": []},
        {"type": "message", "id": "m2", "role": "assistant", "content": [{"type": "output_text", "text": "ho"}]},
    )
    then = datetime(2025, 7, 1, 8, tzinfo=UTC)
    assert sessions(items) == ["r0"]
    assert [(one.text, one.said_at, one.line, one.native_id) for one in items if isinstance(one, RawTurn)] == [
        ("hi", then, 3, None),
        ("ho", then, 5, "m2"),
    ]


def test_the_oldest_documents(tmp_path: Path) -> None:
    session = {"id": "r00", "timestamp": "2025-05-01T08:00:00.000Z", "instructions": ""}
    said = [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}, 5]
    items = read(tmp_path, json.dumps({"session": session, "items": said}, indent=2))
    assert sessions(items) == ["r00"]
    assert turns(items) == [("user", "user", "hi")]
    assert reasons(items) == ["a response item without a type"]


@pytest.mark.parametrize(
    "bad",
    [
        '{"timestamp": "2026-10-01T10:00:00.000Z", "type": "response_i',
        "5",
        "{}",
        '{"type": "response_item", "payload": 5}',
        '{"type": "response_item", "payload": {"type": "message"}}',
        '{"type": "response_item", "payload": {"type": "message", "role": "user", "content": 5}}',
        '{"type": "response_item", "timestamp": "soon", "payload": {"type": "message", "role": "user"}}',
    ],
)
def test_a_torn_or_bad_line_costs_only_itself(tmp_path: Path, bad: str) -> None:
    items = read(tmp_path, meta("r"), message("user", "before"), bad, message("user", "after"))
    assert [text for *_, text in turns(items)] == ["before", "after"]
    assert [one.line for one in items if isinstance(one, Skipped)] == [3]


def test_records_in_front_of_any_session_are_of_the_file(tmp_path: Path) -> None:
    assert sessions(read(tmp_path, message("user", "hi"), message("user", "ho"))) == ["rollout-1"]
