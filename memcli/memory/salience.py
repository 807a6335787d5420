"""How deep an impression a memory makes when it is made: the rating that it begins its forgetting curve with.

What is said to be remembered, decided or felt stays for years; what names somebody, a number or a day stays longer than
small talk; "ok" and "haha" go first. The rating is one of FSRS's own, so that a strength of one memory means the same
as that of another: 1 nothing in it, 2 small talk, 3 something definite, 4 meant to stay. No rating ever deletes
anything: it only decides when a turn that nobody uses goes to the archive.

The words are English; in other languages names, numbers and lengths tell. Nothing here is fitted to any data set.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final, Literal

from memcli.memory.forgetting import Strength, initial_difficulty, initial_stability
from memcli.patterns import regex
from memcli.recall.query import content_words
from memcli.types import Rating

Kind = Literal["turn", "episode", "summary", "fact"]

#: How much longer than a turn of the same rating a memory of this kind lasts: it stands for several of them.
ENDURANCE: Final[dict[Kind, float]] = {"turn": 1.0, "episode": 2.0, "summary": 4.0, "fact": 8.0}

_MEANT_TO_STAY: Final = regex(
    r"""\b(?:
    remember\ (?:that|this|to|it|my|the)|(?:don['’]?t|do\ not|never)\ forget|remind\ me|note\ (?:that|to\ self)|
    for\ the\ record|keep\ in\ mind|important(?:ly)?|from\ now\ on|make\ sure|no\ matter\ what|
    (?:we|i)(?:['’]ve|\ have)?\ (?:finally\ )?(?:decided|agreed|settled|resolved)|(?:we|i)['’]?\ ?(?:ll|will)\ go\ with|
    the\ (?:decision|plan|deal)\ is|it['’]?s\ (?:a\ deal|decided|settled)|i\ promise|
    (?:got|getting|get)\ (?:married|engaged|divorced|fired|promoted|hired)|pregnant|diagnosed|
    passed\ away|died|funeral|was\ born|gave\ birth|broke\ up|proposed|graduated|
    (?:i|we)(?:['’]m|\ am|['’]re|\ are|\ was|\ were)?\ (?:so\ |really\ |very\ |absolutely\ |totally\ )?
    (?:love|hate|adore|heartbroken|devastated|terrified|thrilled|overjoyed|furious|ashamed|proud)
    )\b""",
    re.I | re.X,
)
_DEFINITE: Final = regex(
    r"""\d|\b(?:
    yesterday|today|tonight|tomorrow|(?:mon|tues|wednes|thurs|fri|satur|sun)day|
    january|february|april|june|july|august|september|october|november|december|
    two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|
    nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|dozen|noon|midnight|
    (?:last|next|this)\ (?:week|weekend|month|year|spring|summer|autumn|fall|winter)
    )\b""",
    re.I | re.X,
)
#: What one asks of whoever writes the answers. "Never used it" and "always a pleasure" are no rules.
_DO: Final = (
    r"(?:answer|reply|respond|write|address|speak|sign|format|cite|explain|translate|convert|remind|summari[sz]e|show|"
    r"give|include|mention|ask|call|greet|tell|use(?!\ (?:the|it|that|this|a|an|my|your)\b))\b"
)
_STANDING: Final = regex(
    rf"""(?:^|[.!?]\s+|\n)(?:please,?\s+|so\s+|and\s+|ok(?:ay)?,?\s+)*(?:
    (?:always|never)\ {_DO}|
    (?:from\ now\ on|in\ (?:the\ )?future),?\ (?:please\ |always\ |never\ |do\ not\ |don['’]?t\ )*{_DO}|
    (?:whenever|every\ time)\ (?:i|we|you)\b[^.!?]*\b(?:please|always|make\ sure\ to|never)\ {_DO}
    )""",
    re.I | re.X,
)
#: A capital letter that no sentence begins with: most often a name.
_NAME: Final = regex(r"(?<=[\w,;:'’\"(] )(?!I\b|I['’])[^\W\d_a-z]\w+")

READ: Final = 2_000

LONG_WORDS: Final = 12
"""A turn with this many words of content says something definite, whatever it is."""


def rating_of(text: str) -> Rating:
    """The rating that a turn of these words begins with; of a long one, the first READ characters tell."""
    text = text[:READ]
    content = content_words(text)
    if not content and not _DEFINITE.search(text):
        return 1
    if _MEANT_TO_STAY.search(text) or _STANDING.search(text):
        return 4
    if len(content) < 2 and not _DEFINITE.search(text):
        return 1
    if _DEFINITE.search(text) or _NAME.search(text) or len(content) >= LONG_WORDS:
        return 3
    return 2


def is_standing_instruction(text: str, role: str) -> bool:
    """Whether somebody tells how things are to be done from now on: a rule, not a story."""
    return role != "assistant" and _STANDING.search(text[:READ]) is not None


def first_strength(kind: Kind, rating: Rating, born: datetime | None) -> Strength:
    """The strength of a memory that was never recalled. `born`: when it was said, None if nobody knows."""
    return Strength(initial_stability(rating) * ENDURANCE[kind], initial_difficulty(rating), born)
