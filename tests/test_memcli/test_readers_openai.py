"""OpenAI messages and ShareGPT conversations."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from memcli.ingest.readers import openai_messages, sharegpt
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Reader, Skipped, Source

SHARED = Path(os.environ.get("MEMCLI_SHARED_DATA", Path(__file__).parents[2].parent / "shared" / "data"))


def read(tmp_path: Path, text: str, reader: Reader = openai_messages.READER) -> list[Item]:
    path = tmp_path / "log.jsonl"
    path.write_text(text, encoding="utf-8")
    return list(reader.read(Source(uri=str(path), path=path)))


def test_each_line_is_a_session(tmp_path: Path) -> None:
    line = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}\n'
    items = read(tmp_path, line * 2)
    for number in (1, 2):
        assert items[3 * number - 3 : 3 * number] == [
            RawSession(native_id=None),
            RawTurn(speaker="user", text="Hi", said_at=None, line=number, role="user"),
            RawTurn(speaker="assistant", text="Hello!", said_at=None, line=number, role="assistant"),
        ]
    assert len(items) == 6


def test_ids_titles_names_and_times(tmp_path: Path) -> None:
    message = {"role": "user", "name": "Ann", "content": "Hi", "id": "m1", "created_at": 1709285400}
    items = read(tmp_path, json.dumps({"conversation_id": "c1", "title": "Greeting", "messages": [message]}))
    assert items == [
        RawSession(native_id="c1", title="Greeting"),
        RawTurn(
            speaker="Ann",
            text="Hi",
            said_at=datetime(2024, 3, 1, 9, 30, tzinfo=UTC),
            line=1,
            role="user",
            native_id="m1",
        ),
    ]


def test_parts(tmp_path: Path) -> None:
    parts = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
        {"type": "input_text", "text": "Tell me."},
        "Please.",
    ]
    items = read(
        tmp_path,
        json.dumps({"messages": [{"role": "user", "content": parts}, {"role": "user", "content": parts[1:2]}]}),
    )
    assert items[1].text == "What is this?\nTell me.\nPlease."  # type: ignore[union-attr]
    assert items[2] == Ignored(reason="media without words")


def test_tool_calls_are_ignored_and_tool_answers_kept(tmp_path: Path) -> None:
    messages = [
        {"role": "developer", "content": "Be short."},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]},
        {"role": "tool", "content": "42", "tool_call_id": "1"},
        {"role": "assistant", "content": ""},
    ]
    items = read(tmp_path, json.dumps({"messages": messages}))[1:]
    assert [item.role if isinstance(item, RawTurn) else item.reason for item in items] == [  # type: ignore[union-attr]
        "system",
        "tool call",
        "tool",
        "empty message",
    ]


def test_a_bare_list_is_one_session(tmp_path: Path) -> None:
    items = read(tmp_path, '[\n{"role": "user", "content": "a"},\n{"role": "assistant", "content": "b"}\n]')
    assert [type(item) for item in items] == [RawSession, RawTurn, RawTurn]
    assert [item.line for item in items[1:]] == [2, 3]  # type: ignore[union-attr]


def test_bare_lists_line_by_line_are_sessions(tmp_path: Path) -> None:
    items = read(tmp_path, '[{"role": "user", "content": "a"}]\n[{"role": "user", "content": "b"}]\n')
    assert [type(item) for item in items] == [RawSession, RawTurn, RawSession, RawTurn]


def test_lines_inside_an_indented_record(tmp_path: Path) -> None:
    record = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    items = read(tmp_path, json.dumps(record, indent=1))
    assert [item.line for item in items[1:]] == [4, 8]  # type: ignore[union-attr]


@pytest.mark.parametrize("bad", ["5", '{"content": "x"}', '{"role": 5}', '{"role": "user", "content": {"a": 1}}'])
def test_a_bad_message_costs_only_itself(tmp_path: Path, bad: str) -> None:
    items = read(tmp_path, f'{{"messages": [{bad}, {{"role": "user", "content": "b"}}]}}')
    assert [type(item) for item in items] == [RawSession, Skipped, RawTurn]


def test_records_without_messages_are_skipped(tmp_path: Path) -> None:
    items = read(tmp_path, '{"a": 1}\n{"messages": 5}\n7\n')
    assert [(type(item), item.line) for item in items] == [(Skipped, 1), (Skipped, 2), (Skipped, 3)]  # type: ignore[union-attr]


def test_sharegpt(tmp_path: Path) -> None:
    text = '{"id": "abc_0", "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello!"}, 5]}'
    assert read(tmp_path, text, sharegpt.READER) == [
        RawSession(native_id="abc_0"),
        RawTurn(speaker="human", text="Hi", said_at=None, line=1, role="user"),
        RawTurn(speaker="gpt", text="Hello!", said_at=None, line=1, role="assistant"),
        Skipped(line=1, reason="a message without from or value", excerpt=text),
    ]


def test_real_shapes() -> None:
    path = SHARED / "formats" / "openai_sharegpt" / "EXCERPTS_shapes.jsonl"
    if not path.exists():
        pytest.skip("the shared data is not here")
    source = Source(uri=str(path), path=path)
    messages = list(openai_messages.READER.read(source))
    conversations = list(sharegpt.READER.read(source))
    assert [item.text for item in messages if isinstance(item, RawTurn)] == ["Hi", "Hello!"]
    assert [item.line for item in messages if isinstance(item, Skipped)] == [2, 3]
    assert [item.text for item in conversations if isinstance(item, RawTurn)] == [
        "Hi",
        "Hello!",
        "orphan assistant",
        "question",
        "answer",
    ]
    assert [item.line for item in conversations if isinstance(item, Skipped)] == [1]


def test_a_batch_and_its_answers_are_one_conversation(tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "Hi"}]
    answer = {"created": 1709285400, "choices": [{"message": {"role": "assistant", "content": "Hello!"}}, {}]}
    asked = read(tmp_path, json.dumps({"custom_id": "r1", "method": "POST", "body": {"messages": messages}}))
    answered = read(tmp_path, json.dumps({"id": "b", "custom_id": "r1", "response": {"body": answer}}))
    assert asked[0] == answered[0] == RawSession(native_id="r1")
    assert [item.text for item in [*asked, *answered] if isinstance(item, RawTurn)] == ["Hi", "Hello!"]
    assert answered[1].said_at == datetime(2024, 3, 1, 9, 30, tzinfo=UTC)  # type: ignore[union-attr]


def test_responses(tmp_path: Path) -> None:
    asked = {"model": "x", "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}]}
    said = {"type": "message", "id": "m1", "role": "assistant", "content": [{"type": "output_text", "text": "Ho"}]}
    answer = {"id": "resp_1", "object": "response", "created_at": 1709285400, "output": [{"type": "reasoning"}, said]}
    items = read(tmp_path, json.dumps(asked) + "\n" + json.dumps(answer))
    assert [item.native_id for item in items if isinstance(item, RawSession)] == [None, "resp_1"]
    turns = [item for item in items if isinstance(item, RawTurn)]
    assert [(turn.text, turn.native_id) for turn in turns] == [("Hi", None), ("Ho", "m1")]
    assert turns[1].said_at == datetime(2024, 3, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        {"custom_id": "r1", "body": {"messages": [{"role": "user", "content": "Hi"}]}},
        {"id": "c", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}}]},
        {"input": [{"role": "user", "content": "Hi"}]},
        {"object": "response", "output": [{"type": "message", "role": "assistant", "content": []}]},
    ],
)
def test_requests_and_answers_are_recognised(tmp_path: Path, value: object) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(value))
    assert openai_messages.READER.sniff(Source(uri="x", path=path)) >= 0.8
