"""What a question costs: python tests/bench/search.py MEMORY [RUNS]

MEMORY is a folder that `memcli ingest` made (the figures in the README are of 225,458 IRC messages). One run prints:

- whole processes: `--help`, one-shot `search` and `ask`, as wall clock and as processor time;
- where the time of a one-shot `ask` goes, step by step;
- a warm process: words alone, words and meaning, and with rerank, of turns whose token vectors are new to the cache and
  of such as are in it, each as p50 and p95;
- floors in the same process: the product of all vectors with the question in numpy, and bm25s where it is installed.

Ratios, not times, are what compares between machines; the load of the machine is printed first. Nothing in the memory
is changed but what asking changes: the cache of token vectors is one of the bench's own.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from scale import COMMAND, QUESTIONS

ROUNDS, TOP = 3, 10

ACCOUNT = """
import sys, time
marks, last, spent = [], float(sys.argv[1]), 0.0
def mark(step):
    global last, spent
    now, cpu = time.perf_counter(), time.process_time()
    marks.append((step, now - last, cpu - spent))
    last, spent = now, cpu
mark("interpreter")
from memcli.cli import app, ask
mark("imports: command line")
from pathlib import Path
from memcli.api import Memory
memory = Memory.open(Path(sys.argv[2]))
mark("open: settings, store")
memory.store.standing()
mark("open: standing of memories")
memory.engines
mark("engines: numpy, tokenizer, table")
import memcli.answer.pipeline, memcli.documents
mark("imports: recall, answer")
memory.store.index.count()
mark("open: index (pyarrow, asyncio, core of lancedb)")
memory.engines.embedder.embed_query(sys.argv[3])
mark("embed the question")
memory.engines.token_encoder.id
mark("wait for the model, which loads beside")
answer = memory.ask(sys.argv[3])
mark("ask: search, rerank, answer, remember")
steps = [(f"  of that {step}", answer.timings_ms.get(step, 0) / 1000, 0.0)
         for step in ("channels", "fetch", "first_look", "second_look", "answer")]
from memcli.cli import render
render.answer(answer, all_evidence=False, written=False)
sys.stdout.flush()
mark("print")
for step in (*marks[:-1], *steps, marks[-1]):
    print(*step, sep="\\t", file=sys.stderr)
import os
os._exit(0)  # as memcli ends
"""


def processes(arguments: list[str], runs: int) -> None:
    """Whole processes: wall clock and processor time, medians."""
    wall, cpu = [], []
    for _ in range(runs):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        wall.append(time.perf_counter() - began)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        assert done.returncode in (0, 4, 5), arguments
    name = " ".join([Path(arguments[0]).name, *(one for one in arguments[1:] if "/" not in one)])
    print(
        f"{name:60.60} {1000 * median(wall):7.1f} ms (best {1000 * min(wall):.1f}), processor {1000 * median(cpu):.1f}"
    )


def account(memory: Path, runs: int) -> None:
    """Where the time of a one-shot ask goes: wall clock and, of all threads together, processor time."""
    steps: dict[str, list[tuple[float, float]]] = {}
    for _ in range(runs):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        child = [sys.executable, "-c", ACCOUNT, str(began), str(memory), QUESTIONS[0]]
        done = subprocess.run(child, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=True)
        wall = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        rows = [line.split("\t") for line in done.stderr.splitlines() if "\t" in line]
        told = [(step, float(seconds), float(processor)) for step, seconds, processor in rows]
        counted = [one for one in told if not one[0].startswith(" ")]
        told += [("exit", wall - sum(one[1] for one in counted), cpu - sum(one[2] for one in counted))]
        for step, seconds, processor in (*told, ("whole", wall, cpu)):
            steps.setdefault(step, []).append((seconds, processor))
    for step, taken in steps.items():
        wall, cpu = (1000 * median(one[which] for one in taken) for which in (0, 1))
        print(f"  {step:46} {wall:7.1f} ms" + (f", processor {cpu:6.1f}" if cpu else ""))


def show(name: str, seconds: Sequence[float], floor: float | None = None) -> float:
    """A line of a warm measure; its median."""
    middle, high = median(seconds), quantiles(seconds, n=20)[-1]
    ratio = f", {middle / floor:5.1f} times the numpy product" if floor else ""
    print(f"{name:60} p50 {1000 * middle:7.2f} ms, p95 {1000 * high:7.2f} ms{ratio}")
    return middle


def timed(work: Callable[[str], object], questions: Sequence[str]) -> list[float]:
    """Seconds of each question."""
    seconds = []
    for question in questions:
        began = time.perf_counter()
        work(question)
        seconds.append(time.perf_counter() - began)
    return seconds


def warm(memory: Path, scratch: Path) -> None:
    """A process that goes on searching."""
    from memcli import config
    from memcli.engines_in_use import for_recall
    from memcli.recall import channels
    from memcli.recall.fuse import fuse
    from memcli.recall.pipeline import recall
    from memcli.types import Hit, Query
    from store.index import Filter
    from store.store import Store
    from store.token_cache import TokenCache

    store = Store.open(memory, wait_s=30)
    store.token_cache = TokenCache(scratch / "tokens.sqlite")
    engines = for_recall(config.load(None, os.environ, {}), store)
    now, index = datetime.now(UTC), store.index

    def query(text: str) -> Query:
        return Query(text=text, asked_at=now, limit=TOP)

    def words(text: str) -> object:
        hits = [
            Hit(item_id=item, channel="lexical", rank=rank, score=score)
            for found in index.lexical(text, limit=channels.DEPTH, where=Filter())
            for rank, (item, score) in enumerate(found, start=1)
        ]
        return index.rows([item for item, _ in fuse(hits)[:TOP]])

    def meaning_too(text: str) -> object:
        return index.rows([item for item, _ in fuse(channels.hits(query(text), index, engines.embedder))[:TOP]])

    def reranked(text: str) -> object:
        return recall(query(text), store, engines)

    for question in QUESTIONS[:5]:  # what a process does once: models, indexes, rows into memory
        recall(query(f"again {question}"), store, engines)
    for thread in threading.enumerate():
        if thread.name == "resident":  # it reads the rows into memory
            thread.join()
    floor = floors(store, engines)
    again = QUESTIONS * ROUNDS
    show("warm: words alone, turns and windows", timed(words, again), floor)
    show("warm: words and meaning, without rerank", timed(meaning_too, again), floor)
    show("warm: with rerank, turns new to the cache", timed(reranked, QUESTIONS), floor)
    show("warm: with rerank, turns in the cache", timed(reranked, again), floor)


def floors(store: Any, engines: Any) -> float:
    """The least that a search would take: all vectors by the question, and bm25s. The first of them, in seconds."""
    import numpy as np

    from store.lance_reader import LanceReader
    from store.loaded_rows import matrix_of

    columns = LanceReader(store.index.folder, "turns").scan(["said", "vector"])
    vectors = matrix_of(columns["vector"]).astype(np.float32)

    def product(text: str) -> object:
        scores = vectors @ engines.embedder.embed_query(text)
        return np.argpartition(scores, -min(TOP, len(scores)))[-TOP:]

    floor = show(f"floor: numpy product over {len(vectors):,} vectors", timed(product, QUESTIONS * ROUNDS))
    if find_spec("bm25s"):
        import bm25s

        words = bm25s.BM25()
        words.index(bm25s.tokenize(columns["said"].to_pylist(), show_progress=False), show_progress=False)

        def by_words(text: str) -> object:
            return words.retrieve(bm25s.tokenize([text], show_progress=False), k=TOP, show_progress=False)

        show("floor: bm25s over the turns", timed(by_words, QUESTIONS * ROUNDS))
    return floor


def main(memory: Path, runs: int = 7) -> None:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command does, and before numpy is imported
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    processes([sys.executable, "-c", "pass"], runs)
    processes([COMMAND, "--help"], runs)
    processes([COMMAND, "--memory", str(memory), "search", QUESTIONS[0]], runs)
    processes([COMMAND, "--memory", str(memory), "ask", QUESTIONS[0]], runs)
    print("a one-shot ask, step by step (the steps one after the other, as a program of one's own would call them):")
    account(memory, runs)
    with tempfile.TemporaryDirectory() as scratch:
        warm(memory, Path(scratch))


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), *map(int, sys.argv[2:]))
