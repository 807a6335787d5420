"""What was acknowledged survives kill -9, a signal ends a run in order, and commands live side by side.

MEMCLI_KILLS sets how many ingests are killed (6); their moments are drawn from the seed MEMCLI_SEED (0).
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Any

import pytest

from store.lance import lance
from store.store import Store

KILLS = int(os.environ.get("MEMCLI_KILLS", "6"))
SEED = int(os.environ.get("MEMCLI_SEED", "0"))
BATCH = 16_384
TURNS = BATCH + 4_000
"""Two commits, and two rounds of indexing. Commits are a quarter of their usual size: there is less to write. The log
is read in a process of its own, as a larger one is."""
INGEST = f"""
from memcli.cli.main import main
from memcli.ingest import beside, writing
beside.WORTHWHILE_BYTES = 0
writing.BATCH = {BATCH}
main()
"""

WORDS = ["kettle", "river", "ladder", "candle", "garden", "violin", "engine", "harbour", "pepper", "saddle"]


def text(number: int) -> str:
    return " ".join([*random.Random(number).choices(WORDS, k=6), f"zq{number}x"])


def write_log(path: Path, numbers: range) -> Path:
    with path.open("w", encoding="utf-8") as log:
        for number in numbers:
            turn = {"session": f"s{number // 100}", "id": f"m{number}", "speaker": "Ann", "text": text(number)}
            log.write(json.dumps(turn | {"time": 1_700_000_000 + 60 * number}) + "\n")
    return path


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_log(tmp_path_factory.mktemp("log") / "log.jsonl", range(TURNS))


def started(memcli: Any, *arguments: str | Path) -> Popen[bytes]:
    """An ingest, as memcli.start() would start it, that commits BATCH turns at a time."""
    command = [sys.executable, "-c", INGEST, *map(str, arguments)]
    return Popen(command, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, cwd=memcli.home, env=memcli.environment)


def until(happened: Callable[[], Any], process: Popen[bytes]) -> None:
    """Wait until it happened, or the process is over."""
    patience = time.monotonic() + 60
    while not happened() and process.poll() is None:
        assert time.monotonic() < patience
        time.sleep(0.002)


def finish(process: Popen[bytes]) -> tuple[int, str]:
    """The exit code of a process, and what it said on stderr."""
    _, err = process.communicate(timeout=120)
    return process.returncode, err.decode()


def indexed(memory: Path) -> list[tuple[int, str]]:
    """(seq, said) of all that is in the index, by seq, doubles included."""
    found = lance().connect(str(memory / "index")).open_table("turns").search().select(["seq", "said"])
    table = found.limit(10 * TURNS).to_arrow()
    return sorted(zip(table["seq"].to_pylist(), table["said"].to_pylist(), strict=True))


def assert_whole(memory: Path, native_ids: list[str]) -> None:
    """The catalogue has these turns in this order, and the index has each of them once, as it should be."""
    with Store.open(memory, wait_s=10).reading() as catalogue:
        rows = catalogue.rows_to_index(1, 10 * TURNS)
        assert catalogue.outbox() == []
    assert rows["native_id"].to_pylist() == native_ids
    assert indexed(memory) == list(zip(rows["seq"].to_pylist(), rows["said"].to_pylist(), strict=True))


def test_what_was_committed_survives_a_kill(memcli: Any, tmp_path: Path, log: Path) -> None:
    began = time.monotonic()
    assert memcli("--memory", tmp_path / "undisturbed", "ingest", log).code == 0
    duration = time.monotonic() - began

    def survive(number: int) -> None:
        chance = random.Random(f"{SEED} {number}")
        memory = tmp_path / f"memory{number}"
        ingest = started(memcli, "--memory", memory, "ingest", log)
        until((memory / "memory.duckdb").exists, ingest)
        time.sleep(chance.uniform(0, duration))
        ingest.kill()
        finish(ingest)

        status = memcli("--memory", memory, "--json", "status")
        assert status.code == 0, (number, status.err)
        committed = status.json["turns"]
        assert committed in (0, BATCH, TURNS), number
        picked = chance.randrange(committed) if committed else 0
        search = memcli("--memory", memory, "--json", "search", text(picked))
        assert search.code == (0 if committed else 4), (number, search.err)
        if committed:
            assert f"m{picked}" in [hit["native_id"] for hit in search.json["hits"]], number
            assert_whole(memory, [f"m{one}" for one in range(committed)])

        again = memcli("--memory", memory, "--json", "ingest", log)
        assert again.code == 0, (number, again.err)
        assert again.json["turns_added"] == TURNS - committed
        assert_whole(memory, [f"m{one}" for one in range(TURNS)])

    with ThreadPoolExecutor(2) as two:
        list(two.map(survive, range(KILLS)))


def at_work(memory: Path) -> bool:
    """An ingest holds the memory."""
    return (memory / "locks" / "writer.holder.json").exists()


def committing(memory: Path) -> bool:
    """An ingest is writing its turns to the catalogue."""
    return (memory / "index.pending").exists() and (memory / "locks" / "catalogue.holder.json").exists()


def indexing(memory: Path) -> bool:
    return (memory / "index" / "turns.lance").exists()


@pytest.mark.parametrize(("kind", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
@pytest.mark.parametrize("moment", [at_work, committing, indexing])
def test_a_signal_ends_an_ingest_in_order(
    memcli: Any, tmp_path: Path, log: Path, kind: signal.Signals, code: int, moment: Callable[[Path], bool]
) -> None:
    memory = tmp_path / "memory"
    ingest = started(memcli, "--memory", memory, "ingest", log)
    until(lambda: moment(memory), ingest)
    time.sleep(0.05)
    ingest.send_signal(kind)
    assert finish(ingest) == (code, "")
    assert not at_work(memory)
    status = memcli("--memory", memory, "--json", "--wait", "0", "status")
    assert status.code == 0, status.err
    assert status.json["turns"] in (0, BATCH, TURNS)


LONG_QUERY = """
import sys
from memcli.cli import main
from memcli.cli.app import app

@app.command()
def think() -> None:
    import duckdb
    print("thinking", flush=True)
    duckdb.execute("SELECT count(*) FROM range(1000000) a, range(100000) b WHERE a.range % 7 = b.range % 5").fetchall()

sys.argv = ["memcli", "think"]
main.main()
"""


@pytest.mark.parametrize(("kind", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_a_query_in_order(kind: signal.Signals, code: int) -> None:
    """DuckDB answers a signal with an error of its own; it is the signal all the same, and no bug."""
    with Popen([sys.executable, "-c", LONG_QUERY], stdout=PIPE, stderr=PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"thinking\n"
        process.send_signal(kind)
        assert finish(process) == (code, "")


def test_a_search_that_is_killed_while_it_mends_leaves_the_rest_to_the_next(
    memcli: Any, tmp_path: Path, log: Path
) -> None:
    memory = tmp_path / "memory"
    ingest = started(memcli, "--memory", memory, "ingest", log)
    until(lambda: indexing(memory), ingest)
    ingest.kill()
    finish(ingest)
    search = memcli.start("--memory", memory, "search", text(7))
    until(lambda: at_work(memory), search)
    time.sleep(0.3)
    search.kill()
    finish(search)
    found = memcli("--memory", memory, "--json", "search", text(7))
    assert "m7" in [hit["native_id"] for hit in found.json["hits"]]
    assert_whole(memory, [f"m{one}" for one in range(TURNS)])


def test_searches_do_not_wait_for_an_ingest(memcli: Any, tmp_path: Path, log: Path) -> None:
    """With the patience of ten seconds for a lock, and with nothing known, something known, and all of it."""
    memory = tmp_path / "memory"
    first = write_log(tmp_path / "first.jsonl", range(TURNS, TURNS + 10))
    for source, known in ((first, None), (log, f"m{TURNS + 3}")):
        ingest = memcli.start("--memory", memory, "ingest", source)
        until(lambda: at_work(memory), ingest)
        searches = 0
        while ingest.poll() is None or not searches:
            search = memcli("--memory", memory, "--json", "--wait", "10", "search", text(TURNS + 3))
            assert search.code in (0, 4), search.err
            if known:
                assert known in [hit["native_id"] for hit in search.json["hits"]]
            searches += 1
        assert finish(ingest)[0] == 0
    found = memcli("--memory", memory, "--json", "search", text(5))
    assert "m5" in [hit["native_id"] for hit in found.json["hits"]]


@pytest.mark.parametrize("command", ["ingest", "consolidate"])
def test_readers_wait_only_for_short_commits(memcli: Any, tmp_path: Path, log: Path, command: str) -> None:
    """The longest wait for the catalogue is a small part of what the writer takes, however slow the machine is.

    tests/bench/waiting.py measures it in seconds.
    """
    memory = tmp_path / "memory"
    first = write_log(tmp_path / "first.jsonl", range(TURNS, TURNS + 10))
    assert memcli("--memory", memory, "ingest", first).code == 0
    if command == "consolidate":
        assert memcli("--memory", memory, "ingest", log).code == 0
    store = Store.open(memory, wait_s=60)
    waits = []
    writer = started(memcli, "--memory", memory, command, *([log] if command == "ingest" else []))
    until(lambda: at_work(memory), writer)
    began = time.monotonic()
    while writer.poll() is None:
        asked = time.monotonic()
        with store.reading() as catalogue:
            waits.append(time.monotonic() - asked)
            assert catalogue.counts()["turns"] in (10, 10 + BATCH, 10 + TURNS)
        time.sleep(0.01)
    assert finish(writer)[0] == 0
    assert len(waits) > 10
    assert max(waits) < 0.5 * (time.monotonic() - began), (max(waits), sorted(waits)[len(waits) // 2])


def test_two_ingests_at_once_queue(memcli: Any, tmp_path: Path) -> None:
    """Into a memory that is not there yet, with turns in common."""
    memory = tmp_path / "memory"
    logs = [write_log(tmp_path / f"{n}.jsonl", range(2000 * n, 2000 * n + 3000)) for n in range(3)]
    ingests = [memcli.start("--memory", memory, "--json", "ingest", log) for log in logs]
    assert [finish(ingest)[0] for ingest in ingests] == [0, 0, 0]
    with Store.open(memory, wait_s=0).reading() as catalogue:
        rows = catalogue.rows_to_index(1, 10 * TURNS)
    assert sorted(rows["native_id"].to_pylist()) == sorted(f"m{one}" for one in range(7000))
    assert_whole(memory, rows["native_id"].to_pylist())


def test_an_ingest_that_will_not_wait_names_the_one_at_work(memcli: Any, tmp_path: Path, log: Path) -> None:
    memory = tmp_path / "memory"
    first = memcli.start("--memory", memory, "ingest", log)
    until(lambda: at_work(memory), first)
    second = memcli("--memory", memory, "--json", "--wait", "0", "ingest", log)
    first.kill()
    finish(first)
    assert (second.code, second.out) == (11, "")
    error = json.loads(second.err.splitlines()[-1])["error"]
    assert (error["code"], error["name"]) == (11, "StoreLocked")
    assert f"(pid {first.pid} on " in error["message"]
    assert re.search(r"`memcli\b[^`]* ingest\b", error["message"])


AT_A_MOMENT = """
import atexit, os, signal, sys
from importlib.abc import MetaPathFinder

moment, number, *arguments = sys.argv[1:]

def hit():
    os.kill(os.getpid(), int(number))

class Hit(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == moment:
            hit()

sys.meta_path.insert(0, Hit())
if moment == "the end":
    atexit.register(hit)
sys.argv[1:] = arguments
from memcli.cli.main import main
main()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("moment", ["memcli.serve.client", "memcli.cli.app", "memcli.exits", "the end"])
def test_a_signal_ends_a_command_in_order_at_any_moment_of_its_run(
    memcli: Any, tmp_path: Path, moment: str, number: int
) -> None:
    """While it starts, while it tells an error (there is no memory here), and when all is done."""
    arguments = ["-c", AT_A_MOMENT, moment, str(int(number)), "--memory", str(tmp_path / "none"), "search", "kettle"]
    environment = memcli.environment
    process = Popen([sys.executable, *arguments], stdout=PIPE, stderr=PIPE, env=environment, cwd=memcli.home)
    _, err = process.communicate(timeout=120)
    told = b"" if moment != "the end" else err
    assert (process.returncode, err) in [(128 + number, told), (-number, told)]
    assert b"Traceback" not in err
