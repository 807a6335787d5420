"""Claims from the words of one turn, by rules and without a model.

Nothing is made up: subject, object and statement are the speaker's name or characters of the turn. Which sentences
state anything is decided in `clauses`, what they state in `english_rules`, for when in `validity`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from memcli.memory.facts import english
from memcli.memory.facts.claims import Claim, Said
from memcli.memory.facts.clauses import Clause, stated
from memcli.memory.facts.english_changes import CHANGES, CUES
from memcli.memory.facts.english_cues import rules_for
from memcli.memory.facts.english_rules import compiled
from memcli.memory.facts.predicates import family, predicate
from memcli.memory.facts.rule import Rule
from memcli.memory.facts.validity import Validity, times_of, validity
from memcli.memory.subjects import OWNERS
from memcli.memory.timex import TimeExpression

RULES_VERSION: Final = "english-3"
"""Changes whenever the same words may give other claims: what was extracted before is then extracted anew."""

ITSELF, KIN, HEARSAY, DOUBT = 0.9, 0.85, 0.7, 0.5
"""How far a statement is believed: of oneself, of one's own people, of somebody else by name."""

LONGEST = 4000
"""Characters of a turn that are read: what is longer is a pasted document more often than talk."""

TASTE_WORDS, TAIL_WORDS = 7, 22

#: A turn without one of these states nothing that a rule could take.
_CUE: Final = re.compile(r"\b(?:[Ii]|[Ww]e|[Mm]y|[Oo]ur|[A-Z]\w+)\b|[Aa]lways\b|[Nn]ever\b|[Ff]rom now")
_OPENING: Final = re.compile(r"(?:[A-ZÀ-Þ][\w’'-]+[,!]\s+)?")
_OPENS: Final = re.compile(r"[Ii]\b|[Ww]e\b|[Mm]y\b|[Oo]ur\b|[A-ZÀ-ÖØ-ÞČŁŚŠŽŹŻİĐ]|always\b|never\b|from now|please\b")
#: What is told more plainly by another rule is not told again as one of these.
_LAST_RESORT: Final = frozenset({"plan", "event", "habit", "used to"})


def extract(text: str, said: Said, *, to_assistant: bool) -> list[Claim]:
    """The claims that a turn makes, in the order of its text.

    to_assistant: the turn speaks to an assistant or to the memory, so that "always ..." is an instruction.
    """
    if len(text) > LONGEST or not _CUE.search(text):
        return []
    clauses = stated(text)
    if not clauses:
        return []
    spans = times_of(text, said.said_on)
    claims: dict[tuple[str, str, str], Claim] = {}
    for clause in clauses:
        for claim in _claims(text, clause, spans, said, to_assistant=to_assistant):
            claims.setdefault((claim.subject, claim.predicate, claim.object), claim)
    told = {family(claim.predicate) for claim in claims.values() if claim.subject == said.speaker}
    for clause in clauses:
        for claim in _doubts(text, clause, said):
            if family(claim.predicate) not in told:
                claims.setdefault((claim.subject, claim.predicate, claim.object), claim)
    return list(claims.values())


def _doubts(text: str, clause: Clause, said: Said) -> Iterator[Claim]:
    """What may be outdated after a clause that tells of a change and not what is so now."""
    if not CUES.search(text, clause.start, clause.end):
        return
    for pattern, predicates in CHANGES:
        match = pattern.search(text, clause.start, clause.end)
        if match is None:
            continue
        attribute = (match.groupdict().get("attribute") or "").lower().replace("favorite", "favourite")
        for one in predicates:
            name = one.replace("*", {"gp": "GP"}.get(attribute, attribute))
            yield Claim(
                kind=predicate(name).kind,
                subject=said.speaker,
                predicate=name,
                object="",
                stance="doubt",
                statement=text[clause.start : clause.end],
                start=clause.start,
                end=clause.end,
                valid_from=None,
                valid_to=None,
                confidence=DOUBT,
                said=said,
            )


def speaks_to_assistant(speaker: str) -> bool:
    """Whether a speaker's name is what exports of assistants call their user."""
    return speaker.casefold() in OWNERS


def _claims(
    text: str, clause: Clause, spans: Sequence[TimeExpression], said: Said, *, to_assistant: bool
) -> Iterator[Claim]:
    rules = rules_for(text[clause.start : clause.end])
    if not rules:
        return
    begin = _beginning(text, clause, spans)
    opens = _OPENS.match(text, begin, clause.end)
    told = False
    for rule in rules:
        if rule.predicate in _LAST_RESORT and told:
            continue
        if rule.to_assistant and not to_assistant:
            continue
        pattern = compiled(rule)
        match = pattern.search(text, begin, clause.end) if rule.anywhere else None
        if not rule.anywhere and opens:
            match = pattern.match(text, begin, clause.end)
        if match:
            claim = _claim(text, clause, begin, spans, said, rule, match)
            if claim is not None:
                told = True
                yield claim


def _beginning(text: str, clause: Clause, spans: Sequence[TimeExpression]) -> int:
    """Where a clause begins to state: after "well", "btw", "Hi Ana," and a time at its head."""
    at = clause.start
    while True:
        place = at
        at = _end(english.LEAD.match(text, at, clause.end), at)
        at = _end(_OPENING.match(text, at, clause.end), at) if not text[at : at + 2].startswith(("I,", "My")) else at
        lead = _end(english.TIME_PREPOSITION.match(text, at, clause.end), at)
        time = next((one for one in spans if one.start in (at, lead) and one.end < clause.end), None)
        if time is not None:
            at = time.end
            while at < clause.end and text[at] in " ,":
                at += 1
        if at == place:
            return at


def _end(match: re.Match[str] | None, otherwise: int) -> int:
    return match.end() if match else otherwise


def _claim(
    text: str,
    clause: Clause,
    begin: int,
    spans: Sequence[TimeExpression],
    said: Said,
    rule: Rule,
    match: re.Match[str],
) -> Claim | None:
    found = match.groupdict()
    subject, confidence = _subject(found, said.speaker)
    if subject is None or (found.get("attribute") or "").split(" ")[-1] in english.VAGUE:
        return None
    if found.get("self") is None and not _agrees(text, match):
        return None
    object_span = _object(text, match, rule, spans)
    if object_span is None:
        return None
    when = validity(text, clause, spans, said.said_on, match.group()) if said.said_on else Validity()
    if rule.predicate in ("plan", "event") and not any(one.end <= object_span[1] for one in spans):
        when = when._replace(named=None)  # the time belongs to what was cut off
    if not _fits(rule, when, said):
        return None
    name = re.sub("<attribute>", (found.get("attribute") or "").lower(), rule.predicate)
    name = {"gp": "GP", "favorite": "favourite"}.get(name, english.SINGULAR.get(name, name))
    first, end = _days(rule, name, when, said)
    stop = max(object_span[1], match.end()) if rule.shape == "whole" else clause.end
    while stop > begin and text[stop - 1].isspace():
        stop -= 1
    if when.lead is not None and when.lead < begin:
        begin = when.lead
    return Claim(
        kind=predicate(name).kind,
        subject=subject,
        predicate=name,
        object=text[object_span[0] : object_span[1]],
        stance=rule.stance,
        statement=text[begin:stop],
        start=begin,
        end=stop,
        valid_from=first,
        valid_to=end,
        confidence=0.5 if rule.silent else confidence,
        said=said,
    )


def _subject(found: dict[str, str | None], speaker: str) -> tuple[str | None, float]:
    if found.get("self") is not None:
        return speaker, ITSELF
    if found.get("kin"):
        name = found.get("kin_name")
        if name and not _is_name(name):
            return None, 0.0
        return name or f"{speaker}'s {found['kin']}", KIN
    name = found.get("named")
    if name and _is_name(name):
        return name, HEARSAY
    return None, 0.0


def _agrees(text: str, match: re.Match[str]) -> bool:
    """Whether the verb after a name is in the form that goes with a name."""
    group = next((name for name in ("kin_name", "kin", "named") if match.groupdict().get(name)), None)
    if group is None:
        return True
    after = text[match.end(group) : match.end()].lstrip(" ,").split()
    return next((word for word in after if not word.endswith("ly")), "").casefold() not in english.BARE_VERBS


def _is_name(words: str) -> bool:
    parts = [re.split("['’]", word.casefold())[0].rstrip(".") for word in words.split()[:2]]
    return not any(part in english.NO_NAMES for part in parts)


def _object(text: str, match: re.Match[str], rule: Rule, spans: Sequence[TimeExpression]) -> tuple[int, int] | None:
    """Where the object stands, or None if it names nothing. Empty where the rule's end names none."""
    start, end = match.span("object")
    if start == end:
        return start, end
    if rule.shape == "whole":
        if rule.predicate in ("plan", "goal", "used to"):
            stop = english.PLAN_END.search(text, start, end)
            end = stop.start() if stop else end
        if rule.predicate in ("event", "has been"):
            stop = english.EVENT_END.search(text, start + 1, end)
            end = stop.start() if stop else end
        if rule.predicate == "event":
            dated = any(one.start < match.start("object") or one.end <= end for one in spans)
            if not dated and rule.when != "told":
                return None
        end = _stripped(text, start, end)
        if rule.predicate in _LAST_RESORT and english.DEICTIC.search(text, start, end):
            return None
        words = text[start:end].split()
        whole = 2 <= len(words) <= TAIL_WORDS and not english.UNFINISHED.search(text[start:end])
        return (start, end) if whole else None
    if rule.shape == "taste":
        stop = english.NP_END.search(text, start + 1, end)
        end = stop.start() if stop else end
        if english.RESTRICTED.search(text, start, end) or english.DEICTIC.search(text, start, end):
            return None
    for one in spans:
        if start <= one.start < end:
            if one.start == start and rule.predicate != "birthday":
                return None
            if rule.predicate != "birthday":
                end = one.start
    if rule.shape == "taste":
        trailing = english.TRAILING.search(text, start, end)
        end = trailing.start() if trailing else end
    end = _stripped(text, start, end)
    words = text[start:end].split()
    if not words:
        return None
    first = words[0].casefold().replace("’", "'")
    if rule.shape == "taste":
        return None if first in english.NO_OBJECTS or len(words) > TASTE_WORDS else (start, end)
    if words[0][0].isupper() and (first in english.NO_NAMES or first.split("'")[0] in ("i", "it")):
        return None
    return start, end


def _stripped(text: str, start: int, end: int) -> int:
    while end > start and (text[end - 1].isspace() or text[end - 1] in ",.;:!-–"):
        end -= 1
    return end


def _fits(rule: Rule, when: Validity, said: Said) -> bool:
    """Whether the times of a statement are those that the rule asks for."""
    if not rule.when or (rule.when == "told" and when.named is None):
        return True
    if said.said_on is None:
        return False
    if rule.when == "span":
        return when.since
    if rule.when == "over":
        return when.until or (when.named is not None and when.named[1] < said.said_on)
    if when.named is None:
        return False
    if rule.when == "future":
        return when.named[1] > said.said_on
    return when.named[0] <= said.said_on


def _days(rule: Rule, name: str, when: Validity, said: Said) -> tuple[date | None, date | None]:
    """From when and until when the claim says that it holds. An end says when it ended as its second day."""
    today = said.said_on
    if today is None:
        return None, None
    if name in ("plan", "event"):
        return (when.named[0], when.named[1] + timedelta(days=1)) if when.named else (None, None)
    if rule.stance == "ended":
        if when.until:
            return when.first, when.end
        if rule.when == "over" and when.named:
            return when.named[0], when.named[1] + timedelta(days=1)
        ended = when.first if when.first is not None and not when.since else None
        return None, ended
    first = when.first
    if first is not None and first > today and rule.when != "future" and not when.since:
        first = None  # "I moved to Rome next week" says nothing of when
    return first, when.end
