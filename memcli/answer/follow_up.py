"""A question that only makes sense after the one before it, made whole: "And Jonas?", "When?", "Did she like it?".

By rules for English, without a model: what is left out is taken over from the question before, and a pronoun is
replaced by the last person, thing, place or day that it can mean. What comes out is shown to the user, so that a wrong
guess is seen. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from memcli.memory.timex import find_time_expressions
from memcli.recall.question import kind_of

_QUESTION_WORD = r"when|where|why|who|whom|what|which|how(?: many| much| long| old| often| far| big| high)?"
_OPENING = re.compile(r"^\W*(?:(?:and|but|so|or|ok(?:ay)?|well|then)\b[ ,]*)+", re.I)
_WHAT_ABOUT = re.compile(r"^\W*(?:what|how) about\b\s*", re.I)
_BARE = re.compile(rf"^\W*((?:{_QUESTION_WORD})(?: (?:else|exactly|again|then|was that|is that))?)\W*$", re.I)
_BEGINS_WITH = re.compile(
    rf"^\W*(?:(?:in|at|on|to|for|with|from|by) )?(?:{_QUESTION_WORD})\b\s*"
    r"(?:(?:is|are|was|were|do|does|did|has|have|had|will|would|can|could|should)\b\s*)?",
    re.I,
)
_VERB = re.compile(
    r"\b(?:is|are|was|were|do|does|did|has|have|had|will|would|can|could|should|may|might|must)\b|"
    rf"^\W*(?:{_QUESTION_WORD})\b",
    re.I,
)
_PERSON = re.compile(r"\b(he|she|him|his|her|hers)\b(?!['’])", re.I)
_THING = re.compile(r"\b(it|its|this|that|these|those|they|them|their)\b(?!['’])", re.I)
_THERE = re.compile(r"\bthere\b(?! (?:is|are|was|were)\b)", re.I)
_IS_THERE = re.compile(r"\b(?:is|are|was|were|be) there\b", re.I)
_THEN = re.compile(r"\b(?:then|that day|at that time)\b", re.I)
_NAME = re.compile(r"(?<![.!?] )(?<!^)\b[A-Z][\w’'-]*(?: [A-Z][\w’'-]*)*")
_NOUN_PHRASE = re.compile(
    r"\b(?:the|a|an|my|our|your|his|her|their|[A-Z]\w*['’]s) (?:(?!(?:of|in|at|on|to|for|with|from|by|and|or|is|was"
    r"|are|were|does|did|do|has|had|have|will)\b)[\w’'-]+ ?){1,3}",
)
_SUBJECT_NEXT = re.compile(r"\b(?:do|does|did|will|would|can|could|should|may|might|must|has|have|had) $", re.I)
_CONJUNCTION = re.compile(r"\b(?:that|this) (?=(?!(?:is|was|are|were|day)\b)\w+)", re.I)
_WEAK = frozenset(("he", "she", "it", "they", "we", "you", "i", "there", "then"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A question as it was asked, made whole, with its answer alone, and who said what the answer rests on."""

    question: str
    answer: str
    abstained: bool
    said_by: str | None = None


def made_whole(text: str, before: Sequence[Exchange], *, people: Sequence[str], today: date) -> str:
    """The question with what it takes from the exchanges before it (the latest last); itself, if it takes nothing.

    people: those who are known by name. today: the day that "yesterday" in it counts from.
    """
    asked = text.strip()
    if not before or not asked:
        return asked
    last = before[-1].question
    bare = _BARE.match(_OPENING.sub("", asked))
    if bare:
        return f"{bare[1].split()[0].capitalize() if ' ' not in bare[1] else bare[1].capitalize()} {_body(last)}?"
    fragment = _fragment(asked)
    if fragment:
        return _exchanged(last, fragment, people, today)
    return _resolved(asked, before, people)


def _fragment(text: str) -> str | None:
    """What "And Jonas?" and "What about in May?" name, if the text is no more than that."""
    about = _WHAT_ABOUT.sub("", _OPENING.sub("", text))
    opened = _OPENING.match(text) or _WHAT_ABOUT.match(_OPENING.sub("", text))
    rest = about.strip(" ?!.,")
    if not opened or not rest or len(rest.split()) > 5 or _VERB.search(rest):
        return None
    return rest


def _exchanged(last: str, fragment: str, people: Sequence[str], today: date) -> str:
    """The question before, with the fragment in the place of what is of its kind in it: a time, a person, a thing."""
    body = last.rstrip(" ?!.")
    if find_time_expressions(fragment, today):
        found = find_time_expressions(body, today)
        if found:
            first = found[0]
            lead = re.search(r"\b(?:in|on|at|during) $", body[: first.start])
            begin = lead.start() if lead and re.match(r"(?:in|on|at|during) ", fragment, re.I) else first.start
            return f"{body[:begin]}{fragment}{body[first.end :]}?"
        return f"{body} {fragment}?"
    people_in = [one for one in (*people, *_names(body)) if re.search(rf"\b{re.escape(one)}\b", body)]
    if people_in and (_is_name(fragment, people) or not _phrases(body)):
        replaced = max(people_in, key=len)
        return re.sub(rf"\b{re.escape(replaced)}\b", lambda _: fragment, body, count=1) + "?"
    phrases = _phrases(body)
    if phrases:
        begin, end = phrases[-1]
        return f"{body[:begin]}{fragment}{body[end:]}?"
    return f"{body} {fragment}?"


def _resolved(text: str, before: Sequence[Exchange], people: Sequence[str]) -> str:
    """The question with its pronouns replaced by what they can mean; those that nothing fits stay."""
    whole = text
    person = _last_person(before, people)
    if person and _PERSON.search(whole):
        whole = _PERSON.sub(lambda match: _case(match, person), whole)
    last = before[-1]
    asked = kind_of(last.question) if not last.abstained else None
    if asked == "where" and not _IS_THERE.search(whole):
        whole = _THERE.sub(lambda _: f"in {last.answer}", whole)
    if asked == "when":
        whole = _THEN.sub(lambda _: f"on {last.answer}", whole)
    thing = _last_thing(before)
    if thing and not _CONJUNCTION.search(whole):
        whole = _THING.sub(lambda one: f"{thing}'s" if one[0].lower() in ("its", "their") else thing, whole, count=1)
    return whole


def _body(question: str) -> str:
    """A question without the words that ask: "When does the oven arrive?" asks of "the oven arrive"."""
    return _BEGINS_WITH.sub("", question).strip(" ?!.") or question.strip(" ?!.")


def _case(match: re.Match[str], person: str) -> str:
    """The name in place of a pronoun; of "her" before a noun it is the possessive."""
    word = match[0].lower()
    after = match.string[match.end() :].lstrip()
    owns = word in ("his", "hers") or (word == "her" and re.match(r"[a-z]", after) and not _VERB.match(after))
    return f"{person}'s" if owns else person


def _last_person(before: Sequence[Exchange], people: Sequence[str]) -> str | None:
    for exchange in reversed(before):
        answers_who = not exchange.abstained and kind_of(exchange.question) == "who"
        if answers_who and (_is_name(exchange.answer, people) or _names(f"x {exchange.answer}")):
            return exchange.answer.strip(" .")
        named = [one for one in people if re.search(rf"\b{re.escape(one)}\b", exchange.question)]
        named += [one for one in _names(exchange.question) if one not in named]
        if named:
            return max(named, key=exchange.question.rfind).removesuffix("'s").removesuffix("’s")
        if exchange.said_by and exchange.said_by in people and not exchange.abstained:
            return exchange.said_by
    return None


def _last_thing(before: Sequence[Exchange]) -> str | None:
    for exchange in reversed(before):
        phrases = _phrases(exchange.question)
        if phrases:
            begin, end = phrases[-1]
            return exchange.question[begin:end]
    return None


def _phrases(question: str) -> list[tuple[int, int]]:
    """Where the noun phrases of a question begin and end: "the oven" in "When does the oven arrive?"."""
    found = []
    for match in _NOUN_PHRASE.finditer(question):
        words = match[0].split()
        if len(words) > 2 and _SUBJECT_NEXT.search(question[: match.start()]):
            words.pop()  # after "does", the subject is followed by its verb
        found.append((match.start(), match.start() + len(" ".join(words))))
    return found


def _names(text: str) -> list[str]:
    return [name for name in _NAME.findall(text) if name.lower() not in _WEAK]


def _is_name(text: str, people: Sequence[str]) -> bool:
    return text.lower() in {one.lower() for one in people} or bool(re.fullmatch(r"[A-Z]\w*(?: [A-Z]\w*)*", text))
