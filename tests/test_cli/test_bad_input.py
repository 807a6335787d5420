"""Bad input: one clear line, its code, and nothing lost."""

from __future__ import annotations

import json

import pytest

GOOD = {"speaker": "Ana", "time": "2024-05-03T18:00:00Z", "text": "The ferry leaves at nine."}


def fails(done, code: int, *words: str) -> None:
    assert done.code == code, done.err
    assert done.out == ""
    assert len(done.err.strip().splitlines()) == 1, done.err
    for word in words:
        assert word in done.err


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.txt", b"", ["empty.txt", "empty"]),
        ("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, ["picture.png", "binary"]),
        ("essay.txt", b"It was the best of times. It was the worst of times.\n" * 5, ["essay.txt", "format"]),
    ],
)
def test_files_that_are_no_logs(memcli, tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    fails(memcli("ingest", path), 30, *words)
    assert memcli("status").code == 10, "nothing could be read, so no memory is made"


def test_a_folder_without_logs(memcli, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    fails(memcli("ingest", folder), 30, str(folder))
    (folder / "notes.bin").write_bytes(bytes(1000))
    fails(memcli("ingest", folder), 30, str(folder))


def test_a_path_that_is_not_there(memcli, tmp_path):
    fails(memcli("ingest", tmp_path / "nowhere.txt"), 30, "nowhere.txt")


def test_a_truncated_json_keeps_what_is_whole(memcli, tmp_path, examples):
    whole = (examples / "logs" / "chatgpt-export" / "conversations.json").read_bytes()
    path = tmp_path / "conversations.json"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    done = memcli("--json", "ingest", path)
    assert done.code == 3
    assert done.json["turns_added"] > 0
    (skipped,) = done.json["sources"][0]["skipped"]
    assert "conversations.json" in skipped["locator"]
    path.write_bytes(whole)
    mended = memcli("--json", "ingest", path)
    assert mended.code == 0
    assert mended.json["turns_added"] > 0


def test_bad_records_cost_only_themselves(memcli, write_turns, tmp_path):
    path = write_turns("log.jsonl", GOOD, GOOD | {"text": "Bring the tent."})
    path.write_text(path.read_text() + "{not json\n" + json.dumps(GOOD | {"time": "someday", "text": "Third."}) + "\n")
    done = memcli("--json", "ingest", path)
    assert done.code == 3
    assert done.json["turns_added"] == 2
    assert [entry["locator"] for entry in done.json["sources"][0]["skipped"]] == [f"{path}:3", f"{path}:4"]
    assert memcli("--json", "status").json["quarantine"] == 2
    assert memcli("ingest", path).code == 3
    assert memcli("--json", "status").json["quarantine"] == 2, "the same bad record is kept once"


def test_one_bad_file_among_good_ones(memcli, write_turns, tmp_path):
    write_turns("log.jsonl", GOOD)
    (tmp_path / "blob.dat").write_bytes(bytes(5000))
    (tmp_path / "home").rename(tmp_path / ".home")  # the private home of this test lies in the folder that is read
    done = type(memcli)(tmp_path / ".home")("--json", "ingest", tmp_path)
    assert done.code == 3
    assert done.json["turns_added"] == 1


def test_a_wrong_format(memcli, write_turns):
    path = write_turns("log.jsonl", GOOD)
    fails(memcli("ingest", path, "--format", "whatsap"), 2, "whatsap", "whatsapp")
    fails(memcli("ingest", path, "--format", "whatsapp"), 30, "log.jsonl")


def test_a_missing_or_broken_gguf(memcli, write_turns, tmp_path):
    path = write_turns("log.jsonl", GOOD)
    memcli("ingest", path)
    fails(memcli("ask", "When does the ferry leave?", "--model", tmp_path / "none.gguf"), 20, "none.gguf")
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    fails(memcli("ask", "When does the ferry leave?", "--model", broken), 21, "broken.gguf")
    rescued = memcli("ask", "When does the ferry leave?", "--model", tmp_path / "none.gguf", "--fallback")
    assert rescued.code == 0
    assert "nine" in rescued.out
    assert "none.gguf" in rescued.err


def test_a_store_that_is_not_one(memcli, write_turns, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "holiday.txt").write_text("mine")
    fails(memcli("--memory", folder, "ask", "Who?"), 10, str(folder))
    fails(memcli("--memory", folder, "ingest", write_turns("log.jsonl", GOOD)), 10, str(folder))
    assert [entry.name for entry in folder.iterdir()] == ["holiday.txt"]
    damaged = tmp_path / "damaged"
    damaged.mkdir(mode=0o700)
    (damaged / "memory.duckdb").write_bytes(b"this is no database" * 1000)
    fails(memcli("--memory", damaged, "status"), 14, "memory.duckdb")


@pytest.mark.parametrize(
    "arguments",
    [["asc"], ["ask"], ["ask", " "], ["search", "x", "--since", "someday"], ["open", "zzz"], ["ask", "x", "--what"]],
)
def test_wrong_usage(memcli, write_turns, arguments):
    memcli("ingest", write_turns("log.jsonl", GOOD))
    fails(memcli(*arguments), 2)


def test_settings_that_cannot_be(memcli, tmp_path):
    fails(memcli("config", "llm.modle"), 40, "llm.model")
    fails(memcli("config", "wait", "long"), 40, "wait")
    fails(memcli("status", MEMCLI_LLM_GPU="lots"), 40, "MEMCLI_LLM_GPU")
    fails(memcli("--config", tmp_path / "none.toml", "status"), 40, "none.toml")
    bad = tmp_path / "bad.toml"
    bad.write_text("memory = [")
    fails(memcli("--config", bad, "status"), 40, "bad.toml")


def test_hostile_words_stay_words(memcli, write_turns):
    path = write_turns(
        "log.jsonl", GOOD | {"speaker": "\x1b[31mEve\x00", "text": "[bold]ferry[/bold] \x1b]0;owned\x07 \ud800 leaves"}
    )
    assert memcli("ingest", path).code == 0
    shown = memcli("search", "ferry")
    assert shown.code == 0
    assert "\x1b" not in shown.out
    assert "[bold]ferry[/bold]" in shown.out
