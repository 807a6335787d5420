"""Fits the gate on FriendsQA: python tests/bench/fit_gate.py OUT/friendsqa.jsonl [QUESTIONS]

(OUT as from tests/bench/development.py.) Prints WEIGHTS for memcli/recall/gate.py. Logistic regression over the
gate's signs: questions put to the memory that they were asked of; the same with a person replaced by another; and every
second put to the other memory as well. They are those of the scenes that no model was tuned on. Half of the questions
are left out of the fit, and tell what each bar is worth.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from engines.build.asked_talks import held_out
from memcli import config
from memcli.engines_in_use import for_recall
from memcli.evaluate.cases import Case
from memcli.evaluate.datasets import load
from memcli.evaluate.run import made
from memcli.recall.gate import signs
from memcli.recall.pipeline import LOOKED_TWICE, recall
from memcli.types import Query

PENALTY = 1e-2
BARS = (0.15, 0.2, 0.25, 0.3)


def fitted(columns: Any, answered: Any) -> tuple[Any, float]:
    """Weights and intercept, by Newton's method on the standardised columns."""
    spread, middle = columns.std(axis=0) + 1e-9, columns.mean(axis=0)
    design = np.c_[(columns - middle) / spread, np.ones(len(columns))]
    weights, penalty = np.zeros(design.shape[1]), PENALTY * np.r_[np.ones(columns.shape[1]), 1e-6]
    for _ in range(50):
        chances = 1 / (1 + np.exp(-design @ weights))
        slope = design.T @ (chances - answered) / len(design) + penalty * weights
        curve = (design * (chances * (1 - chances))[:, None]).T @ design / len(design) + np.diag(penalty)
        weights = weights - np.linalg.solve(curve, slope)
    return weights[:-1] / spread, float(weights[-1] - (middle / spread) @ weights[:-1])


def of_held_out_scene(case: Case) -> bool:
    return bool(case.evidence) and held_out(min(case.evidence).rpartition(":")[0])


def main(path: Path, count: int) -> None:
    engines = for_recall(config.load(None, {}, {}), None)
    data = load(path)
    swapped = {case.id.removesuffix("/swap"): case for case in data.cases if case.category == "swap"}
    cases = [case for case in data.cases if case.id in swapped and case.answerable and of_held_out_scene(case)]
    random.Random(0).shuffle(cases)
    rows: list[tuple[int, str, bool, dict[str, float]]] = []
    with tempfile.TemporaryDirectory() as scratch:
        stores = {
            memory.name: made(memory, Path(scratch, memory.name), lambda: engines.embedder) for memory in data.memories
        }
        for place, case in enumerate(cases[:count]):
            (other,) = set(stores) - {case.memory}
            asked = [("own", case, case.memory), ("swap", swapped[case.id], case.memory)]
            if place % 4 < 2:
                asked.append(("elsewhere", case, other))
            for kind, one, memory in asked:
                query = Query(text=one.question, asked_at=one.asked_at, limit=LOOKED_TWICE)
                found = recall(query, stores[memory], engines)
                rows.append((place, kind, kind == "own", signs(found.question, found.candidates)))
    names = list(rows[0][3])
    columns = np.array([[found[name] for name in names] for *_, found in rows])
    answered = np.array([own for _, _, own, _ in rows], float)
    even = np.array([place % 4 in (0, 3) for place, *_ in rows])
    weights, intercept = fitted(columns[even], answered[even])
    chances = 1 / (1 + np.exp(-columns @ weights - intercept))
    print(
        "WEIGHTS =",
        {"intercept": round(intercept, 3), **{n: round(float(w), 3) for n, w in zip(names, weights, strict=True)}},
    )
    for bar in BARS:
        told = []
        for kind in ("own", "swap", "elsewhere"):
            there = np.array([one == kind for _, one, *_ in rows]) & ~even
            told.append(f"{kind} {100 * np.mean(chances[there] < bar):.1f} %")
        print(f"# below {bar}: {', '.join(told)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10**9)
