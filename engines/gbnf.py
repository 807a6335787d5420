"""Grammars in llama.cpp's GBNF are checked here before they reach it: one that is wrong would end the process.

The subset that is let through: rules `name ::= body` of literals, character classes, names, groups, alternatives and
the repetitions * + ?. Format: grammars/README.md of llama.cpp.
"""

from __future__ import annotations

import re

from engines.errors import EngineFailed

_RULE = re.compile(r"\s*([a-z][a-z0-9-]*)\s*::=\s*(.*)\Z", re.S)
_TOKEN = re.compile(
    r"\s+|(?P<literal>\"(?:[^\"\\\n]|\\[\"\\nrt])*\")|(?P<chars>\[\^?(?:[^\]\\\n]|\\[\]\\nrt^-])+\])"
    r"|(?P<name>[a-z][a-z0-9-]*)|(?P<mark>[()|*+?])"
)


def check(grammar: str) -> None:
    """Raise EngineFailed unless the grammar is one that llama.cpp can take: complete, closed, no left recursion."""
    rules: dict[str, list[tuple[str, str]]] = {}
    for line in filter(str.strip, re.split(r"\n(?=\s*[a-z][a-z0-9-]*\s*::=)", grammar)):
        match = _RULE.match(line)
        if not match:
            raise _wrong(f"this is no rule: {line.strip()[:60]!r}")
        if match[1] in rules:
            raise _wrong(f"the rule {match[1]} stands twice")
        rules[match[1]] = _tokens(match[1], match[2])
    if "root" not in rules:
        raise _wrong("there is no rule named root")
    for name, tokens in rules.items():
        for kind, text in tokens:
            if kind == "name" and text not in rules:
                raise _wrong(f"the rule {name} uses {text}, which is not defined")
    # A rule that may begin with itself would never end. What may be empty counts as skipped.
    begins = {name: {text for kind, text in tokens if kind == "name"} for name, tokens in rules.items()}
    firsts = {name: _firsts(tokens) & begins[name] for name, tokens in rules.items()}
    for name in rules:
        seen: set[str] = set()
        ahead = set(firsts[name])
        while ahead:
            one = ahead.pop()
            if one == name:
                raise _wrong(f"the rule {name} may begin with itself")
            if one not in seen:
                seen.add(one)
                ahead |= firsts[one]


def _tokens(name: str, body: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at = depth = 0
    while at < len(body):
        match = _TOKEN.match(body, at)
        if not match:
            raise _wrong(f"the rule {name} cannot be read at {body[at : at + 20]!r}")
        at = match.end()
        if match.lastgroup is None:
            continue
        text = match.group()
        if text in "*+?" and (not tokens or tokens[-1][1] in "(|*+?"):
            raise _wrong(f"the rule {name} repeats nothing at {text!r}")
        depth += (text == "(") - (text == ")")
        if depth < 0:
            raise _wrong(f"the rule {name} closes a group that is not open")
        tokens.append((match.lastgroup, text))
    if depth:
        raise _wrong(f"the rule {name} leaves a group open")
    if not tokens:
        raise _wrong(f"the rule {name} is empty")
    return tokens


def _firsts(tokens: list[tuple[str, str]]) -> set[str]:
    """The rules that may come first in a body: every name up to, in each alternative, the first thing that must be."""
    found: set[str] = set()
    open_ = True
    for at, (kind, text) in enumerate(tokens):
        if text in ("|", "(") and kind == "mark":
            open_ = True
        elif kind in ("name", "literal", "chars") and open_:
            if kind == "name":
                found.add(text)
            after = tokens[at + 1][1] if at + 1 < len(tokens) else ""
            open_ = after in ("*", "?")
    return found


def _wrong(what: str) -> EngineFailed:
    return EngineFailed(f"The grammar is wrong: {what}", hint="this is a bug in memcli; please report it")
