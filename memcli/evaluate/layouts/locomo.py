"""LoCoMo: one memory a conversation, evidence by turn (Maharana et al., ACL 2024)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from memcli.evaluate.cases import Case, Dataset, Memory

CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open-domain", 4: "single-hop", 5: "adversarial"}

_DIA_ID = re.compile(r"D:?(\d+):(\d+)")


def is_one(sample: Mapping[str, Any]) -> bool:
    """Whether a sample has this layout."""
    return "qa" in sample and "conversation" in sample


def locomo(name: str, samples: Sequence[Mapping[str, Any]], doubtful: frozenset[tuple[str, str]]) -> Dataset:
    """The cases of all samples. Questions of category 5 have no answer there. doubtful: (sample_id, question).

    Evidence ids are read tolerantly ("D8:6; D9:17", "D:11:26"); those that name no turn are left out.
    """
    memories, cases = [], []
    for number, sample in enumerate(samples):
        memory = str(sample.get("sample_id", number))
        memories.append(Memory(name=memory, format="locomo", log=json.dumps([sample])))
        turns = (turns for turns in sample["conversation"].values() if isinstance(turns, list))
        known = {turn.get("dia_id") for one in turns for turn in one}
        for place, entry in enumerate(sample["qa"]):
            evidence = ids_in(entry.get("evidence") or ()) & known
            category = int(entry["category"])
            answer = str(entry.get("answer", ""))
            cases.append(
                Case(
                    id=f"{memory}/{place}",
                    memory=memory,
                    question=entry["question"],
                    # LoCoMo's own evaluation takes what stands before the ";" of an open-domain answer
                    answers=[answer.split(";")[0].strip() if category == 3 else answer] if answer else [],
                    evidence=frozenset(evidence),
                    category=CATEGORIES.get(category, str(category)),
                    answerable=category != 5,
                    several=category == 1,
                    doubtful=(memory, entry["question"]) in doubtful,
                )
            )
    return Dataset(name=name, level="turn", memories=memories, cases=cases)


def ids_in(evidence: Sequence[Any]) -> set[str]:
    """The ids of turns in the notes on where an answer is."""
    found = (_DIA_ID.findall(str(one)) for one in evidence)
    return {f"D{int(session)}:{int(turn)}" for one in found for session, turn in one}
