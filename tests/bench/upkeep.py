"""What looking after a large memory costs: python tests/bench/upkeep.py MEMORY SPEAKER

Works on a copy of the memory: backs it up, checks it, and deletes all of one speaker with proof. Prints the seconds
that passed, those of processor time, which another load on the machine changes less, and those that it may take for a
memory of 250,000 turns. Exits with 1 if one took longer.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("memcli"))


ALLOWED_S = {"backup": 20, "check": 20, "delete --prove": 60}

late: list[str] = []


def timed(name: str, *arguments: str) -> str:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    done = subprocess.run([COMMAND, "--json", *arguments], capture_output=True, text=True, check=True)
    passed = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    allowed = ALLOWED_S.get(name)
    print(f"{name:16} {passed:6.1f} s{f' of {allowed}' if allowed else '':7}, {worked:6.1f} s of processor time")
    if allowed and passed > allowed:
        late.append(name)
    return done.stdout


def main(memory: Path, speaker: str) -> None:
    with tempfile.TemporaryDirectory(dir=memory.parent) as scratch:
        copy = Path(scratch, "memory")
        shutil.copytree(memory, copy)
        at = ("--memory", str(copy))
        status = json.loads(timed("status", *at, "status"))
        print(f"{status['turns']:,} turns, {status['bytes'] / 1e6:,.0f} MB")
        file = Path(scratch, "backup")
        timed("backup", *at, "backup", str(file))
        print(f"                 {file.stat().st_size / 1e6:,.1f} MB")
        timed("check", *at, "check")
        deleted = json.loads(timed("delete --prove", *at, "delete", "--speaker", speaker, "--yes", "--prove"))
        proof = deleted["proof"]
        found = "clean" if proof["clean"] else proof["found"]
        places = f"{proof['files']} files and {proof['decoded']} columns"
        print(f"                 {deleted['turns']:,} turns, {proof['looked_for']:,} texts sought in {places}: {found}")
        timed("check", *at, "check")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
    sys.exit(f"too slow: {', '.join(late)}" if late else 0)
