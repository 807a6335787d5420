"""Fits the weights of recall on a development data set: python tests/bench/fit.py OUT/friendsqa.jsonl [QUESTIONS]

(OUT as from tests/bench/development.py.) Prints FIRST_LOOK and SECOND_LOOK for memcli/recall/weights.py. Softmax
regression: the weights that make the turns which answer likeliest among the candidates of their question, with a small
quadratic penalty on the standardised weights. Odd questions are left out and tell what the weights are worth.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from memcli import config
from memcli.engines_in_use import for_recall
from memcli.evaluate.cases import Case
from memcli.evaluate.datasets import load
from memcli.evaluate.metrics import ndcg_at, recall_at
from memcli.evaluate.run import made
from memcli.recall import channels
from memcli.recall.fuse import fuse
from memcli.recall.pipeline import LOOKED_TWICE
from memcli.recall.question import understand
from memcli.recall.rerank import Looked, first_look, second_look
from memcli.types import Query

PENALTY = 1e-3
STEPS = 400
LEFT_OUT = ("in_time",)
SECOND_ONLY = "context"


class Seen(NamedTuple):
    case: Case
    question: Any
    looked: Looked
    store: Any


def design(seen: list[Looked], names: list[str]) -> Any:
    return np.concatenate([np.stack([one.features[name] for name in names], axis=1) for one in seen])


def fitted(seen: list[tuple[Case, Looked]], names: list[str]) -> dict[str, float]:
    able = [(case, looked) for case, looked in seen if relevant(case, looked).any()]
    columns = design([looked for _, looked in able], names)
    lengths = np.array([len(looked.rows) for _, looked in able])
    starts = np.cumsum(lengths) - lengths
    wanted = np.concatenate([relevant(case, looked) / relevant(case, looked).sum() for case, looked in able])
    spread = columns.std(axis=0) + 1e-9
    columns = (columns - columns.mean(axis=0)) / spread
    weights, slow, fast = np.zeros((3, len(names)))
    for step in range(1, STEPS + 1):  # Adam
        scores = columns @ weights
        odds = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), lengths))
        chances = odds / np.repeat(np.add.reduceat(odds, starts), lengths)
        slope = columns.T @ (chances - wanted) / len(able) + PENALTY * weights
        slow, fast = 0.9 * slow + 0.1 * slope, 0.99 * fast + 0.01 * slope**2
        weights = weights - 0.1 * (slow / (1 - 0.9**step)) / (np.sqrt(fast / (1 - 0.99**step)) + 1e-8)
    return {name: round(float(weight), 3) for name, weight in zip(names, weights / spread, strict=True)}


def relevant(case: Case, looked: Looked) -> Any:
    return np.array([row.native_id in case.evidence for row in looked.rows], float)


def scored(looked: Looked, weights: dict[str, float]) -> Looked:
    return looked._replace(scores=sum(weight * looked.features[name] for name, weight in weights.items()))


def worth(name: str, seen: list[tuple[Case, Looked]]) -> None:
    ranked = [(case, [row.native_id or "" for row in looked.best(50).rows]) for case, looked in seen]
    print(f"# {name}: recall_at_10 {100 * np.mean([recall_at(10, r, c.evidence) for c, r in ranked]):.1f}, "
          f"nDCG@10 {100 * np.mean([ndcg_at(10, r, c.evidence) for c, r in ranked]):.1f}")  # fmt: skip


def main(path: Path, count: int) -> None:
    engines = for_recall(config.load(None, {}, {}), None)
    data = load(path)
    cases = [case for case in data.cases if case.answerable and case.evidence]
    random.Random(0).shuffle(cases)
    seen: list[Seen] = []
    with tempfile.TemporaryDirectory() as scratch:
        for number, memory in enumerate(data.memories):
            store = made(memory, Path(scratch, str(number)), lambda: engines.embedder)
            for case in [case for case in cases[:count] if case.memory == memory.name]:
                query = Query(text=case.question, asked_at=case.asked_at)
                hits = channels.hits(query, store.index, engines.embedder)
                fused = dict(fuse(hits))
                rows = list(store.index.rows(list(fused)).values())
                question = understand(case.question, case.asked_at, {row.speaker for row in rows})
                looked = first_look(question, rows, hits, engines.token_table)
                seen.append(Seen(case, question, looked, store))
        print(f"# {len(seen)} questions looked at once", flush=True)
        names = [name for name in seen[0].looked.features if name not in LEFT_OUT]
        first = fitted([(one.case, one.looked) for one in seen[::2]], names)
        worth("first look", [(one.case, scored(one.looked, first)) for one in seen[1::2]])
        print(f"FIRST_LOOK = {first}", flush=True)
        again = []
        for one in seen:
            best = scored(one.looked, first).best(LOOKED_TWICE)
            looked = second_look(one.question, best, engines.token_encoder, engines.token_table, one.store.token_cache)
            again.append((one.case, looked))
    names = [name for name in again[0][1].features if name not in LEFT_OUT]
    second = fitted(again[::2], names)
    worth("second look", [(case, scored(looked, second)) for case, looked in again[1::2]])
    print(f"SECOND_LOOK = {second}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10**9)
