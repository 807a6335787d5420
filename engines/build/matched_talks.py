"""Questions with a turn that answers each and turns that do not, for tuning token vectors.

From FriendsQA and Molweni as `tests/bench/development.py` writes them; from QMSum (Zhong et al., NAACL 2021), meetings
that it does not take for measuring; from Ubuntu's IRC logs (Kummerfeld et al., ACL 2019), questions with what was told
their asker; and from stories.py. Scenes of FriendsQA that asked_talks.py holds out are for measuring only.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from engines.build.asked_talks import held_out, loaded, tidy
from engines.build.stories import AFTER, BEFORE, PEOPLE, STORIES, Story

EVERY_FIFTH = 5
"""Every so-manieth meeting of QMSum is for measuring only."""

LONGEST_SPAN, TOLD, ASKED_WORDS = 30, 0.4, 6

_MESSAGE = re.compile(r"^\[(\d\d:\d\d)\] <([^>]+)> (.*)")
_MARKS = re.compile(r"\{[^}]*\}|<[^>]*>")

_OF_ONESELF = (
    (r"\bdoes {p}", "do I"), (r"\bdid {p}", "did I"), (r"\bis {p}\b(?!\')", "am I"), (r"\bwas {p}\b(?!\')", "was I"),
    (r"\bhas {p}\b(?!\')", "have I"), (r"\bcan {p}", "can I"), (r"\bcan't {p}", "can't I"), (r"{p}'s", "my"),
    (r"{p}", "me"),
)  # fmt: skip
"""How a question about a person is put by that person."""


class Said(NamedTuple):
    """A turn as it is compared, `speaker: text`, with what tells it from others."""

    key: Hashable
    text: str


class Matched(NamedTuple):
    """A question, a turn that answers it, two that do not, and the keys of all that do."""

    question: str
    answer: Said
    others: list[Said]
    right: frozenset[Hashable]


def asked(path: Path, chance: random.Random, *, measuring: bool = False) -> list[Matched]:
    """Of FriendsQA or Molweni, in random order: others are of the same talk, one of them sharing many words."""
    turns, talks, cases = loaded(path)
    said = {key: Said(key, f"{turn['speaker']}: {turn['text']}") for key, turn in turns.items()}
    found = []
    for case in cases:
        if case["category"] == "swap" or not case["evidence"] or not case.get("answerable", True):
            continue
        memory = case["memory"]
        session = turns[memory, case["evidence"][0]]["session"]
        if path.stem == "friendsqa" and held_out(session) != measuring:
            continue
        words = _words(case["question"], 3)
        rest = [native for native in talks[memory, session] if native not in case["evidence"]]
        rest.sort(key=lambda native: -len(words & _words(said[memory, native].text, 3)))
        others = rest[:1] + chance.sample(rest[1:], min(1, len(rest[1:])))
        right = frozenset((memory, native) for native in case["evidence"])
        unlike = [said[memory, native] for native in others]
        found += [Matched(case["question"], said[memory, native], unlike, right) for native in case["evidence"][:2]]
    chance.shuffle(found)
    return found


def meetings(folder: Path, chance: random.Random, *, measuring: bool = False) -> Iterator[Matched]:
    """Of QMSum: the turn of the span that shares most words with query and answer; others are of the same meeting."""
    for number, path in enumerate(sorted(folder.glob("*/*.json"))):
        if (number % EVERY_FIFTH == 0) != measuring:
            continue
        meeting = json.loads(path.read_text())
        turns = meeting["meeting_transcripts"]

        def said(at: int, turns: list[Any] = turns, stem: str = path.stem) -> Said:
            return Said((stem, at), f"{turns[at]['speaker']}: {tidy(_MARKS.sub(' ', turns[at]['content']))}")

        for query in meeting["specific_query_list"]:
            words = _words(query["query"], 4) | _words(query["answer"], 5)
            span = [at for low, high in query["relevant_text_span"] for at in range(int(low), int(high) + 1)]
            span = [at for at in span if at < len(turns)]
            if not span or len(span) > LONGEST_SPAN:
                continue
            shared = {at: len(words & _words(turns[at]["content"], 4)) for at in span}
            best = max(span, key=lambda at: shared[at])
            rest = [at for at in range(len(turns)) if at not in span and len(turns[at]["content"].split()) > 8]
            if shared[best] < 3 or len(rest) < 2:
                continue
            others = [said(at) for at in chance.sample(rest, 2)]
            yield Matched(query["query"], said(best), others, frozenset((path.stem, at) for at in span))


def told(folder: Path, chance: random.Random) -> list[Matched]:
    """Of IRC, in random order: a question and the first that its asker is told after it; others are said around it."""
    found = []
    for path in sorted(folder.glob("*.raw.txt")):
        parsed = (_MESSAGE.match(line) for line in path.read_text(errors="replace").splitlines())
        said = [(match[2], match[3]) for match in parsed if match]
        for at, (asker, text) in enumerate(said):
            if not text.endswith("?") or len(text.split()) < ASKED_WORDS:
                continue
            place = next(
                (later for later in range(at + 1, min(at + 15, len(said))) if _tells(said[later], asker)), None
            )
            if place is None:
                continue
            around = [
                Said((path.name, near), f"{said[near][0]}: {said[near][1]}")
                for near in range(max(0, at - 15), min(at + 30, len(said)))
                if near not in (at, place) and len(said[near][1].split()) > 5
            ]
            if len(around) < 2:
                continue
            speaker, reply = said[place]
            answer = Said((path.name, place), f"{speaker}: {reply[len(asker) + 2 :]}")
            question = re.sub(r"^\S+[,:] ", "", text)
            found.append(Matched(question, answer, chance.sample(around, 2), frozenset({answer.key})))
    chance.shuffle(found)
    return found


def made_up(count: int, chance: random.Random) -> Iterator[Matched]:
    """Of stories.py: others are the same told by another person, and another story of the same. A third are asked by
    who told them."""
    for number in range(count):
        story, other = chance.sample(STORIES, 2)
        one, two = chance.sample(PEOPLE, 2)
        of_oneself = chance.random() < 0.35
        if of_oneself:
            one, two = "user", "assistant"
        extra = chance.choice([third for third in STORIES if third not in (story, other)])
        question = chance.choice(story.questions)
        if of_oneself:
            for pattern, words in _OF_ONESELF:
                question = re.sub(pattern, words, question)
        answer = Said((number, 0), f"{one}: {_told(story, extra, chance)}")
        others = [
            Said((number, 1), f"{two}: {_told(story, extra, chance)}"),
            Said((number, 2), f"{one}: {_told(other, extra, chance)}"),
        ]
        yield Matched(question.replace("{p}", one), answer, others, frozenset({answer.key}))


def _told(story: Story, extra: Story, chance: random.Random) -> str:
    text, value = chance.choice(story.told), chance.choice(story.values)
    if text.startswith("{v}"):
        value = value[0].upper() + value[1:]
    text = text.replace("{v}", value)
    beside = ""
    if chance.random() < TOLD:
        beside = chance.choice(extra.told).replace("{v}", chance.choice(extra.values))
    before = chance.choice(BEFORE)
    after = chance.choice(AFTER)
    middle = [text, beside] if chance.random() < 0.5 else [beside, text]
    return " ".join(part for part in (before, *middle, after) if part)


def _tells(message: tuple[str, str], asker: str) -> bool:
    speaker, text = message
    to_asker = speaker != asker and re.match(re.escape(asker) + r"[,:] ", text)
    return bool(to_asker) and len(text.split()) > ASKED_WORDS and "?" not in text


def _words(text: str, least: int) -> set[str]:
    return set(re.findall(rf"\w{{{least},}}", text.lower()))
