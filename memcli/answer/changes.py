"""Which of several answers to a question holds: what was said last takes the place of what it changes. Pure.

Nothing here knows what a sentence means. A later statement takes the place of an earlier one if both speak of the same
thing (the things that the question names, or the earlier value itself), and the later one says in so many words that
something is otherwise ("instead", "no longer", "switched to"), or is the same statement by the same speaker with
another value.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

from memcli.patterns import regex
from memcli.recall.query import content_words, stems, words
from memcli.recall.question import Question
from memcli.types import Evidence


class Value(NamedTuple):
    """Words that may answer, with the sentences that they are part of; how sure the reader is of them, in log odds, and
    that with how well their turn was recalled."""

    evidence: Evidence
    words: str
    quote: str
    sure: float
    score: float


class Asked(NamedTuple):
    """Of when a question asks, and the question without the words that say so.

    when: "now"; "first", or "before" what it is now, or before the value `than`; "then", of a time that it names; else
    "past": of something that happened.
    """

    when: str
    plain: str
    than: str = ""


_TAKEN_BACK = (
    r"\b(?:i meant|correction|mistake|mistyped|typo|error|swapped|mixed (?:it |them )?up|(?:was|is) wrong|scratch that"
    r"|make (?:it|that)|no longer|not any ?more|(?:has|have|is|was) changed|postponed|brought forward"
    r"|(?:moves?|moved|slipped|goes|went|gone) (?:once more |again |up |down )?from)\b|\bnot (?:the|on|in|at) \w+"
)
_TAKES_BACK = regex(_TAKEN_BACK, re.I)
"""What people say who take back what was said before."""

_CORRECTS = regex(
    rf"{_TAKEN_BACK}|\b(?:moved forward|pushed back|rescheduled|after all|in the end|fell through)\b", re.I
)
"""The same, or that it came otherwise."""

_CHANGES = regex(
    r"\b(?:instead|from now on|until further notice|starting (?:next|from|on)|as of|as from"
    r"|from (?:next|tomorrow|\w+ on(?:wards)?)|any ?more|no longer"
    r"|after all|in the end|turn(?:s|ed) out|correction|went with|ended up"
    r"|switch(?:ed|ing)?|swapped|moved|moving|changed?|replac(?:ed|es|ing)|renamed|migrat(?:ed|ion)|upgraded|rebased"
    r"|traded|converted|transferred|relocated|went from"
    r"|raise[sd]?|increased?|(?:goes|went|gone|is|are) (?:up|down)|cut|lower(?:ed|s)|reduc(?:ed|es)|dropped"
    r"|slip(?:s|ped)|push(?:ed|es) back|postponed?|delayed|(?:brought|moved) forward|rescheduled|shifted|put off"
    r"|(?:took|taken|takes|take) over|hand(?:ed|s)? [\w ’'-]*over|elected|promoted|appointed|beat my)\b"
    r"|\b(?:stattdessen|statt|sondern|seit(?:dem)?|ab (?:sofort|jetzt|nächste[rnms]?|januar|februar|märz"
    r"|april|mai|juni|juli|august|september|oktober|november|dezember|montag|dienstag|mittwoch|donnerstag|freitag|samstag"
    r"|sonntag)|gewechselt|umgezogen|geändert|verschoben|ersetzt|umgestellt)\b",
    re.I,
)
"""What people say who tell of something that is otherwise than it was."""

_NOW = regex(
    r"\b(?:now|new|these days|nowadays|lately|meanwhile|by now|at the moment|currently|actually|update|decided"
    r"|start(?:ed)? (?:as|at|with|on|\w+ing)|jetzt|nun|mittlerweile|inzwischen|neu(?:e[rsnm]?)?|doch)\b",
    re.I,
)
"""What people say of what is so now, and of much else."""

_OVER = regex(
    r"\b(?:retired?|resign(?:ed|s)|steps? down|stepped down|quit|left|leaves|leaving|gave (?:\w+ )?up|given up"
    r"|giving up|dropped|sold|got rid of|broke(?: up| down)?|split up|died|dead|clos(?:ed?|es|ing)|cancel(?:l?ed|s)"
    r"|fell through|(?:is|was|are) (?:off|full|gone|over|out|wrong|on leave|on strike)|moved (?:away|out)|stop(?:ped|s)"
    r"|no longer|used to|any ?more|finish(?:ed)?|done with|replaced?|doesn['’]t want|don['’]t want|passed away"
    r"|instead of|rather than|switched from|changed (?:their|my|his|her|our) minds?|lost|stolen|wasn['’]t|weren['’]t"
    r"|isn['’]t|aren['’]t|not)\b"
    r"|\b(?:nicht mehr|kein(?:e[rsnm]?)? mehr|gekündigt|verkauft|aufgehört|in (?:pension|rente)|pensioniert|verloren"
    r"|gestorben|statt|geschlossen|abgesagt|kaputt)\b",
    re.I,
)
"""What people say of what is over."""

_STILL = regex(r"\b(?:still|stays?|remains?|kept|(?:immer )?noch|weiterhin)\b", re.I)
_PAST = regex(r"\b(?:did|was|were|had|used to)\b|\b(?:war(?:en|st)?|hatten?|wurden?|wohnten?|arbeiteten?)\b", re.I)
_FIRST = regex(
    r"[\s,]*\b(?:at first|originally|initially|(?:in|at) the beginning|to begin with|anfangs|ursprünglich|zuerst)\b",
    re.I,
)
_BEFORE = regex(
    r"[\s,]*\b(?:before(?: (?:that|then|now))?|previously|formerly|earlier|in the past|vorher|früher|davor)(?=\W*$)"
    r"|\b(?:previous|former|vorherige[rsn]?|frühere[rsn]?)\b",
    re.I,
)
_BEFORE_WHAT = regex(r"[\s,]*\b(?:before|vor) (?P<than>[^?]+?)(?=\W*$)", re.I)

_I = regex(r"\b(?:i|i['’](?:m|ve|d|ll)|my|mine|me|myself|ich|mein(?:e[rsnm]?)?)\b", re.I)
_THEIRS = regex(r"\b(?i:their|his|her|your|seine?[rnms]?|ihre?[rnms]?)\b|\b[A-Z]\w+(?=['’]s\b)")
_OF_A_THING = frozenset(
    """
    the a an my our his her their your its this that these those of der die das den dem des mein meine unser unsere
    """.split()  # noqa: SIM905 - a list of quoted words reads worse
)
_SMALL = frozenset(
    """
    a an the in on at of to for with from by and my our his her their its mr mrs ms dr called named im am bei der die
    das den dem ein eine einen
    """.split()  # noqa: SIM905
)
_MANY_TIMES = """
    like love enjoy hate eat drink cook play read watch collect grow plant buy need want visit know speak have own think
    say feel recommend suggest
"""
"""What has many objects beside each other: another one does not take the place of the first."""

_CALENDAR = frozenset(
    """
    january february march april may june july august september october november december monday tuesday wednesday
    thursday friday saturday sunday januar februar märz mai juni juli oktober dezember montag dienstag mittwoch
    donnerstag freitag samstag sonntag
    """.split()  # noqa: SIM905
)
_NO_ANCHOR = frozenset("i we he she it you they and but so is are was were be ich wir er sie es und".split())  # noqa: SIM905

_TOKEN = regex(r"\d(?:[\d.,:]*\d)?|[^\W\d_]+(?:['’-][^\W\d_]+)*")
_NAME = regex(r"(?<=[\w,] )[A-ZÀ-ÖØ-Þ][\w’'-]+")
_ENDED = regex(r"[.!?\n]+\s+")
_CLAUSE = regex(r"[^.!?;,\n]+(?:[.!?](?=\S)[^.!?;,\n]+)*(?:[.!?;,\n]+|$)")
_JOINT = regex(r"\s(?=(?:and|but|so|und|aber) )", re.I)


def asked(question: Question) -> Asked:
    """Of when the question asks."""
    text = question.text
    past = bool(_PAST.search(text))
    if found := _FIRST.search(text):
        return Asked("first", _without(text, found))
    if found := _BEFORE.search(text):
        return Asked("before", _without(text, found))
    if past and (found := _BEFORE_WHAT.search(text)):
        return Asked("before", _without(text, found), found["than"])
    if question.order == "first":
        return Asked("first", text)
    if past and question.window is not None:
        return Asked("then", text)
    return Asked("past" if past else "now", text)


def plain(text: str) -> str:
    """A question without "originally", "previous" and the like, which nobody said who told what was so."""
    found = _FIRST.search(text) or _BEFORE.search(text)
    return _without(text, found) if found else text


def _without(text: str, found: re.Match[str]) -> str:
    return f"{text[: found.start()]} {text[found.end() :].lstrip()}".replace("  ", " ").strip()


def takes_the_place(question: Question, after: Value, before: Value, *, now: bool) -> bool:
    """Whether what was said after takes the place of what was said before, as an answer to the question.

    now: the question is of what holds; else what happened is only taken back in so many words.
    """
    new, old = after.evidence.turn, before.evidence.turn
    if new.said_at is None or old.said_at is None or new.said_at <= old.said_at or new.role != old.role:
        return False
    if same_value(question, after.words, before.words) or not _by_or_about_the_same(question, after, before):
        return False
    if max(len(words(after.words)), len(words(before.words))) > SHORT:
        return False
    told = _told_of(question, after, before)
    alike = question.kind == "how_many" or _in_numbers(after.words) == _in_numbers(before.words)
    near = _near(new.text, after.quote)
    corrects = bool(_CORRECTS.search(near))
    named = [near[low:high] for low, high in clauses(near) if names_value(question, near[low:high], before.words)]
    if any(_STILL.search(clause) for clause in named):
        return False
    # "I swapped two digits. It is ..." does not say again of what.
    of_it = bool(_TAKES_BACK.search(near)) and new.speaker == old.speaker and not question.terms & stems(new.text)
    if not now:
        return after.sure > 0 and alike and corrects and (told or bool(named) or of_it)
    if any(map(over, named)):
        return after.sure > NAMED_BEFORE
    known = told or of_it or bool(named) or _name_is_over(question, near, before.quote)
    if corrects or _CHANGES.search(near) or _OVER.search(near):
        return after.sure > 0 and alike and known
    if _NOW.search(near):
        least = 0.0 if named else max(SURE, before.sure - NEARLY)
        return after.sure > least and alike and known
    same = new.speaker == old.speaker and _same_statement(question, after, before)
    return after.sure > max(0.0, before.sure - NEARLY) and alike and same


NEARLY = 2.0
"""How much less sure, in log odds, the reader may be of what is merely said anew, or said to be so now."""

SURE = 3.0
"""How sure the reader must be, in log odds, of what is only said to be so now."""

SHORT = 10
"""Values have at most so many words: what is longer tells a story."""


def tells_of_change(text: str) -> bool:
    """Whether somebody says that something is otherwise than it was."""
    return any(pattern.search(text) for pattern in (_CORRECTS, _CHANGES, _NOW, _OVER))


NAMED_BEFORE = -7.0
"""How unsure the reader may be of words that stand in a sentence which says that the earlier value is over."""


def same_value(question: Question, one: str, other: str) -> bool:
    """Whether two answers are the same, or one is part of the other."""
    mine, theirs = _value(question, one), _value(question, other)
    return mine <= theirs or theirs <= mine


def names_value(question: Question, text: str, value: str) -> bool:
    """Whether a text has half of the words of what was the answer; of one in numbers the longest number counts."""
    wanted = _tokens(value) - _tokens(question.text) - _SMALL
    if numbers := [token for token in wanted if token[0].isdigit()]:
        wanted = {max(numbers, key=len)}
    return bool(wanted) and 2 * len(wanted & _tokens(text)) >= len(wanted)


def _near(text: str, quote: str) -> str:
    """The sentences of a quote with the one before them."""
    at = max(text.find(quote), 0)
    head = text[:at].rstrip()
    begins = max((found.end() for found in _ENDED.finditer(head[:-1])), default=0)
    return text[begins : at + len(quote)]


def _name_is_over(question: Question, text: str, other: str) -> bool:
    """Whether a clause says that something is over and has a name that another text has, and the question has not."""
    names = {found.lower() for found in _NAME.findall(other)} - _tokens(question.text) - _CALENDAR
    return any(over(text[low:high]) and names & _tokens(text[low:high]) for low, high in clauses(text))


def over(clause: str) -> bool:
    """Whether a clause says that something is over."""
    return bool(_OVER.search(clause))


def clauses(text: str) -> list[tuple[int, int]]:
    """Where the clauses of a text stand: what is between marks and joints."""
    found = []
    for part in _CLAUSE.finditer(text):
        cuts = [part.start(), *(part.start() + joint.start() for joint in _JOINT.finditer(part.group())), part.end()]
        found += [(low, high) for low, high in pairwise(cuts) if text[low:high].strip()]
    return found


def chosen(question: Question, when: Asked, values: Sequence[Value]) -> Value:
    """Of values that took each other's place, in the order in which they were said, the one that is asked for."""
    if when.when == "first":
        return values[0]
    if when.when == "before":
        wanted = {word for word in words(when.than) if word not in _SMALL}
        at = next((place for place, one in enumerate(values) if wanted & set(words(one.words))), len(values) - 1)
        return values[max(at - 1, 0)]
    if when.when == "then" and question.window is not None:
        said = [one for one in values if day_said(one.evidence) <= question.window[1]]
        return said[-1] if said else values[0]
    return values[-1]


def day_said(evidence: Evidence) -> date:
    """The day on which a turn was said, where it was said; the first of all days if nobody knows."""
    turn = evidence.turn
    return (turn.said_at + timedelta(minutes=turn.utc_offset)).date() if turn.said_at else date.min


def _tokens(text: str) -> set[str]:
    """The words and numbers of a text, lower-cased."""
    return {found.lower() for found in _TOKEN.findall(text)}


def _value(question: Question, text: str) -> set[str]:
    """The words and numbers of an answer that the question has not, without small ones; all if there are no others."""
    spoken = _tokens(text)
    return (spoken - _tokens(question.text) - _SMALL) or spoken


def _in_numbers(text: str) -> bool:
    return any(letter.isdigit() for letter in text)


def _by_or_about_the_same(question: Question, after: Value, before: Value) -> bool:
    new, old = after.evidence.turn, before.evidence.turn
    if new.speaker == old.speaker:
        return True
    if _I.search(after.quote) and _I.search(before.quote):
        return False  # each speaks of himself
    speaks = set(content_words(old.speaker)[:1]) & question.names
    return not speaks or bool(speaks & {*content_words(new.speaker)[:1], *content_words(new.text)})


def _told_of(question: Question, after: Value, before: Value) -> bool:
    """Whether what the question names, and either turn tells of, is what the other one tells of, too."""
    new, old = (stems(one.evidence.turn.text) for one in (after, before))
    both, either = question.terms & new & old, question.terms & (new | old)
    for thing in _things(question.text):
        if (there := thing & either) and 2 * len(there & both) < len(there):
            return False
    if both <= stems(_MANY_TIMES):
        return False
    return 2 * len(both) >= len(either) and not _contrasts(question, after, before)


def _contrasts(question: Question, after: Value, before: Value) -> bool:
    """Whether one of the turns has another word where the other has one of the question: "for the editor" and "for the
    debugger", "the red bike" and "the blue bike"."""
    new, old = after.evidence.turn.text, before.evidence.turn.text
    answers = _tokens(after.words) | _tokens(before.words)
    return _other_words(question, new, old, answers) or _other_words(question, old, new, answers)


def _other_words(question: Question, text: str, other: str, answers: set[str]) -> bool:
    """Whether the other text has other words beside what stands beside a word of the question in the first, which the
    other lacks."""
    lacking = question.terms - stems(other)
    beside = {(place, after) for word, place, after in _neighbours(text) if stems(word) & lacking}
    return any(
        (place, after) in beside
        and stems(word) - question.terms
        and not word.isdigit()
        and word not in answers
        and not _CHANGES.fullmatch(word)
        and not _NOW.fullmatch(word)
        and not _OVER.fullmatch(word)
        for word, place, after in _neighbours(other)
    )


def _neighbours(text: str) -> list[tuple[str, int, str]]:
    """Each word with the one before it (-1) and the one after it (1) in its clause; articles, pronouns and copulas are
    passed over, or are nobody's neighbours."""
    found = []
    for low, high in clauses(text):
        row = [word for word in words(text[low:high]) if word not in _OF_A_THING or word == "of"]
        for first, second in pairwise(row):
            found += [(second, -1, first)] if first not in _NO_ANCHOR else []
            found += [(first, 1, second)] if second not in _NO_ANCHOR else []
    return found


def _things(text: str) -> list[set[str]]:
    """The stems of each thing that a question names: the words after "the", "my", a name's 's, and names."""
    things: list[set[str]] = []
    spoken = [found.strip(".,?!") for found in text.split()]
    at_thing = False
    for place, word in enumerate(spoken):
        own = word.lower()
        if own in _OF_A_THING or own.endswith(("'s", "’s")):
            at_thing = True
            things.append(set())
            if own in _OF_A_THING:
                continue
        content = stems(word)
        named = place > 0 and word[:1].isupper()
        if not content:
            at_thing = False
        elif named:
            things.append(content)
        elif at_thing:
            things[-1] |= content
    return [thing for thing in things if thing]


def _same_statement(question: Question, after: Value, before: Value) -> bool:
    """Whether both tell all of what the question is about that either tells, and of nobody else."""
    new, old = after.evidence.turn.text, before.evidence.turn.text
    told, both = question.terms & (stems(new) | stems(old)), question.terms & stems(new) & stems(old)
    if told != both or told <= stems(_MANY_TIMES) or (question.several and question.kind != "how_many"):
        return False
    others = {found.group().lower() for found in _THEIRS.finditer(new)} - set(words(old)) - set(words(question.text))
    return not others and not _contrasts(question, after, before)
