"""Questions with known answers, from the layouts in which they are published."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from memcli.evaluate.cases import Dataset
from memcli.evaluate.layouts import beam, generic, locomo, longmemeval, realtalk
from memcli.ingest.errors import InputUnreadable

HINT = 'write one object a line: {"memory", "turns"} and {"memory", "question", "answers", "evidence"}'


def load(path: Path, label_errors: Path | None = None) -> Dataset:
    """The data set in a file, or of BEAM and REALTALK in a folder, by its layout.

    label_errors: a JSON list of {"sample_id", "question"}: those cases of LoCoMo are doubtful. Raises InputUnreadable
    if it has none of the known layouts.
    """
    if path.is_dir():
        return _of_folder(path)
    text = _text(path)
    try:
        found: Any = json.loads(text)
    except ValueError:
        return generic.generic(path.stem, text)
    samples: Sequence[Any] = found if isinstance(found, list) else [found]
    first = samples[0] if samples and isinstance(samples[0], dict) else {}
    try:
        if locomo.is_one(first):
            return locomo.locomo(path.stem, samples, _doubtful(label_errors) if label_errors else frozenset())
        if longmemeval.is_one(first):
            return longmemeval.longmemeval(path.stem, samples)
        if realtalk.is_one(first):
            return realtalk.realtalk(path.stem, [(path.stem, first)])
    except (KeyError, TypeError, ValueError) as error:
        raise InputUnreadable(f"{path} lacks something that its layout has: {error!r}") from error
    if "turns" in first or "question" in first:
        return generic.generic(path.stem, text)
    raise InputUnreadable(
        f"{path} is no data set: neither LoCoMo, LongMemEval with evidence_sessions, REALTALK nor our own JSON Lines",
        hint=HINT,
    )


def _of_folder(folder: Path) -> Dataset:
    talks = beam.talks_in(folder)
    try:
        if talks:
            return beam.beam(folder.name, talks)
        chats = [(file.stem, json.loads(_text(file))) for file in sorted(folder.glob("*.json"))]
        chats = [(name, chat) for name, chat in chats if isinstance(chat, dict) and realtalk.is_one(chat)]
        if chats:
            return realtalk.realtalk(folder.name, chats)
    except (KeyError, TypeError, ValueError) as error:
        raise InputUnreadable(f"{folder} lacks something that its layout has: {error!r}") from error
    raise InputUnreadable(f"{folder} holds neither BEAM's talks nor REALTALK's chats", hint=HINT)


def _doubtful(path: Path) -> frozenset[tuple[str, str]]:
    return frozenset((str(one["sample_id"]), str(one["question"])) for one in json.loads(_text(path)))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputUnreadable(f"{path} cannot be read: {error}") from error
