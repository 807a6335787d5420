"""Reads FriendsQA and Molweni, as `tests/bench/development.py` writes them, into examples for the reader.

FriendsQA: Yang and Choi, SIGDIAL 2019; Molweni: Li et al., COLING 2020. A question is put to a turn that answers it, to
another turn of the same talk that shares many words with it, and with another person in it to the turn that answered.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from engines.build.stories import Example

THE_SPEAKER = (-1, -1)
"""The place of an answer that is who said it."""


def held_out(session: str) -> bool:
    """Whether a scene of FriendsQA is left out of training: a sixth, on which the gate is fitted."""
    return hashlib.sha256(session.encode()).digest()[0] < 43


def tidy(text: str) -> str:
    """Tokenised text as people write it."""
    text = re.sub(r"\bgon na\b", "gonna", re.sub(r"\bwan na\b", "wanna", text))
    text = re.sub(r" (n't|'s|'re|'ve|'ll|'d|'m)\b", r"\1", text)
    return re.sub(r"\s+([?.!,;:])", r"\1", " ".join(text.split())).strip()


class Talks(NamedTuple):
    """A data set: its turns by memory and id, the ids of each talk's turns by memory and session, and its questions."""

    turns: dict[tuple[str, str], dict[str, Any]]
    order: dict[tuple[str, str], list[str]]
    cases: list[dict[str, Any]]


def loaded(path: Path) -> Talks:
    """The data set in a file, its turns tidied."""
    found = Talks({}, defaultdict(list), [])
    for line in path.read_text().splitlines():
        one = json.loads(line)
        if "question" in one:
            found.cases.append(one)
            continue
        for turn in one["turns"]:
            found.turns[one["memory"], turn["id"]] = turn | {"text": tidy(turn["text"])}
            found.order[one["memory"], turn["session"]].append(turn["id"])
    return found


def read(path: Path, chance: random.Random) -> Iterator[tuple[str, Example]]:
    """Each example of a data set with the session that it is from."""
    turns, talks, cases = loaded(path)
    swapped = {case["id"].removesuffix("/swap"): case["question"] for case in cases if case["category"] == "swap"}
    for case in cases:
        if case["category"] == "swap" or not case["evidence"]:
            continue
        memory = case["memory"]
        session = turns[memory, case["evidence"][0]]["session"]
        talk = talks[memory, session]

        asked = set(re.findall(r"\w{3,}", case["question"].lower()))
        others = sorted(
            (native for native in talk if native not in case["evidence"]),
            key=lambda native: -len(asked & set(re.findall(r"\w{3,}", turns[memory, native]["text"].lower()))),
        )
        if case.get("answerable", True):
            for native in case["evidence"][:2]:
                found = _answered(turns[memory, native], case["question"], case["answers"])
                if found:
                    yield session, found
            if case["id"] in swapped and chance.random() < 0.7:
                yield session, _unanswered(turns[memory, case["evidence"][0]], swapped[case["id"]])
        for native in others[:1] if chance.random() < 0.6 else chance.sample(others, min(1, len(others))):
            yield session, _unanswered(turns[memory, native], case["question"])


def _unanswered(turn: dict[str, Any], question: str) -> Example:
    return Example(question, turn["speaker"], turn["text"], None)


def _answered(turn: dict[str, Any], question: str, answers: Sequence[str]) -> Example | None:
    """The question with the first of its answers, the shortest first, that is in the turn; None if none is."""
    for answer in sorted(map(tidy, answers), key=len):
        bare = answer.rstrip(".!?, ")
        start = turn["text"].lower().find(bare.lower())
        if answer and start >= 0:
            return Example(question, turn["speaker"], turn["text"], (start, start + len(bare)))
        if answer and answer in turn["speaker"]:
            return Example(question, turn["speaker"], turn["text"], THE_SPEAKER)
    return None
