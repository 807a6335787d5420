"""Speed of ingest: python tests/bench/ingest.py FOLDER-OF-LOGS

Ingests the folder through the installed command and prints turns a second end to end, processor time and the peak of
memory, and the same for a file of four turns. Then the floors that no ingest of these turns can pass, in the same run,
so that what compares between machines is a ratio: reading alone, the built-in embedder alone, a plain insert of the
same rows into DuckDB, and LanceDB alone (the same rows, and its full-text index). Last, where the processor time
goes, step by step, with nothing at work beside: each step is the library's own function, timed from outside.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from engines.static import StaticEmbedder
from memcli.ingest import pipeline, writing
from memcli.ingest.detect import judge
from memcli.ingest.errors import InputUnreadable
from memcli.ingest.listen import Heard, listen
from memcli.ingest.normalise import Normaliser
from memcli.ingest.report import SourceReport
from memcli.ingest.walk import sources
from memcli.progress import Unwatched
from store.catalogue import Catalogue
from store.index import Index
from store.store import Store

COMMAND = str(Path(sys.executable).with_name("memcli"))
UTC = ZoneInfo("UTC")
FOUR = "".join(
    json.dumps({"speaker": speaker, "text": text}) + "\n"
    for speaker, text in [("Ann", "Is it here?"), ("Bo", "The oven? No."), ("Ann", "When?"), ("Bo", "On Tuesday.")]
)
AT_ONCE = 16_384


def end_to_end(memory: Path, logs: Path) -> tuple[int, float, float, float]:
    """Turns, seconds, seconds of processor time and peak megabytes of one ingest in a process of its own."""
    began = time.perf_counter()
    command = [COMMAND, "--memory", str(memory), "--json", "--quiet", "ingest", str(logs), "--timezone", "UTC"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        report = json.loads(process.stdout.read())
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    seconds = time.perf_counter() - began
    return report["turns_added"], seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def floor(name: str, turns: int, rate: float, work: Callable[[], object]) -> None:
    """Do the work of one step alone and print its rate, and what part of it the whole ingest reaches."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{name:40} {turns / wall:>9,.0f} turns/s  {cpu:6.1f} s of processor time  the ingest reaches "
          f"{100 * rate * wall / turns:.0f} % of it")  # fmt: skip


def heard(logs: Path) -> Iterator[Heard]:
    """Every turn of the logs, as ingest hears it."""
    normaliser = Normaliser(UTC, redacting=True)
    with sources([str(logs)]) as found:
        for source in found.sources.values():
            try:
                reader = judge(source).reader
            except InputUnreadable:
                continue
            said = listen(source, reader, normaliser, SourceReport(uri=source.uri, format=reader.name))
            yield from (turn for turn in said if isinstance(turn, Heard))


def floors(logs: Path, memory: Path, scratch: Path, turns: int, rate: float) -> None:
    import duckdb

    with Store.open(memory, wait_s=10).reading() as catalogue:
        rows = catalogue.connection.sql("FROM turns ORDER BY seq").to_arrow_table()
        indexed = catalogue.rows_in([(1, turns)])
    embedder, said = StaticEmbedder(), indexed["said"].to_pylist()
    vectors = embedder.embed(said)

    def insert() -> None:
        with duckdb.connect(str(scratch / "plain.duckdb")) as database:
            database.register("rows", rows.slice(0, 0))
            database.execute("CREATE TABLE turns AS FROM rows")
            for start in range(0, turns, AT_ONCE):
                database.register("rows", rows.slice(start, AT_ONCE))
                database.execute("INSERT INTO turns FROM rows")

    def index() -> None:
        fresh = Index(scratch / "index")
        for start in range(0, turns, AT_ONCE):
            fresh.put(indexed.slice(start, AT_ONCE), vectors[start : start + AT_ONCE])
        fresh.refresh_text()

    floor("reading alone", turns, rate, lambda: sum(1 for _ in heard(logs)))
    floor("the built-in embedder alone", turns, rate, lambda: embedder.embed(said))
    floor("a plain insert into DuckDB alone", turns, rate, insert)
    floor("LanceDB alone, with its text index", turns, rate, index)


@contextmanager
def timed(spent: dict[str, float]) -> Iterator[None]:
    """Count the processor time of each step of an ingest; a step in a step counts for itself alone."""
    open_steps: list[str] = []
    last = time.process_time()

    def turn_to() -> None:
        nonlocal last
        now = time.process_time()
        spent[open_steps[-1] if open_steps else "everything else"] += now - last
        last = now

    def watch(owner: Any, name: str, step: str) -> Callable[[], None]:
        work = getattr(owner, name)

        @wraps(work)
        def watched(*arguments: Any, **options: Any) -> Any:
            turn_to()
            open_steps.append(step)
            try:
                return work(*arguments, **options)
            finally:
                turn_to()
                open_steps.pop()

        setattr(owner, name, watched)
        return lambda: setattr(owner, name, work)

    undo = [
        watch(pipeline, "readers_for", "detect the formats"),
        watch(writing.Writer, "read", "read, normalise, redact"),
        watch(writing.Writer, "_commit", "open, close and checkpoint the catalogue; what was read of each file"),
        watch(writing, "prepare", "ids, columns"),
        watch(writing.Writer, "_add", "sessions, speakers"),
        watch(Catalogue, "add_turns", "add turns to DuckDB"),
        watch(Catalogue, "rows_in", "read them back"),
        watch(StaticEmbedder, "embed", "embed"),
        watch(Index, "put", "add rows to LanceDB"),
        watch(Index, "refresh_text", "the full-text index"),
    ]
    try:
        yield
        turn_to()
    finally:
        for restore in undo:
            restore()


class Later(pipeline.Indexing):
    """Leaves all indexing to the end, so that the time of each step is its own."""

    def more(self) -> None:
        pass


def steps(logs: Path, memory: Path) -> None:
    spent: dict[str, float] = defaultdict(float)
    embedder = StaticEmbedder()
    beside, pipeline.Indexing = pipeline.Indexing, Later  # type: ignore[misc]
    apart, pipeline.is_worthwhile = pipeline.is_worthwhile, lambda sources: False
    try:
        with timed(spent):
            pipeline.ingest(
                [str(logs)], folder=memory, wait_s=10, embedder=lambda: embedder, zone=UTC, redacting=True,
                progress=Unwatched(),
            )  # fmt: skip
    finally:
        pipeline.Indexing, pipeline.is_worthwhile = beside, apart  # type: ignore[misc]
    total = sum(spent.values())
    print(f"\nprocessor time by step                                                 {total:6.1f} s")
    for step, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"{step:70} {seconds:6.1f} s  {100 * seconds / total:3.0f} %")


def main(logs: Path) -> None:
    gc.set_threshold(50_000)  # as the command does: see memcli/cli/main.py
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        turns, seconds, cpu, peak = end_to_end(scratch / "memory", logs)
        print(f"ingest, {turns:,} turns                   {turns / seconds:>9,.0f} turns/s  {cpu:6.1f} s of processor "
              f"time  peak {peak:,.0f} MB")  # fmt: skip
        small = scratch / "four.jsonl"
        small.write_text(FOUR)
        runs = [end_to_end(scratch / f"small-{run}", small) for run in range(5)]
        print(f"ingest of one file of four turns, median    {median(run[1] for run in runs):6.2f} s      "
              f"{median(run[2] for run in runs):6.2f} s of processor time")  # fmt: skip
        floors(logs, scratch / "memory", scratch, turns, turns / seconds)
        steps(logs, scratch / "again")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
