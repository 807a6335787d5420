"""Exports of assistants, through the whole command: twice is once, and a longer export adds only what is new."""

from __future__ import annotations

from pathlib import Path

import pytest
from written import FORMATS, STORY

ONE_OF_EACH = [
    "chatgpt", "claude", "claude-code", "codex", "gemini", "gemini-cli", "longmemeval", "markdown", "openai",
    "specstory",
]  # fmt: skip


def write(folder: Path, turns: int) -> Path:
    folder.mkdir()
    for name in ONE_OF_EACH:
        # Two Markdown files of the same words at the same times would be one conversation: one tells another story.
        story = [(role, f"{text} Really." if name == "markdown" else text, time) for role, text, time in STORY[:turns]]
        (folder / f"{name}.log").write_text(FORMATS[name][1](story), encoding="utf-8")
    return folder


def added(done) -> dict[str, int]:
    assert done.code == 0, done.err
    return {Path(source["uri"]).stem: source["turns_added"] for source in done.json["sources"]}


def test_a_longer_export_adds_only_what_is_new(memcli, tmp_path):
    older, newer = write(tmp_path / "older", 4), write(tmp_path / "newer", 6)
    assert added(memcli("--json", "ingest", older)) == dict.fromkeys(ONE_OF_EACH, 4)
    assert added(memcli("--json", "ingest", older)) == dict.fromkeys(ONE_OF_EACH, 0)
    assert added(memcli("--json", "ingest", newer)) == dict.fromkeys(ONE_OF_EACH, 2)
    assert added(memcli("--json", "ingest", newer)) == dict.fromkeys(ONE_OF_EACH, 0)
    assert memcli("--json", "status").json["turns"] == 6 * len(ONE_OF_EACH)


def test_the_order_of_overlapping_exports_changes_nothing(memcli, tmp_path):
    older, newer = write(tmp_path / "older", 4), write(tmp_path / "newer", 6)
    counts = []
    for number, order in enumerate([(older, newer), (newer, older)]):
        memory = tmp_path / f"memory-{number}"
        for folder in order:
            memcli("--memory", memory, "ingest", folder)
        status = memcli("--memory", memory, "--json", "status").json
        counts.append((status["turns"], status["sessions"]))
    assert counts[0] == counts[1]
    assert counts[0][0] == 6 * len(ONE_OF_EACH)


@pytest.mark.parametrize(
    ("one", "other"), [("gemini", "gemini-page"), ("gemini-cli", "gemini-cli-lines"), ("openai", "openai-batch")]
)
def test_two_layouts_of_a_format_are_one_conversation(memcli, tmp_path, one, other):
    for name, turns, new in ((one, 4, 4), (other, 6, 2)):
        path = tmp_path / f"{name}.log"
        path.write_text(FORMATS[name][1](STORY[:turns]), encoding="utf-8")
        assert added(memcli("--json", "ingest", path)) == {name: new}
