"""What surrounds a phrase in a text: the words before it, its sentence, and whether that looks ahead or back."""

from __future__ import annotations

from collections.abc import Container
from datetime import date
from typing import Literal, NamedTuple

from memcli.memory import timex_english as english


class Reading(NamedTuple):
    """A text being read: as written, in lower case (letter for letter), and the day on which it was said."""

    text: str
    lowered: str
    said_on: date
    day_first: bool

    def words_before(self, start: int) -> list[str]:
        """The last two words before a place in the text; "" where there is none."""
        return ["", "", *self.lowered[max(0, start - 30) : start].replace("-", " ").split()][-2:]

    def led_by(self, leads: Container[str], start: int) -> bool:
        """Whether the word before a place, an article aside, is one of these."""
        earlier, word = self.words_before(start)
        return (earlier if word == english.ARTICLE_WORD else word) in leads

    def outlook(self, start: int) -> Literal[-1, 0, 1]:
        """Whether the speaker looks ahead (1) or back (-1) at this place, or does not show it (0).

        The nearest cue before the place decides; without one, the first after it in the sentence.
        """
        if self.led_by(english.FUTURE_LEADS, start):
            return 1
        sentence, place = self._sentence(start)
        seen: Literal[-1, 0, 1] = 0
        for cue in english.OUTLOOK_CUE.finditer(sentence):
            if seen and cue.start() > place:
                break
            seen = 1 if cue["future"] or cue["will"] else -1
        return seen

    def is_capitalised(self, start: int) -> bool:
        """Whether the word here has a capital first letter only: a text in capitals says nothing about its names."""
        return self.text[start].isupper() and not self.text[start + 1 : start + 2].isupper()

    def _sentence(self, start: int) -> tuple[str, int]:
        """The sentence around a place, at most 300 characters to either side of it, and the place in it."""
        begin = max(0, start - 300)
        window = self.lowered[begin : start + 300]
        first = 0
        for end in english.SENTENCE_END.finditer(window):
            if begin + end.end() > start:
                return window[first : end.start()], start - begin - first
            first = end.end()
        return window[first:], start - begin - first
