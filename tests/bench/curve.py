"""How a memory behaves as it grows: python tests/bench/curve.py FOLDER-OF-LOGS PICTURE.svg [SIZES...]

Real turns are few, so that most are made of two of them: the first half of one and the second of another, by a fixed
seed, a session a day. They go through the installed command into one memory, which is measured as it reaches each size
(10,000, 100,000 and 1,000,000 turns): turns a second and peak memory of the ingest; bytes on the disk a turn, without
what earlier questions left in `cache`; and in a fresh process that goes on asking, the share of the exact ten nearest
turns that dense search gives, its time, that of words, and that of a whole search, all as medians and 95th percentiles,
with the peak of memory. Exact is a product with every vector. The picture has times, recall and bytes over the number
of turns.
"""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from ingest import end_to_end

SIZES = (10_000, 100_000, 1_000_000)
SESSION = 400
SEED = 11
QUESTIONS = 60

TEXTS = """
import json, pathlib, sys
from memcli import Memory
memory, logs, place = sys.argv[1:]
with Memory.open(memory, create=True) as opened:
    opened.ingest(logs)
    with opened.store.reading() as catalogue:
        found = catalogue.connection.execute("SELECT text FROM turns ORDER BY id").fetchall()
pathlib.Path(place).write_text(json.dumps([text for (text,) in found]), encoding="utf-8")
"""

SEARCHED = """
import json, resource, sys, time
import numpy as np
import pyarrow as pa
from memcli import Memory
from store.columns import matrix_of
from store.index import Filter
from store.lance_reader import LanceReader
memory, questions = sys.argv[1], json.loads(sys.argv[2])
opened = Memory.open(memory)
everything = Filter()
def timed(work):
    wall, cpu = time.perf_counter(), time.process_time()
    found = work()
    return found, 1000 * (time.perf_counter() - wall), 1000 * (time.process_time() - cpu)
index, embedder = opened.store.index, opened.engines.embedder
asked = [embedder.embed_query(question) for question in questions]
for question in questions[:5]:
    opened.search(question)
dense = [timed(lambda: index.dense(vector, limit=10, where=everything)[0]) for vector in asked]
words = [timed(lambda: index.lexical(text, limit=10, where=everything)) for text in questions]
whole = [timed(lambda: opened.search(question)) for question in questions]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
seqs, scores = [], []
for piece in LanceReader(index.folder, "turns").pieces(["seq", "vector"]):
    seqs.append(piece["seq"].to_numpy())
    vectors = matrix_of(pa.chunked_array([piece["vector"]])).astype("f4")
    scores.append(vectors @ np.stack(asked).T)
seqs, scores = np.concatenate(seqs), np.concatenate(scores)
order = np.argsort(seqs)
recalls = []
for column, (found, _, _) in enumerate(dense):
    bar = np.partition(scores[:, column], -10)[-10]
    places = order[np.searchsorted(seqs, [seq for seq, _ in found], sorter=order)]
    recalls.append(float((scores[places, column] >= bar - 1e-6).sum()) / 10)
print(json.dumps({"recall": float(np.mean(recalls)), "peak": peak, **{
    name: [one[1:] for one in taken] for name, taken in (("dense", dense), ("words", words), ("whole", whole))}}))
"""


def real_texts(logs: Path) -> list[str]:
    """The texts of the logs' turns, by id. In a process of its own: a child begins with the peak of its parent."""
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch, "texts.json")
        subprocess.run([sys.executable, "-c", TEXTS, f"{scratch}/memory", str(logs), str(place)], check=True)
        found: list[str] = json.loads(place.read_text(encoding="utf-8"))
    return found


def made(texts: Sequence[str], first: int, last: int) -> Iterator[str]:
    """Turns number `first` to `last`, excluding it, as generic JSONL; the same whatever was made before."""
    for number in range(first, last):
        chance = random.Random(f"{SEED} {number}")
        one, other = (chance.choice(texts).split() for _ in range(2))
        text = " ".join([*one[: (len(one) + 1) // 2], *other[len(other) // 2 :]])
        turn = {
            "session": f"day{number // SESSION}", "id": f"t{number}", "speaker": f"user{chance.randrange(40)}",
            "time": 1_000_000_000 + 86_400 * (number // SESSION) + 30 * (number % SESSION), "text": text,
        }  # fmt: skip
        yield json.dumps(turn) + "\n"


def grow(texts: Sequence[str], sizes: Sequence[int]) -> Iterator[dict[str, Any]]:
    """What was measured at each size."""
    chance = random.Random(SEED)
    questions = []
    while len(questions) < QUESTIONS:
        words = chance.choice(texts).split()
        if len(words) >= 6:
            questions.append(" ".join(words[: len(words) // 2 + 2][:8]))
    with tempfile.TemporaryDirectory() as scratch:
        memory, reached = Path(scratch, "memory"), 0
        for size in sizes:
            log = Path(scratch, f"to{size}.jsonl")
            with log.open("w", encoding="utf-8") as out:
                out.writelines(made(texts, reached, size))
            turns, seconds, cpu, peak = end_to_end(memory, log)
            log.unlink()
            files = [path for path in memory.rglob("*") if path.is_file()]
            # What questions leave in `cache`, at most 256 MB and 72 bytes a turn, is not of the turns that came in.
            disk = sum(path.stat().st_size for path in files if path.parent.name != "cache")
            command = [sys.executable, "-c", SEARCHED, str(memory), json.dumps(questions)]
            found = json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.splitlines()[-1])
            figures = {"turns": size, "rate": turns / seconds, "cpu": 1e6 * cpu / turns, "ingest_mb": peak,
                       "bytes": disk / size, "recall": found["recall"], "search_mb": found["peak"]}  # fmt: skip
            for name in ("dense", "words", "whole"):
                for kind, at in (("", 0), (" cpu", 1)):
                    taken = [one[at] for one in found[name]]
                    figures[f"{name}{kind} p50"], figures[f"{name}{kind} p95"] = (
                        median(taken),
                        quantiles(taken, n=20)[-1],
                    )
            yield figures
            reached = size


def picture(rows: Sequence[dict[str, Any]]) -> str:
    """The figures over the number of turns, as SVG: milliseconds, recall, bytes a turn."""
    panels = [
        ("milliseconds (processor time) of a search: whole p50, p95; dense p50; words p50",
         ["whole cpu p50", "whole cpu p95", "dense cpu p50", "words cpu p50"]),
        ("share of the exact ten nearest that dense search finds", ["recall"]),
        ("bytes on the disk a turn", ["bytes"]),
    ]  # fmt: skip
    colours, wide, high, left = ["#1f77b4", "#9ecae1", "#d62728", "#2ca02c"], 460, 150, 60
    low, top = (math.log10(rows[at]["turns"]) for at in (0, -1))
    parts = []
    for number, (title, names) in enumerate(panels):
        base = 200 * number + 30 + high
        most = max(row[name] for row in rows for name in names) * 1.1
        parts.append(f'<text x="{left}" y="{base - high - 8}">{title}</text>')
        parts.append(f'<path d="M{left} {base - high}V{base}h{wide}" fill="none" stroke="black"/>')
        parts.append(f'<text x="{left - 5}" y="{base - high + 10}" text-anchor="end">{most:,.3g}</text>')
        for colour, name in zip(colours, names, strict=False):
            places = [
                (left + wide * (math.log10(row["turns"]) - low) / ((top - low) or 1), base - high * row[name] / most)
                for row in rows
            ]
            points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
            parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"><title>{name} at {row["turns"]:,}: '
                f"{row[name]:,.3f}</title></circle>"
                for (x, y), row in zip(places, rows, strict=True)
            ]
        parts += [
            f'<text x="{left + wide * (math.log10(row["turns"]) - low) / ((top - low) or 1):.0f}" y="{base + 14}" '
            f'text-anchor="middle">{row["turns"]:,}</text>'
            for row in rows
        ]
    head = '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="620" font-family="sans-serif" font-size="11">'
    return "\n".join([head, *parts, "</svg>", ""])


def main(logs: Path, target: Path, sizes: Sequence[int]) -> None:
    rows = []
    for row in grow(real_texts(logs), sizes):
        rows.append(row)
        shown = (f"{name} {value:,.3f}" if value < 10 else f"{name} {value:,.0f}" for name, value in row.items())
        print(", ".join(shown), flush=True)
        target.write_text(picture(rows), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), [int(size) for size in sys.argv[3:]] or SIZES)
