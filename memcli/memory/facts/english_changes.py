# ruff: noqa: E501 - a pattern that is broken over lines can no longer be read
"""Words that tell that something has changed and not to what: "we've moved house", "my new phone is so fast".

Nothing is known of the new value then, but the old one may be outdated, and is told as such until somebody says what is
so. Only what people have one of at a time is looked for, and only where the speaker tells it of himself.
"""

from __future__ import annotations

import re
from typing import Final

from memcli.memory.facts.english import any_of
from memcli.memory.facts.predicates import NAMED, NUMBERS, PARTNERS, ROLES, THINGS
from memcli.patterns import regex

_ONE_OF: Final = any_of((*ROLES, *THINGS, *NUMBERS, *PARTNERS, *NAMED))
_HOME: Final = r"(?:home|flat|apartment|house|place|city|town|address)"
_I: Final = r"\b(?:[Ii]|[Ww]e)(?:['’]ve|['’]m|['’]re|\s+(?:have|am|are|had))?(?:\s+(?:just|finally|recently|already|now|officially))*"
_MY: Final = r"\b(?:[Mm]y|[Oo]ur)"

#: Each with the predicates that it makes doubtful; "*" stands for what the group `attribute` holds.
CHANGES: Final = tuple(
    (regex(pattern), predicates)
    for pattern, predicates in (
        (rf"(?<!is ){_MY}\s+(?:brand[ -])?new\s+(?P<attribute>{_ONE_OF})\b(?!['’]s|\s+(?:case|cover|charger|key|keys|seat|tyre|tire|lock|book|bag|name))", ("*",)),
        (rf"{_I}\s+(?:got|gotten|bought|found|have|chose|need(?:ed)?\s+to\s+get)\s+an?\s+(?:brand[ -])?new\s+(?P<attribute>{_ONE_OF})\b(?!['’]s|\s+(?:case|cover|charger|key|keys|seat|tyre|tire|lock|book|bag|name))", ("*",)),
        (rf"{_I}\s+(?:changed|switched|replaced|swapped|traded\s+in|traded|got\s+rid\s+of|fired|left|lost)\s+(?:my|our)\s+(?:old\s+)?(?P<attribute>{_ONE_OF})\b(?!['’]s|\s+(?:case|cover|charger|key|keys|seat|tyre|tire|lock|book|bag|name))", ("*",)),
        (rf"{_MY}\s+(?:old\s+)?(?P<attribute>{_ONE_OF})\s+(?:has\s+|have\s+)?(?:changed|retired|moved\s+away|quit|left|died|passed\s+away|was\s+stolen|got\s+stolen|is\s+gone|is\s+dead|broke\s+for\s+good)\b", ("*",)),
        (rf"\b(?:[Mm]y|[Oo]ur|[Tt]he)\s+old\s+(?P<attribute>{_ONE_OF})\s+(?:is\s+(?:dead|gone|history|no\s+more)|no\s+longer\s+works)\b", ("*",)),
        (rf"\b(?:goodbye|farewell|bye)[, ]+(?:my\s+)?old\s+(?P<attribute>{_ONE_OF})\b", ("*",)),
        (rf"\binstead\s+of\s+(?:my|our|the)\s+old\s+(?P<attribute>{_ONE_OF})\b", ("*",)),
        (rf"{_I}\s+moved\s+(?:house|out|flats|apartments|cities|again|away|back\s+home|in\s+with)\b(?!\s+(?:of\s+the\s+way|the))", ("lives in",)),
        (rf"{_I}\s+moving\s+(?:house|out|flats|apartments|cities|away|in\s+with)\b", ("lives in",)),
        (rf"{_MY}\s+(?:brand[ -])?new\s+{_HOME}\b", ("lives in",)),
        (rf"{_I}\s+(?:got|found|bought|rented|moved\s+into|moving\s+into)\s+an?\s+(?:brand[ -])?new\s+{_HOME}\b", ("lives in",)),
        (rf"{_MY}\s+(?:brand[ -])?new\s+(?:job|employer|position|workplace)\b", ("works at", "job")),
        (rf"{_I}\s+(?:got|gotten|found|started|starting|have|accepted|took|landed)\s+(?:an?|my)\s+(?:brand[ -])?new\s+(?:job|position)\b", ("works at", "job")),
        (rf"{_I}\s+(?:changed|changing|switched|switching)\s+(?:jobs|companies|employers)\b", ("works at", "job")),
        (rf"{_I}\s+(?:do\s+not|don['’]t)\s+work\s+there\s+any\s?more\b", ("works at",)),
        (rf"{_I}\s+(?:gave|given|handed\s+in)\s+(?:my\s+)?notice\b", ("works at",)),
        (rf"{_MY}\s+last\s+day\s+at\s+(?:work|the\s+office|the\s+company|my\s+job)\b", ("works at",)),
        (rf"{_I}(?:\s+(?:was|were|got|been))*\s+promoted\b", ("job",)),
        (rf"{_I}\s+(?:changed|changing|switched|switching)\s+careers?\b", ("works at", "job")),
        (rf"{_I}\s+(?:single\s+again|newly\s+single|getting\s+(?:a\s+divorce|divorced)|divorced\s+now)\b", ("partner", "marital status")),
        (r"\bno\s+longer\s+my\s+favou?rite\s+(?P<attribute>[a-z]+(?:\s+[a-z]+)?)(?=\s*(?:[.!,;]|$))", ("favourite *",)),
    )
)  # fmt: skip

#: A text with none of these words tells of no such change.
CUES: Final = regex(
    r"\b(?:new|old|changed|changing|switch\w*|replaced|swapped|traded|rid|fired|left|lost|retired|moved|moving|quit|died|"
    r"stolen|gone|promoted|notice|last|single|divorced?|separated|any\s?more|no longer)\b",
    re.I,
)
