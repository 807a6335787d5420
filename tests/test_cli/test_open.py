"""A citation is opened where it was said, in the log itself if one wants, and the log's fate is known by its hash."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import stat
import zipfile
from pathlib import Path

import pytest

EDITOR = '#!/bin/sh\nprintf "%s\\n" "$@" >"$HOME/opened"\n'


@pytest.fixture
def talk(memcli, write_turns):
    log = write_turns(
        "talk.jsonl",
        {"session": "s", "speaker": "Ana", "text": "The tent is in the car."},
        {"session": "s", "speaker": "Bo", "text": "The ferry to Elba leaves at nine."},
    )
    assert memcli("ingest", log).code == 0
    found = memcli("--json", "search", "ferry", "-n", "1").json["hits"][0]["id"]
    editor = memcli.home / "my editor"
    editor.write_text(EDITOR)
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    return memcli, log, found


def state(memcli, turn: str) -> str:
    return memcli("--json", "open", turn).json["file"]["state"]


def test_what_became_of_the_log(talk):
    memcli, log, turn = talk
    read = log.read_bytes()
    assert state(memcli, turn) == "as it was"
    os.utime(log, (1, 1))
    assert state(memcli, turn) == "as it was", "the bytes decide, not the time of the file"
    with log.open("a") as stream:
        stream.write(json.dumps({"speaker": "Ana", "text": "One more."}) + "\n")
    assert state(memcli, turn) == "longer"
    log.write_bytes(b"#" + read[1:])
    assert state(memcli, turn) == "changed"
    assert "has changed since it was read" in memcli("open", turn).err
    log.unlink()
    assert state(memcli, turn) == "gone"
    assert "The ferry to Elba" in memcli("open", turn).out, "the memory keeps the words"
    (log.parent / "talk.jsonl.1").write_bytes(read)
    assert state(memcli, turn) == "rotated"
    (log.parent / "talk.jsonl.1").unlink()
    (log.parent / "talk.jsonl.2.gz").write_bytes(gzip.compress(read))
    opened = memcli("--json", "open", turn).json["file"]
    assert opened == {"state": "rotated", "path": str(log.parent / "talk.jsonl.2.gz")}


def test_the_log_opens_in_the_editor_at_the_line(talk):
    memcli, log, turn = talk
    done = memcli("open", turn, "--editor", EDITOR=f"'{memcli.home}/my editor' --wait")
    assert (done.code, done.out) == (0, ""), done.err
    assert (memcli.home / "opened").read_text().splitlines() == ["--wait", "+2", str(log)]
    code = memcli.home / "code"
    shutil.copy(memcli.home / "my editor", code)
    memcli("open", turn, "--editor", EDITOR="vi", VISUAL=str(code))
    assert (memcli.home / "opened").read_text().splitlines() == ["-g", f"{log}:2"]
    memcli("open", turn, "--pager", PAGER=f"'{memcli.home}/my editor'")
    assert (memcli.home / "opened").read_text().splitlines() == ["+2", str(log)]


def test_what_cannot_be_opened_is_said(talk):
    memcli, log, turn = talk
    assert "set $EDITOR" in memcli("open", turn, "--editor", EDITOR="", VISUAL="").err
    assert "no /nowhere/vi" in memcli("open", turn, "--editor", EDITOR="/nowhere/vi", VISUAL="").err
    log.unlink()
    done = memcli("open", turn, "--editor", EDITOR=f"'{memcli.home}/my editor'")
    assert done.code == 2
    assert "the file is gone" in done.err
    noted = json.loads(memcli("--json", "remember", "The key is under the mat.").out)["id"]
    assert "it is no file" in memcli("open", noted, "--editor", EDITOR="true").err


def test_a_log_in_an_archive_is_found_there(memcli, talk, tmp_path):
    _, log, _ = talk
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.write(log, "chats/talk.jsonl")
    memcli("--memory", "zipped", "ingest", archive)
    turn = memcli("--memory", "zipped", "--json", "search", "ferry", "-n", "1").json["hits"][0]["id"]
    opened = memcli("--memory", "zipped", "--json", "open", turn).json["file"]
    assert opened == {"state": "in an archive", "path": str(archive)}


def test_debug_shows_where_an_error_arose(memcli):
    plain = memcli("status")
    assert plain.code == 10
    assert len(plain.err.splitlines()) == 1
    shown = memcli("status", "--debug")
    assert shown.code == 10
    assert "Traceback" in shown.err
    assert Path("store/store.py").name in shown.err
    as_json = memcli("status", "--debug", "--json").err.splitlines()
    assert json.loads(as_json[-1])["error"]["name"] == "StoreMissing"


def test_what_a_budget_leaves_out_is_named(story):
    memcli, memory = story
    asked = ["--memory", memory, "ask", "What happened to Kipper at the vet?"]
    roomy, narrow = memcli(*asked, "--json"), memcli(*asked, "--json", "--max-tokens", "20")
    assert len(narrow.json["evidence"]) < len(roomy.json["evidence"])
    left = len(roomy.json["evidence"]) - len(narrow.json["evidence"])
    assert f"{left} turns left out: the evidence may have 20 tokens" in narrow.err
    assert "left out" not in roomy.err
