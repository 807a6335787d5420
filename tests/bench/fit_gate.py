"""Fits the gate: python tests/bench/fit_gate.py OUT/friendsqa.jsonl TOLD.jsonl [QUESTIONS]

(OUT as from tests/bench/development.py, TOLD as from tests/bench/told_details.py.) Prints the weights of
memcli/recall/gate.py, its bars, and what falls under it. Three logistic functions of the gate's signs, multiplied, on
questions of FriendsQA put to the memory that they were asked of; the same with a person replaced by another; and put to
the other memory; and on made-up talks, with details told and details changed. FriendsQA's are those of the scenes that
no model was tuned on, too few to leave some out. The bars are where WRONGLY of FriendsQA's own questions are declined,
those that name somebody and those that do not.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from told_details import TOLD

from engines.build.asked_talks import held_out
from memcli import config
from memcli.engines_in_use import for_recall
from memcli.evaluate.cases import Case
from memcli.evaluate.datasets import load
from memcli.evaluate.run import made
from memcli.recall.pipeline import LOOKED_TWICE, recall
from memcli.types import Query

PENALTY = 1e-2
STEPS, PACE = 3000, 0.02
WRONGLY = 0.15
"""The share of FriendsQA's own questions that the bars decline: television dialogue is harder than chat."""

COUNTS = {"own": 1.0, "swap": 1.0, "elsewhere": 0.5, TOLD[0]: 0.5, TOLD[1]: 0.5}
"""What a question of each kind counts."""

ANSWERED = ("own", TOLD[0])
PARTS = {"TALKED_ABOUT": ("even",), "TOLD": ("untold", "named"), "SAID_OF_THEM": ("lead", "own")}
"""The chances, each with its signs; the last is that of questions that name somebody."""


def chances(columns: dict[str, Any], weights: dict[str, Any], named: Any) -> dict[str, Any]:
    """Each of the three chances of all questions."""
    found = {part: 1 / (1 + np.exp(-weights[part][0] - columns[part] @ weights[part][1:])) for part in PARTS}
    return found | {"SAID_OF_THEM": np.where(named, found["SAID_OF_THEM"], 1.0)}


def together(found: dict[str, Any]) -> Any:
    return np.prod(list(found.values()), axis=0)


def fitted(columns: dict[str, Any], named: Any, answered: Any, counts: Any) -> dict[str, Any]:
    """The weights of the chances that make their product likeliest (Adam, on the standardised columns)."""
    of_all = np.ones(len(named), bool)
    where = {part: named if part == "SAID_OF_THEM" else of_all for part in PARTS}
    middle = {part: columns[part][where[part]].mean(axis=0) for part in PARTS}
    spread = {part: columns[part][where[part]].std(axis=0) + 1e-9 for part in PARTS}
    design = {part: (columns[part] - middle[part]) / spread[part] for part in PARTS}
    weights = {part: np.array([1.0, *np.zeros(len(signs))]) for part, signs in PARTS.items()}
    slow, fast = ({part: np.zeros(len(signs) + 1) for part, signs in PARTS.items()} for _ in range(2))
    for step in range(1, STEPS + 1):
        found = chances(design, weights, named)
        both = np.clip(together(found), 1e-6, 1 - 1e-6)
        slope = -(answered / both - (1 - answered) / (1 - both)) * counts / counts.sum() * both
        for part in PARTS:
            mine = np.where(where[part], slope * (1 - found[part]), 0.0)
            whole = np.array([mine.sum(), *(mine @ design[part])]) + PENALTY * np.array([0, *weights[part][1:]])
            slow[part] = 0.9 * slow[part] + 0.1 * whole
            fast[part] = 0.99 * fast[part] + 0.01 * whole**2
            pace = PACE * (slow[part] / (1 - 0.9**step)) / (np.sqrt(fast[part] / (1 - 0.99**step)) + 1e-8)
            weights[part] = weights[part] - pace
    for part in PARTS:
        weights[part][1:] /= spread[part]
        weights[part][0] -= weights[part][1:] @ middle[part]
    return weights


def asked(path: Path, told: Path, count: int) -> Iterator[tuple[str, Case, str, Path]]:
    """Each question as (kind, case, the memory that it is put to, the data set)."""
    cases = [case for case in load(path).cases if case.evidence]
    chance = random.Random(0)
    chance.shuffle(cases)
    memories = {case.memory for case in cases}
    for case in [case for case in cases if held_out(min(case.evidence).rpartition(":")[0])][:count]:
        yield "own" if case.answerable else "swap", case, case.memory, path
        if case.answerable:
            (other,) = memories - {case.memory}
            yield "elsewhere", case, other, path
    for case in load(told).cases[:count]:
        yield case.category, case, case.memory, told


def main(path: Path, told: Path, count: int) -> None:
    engines = for_recall(config.load(None, {}, {}), None)
    rows: list[tuple[str, dict[str, float]]] = []
    with tempfile.TemporaryDirectory() as scratch:
        stores = {
            (file, memory.name): made(memory, Path(scratch, memory.name), lambda: engines.embedder)
            for file in (path, told)
            for memory in load(file).memories
        }
        for kind, case, memory, file in asked(path, told, count):
            query = Query(text=case.question, asked_at=case.asked_at, limit=LOOKED_TWICE)
            rows.append((kind, dict(recall(query, stores[file, memory], engines).signs)))
    rows = [(kind, signs) for kind, signs in rows if signs]
    kinds = np.array([kind for kind, _ in rows])
    columns = {
        part: np.array([[found.get(name, 0.0) for name in signs] for _, found in rows]) for part, signs in PARTS.items()
    }
    named = np.array([bool(found["named"]) for _, found in rows])
    counts = np.array([COUNTS[kind] for kind in kinds])
    weights = fitted(columns, named, np.isin(kinds, ANSWERED).astype(float), counts)
    for part, signs in PARTS.items():
        shown = dict(zip(("intercept", *signs), weights[part].round(3).tolist(), strict=True))
        print(f"{part} = {shown}")
    sure = together(chances(columns, {part: weights[part].round(3) for part in PARTS}, named))

    bars = np.zeros(len(kinds))
    for who, these in (("named", named), ("nobody", ~named)):
        own = sure[these & (kinds == "own")]
        bar = next(one for one in np.arange(0.1, 0.7, 0.005) if np.mean(own < one) >= WRONGLY)
        bars[these] = bar
        print(f"BARS[{who!r}] = {bar:.3f}")
    print("# below: " + ", ".join(f"{kind} {100 * np.mean((sure < bars)[kinds == kind]):.1f} %" for kind in COUNTS))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 10**9)
