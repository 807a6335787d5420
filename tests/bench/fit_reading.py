"""What a turn's recall should count beside its reading: python tests/bench/fit_reading.py OUT/friendsqa.jsonl

(OUT as from tests/bench/development.py.) Questions on scenes of FriendsQA that the reader was not trained on, put to
the memory of all scenes; prints the mean F1 of the extractive answers for each weight (RECALLED in
memcli/answer/extract.py). Questions for a date and yes-or-no questions are left out: they are not read.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import fmean

from engines.build.asked_talks import held_out
from memcli import config
from memcli.answer import extract as extracting
from memcli.engines_in_use import for_recall
from memcli.evaluate.datasets import load
from memcli.evaluate.metrics import token_f1
from memcli.evaluate.run import made
from memcli.recall.pipeline import recall
from memcli.recall.select import estimated_tokens, select
from memcli.types import Query

WEIGHTS = (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)
LIMIT, TOKENS = 8, 1500
"""The evidence that an answer may rest on."""


def main(path: Path) -> None:
    engines = for_recall(config.load(None, {}, {}), None)
    data = load(path)
    cases = [
        case
        for case in data.cases
        if case.answerable and case.evidence and held_out(next(iter(case.evidence)).rpartition(":")[0])
    ]
    f1: dict[float, list[float]] = {weight: [] for weight in WEIGHTS}
    with tempfile.TemporaryDirectory() as scratch:
        stores = {one.name: made(one, Path(scratch, one.name), lambda: engines.embedder) for one in data.memories}
        for case in cases:
            store = stores[case.memory]
            query = Query(text=case.question, asked_at=case.asked_at, limit=2 * LIMIT)
            found = recall(query, store, engines)
            if found.question.kind in ("when", "yes_no") or not found.candidates:
                continue
            evidence = select(found.candidates, limit=LIMIT, budget=TOKENS, count_tokens=estimated_tokens)
            for weight in WEIGHTS:
                extracting.RECALLED = weight
                answer = extracting.extract(
                    found.question, evidence, engines.reader, engines.token_encoder, store.token_cache
                )
                f1[weight].append(max(token_f1(answer.short, known) for known in case.answers))
    for weight, values in f1.items():
        print(f"{weight:4.1f}  F1 {100 * fmean(values):.1f} of {len(values)} questions")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
