"""REALTALK: chats of two people over three weeks, with questions in LoCoMo's manner (Lee et al., 2025).

A file a chat: `session_1`, `session_2`, ... are lists of {"clean_text", "speaker", "date_time", "dia_id"} with times as
"29.12.2023, 00:51:12", here taken as UTC; `qa` is a list of {"question", "answer", "evidence", "category"}.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from memcli.evaluate.cases import Case, Dataset, Memory
from memcli.evaluate.layouts.locomo import ids_in

CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "commonsense"}

_SESSION = re.compile(r"session_(\d+)")
_TIME = "%d.%m.%Y, %H:%M:%S"


def is_one(chat: Mapping[str, Any]) -> bool:
    """Whether a chat has this layout."""
    return "qa" in chat and "conversation" not in chat and any(_SESSION.fullmatch(key) for key in chat)


def realtalk(name: str, chats: Sequence[tuple[str, Mapping[str, Any]]]) -> Dataset:
    """The cases of chats, each with its name: one memory a chat, evidence by turn."""
    memories, cases = [], []
    for memory, chat in chats:
        lines = []
        numbers = sorted(int(found[1]) for key in chat if (found := _SESSION.fullmatch(key)))
        for number in numbers:
            for said in chat[f"session_{number}"]:
                if not (said.get("clean_text") or "").strip():
                    continue
                at = datetime.strptime(said["date_time"], _TIME).replace(tzinfo=UTC).isoformat()
                lines.append(
                    {"session": f"session {number}", "id": said["dia_id"], "speaker": said["speaker"], "time": at,
                     "text": said["clean_text"]}
                )  # fmt: skip
        memories.append(Memory(name=memory, format="turns", log="".join(json.dumps(one) + "\n" for one in lines)))
        known = {one["id"] for one in lines}
        for place, entry in enumerate(chat["qa"]):
            category = int(entry["category"])
            answer = str(entry.get("answer", ""))
            cases.append(
                Case(
                    id=f"{memory}/{place}",
                    memory=memory,
                    question=entry["question"],
                    answers=[answer] if answer else [],
                    evidence=frozenset(ids_in(entry.get("evidence") or ()) & known),
                    category=CATEGORIES.get(category, str(category)),
                    several=category == 1,
                )
            )
    return Dataset(name=name, level="turn", memories=memories, cases=cases)
