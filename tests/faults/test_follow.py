"""Following and watching: each line once, soon, whatever happens to the process."""

from __future__ import annotations

import json
import os
import random
import signal
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from store.errors import StoreDamaged, StoreMissing
from store.store import Store

SEED = int(os.environ.get("MEMCLI_SEED", "0"))
PATIENCE_S = 120


def line(number: int, text: str | None = None) -> str:
    said = {
        "session": "s",
        "speaker": "Ann",
        "time": 1_700_000_000 + 60 * (number // 4),
        "text": text or f"words {number}",
    }
    return json.dumps(said) + "\n"


def texts(memory: Path) -> list[str]:
    """What is in the catalogue, in the order in which it came."""
    try:
        with Store.open(memory, wait_s=30).reading() as catalogue:
            rows = catalogue.connection.execute("SELECT text FROM turns ORDER BY seq").fetchall()
    except (StoreMissing, StoreDamaged):
        return []  # it is being made
    return [text for (text,) in rows]


def until(happened: Callable[[], bool], process: Popen[bytes]) -> None:
    patience = time.monotonic() + PATIENCE_S
    while not happened():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < patience
        time.sleep(0.1)


def test_each_line_is_read_once_whenever_the_process_is_killed(memcli: Any, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    memory, log = tmp_path / "memory", tmp_path / "log.jsonl"
    expected: list[str] = []

    def write(count: int) -> None:
        with log.open("a", encoding="utf-8") as out:
            for _ in range(count):
                # Every other line is like others at the same time: equal words must neither be lost nor doubled.
                words = "ok" if len(expected) % 2 else f"words {len(expected)}"
                out.write(line(len(expected), words))
                expected.append(words)

    write(3)
    for _ in range(3):
        process = memcli.start("--memory", memory, "ingest", "--follow", log)
        until(lambda: len(texts(memory)) == len(expected), process)
        write(chance.randrange(1, 40))
        time.sleep(chance.uniform(0, 1.5))
        write(chance.randrange(1, 5))
        process.kill()
        process.communicate()
        write(2)
    process = memcli.start("--memory", memory, "ingest", "--follow", log)
    until(lambda: len(texts(memory)) == len(expected), process)
    with log.open("a", encoding="utf-8") as out:
        out.write(line(10_000)[:20])
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, err) == (143, b"")
    assert sorted(texts(memory)) == sorted(expected), "and half a line is no line"
    again = memcli("--memory", memory, "--json", "ingest", log)
    assert again.json["turns_added"] == 0


def test_a_rotated_file_is_followed(memcli: Any, tmp_path: Path) -> None:
    memory, log = tmp_path / "memory", tmp_path / "log.jsonl"
    log.write_text(line(1) + line(2))
    process = memcli.start("--memory", memory, "ingest", "--follow", log)
    until(lambda: len(texts(memory)) == 2, process)
    with log.open("a", encoding="utf-8") as out:
        out.write(line(3))
    log.rename(tmp_path / "log.jsonl.1")
    log.write_text(line(4))
    until(lambda: len(texts(memory)) == 4, process)
    log.write_text("")
    time.sleep(1)
    log.write_text(line(5))
    until(lambda: len(texts(memory)) == 5, process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert texts(memory) == [f"words {number}" for number in range(1, 6)]


def test_standard_input_is_followed_to_its_end(memcli: Any, tmp_path: Path) -> None:
    done = memcli("--memory", tmp_path / "memory", "--json", "ingest", "--follow", "-", stdin=line(1) + line(2))
    assert done.code == 0, done.err
    assert sum(json.loads(report)["turns_added"] for report in done.out.splitlines()) == 2
    assert memcli("--memory", tmp_path / "memory", "--json", "status").json["indexed"] == 2


def test_who_the_user_is_is_kept_while_following(memcli: Any, tmp_path: Path) -> None:
    memory, log = tmp_path / "memory", tmp_path / "log.jsonl"
    log.write_text(line(1))
    process = memcli.start("--memory", memory, "ingest", "--follow", log, "--me", "Ann")
    until(lambda: len(texts(memory)) == 1, process)
    process.kill()
    process.communicate()
    assert memcli("--memory", memory, "--json", "speakers").json["me"] == "Ann"


def test_a_watched_folder_takes_in_what_comes_and_changes(memcli: Any, tmp_path: Path) -> None:
    memory, folder = tmp_path / "memory", tmp_path / "logs"
    folder.mkdir()
    (folder / "a.jsonl").write_text(line(1))
    (folder / "notes.txt").write_text("no log at all")
    process = memcli.start("--memory", memory, "ingest", "--watch", folder)
    until(lambda: texts(memory) == ["words 1"], process)
    (folder / "sub").mkdir()
    (folder / "sub" / "b.jsonl").write_text(line(2))
    until(lambda: len(texts(memory)) == 2, process)
    with (folder / "a.jsonl").open("a") as out:
        out.write(line(3))
    until(lambda: len(texts(memory)) == 3, process)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 143
    assert err.decode().count("notes.txt") <= 1, "what is no log is listed once"
    assert memcli("--memory", memory, "--json", "status").json["pending"] == 0


@pytest.mark.parametrize("moment", [0.0, 0.3, 0.6, 0.9])
def test_an_ingest_of_an_archive_that_is_killed_is_taken_up_again(memcli: Any, tmp_path: Path, moment: float) -> None:
    memory, path, scratch = tmp_path / "memory", tmp_path / "export.zip", tmp_path / "tmp"
    scratch.mkdir()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"{number}.jsonl", "".join(line(n) for n in range(number * 5000, number * 5000 + 6000)))
    process = memcli.start("--memory", memory, "ingest", path, TMPDIR=str(scratch))
    until((memory / "locks").exists, process)
    time.sleep(2 * moment)
    process.kill()
    process.communicate()
    done = memcli("--memory", memory, "--json", "ingest", path, TMPDIR=str(scratch))
    assert done.code == 0, done.err
    assert sorted(texts(memory)) == sorted(f"words {number}" for number in range(21_000))
    assert list(scratch.iterdir()) == []
    assert memcli("--memory", memory, "--json", "status").json["indexed"] == 21_000


def test_what_cannot_be_followed(memcli: Any, tmp_path: Path) -> None:
    assert memcli("ingest", "--follow", tmp_path / "nowhere.jsonl").code == 30
    assert memcli("ingest", "--follow", "a", "b").code == 2
    assert memcli("ingest", "--watch", "-").code == 2
    assert memcli("ingest", "--follow", "--watch", tmp_path).code == 2
    chat = "31.12.23, 21:05 - Ann: hi\n"
    assert memcli("ingest", "--follow", "-", "--format", "whatsapp", stdin=chat).code == 30
