"""Every real file of assistants' exports is read as it was checked by hand; what is no conversation is refused."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from memcli.ingest.detect import READERS, detect
from memcli.ingest.readers.base import Ignored, RawSession, RawTurn, Skipped, Source


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What is in a file. `texts`: the beginnings of turns by their place; `skipped`: lines and reasons."""

    format: str
    sessions: list[str | None]
    turns: int
    speakers: dict[str, int]
    first: datetime | None = None
    last: datetime | None = None
    lines: list[int]
    texts: Mapping[int, str]
    skipped: list[tuple[int, str]] = field(default_factory=list)
    ignored: Mapping[str, int] = field(default_factory=dict)


FILES = {
    "chatgpt/chatlore_conversations.json": Expected(
        format="chatgpt",
        sessions=["11111111-aaaa-4bbb-8ccc-000000000001", "22222222-aaaa-4bbb-8ccc-000000000002", None],
        turns=8,
        speakers={"user": 3, "assistant": 4, "python": 1},
        first=utc(2026, 1, 1, 10, 0),
        last=utc(2026, 1, 2, 10, 0, 50),
        lines=[45, 100, 125, 180, 204, 225, 265, 288],
        texts={
            0: "Why is my query on orders slow?",
            1: "You are missing an index on customer_id. Add a composite index.",
            2: "Here is the plan output. Can you write the statement?",
            3: "CREATE INDEX idx_orders_customer ON orders (customer_id, created_at);",
            4: "CREATE INDEX",
            7: "Sintra is forty minutes away by train.",
        },
        skipped=[(312, "a conversation without a mapping of messages")],
        ignored={"empty message": 3, "hidden message": 1, "thoughts of the model": 1, "other branch": 1},
    ),
    "chatgpt/geniusrise_conversations_v2_no_parent_links.json": Expected(
        format="chatgpt",
        sessions=[None],
        turns=3,
        speakers={"user": 2, "assistant": 1},
        first=utc(2023, 11, 14, 22, 13, 20),
        last=utc(2023, 11, 14, 22, 15),
        lines=[2, 3, 4],
        texts={0: "how do lifetimes work", 1: "Lifetimes are...", 2: "and borrowing?"},
    ),
    "claude_ai/chatlore_conversations.json": Expected(
        format="claude",
        sessions=["aaaaaaaa-1111-4222-8333-000000000001", "aaaaaaaa-1111-4222-8333-000000000002"],
        turns=7,
        speakers={"user": 4, "assistant": 2, "tool": 1},
        first=utc(2026, 2, 1, 9, 0),
        last=utc(2025, 6, 1, 12, 1),
        lines=[13, 13, 60, 60, 92, 116, 122],
        texts={
            0: "Why does this not compile?",
            1: "fn main() { let r; { let x = 5; r = &x; } }",
            2: "Retried answer: move x out of the inner scope.",
            3: "Finished dev profile",
            4: "That worked, thanks.",
            6: "Biscuit.",
        },
        skipped=[(135, "a conversation without chat_messages")],
        ignored={"other branch": 1, "tool call": 1, "empty message": 1},
    ),
    # Its messages have text_message, which no export that is known to be real has: refused, each with the reason.
    "claude_ai/SUSPECT_geniusrise_conversations_text_message_variant.json": Expected(
        format="claude",
        sessions=["conv-1"],
        turns=0,
        speakers={},
        lines=[],
        texts={},
        skipped=[(1, "a message without text or content")] * 3,
    ),
    "claude_code/daaain_edge_cases.jsonl": Expected(
        format="claude-code",
        sessions=["edge_cases"],
        turns=9,
        speakers={"user": 5, "assistant": 2, "FailingTool": 1, "command": 1},
        first=utc(2025, 6, 14, 11, 0),
        last=utc(2025, 6, 14, 11, 3, 1),
        lines=[1, 2, 3, 5, 7, 8, 9, 12, 18],
        texts={
            0: "Here's a message with some **markdown** formatting",
            3: "Error: Tool execution failed with error: Command not found",
            4: "test-command --verbose --output /tmp/test.log",
            5: "Command output here:\nLine 1 of output\nLine 2 of output\nSome data: 12345\nStatus: SUCCESS\n",
            6: "I see the long Lorem ipsum text wraps nicely!",
            7: "Testing special characters: café, naïve, résumé, 中文, العربية, русский, 🎉 emojis 🚀",
            8: "wow error",
        },
        skipped=[
            (10, "a message without content"),
            (11, "a record without a message"),
            (13, "a record without a type"),
            (14, "a record without a type"),
            (15, "a record without a type"),
            (16, "a record without a type"),
        ],
        ignored={"tool call": 3, "note of the program": 1, "title": 1},
    ),
    "claude_code/daaain_representative_messages.jsonl": Expected(
        format="claude-code",
        sessions=["test_session"],
        turns=9,
        speakers={"user": 4, "assistant": 3, "Edit": 1, "Bash": 1},
        first=utc(2025, 6, 14, 10, 0),
        last=utc(2025, 6, 14, 10, 4),
        lines=[1, 2, 3, 5, 6, 7, 9, 10, 11],
        texts={
            0: "Hello Claude! Can you help me understand how Python decorators work?",
            3: "File created successfully at: /tmp/decorator_example.py",
            6: "Hello, Alice!\nHello, Alice!\nHello, Alice!",
            8: "This is really helpful! Let me try to implement a timing decorator myself.",
        },
        ignored={"tool call": 2, "title": 1},
    ),
    "claude_code/daaain_session_b.jsonl": Expected(
        format="claude-code",
        sessions=["session_b"],
        turns=3,
        speakers={"user": 2, "assistant": 1},
        first=utc(2025, 6, 14, 12, 0),
        last=utc(2025, 6, 14, 12, 1),
        lines=[1, 2, 3],
        texts={0: "This is from a different session file to test multi-session handling.", 2: "Perfect! This should"},
    ),
    "codex/geniusrise_rollout.jsonl": Expected(
        format="codex",
        sessions=["rollout-1"],
        turns=3,
        speakers={"user": 1, "assistant": 1, "tool": 1},
        first=utc(2026, 10, 1, 10, 0, 1),
        last=utc(2026, 10, 1, 10, 0, 7),
        lines=[2, 3, 5],
        texts={0: "add auth", 1: "Adding JWT", 2: "src test"},
        ignored={"record of the program": 1, "tool call": 1},
    ),
    "gemini/chatlore_MyActivity.json": Expected(
        format="gemini",
        sessions=["2026-03-10", "2026-03-12"],
        turns=9,
        speakers={"user": 5, "assistant": 4},
        first=utc(2026, 3, 10, 18, 0),
        last=utc(2026, 3, 12, 8, 0),
        lines=[15, 15, 2, 2, 28, 28, 41, 57, 57],
        texts={
            0: "Give me a recipe for Neapolitan pizza dough",
            1: "Here is a simple recipe:\n\n500 g flour\n325 g water\n\nMix & rest.",
            3: "At least 24 hours in the fridge.",
            6: "A question that got no stored response",
            7: "Wie spät ist es in Tokio?",
            8: "Es ist 17 Uhr.",
        },
        skipped=[(70, "'not a time' is no ISO 8601 time")],
        ignored={"activity without a prompt": 1, "activity of another product": 1},
    ),
    # Two formats pasted into one file: it is read as the first of them, and the lines of the other are named.
    "openai_sharegpt/EXCERPTS_shapes.jsonl": Expected(
        format="openai",
        sessions=[None],
        turns=2,
        speakers={"user": 1, "assistant": 1},
        lines=[1, 1],
        texts={0: "Hi", 1: "Hello!"},
        skipped=[(2, "no messages"), (3, "no messages")],
    ),
    "markdown/specstory_EXCERPTS.md": Expected(
        format="markdown",
        sessions=[None],
        turns=2,
        speakers={"User": 1, "Assistant": 1},
        lines=[5, 11],
        texts={
            0: "接下来你需要帮我新增这些 api 在 src/api 目录下",
            1: "我将读取 `types.ts`、`zeabur-api.json`、`package.json` 以及当前",
        },
        ignored={"text in front of the first speaker": 1},
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_real_file(shared_data: Path, name: str) -> None:
    expected, path = FILES[name], shared_data / "formats" / name
    if not path.exists():
        pytest.skip("the shared data is not here")
    source = Source(uri=str(path), path=path)
    reader = detect(source)
    items = list(reader.read(source))
    turns = [item for item in items if isinstance(item, RawTurn)]
    assert reader.name == expected.format
    assert [item.native_id for item in items if isinstance(item, RawSession)] == expected.sessions
    assert len(turns) == expected.turns
    assert Counter(turn.speaker for turn in turns) == expected.speakers
    assert [turn.line for turn in turns] == expected.lines
    if turns:
        assert (turns[0].said_at, turns[-1].said_at) == (expected.first, expected.last)
    for place, text in expected.texts.items():
        assert turns[place].text.startswith(text)
    assert [(item.line, item.reason) for item in items if isinstance(item, Skipped)] == expected.skipped
    assert Counter(item.reason for item in items if isinstance(item, Ignored)) == expected.ignored


def test_every_file_of_these_formats_was_checked(shared_data: Path) -> None:
    folders = {name.split("/")[0] for name in FILES}
    found = {
        f"{path.parent.name}/{path.name}" for folder in folders for path in (shared_data / "formats" / folder).iterdir()
    }
    assert found == set(FILES)


def test_no_other_file_is_taken_for_one_of_these(shared_data: Path) -> None:
    mine = {"claude", "claude-code", "codex", "gemini", "gemini-cli", "markdown", "longmemeval", "chatgpt"}
    folders = {name.split("/")[0] for name in FILES}
    others = [
        path
        for path in (shared_data / "formats").rglob("*")
        if path.is_file() and path.relative_to(shared_data / "formats").parts[0] not in folders
    ]
    assert others
    for path in others:
        source = Source(uri=str(path), path=path)

        assert [reader.name for reader in READERS if reader.name in mine and reader.sniff(source) > 0] == []


def test_longmemeval(shared_data: Path) -> None:
    path = shared_data / "longmemeval_evidence_dev.json"
    if not path.exists():
        pytest.skip("the shared data is not here")
    source = Source(uri=str(path), path=path)
    assert detect(source).name == "longmemeval"
    items = list(detect(source).read(source))
    turns = [item for item in items if isinstance(item, RawTurn)]
    # 250 questions with 427 sessions of 451 turns, 27 of them by the assistant, counted in the file.
    assert (sum(isinstance(item, RawSession) for item in items), len(turns), len(items)) == (427, 451, 427 + 451)
    assert Counter(turn.role for turn in turns) == {"user": 424, "assistant": 27}
    assert turns[0].native_id == "gpt4_2655b836/1:1"
    assert turns[0].said_at == utc(2023, 4, 10, 14, 47)
    assert turns[0].text.startswith("I've been doing some research and found a local detailer with great reviews.")
    assert turns[1].native_id == "gpt4_2655b836/2:1"
    assert turns[1].said_at == utc(2023, 4, 10, 17, 50)
    assert len({turn.native_id for turn in turns}) == 451
