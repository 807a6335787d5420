"""The ChatGPT export: the branch that the user saw, and what is no utterance."""

import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from memcli.ingest.readers import chatgpt
from memcli.ingest.readers.base import Ignored, Item, RawSession, RawTurn, Skipped, Source

SHARED = Path(os.environ.get("MEMCLI_SHARED_DATA", Path(__file__).parents[2].parent / "shared" / "data"))


def read(path: Path) -> list[Item]:
    return list(chatgpt.READER.read(Source(uri=str(path), path=path)))


def node(
    key: str, parent: str | None, words: Any = "", *, role: str = "user", time: float | None = None, **content: Any
) -> dict[str, Any]:
    body = {"content_type": "text", "parts": [words]} | content
    message = {"id": key, "author": {"role": role}, "create_time": time, "content": body, "metadata": {}}
    return {"id": key, "message": message, "parent": parent, "children": []}


def written(
    tmp_path: Path, *nodes: dict[str, Any], current: str | None = None, indent: int | None = None
) -> list[Item]:
    conversation = {
        "title": "T",
        "mapping": {n["id"]: n for n in nodes},
        "conversation_id": "c",
        "current_node": current,
    }
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([conversation], indent=indent))
    return read(path)


def texts(items: list[Item]) -> list[str]:
    return [item.text for item in items if isinstance(item, RawTurn)]


def ignored(items: list[Item]) -> Counter[str]:
    return Counter(item.reason for item in items if isinstance(item, Ignored))


def shared(name: str) -> Path:
    path = SHARED / "formats" / "chatgpt" / name
    if not path.exists():
        pytest.skip("the shared data is not here")
    return path


def test_a_real_export() -> None:
    items = read(shared("chatlore_conversations.json"))
    assert [(item.native_id, item.title) for item in items if isinstance(item, RawSession)] == [
        ("11111111-aaaa-4bbb-8ccc-000000000001", "Postgres indexing"),
        ("22222222-aaaa-4bbb-8ccc-000000000002", "Trip ideas"),
        (None, "No id"),
    ]
    turns = [item for item in items if isinstance(item, RawTurn)]
    assert [(turn.native_id, turn.speaker, turn.role) for turn in turns] == [
        ("u1", "user", "user"),
        ("a2", "assistant", "assistant"),
        ("u2", "user", "user"),
        ("c1", "assistant", "assistant"),
        ("x1", "python", "tool"),
        ("a3", "assistant", "assistant"),
        ("b1", "user", "user"),
        ("b2", "assistant", "assistant"),
    ]
    assert turns[0].text == "Why is my query on orders slow?"
    assert turns[0].said_at == datetime(2026, 1, 1, 10, 0, tzinfo=UTC)
    assert turns[0].metadata == {"attachments": ["explain.txt"]}
    assert turns[1].metadata == {"model": "gpt-5"}
    assert turns[2].text == "Here is the plan output. Can you write the statement?"
    assert turns[4].text == "CREATE INDEX"
    (skipped,) = [item for item in items if isinstance(item, Skipped)]
    assert "Broken record" in skipped.excerpt
    assert ignored(items) == {
        "hidden message": 1,
        "other branch": 1,
        "thoughts of the model": 1,
        "empty message": 3,
    }


def test_the_line_is_where_the_message_is() -> None:
    path = shared("chatlore_conversations.json")
    lines = path.read_text().splitlines()
    for turn in read(path):
        if isinstance(turn, RawTurn):
            assert turn.line is not None
            assert f'"id": "{turn.native_id}"' in lines[turn.line - 1]


def test_a_real_export_without_links() -> None:
    items = read(shared("geniusrise_conversations_v2_no_parent_links.json"))
    assert [(item.native_id, item.text, item.line) for item in items if isinstance(item, RawTurn)] == [
        ("m1", "how do lifetimes work", 2),
        ("m2", "Lifetimes are...", 3),
        ("m3", "and borrowing?", 4),
    ]
    assert items[0] == RawSession(native_id=None, title="Rust help")


def test_without_current_node_the_latest_leaf_is_read(tmp_path: Path) -> None:
    nodes = [
        node("r", None),
        node("q", "r", "question", time=1),
        node("a", "q", "old answer", time=2),
        node("b", "q", "new answer", time=3),
    ]
    assert texts(written(tmp_path, *nodes)) == ["question", "new answer"]
    assert texts(written(tmp_path, *nodes, current="gone")) == ["question", "new answer"]
    assert texts(written(tmp_path, *nodes, current="a")) == ["question", "old answer"]


def test_a_cycle_ends(tmp_path: Path) -> None:
    items = written(tmp_path, node("a", "b", "one"), node("b", "a", "two"), current="a")
    assert sorted(texts(items)) == ["one", "two"]


def test_a_missing_parent_ends_the_branch(tmp_path: Path) -> None:
    items = written(tmp_path, node("a", "gone", "one"), node("b", "a", "two"), current="b")
    assert texts(items) == ["one", "two"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"content_type": "code", "text": "x = 1", "parts": None}, "x = 1"),
        ({"content_type": "tether_browsing_display", "result": "page", "parts": None}, "page"),
        ({"content_type": "multimodal_text", "parts": [{"content_type": "audio_transcription", "text": "hi"}]}, "hi"),
        ({"content_type": "text", "parts": ["a", "", "b"]}, "a\nb"),
        ({"content_type": "brand_new", "parts": ["readable"]}, "readable"),
    ],
)
def test_kinds_of_content(tmp_path: Path, content: dict[str, Any], expected: str) -> None:
    assert texts(written(tmp_path, node("a", None, **content), current="a")) == [expected]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"content_type": "reasoning_recap", "content": "Thought for 5 s"}, "thoughts of the model"),
        ({"content_type": "user_editable_context", "user_profile": "x"}, "custom instructions"),
        (
            {"content_type": "multimodal_text", "parts": [{"content_type": "image_asset_pointer"}]},
            "media without words",
        ),
        ({"content_type": "text", "parts": []}, "empty message"),
        ({"content_type": "code", "text": None, "parts": None}, "empty message"),
    ],
)
def test_what_is_no_utterance(tmp_path: Path, content: dict[str, Any], reason: str) -> None:
    assert ignored(written(tmp_path, node("a", None, **content), current="a")) == {reason: 1}


def test_what_cannot_be_read_costs_only_itself(tmp_path: Path) -> None:
    odd = node("b", "a", content_type="brand_new", parts=None, blob=1)
    timeless = node("c", "b", "x")
    timeless["message"]["create_time"] = "noon"
    items = written(tmp_path, node("a", None, "one"), odd, timeless, node("d", "c", "four"), current="d")
    assert texts(items) == ["one", "four"]
    assert [item.reason for item in items if isinstance(item, Skipped)] == [
        "a message of the unknown kind 'brand_new'",
        "'noon' is no ISO 8601 time",
    ]


@pytest.mark.parametrize("mapping", ["5", "[]", '{"a": 5}', '{"a": {"message": {"author": 5, "content": 7}}}', "null"])
def test_odd_mappings_never_raise(tmp_path: Path, mapping: str) -> None:
    path = tmp_path / "c.json"
    path.write_text(f'[{{"mapping": {mapping}, "title": 5, "id": 7}}]')
    assert read(path)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"id": "user-1", "email": "a@example.com", "chatgpt_plus_user": True}, "user"),
        ([{"id": "s", "conversation_id": "c", "title": "T", "is_anonymous": True}], "shared conversation"),
        ([{"id": "f", "conversation_id": "c", "user_id": "u", "rating": "thumbs_up"}], "feedback"),
    ],
)
def test_companions_hold_no_conversation(tmp_path: Path, record: object, reason: str) -> None:
    path = tmp_path / "companion.json"
    path.write_text(json.dumps(record, indent=1))
    source = Source(uri="companion.json", path=path)
    assert chatgpt.READER.sniff(source) > 0
    assert read(path) == [Ignored(reason=reason)]


def test_the_page_of_an_export_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "chat.html"
    path.write_text("<html>\n  <head>\n    <title>ChatGPT Data Export</title></head><script>var jsonData = []</script>")
    assert chatgpt.READER.sniff(Source(uri="chat.html", path=path)) > 0
    assert [type(item) for item in read(path)] == [Ignored]


def test_newer_kinds_of_content(tmp_path: Path) -> None:
    spoken = {"content_type": "audio_transcription", "text": "Spoken words", "direction": "in"}
    asset = {"content_type": "audio_asset_pointer", "asset_pointer": "file-service://a"}
    items = written(
        tmp_path,
        node("a", None, content_type="multimodal_text", parts=[spoken, asset]),
        node("b", "a", role="assistant", content_type="reasoning_recap", content="Thought for 3 seconds"),
        node("c", "b", role="tool", content_type="sonic_webpage", title="Ovens", parts=None, text="A page about ovens"),
        node("d", "c", role="assistant", content_type="app_pairing_content", parts=[]),
        current="d",
    )
    assert texts(items) == ["Spoken words", "A page about ovens"]
    assert ignored(items) == {"thoughts of the model": 1, "note of the program": 1}
