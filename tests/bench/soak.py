"""A memory in use by many at once: python tests/bench/soak.py [MINUTES] [FOLDER]

For so many minutes (10) a follower, a batch ingester, four readers and, if the program has the command, a
consolidator work on one memory, each command a process of its own. Then `memcli check` must be clean and every turn of
every ingest that reported success must be there. Exits with 1 if a command failed or a turn is missing; prints how many
commands ran, and how long readers took.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from statistics import median, quantiles

COMMAND = str(Path(sys.executable).with_name("memcli"))
WORDS = ["kettle", "river", "ladder", "candle", "garden", "violin", "engine", "harbour", "pepper", "saddle"]


class Soak:
    """What all the workers share."""

    def __init__(self, folder: Path, seconds: float) -> None:
        self.folder = folder
        self.memory = folder / "memory"
        self.until = time.monotonic() + seconds
        self.ran: Counter[str] = Counter()
        self.failures: list[str] = []
        self.reading_s: list[float] = []
        self.acknowledged: set[str] = set()

    def run(self, name: str, *arguments: str, accepted: tuple[int, ...] = (0,)) -> bool:
        began = time.monotonic()
        done = subprocess.run(
            [COMMAND, "--memory", str(self.memory), "--wait", "120", "--quiet", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        self.ran[name] += 1
        if name == "read":
            self.reading_s.append(time.monotonic() - began)
        if done.returncode not in accepted:
            self.failures.append(f"{' '.join(arguments)}: {done.returncode}: {(done.stderr + done.stdout).strip()}")
        return done.returncode in accepted

    def follow(self) -> None:
        """One `ingest --follow` of a log that grows all the time; it says how many of its turns it has committed."""
        log = self.folder / "growing.jsonl"
        log.write_text(line("growing", 0))
        arguments = ["--memory", str(self.memory), "--wait", "120", "--json", "ingest", "--follow", str(log)]
        with subprocess.Popen([COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as follower:
            number = 1
            while time.monotonic() < self.until and follower.poll() is None:
                with log.open("a") as stream:
                    stream.writelines(line("growing", number + place) for place in range(5))
                number += 5
                time.sleep(1)
            follower.terminate()
            told, errors = follower.communicate()
        committed = sum(json.loads(one)["turns_added"] for one in told.splitlines())
        self.ran["followed turns"] += committed
        self.acknowledged.update(f"growing{place}" for place in range(committed))
        if follower.returncode not in (0, 143) or not committed:
            self.failures.append(f"ingest --follow: {follower.returncode}: {errors.decode().strip()}")

    def batches(self) -> None:
        """Logs of 2,000 turns."""
        number = 0
        while time.monotonic() < self.until:
            name = f"batch{number}s"
            log = self.folder / f"{name}.jsonl"
            log.write_text("".join(line(name, place) for place in range(2000)))
            if self.run("batch", "ingest", str(log)):
                self.acknowledged.update(f"{name}{place}" for place in range(2000))
            number += 1
            time.sleep(10)

    def read(self, seed: int) -> None:
        chance = random.Random(seed)
        while time.monotonic() < self.until:
            text = " ".join(chance.choices(WORDS, k=3))
            self.run("read", chance.choice(["ask", "search"]), text, accepted=(0, 4, 5))

    def consolidate(self) -> None:
        while time.monotonic() < self.until:
            self.run("consolidate", "consolidate")
            time.sleep(5)


def line(session: str, number: int) -> str:
    chance = random.Random(f"{session} {number}")
    text = " ".join(chance.choices(WORDS, k=8))
    at = 1_700_000_000 + 60 * number
    return (
        json.dumps({"session": session, "id": f"{session}{number}", "speaker": "Ann", "time": at, "text": text}) + "\n"
    )


def main(minutes: float, folder: Path) -> int:
    soak = Soak(folder, 60 * minutes)
    first = folder / "first.jsonl"
    first.write_text("".join(line("first", number) for number in range(100)))
    assert soak.run("first", "ingest", str(first))
    workers = [soak.follow, soak.batches, *(lambda seed=seed: soak.read(seed) for seed in range(4))]
    known = subprocess.run([COMMAND, "consolidate", "--help"], capture_output=True, check=False).returncode == 0
    threads = [threading.Thread(target=work) for work in workers + [soak.consolidate] * known]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    soak.run("check", "check")
    listed = subprocess.run(
        [COMMAND, "--memory", str(soak.memory), "sql", "SELECT native_id FROM turns"],
        capture_output=True,
        text=True,
        check=True,
    )
    lost = soak.acknowledged - set(listed.stdout.split())
    print(f"{minutes:g} minutes: {dict(soak.ran)}, consolidate {'ran' if known else 'is not there'}")
    print(f"readers: median {median(soak.reading_s):.2f} s, p95 {quantiles(soak.reading_s, n=20)[-1]:.2f} s, "
          f"longest {max(soak.reading_s):.2f} s")  # fmt: skip
    print(f"turns acknowledged {len(soak.acknowledged)}, lost {len(lost)}; commands that failed {len(soak.failures)}")
    for failure in soak.failures[:20]:
        print(failure)
    return 1 if lost or soak.failures else 0


if __name__ == "__main__":
    given = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    if len(sys.argv) > 2:
        sys.exit(main(given, Path(sys.argv[2])))
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(main(given, Path(scratch)))
