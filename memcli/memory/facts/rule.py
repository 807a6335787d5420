"""A rule for facts: see `english_rules` for the rules themselves."""

from __future__ import annotations

from typing import NamedTuple

from memcli.memory.facts.claims import Stance


class Rule(NamedTuple):
    """Words that state a predicate.

    predicate: its name; "<group>" is what the pattern's group `group` holds. anywhere: the words need not open their
    clause. when: "" any time or none, "past" or "future" the clause must name such a time, "dated" either, "told" a
    past one or none, "span" it must say since when or for how long, "over" until when or between when.
    shape: how the object is trimmed: "as is"; "phrase" to a noun phrase; "taste", a noun phrase that names something.
    silent: an end that is worth nothing unless it ends what is known ("I left Rome" may be a trip).
    to_assistant: only where a person speaks to an assistant or to the memory.
    """

    predicate: str
    pattern: str
    stance: Stance = "holds"
    when: str = ""
    shape: str = "as is"
    anywhere: bool = False
    silent: bool = False
    to_assistant: bool = False
