"""BEAM: long talks with an assistant and ten kinds of questions on each (Tavakoli et al., 2025).

https://github.com/mohammadtavakoli78/BEAM, chats/100K to chats/1M: a folder a talk, with `chat.json` (batches of turns
of messages {"role", "id", "content", "time_anchor"}; a message without a time has that of the one before) and
`probing_questions/probing_questions.json` (by kind, with the ids of the messages that answer).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from memcli.evaluate.cases import LAST, Case, Dataset, Memory
from memcli.ingest.errors import InputUnreadable

CHAT, QUESTIONS = "chat.json", "probing_questions/probing_questions.json"

_ANSWERS = ("answer", "ideal_answer", "ideal_response", "ideal_summary", "expected_compliance")
_PLACE_IN_PLAN = re.compile(r"\s*->->\s*[\d,]+\s*$")
_DAY = "%B-%d-%Y"


def talks_in(folder: Path) -> list[Path]:
    """The talks that a folder is or holds, in the order of their numbers."""
    if (folder / CHAT).is_file():
        return [folder]
    found = (chat.parent for chat in folder.glob(f"*/{CHAT}"))
    return sorted(found, key=lambda talk: (len(talk.name), talk.name))


def beam(name: str, talks: Sequence[Path]) -> Dataset:
    """One memory a talk, evidence by turn. Questions of the kind "abstention" have no answer there. Each is asked at
    the end of the talk's last day. Raises InputUnreadable.
    """
    memories, cases = [], []
    for talk in talks:
        messages = list(_messages(talk / CHAT))
        memories.append(Memory(name=talk.name, format="turns", log="".join(json.dumps(one) + "\n" for one in messages)))
        days = [one["time"] for one in messages if "time" in one]
        asked_at = datetime.fromisoformat(days[-1]).replace(hour=23, minute=59) if days else LAST
        known = {one["id"] for one in messages}
        kinds = _json(talk / QUESTIONS)
        for kind, entries in kinds.items() if isinstance(kinds, dict) else ():
            for place, entry in enumerate(entries):
                answer = next((str(entry[key]) for key in _ANSWERS if entry.get(key)), "")
                answerable = kind != "abstention"
                cases.append(
                    Case(
                        id=f"{talk.name}/{kind}/{place}",
                        memory=talk.name,
                        question=entry["question"],
                        answers=[answer] if answer and answerable else [],
                        evidence=frozenset(str(id_) for id_ in _ids(entry.get("source_chat_ids"))) & known,
                        category=kind,
                        answerable=answerable,
                        asked_at=asked_at,
                    )
                )
    return Dataset(name=name, level="turn", memories=memories, cases=cases)


def _messages(path: Path) -> Iterator[dict[str, Any]]:
    day: str | None = None
    try:
        for batch in _json(path):
            for message in (message for turn in batch["turns"] for message in turn):
                if message.get("time_anchor"):
                    day = datetime.strptime(message["time_anchor"], _DAY).replace(tzinfo=UTC).isoformat()
                yield {
                    "session": f"batch {batch['batch_number']}",
                    "id": str(message["id"]),
                    "speaker": message["role"],
                    "role": message["role"],
                    "text": _PLACE_IN_PLAN.sub("", message["content"]),
                } | ({"time": day} if day else {})
    except (KeyError, TypeError, ValueError) as error:
        raise InputUnreadable(f"{path} has not the layout of BEAM's 100K to 1M talks: {error!r}") from error


def _ids(noted: Any) -> Iterator[int]:
    """The ids in a list, or in lists under names."""
    if isinstance(noted, int):
        yield noted
    for one in noted.values() if isinstance(noted, dict) else noted if isinstance(noted, list) else ():
        yield from _ids(one)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputUnreadable(f"{path} cannot be read: {error}") from error
