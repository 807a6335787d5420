"""Fits the gate on FriendsQA: python tests/bench/fit_gate.py OUT/friendsqa.jsonl [QUESTIONS]

(OUT as from tests/bench/development.py.) Prints the weights of memcli/recall/gate.py, and what falls under which bar.
Two logistic functions of the gate's signs, multiplied: questions put to the memory that they were asked of; the same
with a person replaced by another; and put to the other memory. They are those of the scenes that no model was tuned on,
too few to leave some out.
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
STEPS, PACE = 3000, 0.02
BARS = (0.25, 0.3, 0.35, 0.4)
ELSEWHERE = 0.5
"""What a question put to the other memory counts beside one with another person in it."""

SIGNS = ("even", "lead", "own")


def chances(design: Any, weights: Any) -> tuple[Any, Any]:
    """That it was talked about, and that it was said of those whom the question names. design: (questions, SIGNS)."""
    about = 1 / (1 + np.exp(-weights[0] - weights[1] * design[:, 0]))
    of_them = 1 / (1 + np.exp(-weights[2] - design[:, 1:] @ weights[3:]))
    return about, of_them


def fitted(columns: Any, answered: Any, counts: Any) -> Any:
    """The five weights of `chances` that make their product likeliest (Adam, on the standardised columns)."""
    spread, middle = columns.std(axis=0) + 1e-9, columns.mean(axis=0)
    design = (columns - middle) / spread
    weights, slow, fast = np.array([0.0, 1.0, 0.0, 1.0, 0.0]), np.zeros(5), np.zeros(5)
    for step in range(1, STEPS + 1):
        about, of_them = chances(design, weights)
        both = np.clip(about * of_them, 1e-6, 1 - 1e-6)
        slope = -(answered / both - (1 - answered) / (1 - both)) * counts / len(design) * about * of_them
        by_about, by_of_them = slope * (1 - about), slope * (1 - of_them)
        whole = np.array([by_about.sum(), by_about @ design[:, 0], by_of_them.sum(), *(by_of_them @ design[:, 1:])])
        whole += PENALTY * weights * [0, 1, 0, 1, 1]
        slow, fast = 0.9 * slow + 0.1 * whole, 0.99 * fast + 0.01 * whole**2
        weights = weights - PACE * (slow / (1 - 0.9**step)) / (np.sqrt(fast / (1 - 0.99**step)) + 1e-8)
    weights[[1, 3, 4]] /= spread
    weights[0] -= weights[1] * middle[0]
    weights[2] -= weights[3:] @ middle[1:]
    return weights


def of_held_out_scene(case: Case) -> bool:
    return bool(case.evidence) and held_out(min(case.evidence).rpartition(":")[0])


def main(path: Path, count: int) -> None:
    engines = for_recall(config.load(None, {}, {}), None)
    data = load(path)
    swapped = {case.id.removesuffix("/swap"): case for case in data.cases if case.category == "swap"}
    cases = [case for case in data.cases if case.id in swapped and case.answerable and of_held_out_scene(case)]
    random.Random(0).shuffle(cases)
    rows: list[tuple[str, dict[str, float]]] = []
    with tempfile.TemporaryDirectory() as scratch:
        stores = {
            memory.name: made(memory, Path(scratch, memory.name), lambda: engines.embedder) for memory in data.memories
        }
        for case in cases[:count]:
            (other,) = set(stores) - {case.memory}
            asked = [("own", case, case.memory), ("swap", swapped[case.id], case.memory), ("elsewhere", case, other)]
            for kind, one, memory in asked:
                query = Query(text=one.question, asked_at=one.asked_at, limit=LOOKED_TWICE)
                found = recall(query, stores[memory], engines)
                rows.append((kind, signs(found.question, found.candidates)))
    columns = np.array([[found[name] for name in SIGNS] for _, found in rows])
    kinds = np.array([kind for kind, _ in rows])
    counts = np.where(kinds == "elsewhere", ELSEWHERE, 1.0)
    weights = fitted(columns, (kinds == "own").astype(float), counts).round(3).tolist()
    print(f"TALKED_ABOUT = {dict(zip(('intercept', 'even'), weights[:2], strict=True))}")
    print(f"SAID_OF_THEM = {dict(zip(('intercept', 'lead', 'own'), weights[2:], strict=True))}")
    about, of_them = chances(columns, np.array(weights))
    for bar in BARS:
        told = (
            f"{kind} {100 * np.mean((about * of_them)[kinds == kind] < bar):.1f} %" for kind in dict.fromkeys(kinds)
        )
        print(f"# below {bar}: {', '.join(told)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 10**9)
