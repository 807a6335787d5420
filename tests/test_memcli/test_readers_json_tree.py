"""Taking one large JSON document apart."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memcli.ingest.readers.base import Skipped, Source
from memcli.ingest.readers.json_tree import Begin, End, Part, parts

CHATS = {(), ("chats",), ("chats", "*"), ("chats", "*", "messages")}
MESSAGES = ("chats", "*", "messages", "*")


def read(tmp_path: Path, text: str, inside: set[tuple[str, ...]] = CHATS) -> list[Part | Begin | End | Skipped]:
    path = tmp_path / "result.json"
    path.write_text(text, encoding="utf-8")
    return list(parts(Source(uri=str(path), path=path), inside))


def document() -> dict[str, object]:
    chats = [{"name": name, "messages": [{"n": n, "text": f"{name}{n}"} for n in range(3)]} for name in ("a", "b")]
    return {"about": {"x": [1, {"y": 2}]}, "chats": chats, "last": None}


@pytest.mark.parametrize("indent", [None, 0, 1, 4])
def test_whole(tmp_path: Path, indent: int | None) -> None:
    text = json.dumps(document(), indent=indent)
    found = read(tmp_path, text)
    assert [(one.path, one.value) for one in found if isinstance(one, Part)] == [
        (("about",), {"x": [1, {"y": 2}]}),
        (("chats", "*", "name"), "a"),
        *((MESSAGES, {"n": n, "text": f"a{n}"}) for n in range(3)),
        (("chats", "*", "name"), "b"),
        *((MESSAGES, {"n": n, "text": f"b{n}"}) for n in range(3)),
        (("last",), None),
    ]
    lines = text.split("\n")
    assert all(one.text.split("\n")[0] in lines[one.line - 1] for one in found if isinstance(one, Part))
    assert [one.path for one in found if isinstance(one, Begin)][:3] == [(), ("chats",), ("chats", "*")]
    assert found[-1] == End(path=())


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_a_broken_message_costs_only_itself(tmp_path: Path, broken: int) -> None:
    text = json.dumps(document(), indent=1).replace(f'"a{broken}"', f'"a{broken}" oops')
    found = read(tmp_path, text)
    spoken = [one.value["text"] for one in found if isinstance(one, Part) and one.path == MESSAGES]
    assert spoken == [f"{chat}{n}" for chat in "ab" for n in range(3) if f"{chat}{n}" != f"a{broken}"]
    assert [one.value for one in found if isinstance(one, Part) and one.path == ("chats", "*", "name")] == ["a", "b"]
    [skipped] = [one for one in found if isinstance(one, Skipped)]
    assert f"a{broken}" in "\n".join(text.split("\n")[skipped.line - 1 : skipped.line + 3])
    assert found[-1] == End(path=())


def test_cut_off(tmp_path: Path) -> None:
    text = json.dumps(document(), indent=1)
    found = read(tmp_path, text[: text.index('"b1"') + 2])
    assert [one.value["text"] for one in found if isinstance(one, Part) and one.path == MESSAGES] == [
        "a0",
        "a1",
        "a2",
        "b0",
    ]
    assert [one.reason for one in found if isinstance(one, Skipped)] != []
    assert found[-1] == End(path=(), whole=False)


def test_a_large_document_is_read_in_pieces(tmp_path: Path) -> None:
    messages = [{"n": n, "text": "x" * 1000} for n in range(5000)]
    found = parts(Source(uri="r", path=_write(tmp_path, {"messages": messages})), {(), ("messages",)})
    assert sum(isinstance(one, Part) for one in found) == 5000


def _write(tmp_path: Path, value: object) -> Path:
    path = tmp_path / "r.json"
    path.write_text(json.dumps(value))
    return path


@given(st.text(alphabet='{}[]",:0a \n\\', max_size=80))
def test_any_text_ends(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """No text raises or hangs, and every place that begins ends."""
    found = read(tmp_path_factory.mktemp("any"), text, {(), ("a",), ("a", "*"), ("*",)})
    assert sum(isinstance(one, Begin) for one in found) == sum(isinstance(one, End) for one in found)
