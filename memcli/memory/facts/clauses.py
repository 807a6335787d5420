"""Sentences and their clauses as spans of a text, and which of them state what is so.

A question, a supposition, a quotation, a wish and a joke state nothing: they are passed over whole. Where it is
doubtful whether something is stated, it is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple


class Clause(NamedTuple):
    """Characters `start` to `end` of the text, in the sentence from `sentence_start` to `sentence_end`."""

    start: int
    end: int
    sentence_start: int
    sentence_end: int


_ABBREVIATION: Final = re.compile(r"\b(?:Dr|Mr|Mrs|Ms|St|Prof|Jr|Sr|vs|approx|e\.g|i\.e|a\.m|p\.m)\.$", re.I)
_END: Final = re.compile(r"[.!?…]+[\"'”’)\]]*(?=\s|$)|\n+")
_SPLIT: Final = re.compile(
    r"\s*[;—]\s*|\s+[–-]+\s+|,?\s+(?:but|because|cause|'cause|’cause|so|and so|and then|and|though|although)\s+"
    r"(?=(?:[Ii]\b|[Ww]e\b|[Mm]y\b|[Oo]ur\b|[A-Z][\w’']+\s))|,\s+(?=(?:I|we|my|our)\b)"
)
_FENCED: Final = re.compile(r"```.*?(?:```|\Z)|`[^`\n]+`|^[ \t]*>.*$|^[ \t]{4,}\S.*$", re.S | re.M)
_QUOTED: Final = re.compile(r"[\"“„«][^\"“”„«»\n]*[\"”“»]|(?<!\w)['‘][^'‘’\n]{3,}['’](?!\w)")

_QUESTION: Final = re.compile(
    r"^\W*(?:(?:so|and|but|well|hey|hi|ok|okay|oh)\W+)*(?:who|whom|whose|what|where|when|why|how|which|do|does|did|are|is|"
    r"am|was|were|can|could|shall|should|will|would|have|has|had|may|might|isn['’]t|aren['’]t|don['’]t|didn['’]t|"
    r"doesn['’]t|won['’]t|haven['’]t|hasn['’]t)\s+(?:i|you|we|he|she|it|they|there|this|that|the|my|your|[a-z]+)\b",
    re.I,
)
#: In such a sentence nothing is stated, wherever the word stands.
_SUPPOSED: Final = re.compile(
    r"\b(?:if|unless|imagine|imagining|suppose|supposing|pretend|pretending|hypothetically|wish|wished|wishes|"
    r"as though|what if|in case|whether|in (?:my|a|the) (?:dream|story|novel|game|book|movie|film|play|song)|dreamt|"
    r"dreamed|dreaming|in another life|lyrics?|role[- ]?play|character|once i|as soon as|whenever|joke|joking|kidding|"
    r"jk|april fools?|sarcasm|hoping|almost|nearly)\b|(?<!\w)/s(?!\w)|[😜😝🤪😏🙃]|;-?\)",
    re.I,
)
_HALF_SUPPOSED: Final = re.compile(
    r"\b(?:would|wouldn['’]t|could|might|may|maybe|perhaps|probably|should|supposedly|apparently|allegedly|"
    r"not sure|guess|[Ii]['’]d)\b|\bwhen [Ii]\b|\bwhen we\b",
)
_WHEN_FIRST: Final = re.compile(r"^\W*(?:when|while|back when|after|before|until|till|by the time|every time)\b", re.I)
_RETRACTED: Final = re.compile(
    r"\b(?:just kidding|only kidding|i['’]?m kidding|kidding[,.! ]|only joking|just joking|i['’]?m joking|jk\b|"
    r"got you there|gotcha|as if[.!]|in my dreams|yeah,? right)|\bnot really[.!]",
    re.I,
)


def stated(text: str) -> list[Clause]:
    """The clauses of `text` that state something, in order."""
    if _RETRACTED.search(text):
        return []
    barred = [match.span() for pattern in (_FENCED, _QUOTED) for match in pattern.finditer(text)]
    found: list[Clause] = []
    for start, end in sentences(text):
        sentence = text[start:end]
        if "?" in sentence[-4:] or _QUESTION.match(sentence) or _SUPPOSED.search(sentence):
            continue
        if any(begin < end and start < finish for begin, finish in barred):
            continue
        if _WHEN_FIRST.match(sentence):
            continue
        for clause_start, clause_end in _clauses(text, start, end):
            if not _HALF_SUPPOSED.search(text[clause_start:clause_end]):
                found.append(Clause(clause_start, clause_end, start, end))
    return found


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Spans of the sentences of `text`, white space trimmed, end marks included."""
    start = 0
    for match in _END.finditer(text):
        if match.group()[0] == "." and _ABBREVIATION.search(text, max(start, match.start() - 8), match.start() + 1):
            continue
        yield from _trimmed(text, start, match.end())
        start = match.end()
    yield from _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end


def _clauses(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    for match in _SPLIT.finditer(text, start, end):
        if "and" in match.group() and len(text[at : match.start()].rpartition(",")[2].split()) <= 2:
            continue  # "Ines and I got married" has one subject
        if match.start() > at:
            yield at, match.start()
        at = match.end()
    if at < end:
        yield at, end
