"""Speed at scale: python tests/bench/scale.py FOLDER-OF-LOGS

Ingests the folder through the installed command and prints turns a second end to end and the peak of memory; then the
whole-process time of `--help`, of a one-shot `ask` and `search`, and the latency of searches in a warm process (a batch
through `search -`), as medians. Ratios, not absolute times, are what compares between machines: the same run also
times a plain interpreter start and the bare insert of the same rows into DuckDB.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

COMMAND = str(Path(sys.executable).with_name("memcli"))
QUESTIONS = [
    "how do I mount an ntfs partition", "which driver does the nvidia card need", "why is there no sound",
    "how to install java", "what is the default root password", "wireless card not detected", "can grub boot windows",
    "where are the apt sources", "how do I change the screen resolution", "is there a good ftp server",
    "how can I play dvds", "my usb stick is read only", "how to kill a frozen process", "what does dpkg reconfigure do",
    "who had trouble with the printer", "how do I upgrade to the new release", "flash plugin for firefox",
    "how to set up a static ip address", "which file system is best for a laptop", "how to compile a kernel module",
]  # fmt: skip


def timed(arguments: list[str], runs: int) -> list[float]:
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        done = subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        assert done.returncode in (0, 4), arguments  # 4: the logs do not answer the question
        seconds.append(time.perf_counter() - began)
    return seconds


def show(name: str, seconds: list[float]) -> None:
    print(
        f"{name:28} median {1000 * median(seconds):8.1f} ms, "
        f"from {1000 * min(seconds):.1f} to {1000 * max(seconds):.1f}"
    )


def main(logs: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        memory = str(Path(scratch, "memory"))
        began = time.perf_counter()
        done = subprocess.run(
            [COMMAND, "--memory", memory, "--json", "--quiet", "ingest", str(logs)], capture_output=True, check=False
        )
        seconds = time.perf_counter() - began
        report = json.loads(done.stdout)
        turns = report["turns_added"]
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        size = sum(path.stat().st_size for path in Path(memory).rglob("*") if path.is_file())
        print(f"ingest                       {turns:,} turns in {seconds:.1f} s = {turns / seconds:,.0f} a second, "
              f"peak {peak:,.0f} MB, {size / turns:,.0f} bytes a turn on disk")  # fmt: skip
        again = time.perf_counter()
        subprocess.run([COMMAND, "--memory", memory, "--quiet", "ingest", str(logs)], capture_output=True, check=False)
        print(f"ingest again (nothing new)   {turns / (time.perf_counter() - again):,.0f} turns a second")
        show("python -c pass", timed([sys.executable, "-c", "pass"], 15))
        show("memcli --help", timed([COMMAND, "--help"], 15))
        show("memcli search (one-shot)", timed([COMMAND, "--memory", memory, "search", QUESTIONS[0]], 7))
        show("memcli ask (one-shot)", timed([COMMAND, "--memory", memory, "ask", QUESTIONS[0]], 7))
        batch = subprocess.run(
            [COMMAND, "--memory", memory, "search", "-"],
            input="\n".join(QUESTIONS * 3), capture_output=True, text=True, check=True,
        )  # fmt: skip
        results = [json.loads(line)["timings_ms"] for line in batch.stdout.splitlines()]
        # The first question warms the process; the rest of the first round meets most of its turns for the first time.
        for name, part in (("new questions", results[1 : len(QUESTIONS)]), ("asked before", results[len(QUESTIONS) :])):
            totals = [sum(result.values()) for result in part]
            print(f"search, warm, {name:14} p50 {median(totals):.1f} ms, p95 {quantiles(totals, n=20)[-1]:.1f} ms: "
                  + ", ".join(f"{step} {median(r[step] for r in part):.1f}" for step in part[0]))  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]))
