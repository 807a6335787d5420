"""Recall on LoCoMo (Maharana et al., ACL 2024): python tests/bench/locomo.py PATH/locomo_dev.json

Turn level, one memory a conversation, the questions of categories 1 to 4 whose evidence names turns that exist.
recall_at_10 and nDCG@10 against the annotated evidence, with 95 % bootstrap intervals; and how often `ask` abstains, on
those questions (wrongly) and on category 5, whose questions the conversation does not answer.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from metrics import interval, ndcg_at, recall_at

from memcli.cli.engines_in_use import for_recall
from memcli.ingest.pipeline import ingest
from memcli.progress import Unwatched
from memcli.recall.gate import BAR, confidence
from memcli.recall.pipeline import recall
from memcli.types import Query
from store.store import Store

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop"}


def questions(sample: dict[str, Any]) -> Iterator[tuple[str, int, set[str]]]:
    """Questions with their category and the dia_ids of their evidence, as far as those exist."""
    known = {
        turn["dia_id"] for key, turns in sample["conversation"].items() if isinstance(turns, list) for turn in turns
    }
    for entry in sample["qa"]:
        evidence = set(re.findall(r"D\d+:\d+", " ".join(entry.get("evidence", [])))) & known
        if evidence or entry["category"] == 5:
            yield entry["question"], entry["category"], evidence


def main(path: Path) -> None:
    engines = for_recall()
    values: dict[str, dict[int, list[float]]] = {
        name: defaultdict(list) for name in ("recall@10", "ndcg@10", "recall@50")
    }
    abstained: dict[int, list[bool]] = defaultdict(list)
    latencies: list[float] = []
    with tempfile.TemporaryDirectory() as scratch:
        for number, sample in enumerate(json.loads(path.read_text())):
            log = Path(scratch, f"{number}.json")
            log.write_text(json.dumps([sample]))
            folder = Path(scratch, f"memory-{number}")
            ingest(
                [str(log)],
                folder=folder,
                wait_s=1,
                embedder=lambda: engines.embedder,
                format_name="locomo",
                zone=UTC,
                redacting=True,
                progress=Unwatched(),
            )
            store = Store.open(folder, wait_s=1)
            for question, category, evidence in questions(sample):
                began = time.perf_counter()
                found = recall(Query(text=question, asked_at=NOW, limit=50), store, engines).candidates
                latencies.append((time.perf_counter() - began) * 1000)
                abstained[category].append(confidence(question, found) < BAR)
                if category == 5:
                    continue
                ranked = [candidate.turn.native_id or "" for candidate in found]
                values["recall@10"][category].append(recall_at(10, ranked, evidence))
                values["ndcg@10"][category].append(ndcg_at(10, ranked, evidence))
                values["recall@50"][category].append(recall_at(50, ranked, evidence))
    for name, by_category in values.items():
        mean, low, high = interval([value for one in by_category.values() for value in one])
        parts = "  ".join(f"{CATEGORIES[c]} {100 * sum(v) / len(v):.1f}" for c, v in sorted(by_category.items()))
        print(f"{name:10} {100 * mean:.1f} [{100 * low:.1f}, {100 * high:.1f}]  {parts}")
    asked = [one for category in CATEGORIES for one in abstained[category]]
    print(f"questions  {len(asked)}")
    print(f"abstained  wrongly {100 * sum(asked) / len(asked):.1f} %, on category 5 "
          f"{100 * sum(abstained[5]) / len(abstained[5]):.1f} %")  # fmt: skip
    print(f"search     p50 {median(latencies):.1f} ms")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
