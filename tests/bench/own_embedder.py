"""An ingest with an embedder of one's own: python tests/bench/own_embedder.py FOLDER-OF-LOGS MODEL [TURNS]

MODEL is a folder as sentence-transformers lays it out, such as that of all-MiniLM-L6-v2. The first TURNS (4,000) turns
of the logs go through the installed command into a new memory with it; then a process embeds the same texts and does
nothing else. The share of the second's rate that the first reaches is what reading, committing and indexing leave.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from ingest import COMMAND, heard

TURNS = 4_000

EMBED = """
import json, sys, time
from memcli import Memory
with Memory.open(sys.argv[1]) as opened:
    embedder = opened.engines.embedder
    with opened.store.reading() as catalogue:
        texts = catalogue.rows_to_index(1, catalogue.counts()["turns"])["said"].to_pylist()
    embedder.embed(texts[:64])
    began = time.perf_counter()
    embedder.embed(texts)
    print(json.dumps([embedder.id, time.perf_counter() - began]))
"""


def main(logs: Path, model: Path, turns: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        environment = os.environ | {"XDG_DATA_HOME": f"{scratch}/data", "XDG_CONFIG_HOME": f"{scratch}/config"}

        def run(*arguments: str) -> str:
            return subprocess.run(arguments, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout

        log, memory = Path(scratch, "log.jsonl"), f"{scratch}/memory"
        said = [
            {"speaker": one.speaker, "text": one.text, "time": str(one.said_at)} for one in islice(heard(logs), turns)
        ]
        log.write_text("".join(json.dumps(one) + "\n" for one in said), encoding="utf-8")
        run(COMMAND, "--quiet", "models", "add", str(model), "--name", "own")
        run(COMMAND, "--quiet", "models", "use", "own")
        began = time.perf_counter()
        report = json.loads(run(COMMAND, "--memory", memory, "--json", "--quiet", "ingest", str(log)))
        seconds = time.perf_counter() - began
        name, alone = json.loads(run(sys.executable, "-c", EMBED, memory))
        added = report["turns_added"]
        print(f"{name}: ingest {added:,} turns in {seconds:.1f} s = {added / seconds:,.0f} a second; embedding alone "
              f"{alone:.1f} s = {added / alone:,.0f} a second; {100 * alone / seconds:.0f} % of it")  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else TURNS)
