"""Does the memory know what is so now, and what was so then? Measured on a scripted life (tests/scripted_life.py).

python tests/bench/life.py [--turns 20000] [--facts 300] [--changing 120] [--seed 1] [--asked 100] [--ablate]

Facts of which every value is said plainly, and facts of which one value is only said obliquely, are counted apart.
--ablate instead switches forgetting and supersession off in turn (life_ablation.py), and tells what was reached after
two years of silence.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent.parent))
sys.path.insert(0, str(Path(__file__).parent))

from scripted_life import Life, Truth, live

from memcli.answer.beliefs import known
from memcli.memory.consolidate_facts import beliefs_of, consolidate_facts
from memcli.memory.consolidate_subjects import claims_about, people_of
from memcli.progress import Unwatched
from store.store import Store

if TYPE_CHECKING:
    from memcli.recall.pipeline import Engines

NEAR = 8
"""As-of questions keep so many days away from a change: "last week" is no exact day."""


@dataclass
class Score:
    """Answers to the questions of one kind. stale: a superseded value was stated as if it held."""

    asked: int = 0
    right: int = 0
    stale: int = 0
    silent: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, question: str, values: Sequence[str] | None, truth: str, others: Sequence[str]) -> None:
        self.asked += 1
        if values is None or not values:
            self.silent += 1
            self.wrong.append(f"{question} should be {truth}, nothing is known")
        elif all(_same(value, truth) for value in values):
            self.right += 1
        else:
            self.stale += any(_same(value, other) for value in values for other in others if other != truth)
            self.wrong.append(f"{question} should be {truth}, is {values}")

    def __str__(self) -> str:
        share = 100 * self.right / self.asked if self.asked else 0.0
        return f"{share:5.1f} % of {self.asked} right, {self.stale} state a superseded value, {self.silent} say nothing"


def _same(value: str, truth: str) -> bool:
    return value.casefold().split()[-len(truth.split()) :] == truth.casefold().split()


def remember(life: Life, folder: Path) -> Store:
    """A store that holds the life, read through memcli's own ingest."""
    from memcli.engines_in_use import built_in_embedder
    from memcli.ingest.pipeline import ingest

    log = folder / "life.jsonl"
    log.write_text("".join(json.dumps(turn, ensure_ascii=False) + "\n" for turn in life.turns), encoding="utf-8")
    ingest(
        [str(log)], folder=folder / "memory", wait_s=10, embedder=built_in_embedder, format_name="turns", zone=UTC,
        redacting=False, progress=Unwatched(),
    )  # fmt: skip
    return Store.open(folder / "memory", wait_s=10)


def models(store: Store) -> Engines:
    """The models that recall needs, as without any setting."""
    from memcli.config import load
    from memcli.engines_in_use import for_recall

    return for_recall(load(None, {}, {}), store)


def consolidate(store: Store) -> float:
    """Seconds that bringing the facts up to date takes."""
    began = time.perf_counter()
    with store.locks.writer():
        consolidate_facts(store, progress=Unwatched())
    return time.perf_counter() - began


def ask_now(life: Life, truths: Sequence[Truth], store: Store, *, superseding: bool = True) -> Score:
    """Every fact is asked for once, the day after the life ends."""
    score, rng = Score(), random.Random(7)
    for truth in truths:
        question = rng.choice(truth.slot.questions).format(p=truth.person)
        answer = known(question, store, asked_on=life.last_day, superseding=superseding)
        score.add(question, answer.values if answer else None, *judged(truth, life.last_day))
    return score


def ask_then(life: Life, truths: Sequence[Truth], store: Store, times: int) -> Score:
    """Every fact is asked for as of some days of the past."""
    score, rng = Score(), random.Random(11)
    for truth in truths:
        for day in _days(truth, life, rng, times):
            question = rng.choice(truth.slot.questions).format(p=truth.person).replace(" now?", "?")
            answer = known(question, store, asked_on=life.last_day, as_of=day)
            score.add(f"{question} as of {day}", answer.values if answer else None, *judged(truth, day))
    return score


def ask_known_then(life: Life, truths: Sequence[Truth], store: Store, times: int) -> Score:
    """As ask_then, but with only what had been said by the day."""
    score, rng = Score(), random.Random(13)
    for truth in truths:
        for day in _days(truth, life, rng, times):
            question = truth.slot.questions[0].format(p=truth.person)
            moment = datetime.combine(day, datetime.max.time(), UTC)
            answer = known(question, store, asked_on=day, known_as_of=moment)
            score.add(f"{question} known as of {day}", answer.values if answer else None, *judged(truth, day))
    return score


def ask_without_facts(life: Life, truths: Sequence[Truth], store: Store, asked: int) -> Score:
    """The same questions, answered from the words of turns alone: right if the value is quoted and no other one is."""
    engines = models(store)
    score, rng = Score(), random.Random(7)
    for truth in rng.sample(list(truths), min(asked, len(truths))):
        question = rng.choice(truth.slot.questions).format(p=truth.person)
        score.add(
            question, named_in_turns(question, truth, life.last_day, store, engines), *judged(truth, life.last_day)
        )
    return score


def named_in_turns(question: str, truth: Truth, day: date, store: Store, engines: Engines) -> list[str] | None:
    """The values of the fact that the extractive answer from turns names, if it names any."""
    from memcli.answer.extract import extract
    from memcli.recall.pipeline import LOOKED_TWICE, recall
    from memcli.recall.select import estimated_tokens, select
    from memcli.types import Query

    at = datetime.combine(day, datetime.min.time(), UTC)
    recalled = recall(Query(text=question, asked_at=at, limit=LOOKED_TWICE), store, engines)
    evidence = select(recalled.candidates, limit=10, budget=2000, count_tokens=estimated_tokens)
    text = (
        extract(recalled.question, evidence, engines.reader, engines.token_encoder, store.token_cache).text
        if evidence
        else ""
    )
    return [value for _, value in truth.values if value.casefold() in text.casefold()] or None


def judged(truth: Truth, day: date) -> tuple[str, list[str]]:
    """The value that is right on the day, and all that it ever was."""
    value = truth.on(day)
    assert value is not None
    return value, [other for _, other in truth.values]


def _days(truth: Truth, life: Life, rng: random.Random, times: int) -> Iterator[date]:
    first = max(truth.first_said, truth.values[0][0])
    found = 0
    for _ in range(20 * times):
        day = first + timedelta(days=rng.randrange(1, (life.last_day - first).days))
        if found < times and not truth.near_a_change(day, NEAR):
            found += 1
            yield day


def fabricated(store: Store) -> tuple[int, int]:
    """How many claims there are, and how many of them hold anything that is not in the turn that they cite."""
    with store.reading() as catalogue:
        rows = claims_about(catalogue, people_of(catalogue), None)
    wrong = 0
    for one in beliefs_of(rows):
        for claim in one.sources:
            wrong += claim.object not in claim.statement and claim.object != ""
    for row in rows:
        statement = row.said.text[row.start_at : row.end_at]
        whose = {row.said.speaker, row.subject.split("'s ")[0]}
        wrong += not statement or row.object not in row.said.text
        wrong += row.subject.split("'s ")[0] not in row.said.text and row.said.speaker not in whose
    return len(rows), wrong


def ablation(life: Life, asked: int) -> None:
    """What each part buys, as a Markdown table; then what is reached after two years without a word."""
    from life_ablation import ablate, years_later

    with tempfile.TemporaryDirectory(prefix="memcli-life-") as folder:
        store = remember(life, Path(folder))
        print("| | value now | superseded | from turns alone | superseded | turns searched | ms |")
        print("|---|---|---|---|---|---|---|")
        for one in ablate(life, store, asked):
            print(one.row, flush=True)
        used, trivia = years_later(life, store, asked)
        print(f"two years later: facts in use {used}; small talk {trivia}")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--turns", type=int, default=20_000)
    options.add_argument("--facts", type=int, default=300)
    options.add_argument("--changing", type=int, default=120)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--asked", type=int, default=100)
    options.add_argument("--wrong", action="store_true", help="list the wrong answers")
    options.add_argument("--ablate", action="store_true", help="show what forgetting and supersession buy")
    given = options.parse_args()
    life = live(given.seed, turns=given.turns, facts=given.facts, changing=given.changing)
    if given.ablate:
        ablation(life, given.asked)
        return
    plain = [truth for truth in life.truths if not truth.oblique]
    oblique = [truth for truth in life.truths if truth.oblique]
    changed = [truth for truth in plain if len(truth.values) > 1]
    print(f"{len(life.turns):,} turns, {len(life.truths)} facts ({len(plain)} plain, {len(oblique)} partly oblique),")
    print(f"of which {sum(len(truth.values) > 1 for truth in life.truths)} change")
    with tempfile.TemporaryDirectory(prefix="memcli-life-") as folder:
        store = remember(life, Path(folder))
        scores = []
        if given.asked:
            score = ask_without_facts(life, changed, store, given.asked)
            scores.append(("now, plain, changed, from turns alone", score))
        first, again = consolidate(store), consolidate(store)
        speed = len(life.turns) / first
        print(f"facts worked out in {first:.1f} s ({speed:,.0f} turns a second), again in {again:.2f} s", flush=True)
        claims, wrong = fabricated(store)
        print(f"{claims:,} claims, {wrong} of them fabricated")
        scores += [
            ("now, plain", ask_now(life, plain, store)),
            ("now, plain, changed", ask_now(life, changed, store)),
            ("now, partly oblique", ask_now(life, oblique, store)),
            ("as of a day, plain", ask_then(life, plain, store, 3)),
            ("as of a day, partly oblique", ask_then(life, oblique, store, 3)),
            ("as memory stood on a day, plain", ask_known_then(life, plain, store, 2)),
            ("now, plain, supersession off", ask_now(life, plain, store, superseding=False)),
            ("now, plain, changed, supersession off", ask_now(life, changed, store, superseding=False)),
        ]
    for name, score in scores:
        print(f"{name:40} {score}")
        if given.wrong and "off" not in name and "alone" not in name:
            print("".join(f"    {line}\n" for line in score.wrong), end="")


if __name__ == "__main__":
    main()
