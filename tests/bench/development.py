"""Writes the development data as data sets that `memcli eval` reads:

    python tests/bench/development.py SHARED-DATA OUT

FriendsQA (two memories, a scene is a session), Molweni (four memories; unanswerable questions keep their mark) and
QMSum (every fifth meeting; a query's evidence is the spans of at most SPAN turns that answer it). Weights and
thresholds may be fixed on these; never on LoCoMo or LongMemEval.

Each is written with swaps too: questions in which a person is replaced by another of the same memory. What a swap asks
is (almost always) not said there, though all of its words are.
"""

from __future__ import annotations

import json
import random
import re
import sys
from pathlib import Path
from typing import Any

SPAN = 12


def friendsqa(root: Path) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for part in ("dev", "tst"):
        memory = f"friends-{part}"
        people: set[str] = set()
        cases = []
        for scene in json.loads((root / f"friendsqa_{part}.json").read_text())["data"]:
            for paragraph in scene["paragraphs"]:
                turns = [
                    {"session": scene["title"], "id": f"{scene['title']}:{one['uid']}", "text": one["utterance"],
                     "speaker": " and ".join(one["speakers"]) or "somebody"}
                    for one in paragraph["utterances:"] if one["utterance"].strip()
                ]  # fmt: skip
                people.update(name for one in paragraph["utterances:"] for name in one["speakers"])
                lines.append({"memory": memory, "turns": turns})
                for qa in paragraph["qas"]:
                    answers, kind = qa["answers"], qa["id"].rsplit("_", 1)[-1]
                    cases.append({
                        "memory": memory, "id": qa["id"], "question": clean(qa["question"]), "category": kind,
                        "answers": sorted({clean(answer["answer_text"]) for answer in answers}),
                        "evidence": sorted({f"{scene['title']}:{answer['utterance_id']}" for answer in answers}),
                    })  # fmt: skip
        lines += cases + swaps(cases, sorted({name.split()[0] for name in people if name}), memory)
    return lines


def molweni(root: Path) -> list[dict[str, Any]]:
    lines, cases = [], []
    dialogues = json.loads((root / "mrc_test.json").read_text())["data"]["dialogues"]
    for number, dialogue in enumerate(dialogues):
        memory, session = f"molweni-{number % 4}", f"d{number}"
        starts, place, turns = [], 0, []
        for at, edu in enumerate(dialogue["edus"]):
            starts.append(place)
            place += len(edu["speaker"]) + 2 + len(edu["text"]) + 1
            turns.append({"session": session, "id": f"{session}:{at}", "speaker": edu["speaker"], "text": edu["text"]})
        lines.append({"memory": memory, "turns": turns})
        for qa in dialogue["qas"]:
            evidence = {
                f"{session}:{max(at for at, start in enumerate(starts) if start <= answer['answer_start'])}"
                for answer in qa["answers"]
            }
            cases.append({
                "memory": memory, "id": qa["id"], "question": clean(qa["question"]), "evidence": sorted(evidence),
                "category": "molweni",
                "answers": sorted({one["text"] for one in qa["answers"]}), "answerable": not qa["is_impossible"],
            })  # fmt: skip
    return lines + cases


def qmsum(root: Path) -> list[dict[str, Any]]:
    lines, cases = [], []
    for number, path in enumerate(sorted(root.glob("*/*.json"))[::5]):
        meeting = json.loads(path.read_text())
        memory = f"qmsum-{number % 3}"
        turns = [
            {"session": path.stem, "id": f"{path.stem}:{at}", "speaker": one["speaker"], "text": clean(one["content"])}
            for at, one in enumerate(meeting["meeting_transcripts"])
            if one["content"].strip()
        ]
        lines.append({"memory": memory, "turns": turns})
        for at, query in enumerate(meeting["specific_query_list"]):
            spans = [(int(first), int(last)) for first, last in query["relevant_text_span"]]
            evidence = {f"{path.stem}:{place}" for first, last in spans for place in range(first, last + 1)}
            if 0 < len(evidence) <= SPAN:
                cases.append({"memory": memory, "id": f"{path.stem}/{at}", "question": query["query"],
                              "answers": [query["answer"]], "evidence": sorted(evidence),
                              "category": "qmsum"})  # fmt: skip
    return lines + cases


def swaps(cases: list[dict[str, Any]], people: list[str], memory: str) -> list[dict[str, Any]]:
    chance = random.Random(0)
    made = []
    names = re.compile(r"\b(?:" + "|".join(map(re.escape, people)) + r")\b")
    mains = ["Monica", "Rachel", "Phoebe", "Joey", "Chandler", "Ross"]
    for case in cases:
        found = sorted(set(names.findall(case["question"])) & set(mains))
        if not found:
            continue
        old = chance.choice(found)
        new = chance.choice([name for name in mains if name not in case["question"]])
        question = re.sub(rf"\b{old}\b", new, case["question"])
        made.append(
            case
            | {"id": case["id"] + "/swap", "question": question, "answers": [], "category": "swap", "answerable": False}
        )
    return made


def clean(text: str) -> str:
    """Tokenised text as people write it: "Pete 's trainer ?" becomes "Pete's trainer?"."""
    text = re.sub(r"\{[^}]*\}|<[^>]*>", " ", text)
    text = re.sub(r" (n't|'s|'re|'ve|'ll|'d|'m)\b", r"\1", text)
    return re.sub(r"\s+([?.!,;:])", r"\1", " ".join(text.split())).strip()


def main(shared: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    made = {
        "friendsqa": friendsqa(shared / "friendsqa"),
        "molweni": molweni(shared / "molweni"),
        "qmsum": qmsum(shared / "qmsum"),
    }
    for name, lines in made.items():
        (out / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        asked = sum("question" in line for line in lines)
        print(f"{name}: {len(lines) - asked} sessions, {asked} questions")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
