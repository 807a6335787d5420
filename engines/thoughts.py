"""Models that think aloud before they answer: their thoughts, between <think> and </think>, are no part of it."""

from __future__ import annotations

from collections.abc import Iterator

OPEN, CLOSE = "<think>", "</think>"


def left_open(text: str) -> bool:
    """Whether the text, such as the end of a prompt, is in the middle of thoughts."""
    return OPEN in text.rpartition(CLOSE)[2]


def without_thoughts(pieces: Iterator[str], *, begun: bool = False) -> Iterator[str]:
    """The pieces of an answer but for thoughts that it begins with. begun: the prompt has opened them already."""
    held = OPEN if begun else ""
    for piece in pieces:
        held += piece
        start = held.lstrip()
        if start.startswith(OPEN):
            if CLOSE not in start:
                continue
            held = start.partition(CLOSE)[2].lstrip()
        elif OPEN.startswith(start):
            continue  # it may become a tag
        if held:
            yield held
        yield from pieces
        return
    if held and not held.lstrip().startswith(OPEN):
        yield held
