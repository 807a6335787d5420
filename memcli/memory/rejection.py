"""Whether a question is one to which the user said that certain turns do not answer it."""

from __future__ import annotations

from typing import Final

from memcli.recall.query import stems, words

_ASKING: Final = frozenset({"who", "whom", "whose", "what", "when", "where", "which", "why", "how", "not", "never"})
"""Words that make another question of the same content: where Ana moved is not when Ana moved."""

ALIKE: Final = 0.8
"""The share of content words that two questions have in common if they are nearly the same (Jaccard index)."""


def same_question(one: str, other: str) -> bool:
    """Whether two questions ask the same, up to small words and endings: they have to be nearly alike in content."""
    spoken, heard = ([word.replace("’", "'").removesuffix("'s") for word in words(text)] for text in (one, other))
    if spoken == heard:
        return True
    if _ASKING & set(spoken) != _ASKING & set(heard):
        return False
    mine, theirs = stems(one), stems(other)
    return bool(mine and theirs) and len(mine & theirs) / len(mine | theirs) >= ALIKE
