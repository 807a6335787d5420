"""What one sentence claims: the unit that facts are made of. A claim depends on its own turn and on nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Kind = Literal[
    "identity", "place", "work", "possession", "relation", "preference", "plan", "event", "habit", "instruction"
]
Order = tuple[bool, float, str, int, str, int, str]
Stance = Literal["holds", "ended", "doubt"]
"""Whether the speaker says that it is so, that it is so no longer (or was so once), or only that it has changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Where and when a text was said: all that extraction knows beside the text.

    said_on: the day on the speaker's own clock; None with said_at where the log gives no time.
    session, position: order what was said at the same moment of one session.
    """

    turn_id: str
    speaker: str
    said_at: datetime | None
    said_on: date | None
    session: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Characters `start` to `end` of a turn say that the predicate of the subject is the object.

    statement: those characters. object: characters of the same turn ("" where an end names none: "we broke up").
    valid_from, valid_to: the days that the sentence names, the second exclusive; None where it names none.
    """

    kind: Kind
    subject: str
    predicate: str
    object: str
    stance: Stance
    statement: str
    start: int
    end: int
    valid_from: date | None
    valid_to: date | None
    confidence: float
    said: Said

    @property
    def order(self) -> Order:
        """Sorts claims by when they were said; what has no time comes first. No two claims share it."""
        said = self.said
        at = said.said_at
        moment = at.timestamp() if at is not None else 0.0
        what = f"{self.predicate}\n{self.object}\n{self.subject}"
        return (at is not None, moment, said.session, said.position, said.turn_id, self.start, what)


def subject_key(name: str) -> str:
    """What makes two spellings of a name the same subject."""
    return " ".join(name.replace("’", "'").casefold().split())


_ARTICLES = frozenset("a an the my our his her their some this that these new old".split())  # noqa: SIM905 - a word list


def object_key(text: str) -> str:
    """What makes two wordings the same value: case, articles and punctuation put aside."""
    words = [
        "".join(letter for letter in word if letter.isalnum()) for word in text.replace("’", "'").casefold().split()
    ]
    words = [word for word in words if word]
    while len(words) > 1 and words[0] in _ARTICLES:
        del words[0]
    return " ".join(words)
