"""The shortest part of a sentence that answers, by the kind of question. Pure; only words that were said are used.

What cannot be told apart stays whole: a sentence too long is a smaller fault than half an answer.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from memcli.patterns import regex
from memcli.recall.query import FUNCTION_WORDS, content_words, stems
from memcli.recall.question import Question

LONGEST = 12
"""Words of a clause that is not cut further."""

_NUMBERS = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    r"|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|a hundred|hundred|a thousand|thousand"
    r"|a dozen|dozens|once|twice|a couple of|a few|several"
)
_AMOUNT = regex(
    r"(?:around |about |over |almost |nearly )?"
    rf"(?:[$€£]\s?\d[\d,.]*\d|[$€£]\d|\d[\d,.]*(?:st|nd|rd|th)?|\b(?:{_NUMBERS})\b)"
    r"(?:\s?%|\s(?:dollars|euros|pounds|years?|months?|weeks?|days?|hours?|minutes?|times?|people|kids|[a-z]+s)\b)?",
    re.I,
)
_SPAN_OF_TIME = regex(
    rf"(?:\d+|\b(?:{_NUMBERS}|a|an)\b)\s(?:and a half\s)?(?:year|month|week|day|hour|minute)s?(?:\sand a half)?\b"
    r"|\b(?:for|since)\s(?:years|ages|months|weeks|childhood|(?:19|20)\d\d|(?-i:[A-Z]\w+))",
    re.I,
)
_NAME = regex(r"(?:[A-Z][\w'’-]*[^\W\d_])(?:\s(?:of |the |de |van )?[A-Z][\w'’-]*[^\W\d_])*")
_KIN = regex(
    r"\b(?:my|our|his|her|their)\s(?:\w+\s){0,2}?(?:mom|mum|mother|dad|father|parents?|sisters?|brothers?|sons?"
    r"|daughters?|kids|children|wife|husband|partner|friends?|boyfriend|girlfriend|family|cousins?|aunt|uncle"
    r"|grandma|grandpa"
    r"|grandmother|grandfather|boss|colleagues?|coworkers?|neighbou?rs?|teacher|coach|mentors?|team)\b",
    re.I,
)
_PLACE = regex(
    r"\b(?:in|at|to|from|near|behind|under|on|around|through|inside)\s((?:the |a |an |my |our |his |her |their )?"
    r"(?:[A-Z][\w'’-]*(?:,?\s(?:of |the )?[A-Z][\w'’-]*)*"
    r"|[a-z]+(?:\s(?!and\b|but\b|with\b|for\b|to\b|last\b|on\b)[a-z]+)?))"
)
_NO_PLACE = frozenset(
    """me you him her it us them this that first least all fact general touch love end beginning start time times moment
    once day days week weeks weekend month months year years morning evening night noon midnight today tomorrow
    yesterday january february march april may june july august september october november december monday tuesday
    wednesday thursday friday saturday sunday christmas easter""".split()  # noqa: SIM905
)
_NAMING = regex(r"\b(?:names?|called|named)\b", re.I)
_NAMED = regex(r"\b(?:called|named|names? (?:is|are|was|were)|name['’]s)\s+(?:it |him |her )?")
_BECAUSE = regex(r"\b(?:because|'cause|so that|in order to|due to|thanks to)\b(?: of\b)?\s*", re.I)
_CLAUSE = regex(r"\s+[-–—]+\s+|[;:]\s+|,\s+(?:and|but|so|which|who|because)\s+|\.\.\.\s*|\s+(?:but|because)\s+")
_OPENING = regex(
    r"^(?:(?:hey|hi|hello|wow|oh|yeah|yes|yep|no|nope|well|thanks|thank you|sure|absolutely|definitely|totally|cool"
    r"|great|awesome|nice|aw+|haha|ok(?:ay)?|actually|also|and|but|so"
    r"|by the way|btw|guess what|you know|i mean|of course)\b"
    r"[,!. ]*(?:[A-Z][a-z]+[,!]\s+)?)+",
    re.I,
)
_EDGE = FUNCTION_WORDS | frozenset(
    [
        "really",
        "actually",
        "definitely",
        "been",
        "im",
        "ive",
        "id",
        "ill",
        "lot",
        "lots",
        "got",
        "getting",
        "going",
        "thing",
    ]
)
_WORD = regex(r"[^\W_]+(?:['’-][^\W_]+)*")
_NEGATED = regex(r"\b(?:no|not|never|nobody|nothing|none)\b|n['’]t\b", re.I)


def span(question: Question, sentence: str, speaker: str) -> str:
    """The answer in a sentence that was said by a speaker; the sentence itself where nothing shorter can be told."""
    said = _OPENING.sub("", sentence).strip() or sentence
    if question.kind == "yes_no":
        negated = bool(_NEGATED.search(said)) != question.negated
        return "No" if negated else "Yes"
    if question.kind == "how_long" and (found := _SPAN_OF_TIME.search(said)):
        return found.group()
    if question.kind in ("how_many", "how_long") and (amount := _amount(question, said)):
        return amount
    if _NAMING.search(question.text) and (name := _given_name(said)):
        return name
    if question.kind == "who" and (person := _person(question, said, speaker)):
        return person
    if question.kind == "where" and (place := _place(question, said)):
        return place
    if question.kind == "why":
        reason = _BECAUSE.search(said)
        return said[reason.end() if reason else 0 :].rstrip(".!? ")
    return _trimmed(question, _clause(question, said))


def holds(question: Question, sentence: str) -> bool:
    """Whether a sentence holds the kind of thing that the question asks for. True where any sentence may."""
    if question.kind == "how_many":
        return bool(_AMOUNT.search(sentence))
    if question.kind == "how_long":
        return bool(_SPAN_OF_TIME.search(sentence) or _AMOUNT.search(sentence))
    if question.kind == "who":
        return bool(_person(question, sentence, ""))
    if question.kind == "where":
        return bool(_place(question, sentence))
    return True


def _amount(question: Question, said: str) -> str | None:
    """The amount beside a word of the question, else the first one."""
    found = list(_AMOUNT.finditer(said))
    if not found:
        return None
    near = [one for one in found if question.terms & stems(said[one.start() : one.end() + 20])]
    return (near or found)[0].group().strip()


def _person(question: Question, said: str, speaker: str) -> str | None:
    """People in a sentence whom the question does not name; who speaks of themselves is meant if nobody else is."""
    known = {word.lower() for word in _WORD.findall(question.text)}
    names = [
        match.group()
        for match in _NAME.finditer(said)
        if match.start() > 0 and not set(match.group().lower().split()) & (known | FUNCTION_WORDS | {"i"})
    ]
    kin = [match.group() for match in _KIN.finditer(said)]
    people = list(dict.fromkeys(names + kin))
    if people:
        return ", ".join(people)
    first = next(iter(content_words(speaker)), "")
    return speaker if first and first not in question.names and re.search(r"\bI\b|\bmy\b", said) else None


def _given_name(said: str) -> str | None:
    """The name that a sentence gives to something: "she's called Bolota"."""
    given = _NAMED.search(said)
    name = _NAME.match(said, given.end()) if given else None
    return name.group() if name else None


def _place(question: Question, said: str) -> str | None:
    found = []
    for match in _PLACE.finditer(said):
        place = match.group(1)
        bare = set(content_words(place))
        if bare and not bare & _NO_PLACE and not stems(place) <= question.terms:
            found.append(place)
    named = [place for place in found if any(letter.isupper() for letter in place)]
    return (named or found or [None])[0]


def _clause(question: Question, said: str) -> str:
    """The clause that shares most with the question and still says something new; all of a short sentence."""
    parts = [part.strip() for part in _CLAUSE.split(said) if part.strip()]
    if len(parts) < 2 or len(_WORD.findall(said)) <= LONGEST:
        return said

    def worth(part: str) -> tuple[int, int]:
        found = stems(part)
        return (len(found & question.terms) if found - question.terms else -1, len(found - question.terms))

    return max(parts, key=worth)


def _trimmed(question: Question, clause: str) -> str:
    """What the clause says after the words of the question, or beside them, without function words at its ends."""
    words = list(_WORD.finditer(clause))
    asked = [at for at, word in enumerate(words) if (found := stems(word.group())) and found <= question.terms]
    if asked and stems(clause[words[asked[-1]].end() :]) - question.terms:
        words = words[asked[-1] + 1 :]
    says = [word for word in words if not _says_nothing(question.terms, question.names, word.group())]
    return clause[says[0].start() : says[-1].end()] if says else clause.rstrip(".!? ")


def _says_nothing(terms: Collection[str], names: Collection[str], word: str) -> bool:
    plain = word.lower().replace("’", "'")
    bare = plain.split("'")[0]
    return bare in _EDGE or plain.replace("'", "") in _EDGE or bare in names or stems(word) <= set(terms)
