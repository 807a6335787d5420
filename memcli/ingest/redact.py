"""Takes secrets out of text before it is stored: keys, tokens, passwords and card numbers.

The rules are in redact_rules.py. They are cautious: what is taken out is gone, and people talk about passwords without
telling them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from memcli.ingest.redact_rules import LONG, RULES, Rule
from memcli.patterns import regex

# Visa, Mastercard, American Express, Discover, JCB, Diners by their first digits and lengths (ISO/IEC 7812).
_CARD = regex(
    r"(?<![\w.-])(?:(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6011|65\d\d|64[4-9]\d|35[2-8]\d)(?:([ -]?)\d{4}(?:\1\d{4}){2})"
    r"|3[47]\d\d([ -]?)\d{6}\2\d{5}|3(?:0[0-5]|[68]\d)\d([ -]?)\d{6}\3\d{4})(?![\w-]|\.\d)",
    re.ASCII,
)
_DIGITS = regex(r"[0-9]{4}[ -]?[0-9]{4}")
_LONG = regex(rf"\S{{{LONG}}}")


def _needs(*, any_case: bool, long: bool) -> tuple[str, ...]:
    rules = (rule for rule in RULES if (rule.any_case, rule.long, rule.also) == (any_case, long, ""))
    return tuple(dict.fromkeys(one for rule in rules for one in rule.needs))


_TOKENS, _LONG_WORDS = _needs(any_case=False, long=True), _needs(any_case=True, long=True)
_SIGNS, _WORDS = _needs(any_case=False, long=False), _needs(any_case=True, long=False)
_PAIRS = tuple((one, rule.also) for rule in RULES if rule.also for one in rule.needs)


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


def _suspicious(text: str) -> bool:
    """Whether a rule can match at all. Plain searches: several times faster here than one alternation."""
    for sign in _SIGNS:
        if sign in text:
            return True
    for one, other in _PAIRS:
        if one in text and other in text:
            return True
    if _LONG.search(text) is not None:
        for token in _TOKENS:
            if token in text:
                return True
        lower = text.lower()
        for word in _LONG_WORDS:
            if word in lower:
                return True
    # What these words introduce follows one of these.
    if ":" in text or "=" in text or " is" in text or " was" in text:
        lower = text.lower()
        for word in _WORDS:
            if word in lower:
                return True
    return _DIGITS.search(text) is not None


def _once(text: str, kinds: dict[str, None]) -> str:
    for rule in RULES:
        written = text.lower() if rule.any_case else text
        if rule.also in text and any(one in written for one in rule.needs):
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
