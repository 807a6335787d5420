"""A block of evidence for another program's prompt, never longer than its budget.

The block is fenced, its lines are numbered in order of time, and what was said cannot close the fence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from memcli.answer.generate import excerpts
from memcli.recall.query import words
from memcli.recall.select import in_order
from memcli.types import Candidate, Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextBlock:
    """The text of a block, its tokens, the evidence in it, and how many of the candidates found did not fit."""

    text: str
    tokens: int
    evidence: Sequence[Evidence]
    left_out: int
    found: int


def context_block(
    candidates: Sequence[Candidate], *, max_tokens: int, count_tokens: Callable[[str], int]
) -> ContextBlock:
    """The best candidates (best first) that fit into `max_tokens`, counted over the whole block as it is printed.

    A turn is never cut: one that does not fit is left out, and a shorter one after it may still come in. Words that
    are in the block already do not come again.
    """
    chosen: list[Candidate] = []
    block = ContextBlock(text="", tokens=0, evidence=(), left_out=0, found=0)
    seen: set[tuple[str, ...]] = set()
    left_out = 0
    for candidate in candidates:
        spoken = tuple(words(candidate.turn.text))
        if spoken in seen:
            continue
        evidence = in_order([*chosen, candidate])
        text = excerpts(evidence)
        tokens = count_tokens(text)
        if tokens > max_tokens:
            left_out += 1
            continue
        seen.add(spoken)
        chosen.append(candidate)
        block = ContextBlock(text=text, tokens=tokens, evidence=evidence, left_out=0, found=0)
    return replace(block, left_out=left_out, found=len(candidates))
