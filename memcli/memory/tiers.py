"""Where a memory lives, by rules that anybody can check.

working     what is always at hand: what the user pinned
procedural  standing instructions: they do not fade while they stand
semantic    facts and summaries: what is known, as long as it is not superseded
episodic    turns and episodes that are not yet faded
archive     what has faded, was put away by `memcli forget`, or is superseded; found by `--deep`

Only the archive is a place of its own on disk; the others differ in what recall does with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from memcli.memory.salience import Kind
from memcli.types import Tier

FADED_BELOW: Final = 0.4
"""A memory whose retrievability is lower is faded: small talk after a year and four months without use, what names a
number or somebody after two and a half years, what was meant to stay after nine, "ok" after three months."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All that decides the tier of a memory."""

    kind: Kind
    retrievability: float
    pinned: bool = False
    forgotten: bool = False
    instruction: bool = False
    superseded: bool = False


def tier_of(one: Standing) -> Tier:
    """The tier of a memory. What the user said of it (pin, forget) comes before what time did to it."""
    if one.pinned:
        return "working"
    if one.forgotten or one.superseded:
        return "archive"
    if one.instruction:
        return "procedural"
    if one.retrievability < FADED_BELOW:
        return "archive"
    return "semantic" if one.kind in ("fact", "summary") else "episodic"


def why(one: Standing) -> str:
    """The reason for the tier, in a few words."""
    if one.pinned:
        return "pinned"
    if one.forgotten:
        return "put away"
    if one.superseded:
        return "superseded"
    if one.instruction:
        return "standing instruction"
    return "faded" if one.retrievability < FADED_BELOW else "fresh or in use"
