"""Memory of ingest in the size of the input: python tests/bench/large.py MEGABYTES...

Writes a ChatGPT export of each size (one JSON array; messages of prose, some with a file pasted in), ingests it through
the installed command and prints turns a second and the peak of memory, which should not grow with the file.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
from pathlib import Path

from ingest import end_to_end

WORDS = [
    "the", "a", "of", "and", "to", "in", "it", "is", "that", "for", "on", "with", "as", "at", "by", "from", "we",
    "you", "they", "have", "had", "will", "can", "not", "this", "which", "be", "are", "was", "garden", "kettle",
    "ferry", "invoice", "kernel", "driver", "partition", "oven", "landlord", "bicycle", "passport", "grandmother",
    "museum", "parcel", "rent", "station", "battery", "compost", "helmet", "recipe", "doctor", "border", "ticket",
    "window", "printer", "archive", "tomato", "river", "salary", "weekend",
]  # fmt: skip
MESSAGES = 200
"""Messages of one conversation."""


def conversation(chance: random.Random, number: int) -> str:
    mapping: dict[str, object] = {"root": {"id": "root", "message": None, "parent": None, "children": ["0"]}}
    for place in range(MESSAGES):
        text = " ".join(chance.choices(WORDS, k=chance.randint(20, 300)))
        if place % 4 == 3:
            lines = (f"2024-05-01 12:{place:02}:00 {word} = {chance.randrange(10_000)}" for word in WORDS)
            text += "\n\n```\n" + "\n".join([*lines] * 8) + "\n```"
        mapping[str(place)] = {
            "id": str(place), "parent": str(place - 1) if place else "root",
            "children": [str(place + 1)] if place + 1 < MESSAGES else [],
            "message": {
                "id": f"{number}-{place}", "author": {"role": ("user", "assistant")[place % 2]},
                "create_time": 1_700_000_000 + 86_400 * number + 60 * place,
                "content": {"content_type": "text", "parts": [text]},
            },
        }  # fmt: skip
    told = {
        "title": f"Talk {number}", "create_time": 1_700_000_000 + 86_400 * number, "mapping": mapping,
        "current_node": str(MESSAGES - 1), "conversation_id": f"conversation-{number}", "id": f"conversation-{number}",
    }  # fmt: skip
    return json.dumps(told)


def write(path: Path, megabytes: int) -> None:
    chance = random.Random(11)
    with path.open("w") as out:
        out.write("[")
        number = 0
        while out.tell() < megabytes * 1_000_000:
            out.write((", " if number else "") + conversation(chance, number))
            number += 1
        out.write("]")


def main(sizes: list[int]) -> None:
    for megabytes in sizes:
        with tempfile.TemporaryDirectory() as name:
            log = Path(name, "conversations.json")
            write(log, megabytes)
            memory = Path(name, "memory")
            turns, seconds, cpu, peak = end_to_end(memory, log)
            disk = sum(path.stat().st_size for path in memory.rglob("*") if path.is_file())
            print(f"{megabytes:6,} MB, {turns:,} turns: {turns / seconds:,.0f} turns/s, {cpu:.1f} s of processor time, "
                  f"peak {peak:,.0f} MB, {disk / turns:,.0f} bytes a turn on disk", flush=True)  # fmt: skip


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
