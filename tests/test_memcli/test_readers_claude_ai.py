"""Claude.ai exports: branches, blocks, pasted attachments, companions."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from memcli.ingest.readers import claude_ai
from memcli.ingest.readers.base import UNEDITED, Ignored, Item, RawSession, RawTurn, Skipped, Source

ROOT = "00000000-0000-4000-8000-000000000000"


def message(uuid: str, sender: str, *content: Any, parent: str | None = None, minute: int = 0, **more: Any) -> Any:
    blocks = [{"type": "text", "text": block} if isinstance(block, str) else block for block in content]
    found = {"uuid": uuid, "sender": sender, "text": "", "content": blocks, **more}
    return found | {"created_at": f"2026-02-01T09:{minute:02}:00.000000Z", "parent_message_uuid": parent or ROOT}


def read(tmp_path: Path, *messages: Any, indent: int | None = None, **fields: Any) -> list[Item]:
    path = tmp_path / "conversations.json"
    path.write_text(
        json.dumps([{"uuid": "c1", "name": "Trip", "chat_messages": list(messages), **fields}], indent=indent)
    )
    source = Source(uri=str(path), path=path)
    assert claude_ai.READER.sniff(source) > 0.9
    return list(claude_ai.READER.read(source))


def texts(items: list[Item]) -> list[str]:
    return [item.text for item in items if isinstance(item, RawTurn)]


def reasons(items: list[Item]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Ignored | Skipped)]


def test_a_conversation(tmp_path: Path) -> None:
    items = read(tmp_path, message("m1", "human", "Hi"), message("m2", "assistant", "Hello!", parent="m1", minute=1))
    assert items == [
        RawSession(native_id="c1", title="Trip"),
        RawTurn(
            speaker="user",
            text="Hi",
            said_at=datetime(2026, 2, 1, 9, tzinfo=UTC),
            line=1,
            role="user",
            native_id="m1",
            worded_at=UNEDITED,
        ),
        RawTurn(
            speaker="assistant",
            text="Hello!",
            said_at=datetime(2026, 2, 1, 9, 1, tzinfo=UTC),
            line=1,
            role="assistant",
            native_id="m2",
            worded_at=UNEDITED,
        ),
    ]


def test_lines(tmp_path: Path) -> None:
    items = read(tmp_path, message("m1", "human", "Hi"), message("m2", "assistant", "Ho", parent="m1"), indent=2)
    lines = (tmp_path / "conversations.json").read_text().splitlines()
    turns = [item for item in items if isinstance(item, RawTurn)]
    assert all(f'"uuid": "{turn.native_id}"' in lines[(turn.line or 0) - 1] for turn in turns)
    assert len(turns) == 2


BRANCHES = [
    message("q1", "human", "first try", minute=0),
    message("a1", "assistant", "first answer", parent="q1", minute=1),
    message("q2", "human", "second try", minute=2),
    message("a2", "assistant", "second answer", parent="q2", minute=3),
    message("a3", "assistant", "retried answer", parent="q2", minute=4),
]


def test_the_branch_with_the_latest_message_is_read(tmp_path: Path) -> None:
    items = read(tmp_path, *BRANCHES)
    assert texts(items) == ["second try", "retried answer"]
    assert reasons(items) == ["other branch"] * 3


def test_a_leaf_that_is_named_decides(tmp_path: Path) -> None:
    assert texts(read(tmp_path, *BRANCHES, current_leaf_message_uuid="a1")) == ["first try", "first answer"]


def test_messages_without_links_are_read_as_they_stand(tmp_path: Path) -> None:
    old = [
        {"uuid": f"o{n}", "sender": "human", "text": f"t{n}", "created_at": "2025-06-01T12:00:00Z"} for n in range(3)
    ]
    assert texts(read(tmp_path, *old)) == ["t0", "t1", "t2"]


def test_a_missing_parent_loses_nothing(tmp_path: Path) -> None:
    items = read(tmp_path, message("a", "human", "x"), message("b", "human", "y", parent="gone", minute=1))
    assert texts(items) == ["x", "y"]


def test_a_circle_of_parents_ends(tmp_path: Path) -> None:
    circle = [message("a", "human", "x", parent="b"), message("b", "human", "y", parent="a")]
    assert texts(read(tmp_path, *circle)) == ["x", "y"]


def test_blocks(tmp_path: Path) -> None:
    blocks = [
        {"type": "thinking", "thinking": "secret thoughts"},
        "Let me look.",
        {"type": "tool_use", "name": "web_search", "input": {"query": "x"}},
        {"type": "tool_result", "name": "web_search", "content": [{"type": "text", "text": "Found it."}]},
        {"type": "tool_result", "name": "repl", "content": []},
        "Here it is.",
        {"type": "token_budget"},
    ]
    items = read(tmp_path, message("m1", "assistant", *blocks))
    turns = [(item.speaker, item.role, item.text) for item in items if isinstance(item, RawTurn)]
    assert turns == [
        ("assistant", "assistant", "Let me look.\n\nHere it is."),
        ("web_search", "tool", "Found it."),
    ]
    assert reasons(items) == ["thoughts of the model", "tool call", "empty message", "note of the program"]


def test_attachments(tmp_path: Path) -> None:
    pasted = [
        {"file_name": "notes.txt", "extracted_content": "the oven is red"},
        {"file_name": "empty", "file_size": 1},
    ]
    items = read(
        tmp_path,
        message("m1", "human", "See this", attachments=pasted, files=[{"file_name": "a.png"}]),
        message("m2", "human", files=[{"file_name": "b.png"}], parent="m1"),
        message("m3", "human", attachments=pasted[:1], parent="m2"),
    )
    turns = [item for item in items if isinstance(item, RawTurn)]
    assert [(turn.text, turn.native_id, dict(turn.metadata)) for turn in turns] == [
        ("See this", "m1", {"attachments": ["notes.txt", "empty", "a.png"]}),
        ("the oven is red", "m1", {"attachment": "notes.txt"}),
        ("the oven is red", "m3", {"attachment": "notes.txt"}),
    ]
    assert reasons(items) == ["media without words"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (5, "a message that is not a JSON object"),
        ({"uuid": "x", "text": "hi"}, "a message without a sender"),
        ({"uuid": "x", "sender": "human"}, "a message without text or content"),
        (message("x", "human", "hi") | {"created_at": "soon"}, "'soon' is no ISO 8601 time"),
    ],
)
def test_a_bad_message_costs_only_itself(tmp_path: Path, bad: object, reason: str) -> None:
    items = read(tmp_path, bad, message("m2", "human", "fine", parent="x", minute=9))
    assert reasons(items) == [reason]
    assert texts(items) == ["fine"]


def test_a_conversation_without_messages_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "conversations.json"
    path.write_text('[{"uuid": "a", "chat_messages": []},\n{"uuid": "b"}]')
    assert list(claude_ai.READER.read(Source(uri="x", path=path)))[1:] == [
        Skipped(line=2, reason="a conversation without chat_messages", excerpt='{"uuid": "b"}')
    ]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"uuid": "u", "full_name": "Ann", "email_address": "a@example.com", "verified_phone_number": None}, "user"),
        ({"full_name": "Ann", "email_address": "a@example.com", "uuid": "u"}, "user"),
        ({"uuid": "p", "name": "Garden {x}", "is_private": True, "is_starter_project": False, "docs": []}, "project"),
        ({"conversations_memory": "Likes bees.", "project_memories": {}}, "memory of the program"),
    ],
)
def test_companions_hold_no_conversation(tmp_path: Path, record: object, reason: str) -> None:
    path = tmp_path / "users.json"
    path.write_text(json.dumps([record, record], indent=1))
    source = Source(uri="users.json", path=path)
    assert claude_ai.READER.sniff(source) > 0
    assert list(claude_ai.READER.read(source)) == [Ignored(reason=reason)] * 2
