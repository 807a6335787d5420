"""The night's work at scale: python tests/bench/consolidate.py FOLDER-OF-LOGS [TURNS] [MORE]

Reads logs until there are TURNS (20,000) turns, then consolidates through the installed command: all of it, nothing
new, MORE (1,000) new turns beside the old ones, and (as if two years had passed) moving what faded to the archive.
Prints seconds on the clock and of processor time, and bytes on disk before and after that move. Run with 10000 and
100000 it shows whether the cost follows the turns; MORE shows whether it follows the new turns alone.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

COMMAND = str(Path(sys.executable).with_name("memcli"))


def run(memory: Path, *arguments: str) -> tuple[str, Any]:
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([COMMAND, "--memory", str(memory), "--json", "--quiet", *arguments], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{time.perf_counter() - began:6.1f} s, processor {used:6.1f} s", json.loads(done.stdout)


def parts(logs: Path, *sizes: int) -> list[list[str]]:
    """The logs in order, in as many lists: enough of them for so many turns each (some lines are no turns)."""
    files = iter(sorted(path for path in logs.rglob("*") if path.is_file()))
    found: list[list[str]] = []
    for size in sizes:
        found.append([])
        lines = 0
        while lines < 1.15 * size and (log := next(files, None)):
            found[-1].append(str(log))
            lines += log.read_bytes().count(b"\n")
    return found


def free(memory: Path) -> Any:
    """What `status` tells once the old files are gone, as the first run an hour later takes them away."""
    import lancedb

    database = lancedb.connect(str(memory / "index"))
    for place in (memory / "index").glob("*.lance"):
        database.open_table(place.stem).optimize(cleanup_older_than=timedelta(0))
    return run(memory, "status")[1]


def main(logs: Path, turns: int, more: int) -> None:
    chosen, later_logs = parts(logs, turns, more)
    with tempfile.TemporaryDirectory() as scratch:
        memory = Path(scratch, "memory")
        seconds, report = run(memory, "ingest", *chosen)
        print(f"ingest          {seconds}  {report['turns_added']:,} turns", flush=True)
        seconds, report = run(memory, "consolidate")
        print(f"consolidate     {seconds}  {report['steps']['episodes']}", flush=True)
        seconds, report = run(memory, "consolidate")
        assert not report["changed"]
        print(f"nothing new     {seconds}", flush=True)
        added = run(memory, "ingest", *later_logs)[1]["turns_added"]
        seconds, report = run(memory, "consolidate")
        print(f"{added:,} more      {seconds}  {report['steps']['episodes']}", flush=True)
        before = run(memory, "status")[1]["sizes"]
        later = (datetime.now(UTC) + timedelta(days=730)).isoformat()
        seconds, report = run(memory, "consolidate", "--now", later)
        archived, freed = len(report["steps"]["tiers"]["archived"]), report["steps"]["index"]["vector_bytes_freed"]
        print(f"two years later {seconds}  {archived:,} turns archived, {freed / 1e6:.1f} MB of vectors dropped")
        freed = free(memory)
        print(f"bytes           before {before}, after {freed['sizes']}, saved {freed['archive_saves']}")


if __name__ == "__main__":
    sizes = [int(given) for given in sys.argv[2:]]
    main(Path(sys.argv[1]), *sizes, *(20_000, 1_000)[len(sizes) :])
