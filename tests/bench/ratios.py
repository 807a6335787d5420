"""How near memcli comes to the floors, and to other tools: python tests/bench/ratios.py HISTORY [--turns N]
[--logs FOLDER] [--peers PYTHON] [--fail-on-regression]

One run, the same texts for all. Each figure is a ratio, what the other takes over what memcli takes, in processor time
of all threads: 1 is as cheap as the other, less is dearer. The floors do a part of the work only: a plain insert of
the rows into DuckDB, the built-in embedder alone, one product of all vectors in numpy, the bare ONNX model on tokens
that are there. `--peers` names the interpreter that has bm25s, chromadb, txtai or mem0 (with langchain, through which
it is given vectors), each asked through its public API: bm25s searches words alone, in memory; the others get the same
vectors ready-made, and what embedding them takes is added.

HISTORY is a folder: each run leaves a JSON file. `--fail-on-regression` ends with exit code 1 where a ratio is more
than 20 % below the median of the runs in it that had as many turns of the same logs, on the same machine.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[2]
FALL = 0.2
QUESTIONS = 40
ENCODED = 256
OFTEN = 15
"""How often a floor of some milliseconds is measured."""
AGAIN = 4
"""How often is measured what takes longer."""

BUILT_IN = {"embedder.model": "", "reranker.model": "", "llm.model": "", "llm.url": ""}
"""Whatever the settings of this machine are."""

PEERS = ("bm25s", "chromadb", "txtai", "mem0")


def fallen(ratios: Mapping[str, float], before: Sequence[Mapping[str, float]]) -> list[str]:
    """What fell by more than FALL below the median of earlier runs, in words; what they did not have cannot fall."""
    said = []
    for name, ratio in ratios.items():
        known = [run[name] for run in before if name in run]
        if known and ratio < (1 - FALL) * median(known):
            said.append(f"{name}: {ratio:.4f}, was {median(known):.4f} (median of {len(known)} runs)")
    return said


def taken(work: Callable[[], object], times: int = 1) -> float:
    """Seconds of processor time of this process, of all threads: the least of so many times, since whatever else is at
    work on the machine only adds to it."""
    seconds = []
    for _ in range(times):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return min(seconds)


def texts_of(logs: Path, count: int, scratch: Path) -> list[str]:
    """So many texts of the logs' turns, told again with a number where there are too few."""
    from memcli import Memory

    with Memory.open(scratch / "source", create=True, settings=BUILT_IN) as memory:
        memory.ingest(logs)
        with memory.store.reading() as catalogue:
            found = catalogue.connection.execute("SELECT text FROM turns ORDER BY id LIMIT ?", [count]).fetchall()
    said = [str(text) for (text,) in found]
    return [said[at % len(said)] + (f" ({at // len(said)})" if at >= len(said) else "") for at in range(count)]


def measured(logs: Path, count: int, peers: str, scratch: Path) -> dict[str, float]:
    """Every ratio, by name."""
    import numpy as np

    from engines.static import StaticEmbedder
    from memcli import Memory

    texts = texts_of(logs, count, scratch)
    step = max(1, count // QUESTIONS)
    questions = [" ".join(text.split()[:6]) for text in texts[::step] if text.strip()][:QUESTIONS]
    table = StaticEmbedder()
    table.embed(texts[:64])
    matrix = np.asarray(table.embed(texts))
    embedding = taken(lambda: table.embed(texts), AGAIN)
    asked = np.stack([table.embed_query(question) for question in questions])

    turns = scratch / "turns.jsonl"
    turns.write_text("".join(json.dumps({"speaker": "Ann", "text": text}) + "\n" for text in texts), encoding="utf-8")
    ingests = []
    for number in range(AGAIN):
        with Memory.open(scratch / f"memory{number}", create=True, settings=BUILT_IN) as memory:
            ingests.append(taken(lambda: memory.ingest(turns, redact=True)))
    ingest = min(ingests)
    with Memory.open(scratch / "memory0", settings=BUILT_IN) as memory:
        for question in questions:  # the columns of the index are read, and token vectors kept
            memory.search(question)
        search = taken(lambda: [memory.search(question) for question in questions], AGAIN) / len(questions)
    product = taken(lambda: [np.argpartition(-(matrix @ vector), 10)[:10] for vector in asked], OFTEN) / len(asked)
    ratios = {
        "ingest / plain DuckDB insert": plain_insert(texts, scratch) / ingest,
        "ingest / built-in embedder alone": embedding / ingest,
        "search / numpy product of all vectors": product / search,
        "token vectors / bare ONNX": onnx_floor(texts[:ENCODED]),
    }
    (scratch / "texts.json").write_text(json.dumps(texts))
    (scratch / "questions.json").write_text(json.dumps(questions))
    np.save(scratch / "vectors.npy", matrix)
    np.save(scratch / "asked.npy", asked)
    for name in PEERS:
        command = [peers, str(Path(__file__).with_name("peer_speed.py")), name, str(scratch)]
        said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
        found = json.loads(said.splitlines()[-1])
        if found:
            shared = embedding if name != "bm25s" else 0.0
            ratios[f"ingest / {name}"] = (found["ingest"] + shared) / ingest
            ratios[f"search / {name}"] = found["search"] / search
        else:
            print(f"{name} is not installed in {peers}: not compared", file=sys.stderr)
    return ratios


def plain_insert(texts: Sequence[str], scratch: Path) -> float:
    """Seconds of DuckDB alone: the texts with their numbers, from Arrow, committed to a file."""
    import duckdb
    import pyarrow as pa

    rows = pa.table({"id": range(len(texts)), "text": list(texts)})

    def insert() -> None:
        with duckdb.connect(str(scratch / "plain.duckdb")) as connection:
            connection.register("rows", rows)
            connection.execute("CREATE OR REPLACE TABLE turns AS SELECT * FROM rows")

    return taken(insert, OFTEN)


def onnx_floor(texts: Sequence[str]) -> float:
    """What the bare session takes for the encoder's own batches, over what the encoder takes for the texts."""
    from engines.token_encoder import MiniLMTokenEncoder

    encoder = MiniLMTokenEncoder(threads=1)
    encoder.encode(texts[:16])
    batches: list[Mapping[str, object]] = []
    session = encoder._session
    run = session.run
    session.run = lambda inputs, output=None: (batches.append(inputs), run(inputs, output))[1]  # type: ignore[method-assign]
    encoder.encode(texts)
    del session.run  # the class's own again
    whole = taken(lambda: encoder.encode(texts), AGAIN)
    bare = taken(lambda: [session._session.run(None, dict(inputs)) for inputs in batches], AGAIN)
    return bare / whole


def main(arguments: list[str] | None = None) -> int:
    """Measure, keep and compare. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Ratios to raw floors and to other tools, in one run.")
    parser.add_argument("history", type=Path)
    parser.add_argument("--turns", type=int, default=5_000)
    parser.add_argument("--logs", type=Path, default=ROOT / "examples" / "logs")
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--fail-on-regression", action="store_true")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        ratios = measured(options.logs, options.turns, options.peers, Path(scratch))
    same = {"turns": options.turns, "logs": options.logs.name, "machine": platform.node()}
    runs = [json.loads(path.read_text()) for path in sorted(options.history.glob("*.json"))]
    worse = fallen(ratios, [run["ratios"] for run in runs if all(run[key] == same[key] for key in same)])
    options.history.mkdir(parents=True, exist_ok=True)
    now = datetime.now(UTC)
    document = {"schema": 1, "at": now.isoformat(timespec="seconds"), **same, "ratios": ratios}
    (options.history / f"{now:%Y%m%dT%H%M%S%f}.json").write_text(json.dumps(document, indent=2) + "\n")
    for name, ratio in ratios.items():
        print(f"{name:44} {ratio:8.4f}")
    for one in worse:
        print(f"fell: {one}", file=sys.stderr)
    return 1 if worse and options.fail_on_regression else 0


if __name__ == "__main__":
    sys.exit(main())
