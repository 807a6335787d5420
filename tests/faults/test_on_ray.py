"""An ingest on Ray makes the memory that any ingest makes, whoever of its workers is killed.

The Ray is a real one, on this machine. It takes some seconds to start, so that one story tells all of it.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from s3_server import s3_server

from store.store import Store

SESSIONS, TURNS = 5, 2_000
WORDS = ["kettle", "river", "ladder", "candle", "garden", "violin", "engine", "harbour", "pepper", "saddle", "ferry"]
SECRET = "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a"  # in two parts, or whoever looks for secrets finds it here
WORK = {"ray::_read", "ray::_embed", "ray::_write"}
"""What workers are seen to do."""

TABLES = ("turns", "sessions", "sources", "speakers", "quarantine", "outbox")


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory, examples: Path) -> Path:
    """The example logs, and files that are worth the while of a worker: one holds a secret and a line that is none."""
    folder = tmp_path_factory.mktemp("logs")
    shutil.copytree(examples / "logs", folder / "examples")
    chance = random.Random(7)
    for session in range(SESSIONS):
        with (folder / f"talk{session:02}.jsonl").open("w", encoding="utf-8") as log:
            for number in range(TURNS):
                text = " ".join(chance.choices(WORDS, k=12))
                turn = {"id": f"m{number}", "speaker": chance.choice(["Ann", "Ben"]), "text": f"{text} {number}"}
                log.write(json.dumps(turn | {"time": 1_700_000_000 + 90_000 * session + 40 * number}) + "\n")
    with (folder / "talk00.jsonl").open("a", encoding="utf-8") as log:
        log.write(
            json.dumps({"speaker": "Ben", "text": f"the token is {SECRET}", "time": 1_700_000_000}) + "\n{broken\n"
        )
    return folder


def workers() -> dict[int, str]:
    """The processes of Ray that are at work at this moment, with the name of what each does."""
    found = {}
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            name = place.read_bytes().split(b"\0")[0].decode()
        except OSError:
            continue  # it has ended
        if name.startswith("ray::_"):
            found[int(place.parent.name)] = name
    return found


def held(memory: Path) -> dict[str, Any]:
    """All that a memory knows of what was said: rows of the catalogue, and in their order those of the index."""
    store = Store.open(memory, wait_s=10)
    with store.reading() as catalogue:
        db = catalogue.connection
        found: dict[str, Any] = {name: db.execute(f"FROM {name} ORDER BY ALL").fetchall() for name in TABLES}
    table = store.index._reading()
    found["index"] = table.scan(table.columns()).to_pylist()
    return found


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="workers are found in /proc")
def test_a_worker_that_is_killed_costs_nothing(memcli: Any, tmp_path: Path, logs: Path) -> None:
    for package in ("ray", "lance"):
        pytest.importorskip(package, reason="Ray, or pylance, is not installed: memcli[ray]")
    here, on_ray = tmp_path / "here", tmp_path / "on_ray"
    plain = memcli("--memory", here, "--json", "ingest", logs)
    assert plain.code == 3, plain.err  # the broken line

    before = set(workers())
    ingest = memcli.start("--memory", on_ray, "--json", "ingest", logs, "--on", "ray")
    killed: set[str] = set()
    patience = time.monotonic() + 240
    while killed != WORK and ingest.poll() is None and time.monotonic() < patience:
        for process, name in workers().items():
            if process not in before and name not in killed:
                os.kill(process, signal.SIGKILL)
                killed.add(name)
    out, err = ingest.communicate(timeout=240)
    assert ingest.returncode == 3, err.decode()
    assert killed == WORK, "not every kind of worker was seen at work"

    modes = {stat.S_IMODE(file.stat().st_mode) for file in on_ray.rglob("*") if file.is_file()}
    assert modes == {0o600}
    report, expected = json.loads(out), plain.json
    for one in (report, expected):
        del one["batch"], one["seconds"]
    assert report == expected
    assert report["redacted"]["GitHub token"] == 2  # that of the examples too
    assert held(on_ray) == held(here)
    for question in ("When was Maya's job interview?", "ferry violin 77", "token"):
        one, other = (memcli("--memory", memory, "--json", "search", question).json for memory in (here, on_ray))
        assert one["hits"] == other["hits"] != []

    again = memcli("--memory", on_ray, "--json", "ingest", logs)
    assert again.code == 3
    assert again.json["turns_added"] == 0
    assert all(source["unchanged"] for source in again.json["sources"])


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="workers are found in /proc")
def test_an_index_on_object_storage_is_written_by_workers(
    memcli: Any, tmp_path: Path, logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for package in ("ray", "lance", "moto"):
        pytest.importorskip(package, reason="Ray, pylance, or moto, which speaks S3 here, is not installed")
    here, on_ray = tmp_path / "here", tmp_path / "on_ray"
    assert memcli("--memory", here, "ingest", logs).code == 3  # the broken line
    before, seen = set(workers()), set()
    with s3_server() as s3:
        for name, value in s3.environment.items():
            monkeypatch.setenv(name, value)
        assert memcli("--memory", on_ray, "init", "--index-at", f"s3://{s3.bucket}/talks").code == 0
        ingest = memcli.start("--memory", on_ray, "--json", "ingest", logs, "--on", "ray")
        patience = time.monotonic() + 240
        while ingest.poll() is None and time.monotonic() < patience:
            seen |= {name for process, name in workers().items() if process not in before}
            time.sleep(0.01)
        _, err = ingest.communicate(timeout=10)
        assert ingest.returncode == 3, err.decode()
        assert seen == WORK
        assert held(on_ray) == held(here)
        found = [memcli("--memory", one, "--json", "search", "ferry violin 77").json["hits"] for one in (here, on_ray)]
        assert found[0] == found[1] != []


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary files go: a short path, since Ray puts sockets there."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        yield Path(folder)


def started_there(place: Path) -> list[int]:
    """The processes that have to do with it."""
    found = []
    for arguments in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(place).encode() in arguments.read_bytes():
                found.append(int(arguments.parent.name))
        except OSError:
            continue  # it has ended
    return found


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="processes are found in /proc")
@pytest.mark.parametrize("after", ["the folder", "its first process"])
def test_nothing_stays_of_a_ray_that_is_stopped_while_it_starts(
    memcli: Any, tmp_path: Path, logs: Path, place: Path, after: str
) -> None:
    for package in ("ray", "lance"):
        pytest.importorskip(package, reason="Ray, or pylance, is not installed: memcli[ray]")
    ingest = memcli.start("--memory", tmp_path / "m", "ingest", logs, "--on", "ray", TMPDIR=str(place))
    patience = time.monotonic() + 60
    while not (list(place.glob("memcli-ray-*")) if after == "the folder" else started_there(place)):
        assert ingest.poll() is None
        assert time.monotonic() < patience
        time.sleep(0.01)
    ingest.send_signal(signal.SIGTERM)
    _, err = ingest.communicate(timeout=60)
    assert ingest.returncode == 143, err.decode()
    assert list(place.glob("memcli-ray-*")) == []
    assert started_there(place) == []


def test_a_ray_that_does_not_start_in_time_is_given_up(memcli: Any, tmp_path: Path, logs: Path, place: Path) -> None:
    for package in ("ray", "lance"):
        pytest.importorskip(package, reason="Ray, or pylance, is not installed: memcli[ray]")
    program = "from memcli.cli.main import main\nfrom memcli.ingest import ray_start\nray_start.START_S = 0.2\nmain()\n"
    arguments = ["--memory", str(tmp_path / "m"), "ingest", str(logs), "--on", "ray"]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 22, done.stderr
    assert "Ray cannot be used: it has not started in 0.2 seconds (look whether the machine is busy" in done.stderr
    assert not (tmp_path / "m").exists()
    assert list(place.glob("memcli-ray-*")) == []
    assert started_there(place) == []


def test_without_ray_nothing_is_made_and_it_is_said_what_to_install(
    memcli: Any, tmp_path: Path, examples: Path
) -> None:
    (tmp_path / "ray.py").write_text("raise ImportError\n")
    done = memcli("--json", "ingest", examples / "logs", "--on", "ray", PYTHONPATH=str(tmp_path))
    assert done.code == 22
    assert done.out == ""
    assert json.loads(done.err.splitlines()[-1])["error"] == {
        "code": 22, "name": "EngineUnavailable", "message": "Ray is not installed", "hint": "pip install 'memcli[ray]'"
    }  # fmt: skip
    assert memcli("status").code == 10


def test_an_encrypted_memory_is_not_read_in_on_ray(memcli: Any, examples: Path) -> None:
    assert memcli("init", "--encrypt", "--key-file", "key").code == 0
    done = memcli("ingest", examples / "logs", "--on", "ray")
    assert done.code == 2
    assert "encrypted" in done.err


@pytest.mark.parametrize("options", [("--on", "spark"), ("--on", "ray", "--follow"), ("--on", "ray", "--dry-run")])
def test_what_does_not_go_together_is_refused(memcli: Any, examples: Path, options: tuple[str, ...]) -> None:
    assert memcli("ingest", examples / "logs", *options).code == 2
