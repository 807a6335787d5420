"""The night's work at scale: python tests/bench/consolidate.py FOLDER-OF-LOGS [TURNS]

Reads logs until there are TURNS (20,000) turns, then consolidates through the installed command: all of it, nothing
new, and (as if two years had passed) moving what faded to the archive. Prints seconds, and bytes on disk before and
after that move.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

COMMAND = str(Path(sys.executable).with_name("memcli"))


def run(memory: Path, *arguments: str) -> tuple[float, Any]:
    began = time.perf_counter()
    done = subprocess.run([COMMAND, "--memory", str(memory), "--json", "--quiet", *arguments], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return time.perf_counter() - began, json.loads(done.stdout)


def main(logs: Path, turns: int) -> None:
    chosen, lines = [], 0
    for log in sorted(path for path in logs.rglob("*") if path.is_file()):
        chosen.append(str(log))
        lines += log.read_bytes().count(b"\n")
        if lines >= 1.15 * turns:  # some lines are no turns
            break
    with tempfile.TemporaryDirectory() as scratch:
        memory = Path(scratch, "memory")
        seconds, report = run(memory, "ingest", *chosen)
        print(f"ingest          {seconds:6.1f} s  {report['turns_added']:,} turns")
        seconds, report = run(memory, "consolidate")
        print(f"consolidate     {seconds:6.1f} s  {report['steps']['episodes']}")
        seconds, report = run(memory, "consolidate")
        assert not report["changed"]
        print(f"nothing new     {seconds:6.1f} s")
        before = run(memory, "status")[1]["sizes"]
        later = (datetime.now(UTC) + timedelta(days=730)).isoformat()
        seconds, report = run(memory, "consolidate", "--now", later)
        archived, freed = len(report["steps"]["tiers"]["archived"]), report["steps"]["index"]["vector_bytes_freed"]
        print(f"two years later {seconds:6.1f} s  {archived:,} turns archived, {freed / 1e6:.1f} MB of vectors dropped")
        print(f"bytes           before {before}, after {run(memory, 'status')[1]['sizes']}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20_000)
