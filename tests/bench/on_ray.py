"""What an ingest leaves to the process that holds the memory: python tests/bench/on_ray.py FOLDER-OF-LOGS

Ingests the folder here, and then with a Ray of this machine (memcli[ray]), each into a new memory and in a process of
its own, and prints turns a second, and the processor time and the peak memory of that process; of the processor time,
with that of the process that reads for it here, and without that of Ray's processes.
What is left to it on Ray is what bounds an ingest, however many machines read, embed and write.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WORK = """
import json, resource, sys, time
from memcli import Memory
memory, logs, on_ray = sys.argv[1:]
with Memory.open(memory, create=True) as opened:
    report = opened.ingest(logs, on_ray=on_ray == "ray")
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
beside = resource.getrusage(resource.RUSAGE_CHILDREN)
cpu = time.process_time() + (beside.ru_utime + beside.ru_stime if on_ray == "here" else 0)
print(json.dumps([report.turns_read, report.seconds, cpu, peak]))
"""


def main(logs: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        for how in ("here", "ray"):
            began = time.perf_counter()
            command = [sys.executable, "-c", WORK, f"{scratch}/{how}", str(logs), how]
            said = subprocess.run(
                command, capture_output=True, check=True
            ).stdout  # DuckDB may draw a bar before the line
            turns, seconds, cpu, peak = json.loads(said.splitlines()[-1])
            print(f"{how:5} {turns:,} turns in {seconds:.1f} s ({time.perf_counter() - began:.1f} s with Ray's start), "
                  f"{1e6 * cpu / turns:.0f} microseconds of processor time a turn in the ingest itself, "
                  f"{peak / 1024:.0f} MB at most")  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
