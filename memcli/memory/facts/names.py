"""The names that a turn mentions: people, places and things with a name of their own."""

from __future__ import annotations

import re
from typing import Final

from memcli.memory.facts.claims import subject_key
from memcli.memory.facts.clauses import sentences
from memcli.memory.facts.english import NO_NAMES, PROPER

_PROPER: Final = re.compile(rf"(?<![\w’'@#/.-]){PROPER}")
_SHOUT: Final = re.compile(r"[A-Z]{2,}\b")

LONGEST: Final = 4000
"""Characters of a turn that are read, as in `extract`."""


def names_in(text: str) -> dict[str, str]:
    """The names in a text, by their key. What only opens a sentence may be any word, and is no name."""
    if len(text) > LONGEST:
        return {}
    found: dict[str, str] = {}
    for start, end in sentences(text):
        for match in _PROPER.finditer(text, start, end):
            name = match.group()
            first = name.split()[0]
            if first.casefold() in NO_NAMES or len(name) < 3 or (_SHOUT.match(first) and len(first) > 5):
                continue
            if match.start() <= start + 1 and " " not in name:
                continue
            found.setdefault(subject_key(name), " ".join(name.split()))
    return found
