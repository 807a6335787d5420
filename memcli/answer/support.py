"""Holds a written answer to its evidence while it is written: sentence by sentence, citations and support.

A sentence is supported if it cites evidence that exists, and half or more of its content words stand in what it cites
or in the question. That is a check of words, not of truth: it finds what is made up, and lets through what is twisted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from memcli.answer.cite import check
from memcli.recall.query import stems

UNKNOWN = "NOT IN MEMORY"
"""What the model is told to write when the evidence does not answer."""

UNSUPPORTED = "[unsupported]"
"""Marks a sentence without support."""

ENOUGH = 0.5
"""The share of a sentence's content words that must stand in what it cites or in the question."""

_ENDED = re.compile(
    r"""\s*(?P<said>\S.*?(?:[.!?…]["'”’)]*(?:\s*\[\d+(?:\s*,\s*\d+)*\])*(?=\s+[^\s\[])|(?=\n)))""", re.S
)
"""A sentence with the citations behind it, once the beginning of the next one shows that it is whole."""

_HELD = re.compile(r"\s*[\[.!?…\n]|\s+\Z")
"""From here on a sentence is held back: its end, or a citation that may have to go."""


class Supported:
    """The answer as it may be shown. `evidence`: what was said, with the speaker and the time, under its number.

    strict: sentences without support are left out; else they are marked.
    """

    def __init__(self, question: str, evidence: Mapping[int, str], *, strict: bool) -> None:
        self._question = stems(question)
        self._evidence = evidence
        self._strict = strict
        self._raw = ""  # the sentence that is being written
        self._shown = 0  # how much of it was let through
        self._text: list[str] = []
        self._whole = ""
        self.unknown: set[int] = set()
        self.unsupported: list[str] = []

    @property
    def text(self) -> str:
        """All that was let through."""
        return "".join(self._text).strip()

    @property
    def citations(self) -> tuple[int, ...]:
        """The numbers of the evidence that it rests on."""
        return check(self.text, self._evidence.keys()).citations

    @property
    def abstains(self) -> bool:
        """Whether the model says that the evidence does not answer."""
        return UNKNOWN in self._whole

    def feed(self, piece: str) -> str:
        """What may be shown now that the model has written this piece."""
        self._raw += piece
        self._whole += piece
        shown = ""
        while match := _ENDED.match(self._raw):
            shown += self._close(match["said"])
            self._raw = self._raw[match.end() :]
        if not self._strict and not UNKNOWN.startswith(self._whole.strip()[: len(UNKNOWN)]) and not self.abstains:
            began = self._raw.lstrip()
            held = _HELD.search(began)
            ready = began[: held.start()] if held else began
            shown += self._let(ready[self._shown :])
            self._shown = max(self._shown, len(ready))
        return shown

    def end(self) -> str:
        """What may be shown now that the model has ended."""
        rest, self._raw = self._raw.strip(), ""
        return self._close(rest) if rest else ""

    def _close(self, said: str) -> str:
        """The rest of a sentence that is whole now."""
        shown, self._shown = self._shown, 0
        if self.abstains:
            return ""
        checked = check(said, self._evidence.keys())
        self.unknown.update(checked.unknown)
        if not self._stands(checked.text, checked.citations):
            self.unsupported.append(checked.text)
            if self._strict:
                return ""
            return self._let(f"{checked.text[shown:]} {UNSUPPORTED}", begun=shown > 0)
        return self._let(checked.text[shown:], begun=shown > 0)

    def _let(self, text: str, *, begun: bool = False) -> str:
        if not text:
            return ""
        if self._text and not begun and not self._shown:
            text = f" {text}"
        self._text.append(text)
        return text

    def _stands(self, sentence: str, citations: tuple[int, ...]) -> bool:
        if not citations:
            return False
        about = stems(check(sentence, ()).text)
        there = self._question.union(*(stems(self._evidence[number]) for number in citations))
        return len(about & there) >= ENOUGH * len(about)
