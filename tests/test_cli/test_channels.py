"""What consolidation made, as the command line shows it in recall, and what becomes of it when turns are deleted."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

SAID = (
    {"session": "s", "speaker": "Ana", "time": "2024-03-01T09:00:00Z", "text": "I'm allergic to walnuts."},
    {"session": "s", "speaker": "Bo", "time": "2024-03-01T09:01:00Z", "text": "I live in Lisbon, near the river."},
    {"session": "s", "speaker": "Ana", "time": "2024-03-01T09:02:00Z", "text": "The cake for Saturday has none."},
)


@pytest.fixture
def memory(memcli, write_turns, tmp_path):
    place = tmp_path / "memory"
    assert memcli("--memory", place, "ingest", write_turns("chat.jsonl", *SAID)).code == 0
    assert memcli("--memory", place, "consolidate").code == 0
    return place


def test_why_tells_by_which_fact_a_turn_was_found(memcli, memory):
    assert memcli("--memory", memory, "ask", "What is Ana allergic to?").code == 0
    [hit] = [one for one in memcli("--memory", memory, "--json", "why", "last").json["hits"] if one["cited"]]
    assert hit["channels"]["facts"] == 1
    assert hit["channel_reasons"]["facts"] == "Ana allergic to walnuts"
    assert "facts #1 (Ana allergic to walnuts)" in memcli("--memory", memory, "why", "last").out


def test_what_is_deleted_is_gone_from_what_is_known(memcli, memory):
    kept = memory / "cache" / "knowledge.sqlite"
    assert b"walnuts" in kept.read_bytes()
    assert memcli("--memory", memory, "delete", "--speaker", "Ana", "--yes").code == 0
    assert not kept.exists()
    assert memcli("--memory", memory, "search", "Where does Bo live?").code == 0
    assert b"Lisbon" in kept.read_bytes()
    assert b"walnuts" not in kept.read_bytes()


@pytest.mark.parametrize("damage", ["inside", "cut off", "all"])
def test_what_is_known_is_made_anew_where_its_file_is_damaged(memcli, memory, damage):
    kept = memory / "cache" / "knowledge.sqlite"
    whole = kept.read_bytes()
    inside = whole[:8192] + bytes((7 * byte + 13) % 256 for byte in whole[8192:])
    kept.write_bytes({"inside": inside, "cut off": whole[:6000], "all": b"garbage"}[damage])
    done = memcli("--memory", memory, "ask", "What is Ana allergic to?")
    assert done.code == 0, done.err
    assert kept.read_bytes() == whole


def test_a_question_is_answered_where_what_is_known_cannot_be_kept(memcli, memory):
    kept = memory / "cache" / "knowledge.sqlite"
    room = kept.stat().st_size // 2
    kept.unlink()
    command = [Path(sys.executable).with_name("memcli"), "--memory", memory, "ask", "What is Ana allergic to?"]

    def full_soon() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    done = subprocess.run(command, env=memcli.environment, capture_output=True, text=True, preexec_fn=full_soon)
    assert done.returncode == 0, done.stderr
    assert "walnuts" in done.stdout
    assert not kept.exists()


def test_of_an_encrypted_memory_nothing_known_is_on_the_disk(memcli, write_turns, tmp_path):
    place = tmp_path / "sealed"
    for arguments in (
        ("init", "--encrypt", "--key-file", tmp_path / "key"),
        ("ingest", write_turns("chat.jsonl", *SAID)),
        ("consolidate",),
        ("ask", "What is Ana allergic to?"),
    ):
        done = memcli("--memory", place, *arguments)
        assert done.code == 0, done.err
    assert "facts #1 (Ana allergic to walnuts)" in memcli("--memory", place, "why", "last").out
    assert not list(place.rglob("knowledge*"))
