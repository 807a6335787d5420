"""How long readers wait beside a writer: python tests/bench/waiting.py FOLDER-OF-LOGS [SEARCHES-ALONE]

Ingests the folder into a new memory through the installed command, and then consolidates it; beside both, this process
asks again and again for the catalogue (the lock, and DuckDB's opening of the file) and for answers of a search. Prints
the median, the 99th percentile and the longest of both, and of searches with no writer beside them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

from memcli import config, engines_in_use
from memcli.recall.pipeline import recall
from memcli.types import Query
from store.store import Store

COMMAND = str(Path(sys.executable).with_name("memcli"))
QUESTIONS = ["how do I mount an ntfs partition", "why is there no sound", "wireless card not detected", "play dvds"]
PAUSE_S = 0.02


def beside(command: list[str], *readers: Callable[[], None]) -> list[list[float]]:
    """The seconds of each run of each reader, one after the other, while the command runs."""
    seconds: list[list[float]] = [[] for _ in readers]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as writer:
        while writer.poll() is None:
            for place, read in enumerate(readers):
                began = time.perf_counter()
                read()
                seconds[place].append(time.perf_counter() - began)
            time.sleep(PAUSE_S)
        assert writer.stderr is not None
        assert writer.returncode in (0, 3), writer.stderr.read()  # 3: some lines are no messages
    return seconds


def show(name: str, seconds: list[float]) -> None:
    cuts = quantiles(seconds, n=100, method="inclusive")
    print(
        f"{name:44} {len(seconds):5} times: median {1000 * cuts[49]:7.1f} ms, p99 {1000 * cuts[98]:7.1f}, "
        f"longest {1000 * max(seconds):7.1f}"
    )


def main(logs: Path, alone: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        memory = Path(scratch, "memory")
        first = Path(scratch, "first.jsonl")
        first.write_text('{"text": "how do I mount an ntfs partition"}\n{"text": "with ntfs-3g"}\n')
        subprocess.run([COMMAND, "--memory", memory, "--quiet", "ingest", first], check=True, stdout=subprocess.DEVNULL)
        engines = engines_in_use.for_recall(config.load(None, {}, {}), None)
        numbers = iter(range(10**9))

        def catalogue() -> None:
            with Store.open(memory, wait_s=60).reading() as opened:
                opened.setting("next_seq")

        def search() -> None:
            store = Store.open(memory, wait_s=60)
            text = QUESTIONS[next(numbers) % len(QUESTIONS)]
            recall(Query(text=text, asked_at=datetime.now(UTC), limit=10), store, engines)

        at = [COMMAND, "--memory", str(memory), "--quiet", "--wait", "600"]
        for name, command in (("ingest", [*at, "ingest", str(logs)]), ("consolidate", [*at, "consolidate"])):
            waits, searches = beside(command, catalogue, search)
            show(f"the catalogue, beside {name}", waits)
            show(f"a search in a process of its own, beside {name}", searches)
        quiet = []
        for _ in range(alone):
            began = time.perf_counter()
            search()
            quiet.append(time.perf_counter() - began)
        show("a search in a process of its own, alone", quiet)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 30)
