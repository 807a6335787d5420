"""Takes secrets out of text before it is stored: keys, tokens, passwords and card numbers.

The rules are in redact_rules.py. They are cautious: what is taken out is gone, and people talk about passwords without
telling them.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import accumulate

from memcli.ingest.redact_rules import LONG, RULES, Rule
from memcli.patterns import regex

# Visa, Mastercard, American Express, Discover, JCB, Diners by their first digits and lengths (ISO/IEC 7812).
_CARD = regex(
    r"(?<![\w.-])(?:(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6011|65\d\d|64[4-9]\d|35[2-8]\d)(?:([ -]?)\d{4}(?:\1\d{4}){2})"
    r"|3[47]\d\d([ -]?)\d{6}\2\d{5}|3(?:0[0-5]|[68]\d)\d([ -]?)\d{6}\3\d{4})(?![\w-]|\.\d)",
    re.ASCII,
)
_DIGITS = regex(r"[0-9][0-9]{3}[ -]?[0-9]{4}")  # so written, the search skips what is no digit: a third less time
_LONG = regex(rf"\S{{{LONG}}}")
_BEFORE_VALUES = (":", "=", " is", " was")
"""What stands between a word like "password" and what it introduces."""
_SHORT_CHARS = 10_000
"""A longer text is given to the rules at once: what they need may stand in it a million times."""


def redact(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with each secret replaced by "[redacted: kind]", and the kinds found, each once.

    Redacting again changes nothing.
    """
    if not _suspicious(text):
        return text, ()
    kinds: dict[str, None] = {}
    # Taking one secret out can bare another that was glued to it; every round takes more out, so this ends.
    while (cleaned := _once(text, kinds)) != text:
        text = cleaned
    return text, tuple(kinds)


def suspects(texts: Sequence[str]) -> list[int]:
    """The places of those texts that may have a secret; redact() has nothing to do in the others.

    They are searched as one text, which takes a tenth of asking about each.
    """
    together = "\n".join(texts)
    lower = together.lower()
    if len(lower) != len(together):  # "İ" becomes two characters, and no place behind it is the same
        return list(range(len(texts)))
    written, in_any_case = _searches()
    found = [match.start() for match in _DIGITS.finditer(together)]
    found += written.places(together) + in_any_case.places(lower)
    ends = list(accumulate(len(text) + 1 for text in texts))
    long = (place for place, text in enumerate(texts) if len(text) > _SHORT_CHARS)
    return sorted({*(bisect_right(ends, at) for at in found), *long})


def _suspicious(text: str) -> bool:
    """Whether a rule can match at all: the ordinary text that has no secret is told by three searches through it."""
    return len(text) > _SHORT_CHARS or _DIGITS.search(text) is not None or _has_needs(text)


def _has_needs(text: str) -> bool:
    """Whether what some rule needs is in the text; the rule for card numbers aside."""
    written, in_any_case = _searches()
    return written.may_match(text, text) or in_any_case.may_match(text.lower(), text)


class _Search:
    """What some rules need, looked for all at once (Aho-Corasick)."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        from ahocorasick_rs import AhoCorasick, Implementation

        by_need: dict[str, list[Rule]] = {}
        for rule in rules:
            for need in rule.needs:
                by_need.setdefault(need, []).append(rule)
        self._rules = list(by_need.values())
        self._find = AhoCorasick(list(by_need), implementation=Implementation.DFA).find_matches_as_indexes

    def places(self, searched: str) -> list[int]:
        """Where something that a rule needs begins."""
        return [start for _, start, _ in self._find(searched)]

    def may_match(self, searched: str, text: str) -> bool:
        """Whether one of the rules can match: what it needs stands in `searched`, and the rest of it in the text."""
        for need, _, _ in self._find(searched, overlapping=True):
            for rule in self._rules[need]:
                if rule.also in text and (_LONG.search(text) is not None if rule.long else _may_introduce(rule, text)):
                    return True
        return False


@cache
def _searches() -> tuple[_Search, _Search]:
    """For rules that match what is exactly so written, and for those of words in any case."""
    return _Search(rule for rule in RULES if not rule.any_case), _Search(rule for rule in RULES if rule.any_case)


def _may_introduce(rule: Rule, text: str) -> bool:
    return not rule.any_case or any(one in text for one in _BEFORE_VALUES)


def _once(text: str, kinds: dict[str, None]) -> str:
    for rule in RULES if len(text) > _SHORT_CHARS or _has_needs(text) else ():
        written = text.lower() if rule.any_case else text
        if rule.also in text and any(map(written.__contains__, rule.needs)):
            text = rule.pattern.sub(_replacement(rule, kinds), text)
    return _CARD.sub(_card_replacement(kinds), text)


def _replacement(rule: Rule, kinds: dict[str, None]) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        kinds[rule.kind] = None
        marker = f"[redacted: {rule.kind}]"
        if "secret" not in match.re.groupindex:
            return marker
        start, end = match.start("secret") - match.start(), match.end("secret") - match.start()
        return match[0][:start] + marker + match[0][end:]

    return replace


def _card_replacement(kinds: dict[str, None]) -> Callable[[re.Match[str]], str]:
    def replace(match: re.Match[str]) -> str:
        if not _luhn(match[0]):
            return match[0]
        kinds["card number"] = None
        return "[redacted: card number]"

    return replace


def _luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    numbers = [int(digit) for digit in digits if digit.isdigit()]
    doubled = (sum(divmod(2 * number, 10)) for number in numbers[-2::-2])
    return (sum(numbers[-1::-2]) + sum(doubled)) % 10 == 0
