"""The memory as a Python object says what the commands say."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime

import pytest

from memcli import Memory
from memcli.config import ConfigError
from memcli.usage import UsageError
from store.errors import StoreMissing

SAID = [
    ("Ana", "2024-05-01T10:00:00Z", "I live in Lisbon."),
    ("Bo", "2024-05-01T10:01:00Z", "The ferry to Elba leaves at nine."),
    ("Ana", "2024-05-02T10:00:00Z", "I packed the green tent."),
]


@pytest.fixture
def log(write_turns):
    return write_turns("talk.jsonl", *({"session": "s", "speaker": who, "time": at, "text": t} for who, at, t in SAID))


@pytest.fixture
def memory(tmp_path, log, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with Memory.open(tmp_path / "memory", create=True) as opened:
        report = opened.ingest(log)
        assert report.turns_added == 3
        yield opened


def test_importing_memcli_loads_nothing_else():
    code = "import sys, memcli; print({n.split('.')[0] for n in sys.modules} & {'store', 'engines', 'typer', 'duckdb'})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_using_it_loads_no_command_line(tmp_path, log):
    code = (
        "import sys; from memcli import Memory\n"
        f"with Memory.open({str(tmp_path / 'm')!r}, create=True) as memory:\n"
        f"    memory.ingest({str(log)!r}); memory.ask('When does the ferry leave?'); memory.search('tent')\n"
        "print('typer' in sys.modules, 'rich' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False False"


def test_it_answers_and_remembers_the_use(memory):
    answer = memory.ask("What did Ana pack?", now=datetime(2024, 6, 1, tzinfo=UTC))
    assert "tent" in answer.short
    assert [one.turn.speaker for one in answer.evidence if one.number in answer.citations] == ["Ana"]
    assert memory.good()["id"] == answer.id
    assert memory.turn(str(answer.citations[0])).turn.text == SAID[2][2]
    status = memory.status()
    assert (status["turns"], status["answers"], status["recall_events"]) == (3, 1, 1)


def test_asking_without_a_record_leaves_none(memory):
    memory.ask("When does the ferry leave?", record=False)
    assert memory.status()["answers"] == 0
    with pytest.raises(UsageError):
        memory.bad()


def test_search_context_sessions_and_speakers(memory):
    found = memory.search("tent", speakers=["ana"]).candidates
    assert found[0].turn.text == SAID[2][2]
    assert all(one.turn.speaker == "Ana" for one in found)
    block = memory.context("tent", max_tokens=40)
    assert "green tent" in block.text
    assert block.tokens <= 40
    [session] = memory.sessions(since=datetime(2024, 5, 2, tzinfo=UTC))
    assert (session.native_id, session.turns) == ("s", 1)
    assert [(one.name, one.turns) for one in memory.speakers()] == [("Ana", 2), ("Bo", 1)]


def test_what_is_known_and_what_was(memory):
    assert memory.consolidate(now=datetime(2024, 6, 1, tzinfo=UTC)).changed
    noted = memory.remember("I moved to Oslo last week.", now=datetime(2024, 9, 1, tzinfo=UTC))
    assert memory.turn(noted.turn_id).turn.speaker == "me"
    assert [one.object for one in memory.facts("Ana", as_of=date(2024, 6, 1)).beliefs] == ["Lisbon"]
    assert "Oslo" in [one.object for one in memory.facts("me").beliefs]
    assert memory.facts("nobody").beliefs == ()


def test_the_command_line_and_the_object_see_the_same_memory(memcli, log, monkeypatch):
    memcli("--memory", "./m", "ingest", log)
    with Memory.open(memcli.home / "m") as memory:
        hits = [one.turn.id for one in memory.search("ferry").candidates]
    assert hits == [hit["id"] for hit in memcli("--memory", "./m", "--json", "search", "ferry").json["hits"]]


def test_what_is_not_there_or_wrong_is_an_error(tmp_path, memory):
    with pytest.raises(StoreMissing):
        Memory.open(tmp_path / "nothing")
    with pytest.raises(ConfigError, match=r"ask\.limits"):
        Memory.open(memory.folder, settings={"ask.limits": 3})
    with pytest.raises(UsageError):
        memory.search("   ")
    narrow = Memory.open(memory.folder, settings={"ask.limit": 1})
    assert len(narrow.ask("tent", record=False).evidence) <= 1
    assert json.dumps(narrow.status()["by_source"])


@pytest.mark.parametrize("encrypted", [False, True])
def test_what_is_brought_in_later_is_found(tmp_path, log, write_turns, monkeypatch, encrypted):
    """By an object that has searched before: an index that was opened, or made in memory, is looked at afresh."""
    from store.sealing import new_key, parsed_key
    from store.store import Store

    monkeypatch.setenv("MEMCLI_KEY", key := new_key())
    if encrypted:
        Store.create(tmp_path / "m", wait_s=1, key=lambda _: parsed_key(key, "the test"), encrypted=True)
    with Memory.open(tmp_path / "m", create=True) as memory:
        memory.ingest(log)
        assert memory.search("ferry").candidates[0].turn.text == SAID[1][2]
        memory.ingest(write_turns("more.jsonl", {"speaker": "Bo", "text": "The zebra is in the garden."}))
        assert memory.search("zebra").candidates[0].turn.text == "The zebra is in the garden."
        memory.remember("My violin is red.")
        assert memory.search("violin").candidates[0].turn.text == "My violin is red."
