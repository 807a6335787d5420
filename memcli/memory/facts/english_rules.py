# ruff: noqa: E501 - a pattern that is broken over lines can no longer be read
"""The rules: which words state which fact. See `english` for the placeholders, `extract` for how a rule is read.

They are meant to miss rather than to err: a rule takes only what is put so plainly that it can hardly mean another thing.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from memcli.memory.facts.english import PLACEHOLDERS, PROPER, any_of
from memcli.memory.facts.english_lives import LIVES
from memcli.memory.facts.predicates import KIN, NAMED, NUMBERS, PARTNERS, PETS, ROLES, THINGS
from memcli.memory.facts.rule import Rule

_REL: Final = any_of((*KIN, *PARTNERS, *ROLES))
_PET: Final = any_of(PETS)
_THINGS: Final = any_of(THINGS)
_NUMBERS: Final = any_of(NUMBERS)
_NAMED: Final = any_of(NAMED)
_BACK: Final = r"(?:\s+(?:back|down|over|out|away|in|here|up|together|with\s+\w+|home))*"
_NEW: Final = r"(?:(?:new|current|old|present|own|brand new|latest)\s+)?"
_IS: Final = r"(?:['’]s|\s+is|\s+are)(?:\s+(?:now|still|currently|called|named|actually|officially))*"
_AS: Final = r"(?:\s+as\s+(?:an?|the)\s+[\w -]{3,30}?)?"
_POST: Final = (
    r"(?:an?|the|my|that)\s+(?:[a-z-]+\s+){0,2}(?:job|position|role|post|offer|contract|gig|traineeship|internship)"
)

RULES: Final = (
    # where one lives
    Rule("lives in", r"<S><A>\s+lives?<A>\s+(?:together\s+)?in\s+<PLACE>"),
    Rule("lives in", r"<S><BE><A>\s+(?:living|based|settled)<A>\s+in\s+<PLACE>"),
    Rule("lives in", r"<S><HAVE><A>\s+(?:been\s+living|lived|been\s+based)<A>\s+in\s+<PLACE>", when="span"),
    Rule("lives in", rf"<S>(?:<HAVE>)?<A>\s+(?:moved|relocated){_BACK}(?:\s+from\s+[\w’' ]+?)?\s+to\s+<PLACE>"),
    Rule("lives in", rf"<S>(?:<HAVE>)?<A>\s+settled{_BACK}\s+in\s+<PLACE>"),
    Rule("lives in", rf"<S><BE><A>\s+(?:moving|relocating){_BACK}(?:\s+from\s+[\w’' ]+?)?\s+to\s+<PLACE>", when="future"),
    Rule(
        "lives in",
        rf"<S>(?:['’]ll|\s+will|<BE><A>\s+going\s+to)<A>\s+(?:move|be\s+moving|relocate){_BACK}\s+to\s+<PLACE>",
        when="future",
    ),
    Rule("lives in", rf"<OWNER>\s+{_NEW}(?:home|place|flat|apartment|house){_IS}\s+in\s+<PLACE>"),
    Rule("lives in", r"<S>\s+(?:lived|was\s+living|were\s+living)<A>\s+in\s+<PLACE>", "ended", when="over"),
    Rule("lives in", r"<S>\s+used\s+to\s+live\s+in\s+<PLACE>", "ended"),
    Rule("lives in", r"<S><A>\s+no\s+longer\s+lives?\s+in\s+<PLACE>", "ended"),
    Rule("lives in", r"<S><NOT>\s+liv(?:e|ing)\s+in\s+<PLACE><ANYMORE>", "ended"),
    Rule("lives in", r"<S>(?:<HAVE>)?<A>\s+(?:moved\s+(?:out\s+of|away\s+from)|left)\s+<PLACE>", "ended", silent=True),
    Rule("lives in", rf"<S><BE>\s+not\s+moving{_BACK}\s+to\s+<PLACE>", "ended", silent=True),
    Rule("lives in", r"<S><BE>\s+no\s+longer\s+(?:living|based)\s+in\s+<PLACE>", "ended"),
    # work
    Rule("works at", rf"<S><A>\s+works?<A>{_AS}\s+(?:at|for|with)\s+<ORG>"),
    Rule("works at", rf"<S><BE><A>\s+(?:working|employed){_AS}\s+(?:at|for|with|by)\s+<ORG>"),
    Rule("works at", rf"<S><HAVE><A>\s+(?:been\s+working|worked|been\s+employed){_AS}\s+(?:at|for|with)\s+<ORG>", when="span"),
    Rule(
        "works at",
        rf"<S>(?:<HAVE>)?<A>\s+(?:started|began)<A>(?:(?:\s+work(?:ing)?|\s+{_POST}){_AS}\s+(?:at|with|for)|{_AS}\s+at)\s+<ORG>",
    ),
    Rule("works at", rf"<S>(?:<HAVE>)?<A>\s+(?:got|landed|accepted|took|found)\s+{_POST}{_AS}\s+(?:at|with)\s+<ORG>"),
    Rule("works at", r"<S>(?:<HAVE>)?<A>\s+(?:joined|switched\s+jobs\s+to|changed\s+jobs\s+to)\s+<PROPER>(?:<ASJOB>)"),
    Rule("works at", r"<ORG>\s+(?:has\s+)?hired\s+(?P<self>me)\b"),
    Rule(
        "works at",
        rf"<S><BE><A>\s+(?:starting|joining)(?:\s+work(?:ing)?|\s+{_POST})?{_AS}(?:\s+(?:at|with|for))?\s+<ORG>",
        when="future",
    ),
    Rule(
        "works at",
        rf"<S>(?:['’]ll|\s+will)<A>\s+(?:start|join|be\s+working)(?:\s+work(?:ing)?|\s+{_POST})?{_AS}(?:\s+(?:at|with|for))?"
        r"\s+<ORG>",
        when="future",
    ),
    Rule("works at", rf"<S>\s+(?:worked|was\s+working){_AS}\s+(?:at|for)\s+<ORG>", "ended", when="over"),
    Rule("works at", rf"<S>\s+used\s+to\s+work{_AS}\s+(?:at|for|with)\s+<ORG>", "ended"),
    Rule("works at", r"<S><A>\s+no\s+longer\s+works?\s+(?:at|for)\s+<ORG>", "ended"),
    Rule("works at", r"<S><NOT>\s+work(?:ing)?\s+(?:at|for)\s+<ORG><ANYMORE>", "ended"),
    Rule(
        "works at",
        r"<S>(?:<HAVE>)?<A>\s+(?:quit|left|resigned\s+from|been\s+fired\s+from|retired\s+from)"
        r"(?:\s+(?:my|his|her|the)\s+(?:job|position|post)\s+(?:at|with))?\s+<ORG>",
        "ended",
        silent=True,
    ),
    Rule(
        "works at",
        r"<S>(?:<HAVE>)?<A>\s+(?:(?:quit|left|resigned\s+from|lost)\s+(?:my|his|her)\s+(?:old\s+|current\s+)?job(?!\s+(?:at|with))|"
        r"(?:was|were|got|been)\s+(?:laid\s+off|fired|made\s+redundant)|retired|handed\s+in\s+my\s+notice)(?P<object>)\b",
        "ended",
    ),
    Rule("works at", r"<S><BE>(?:\s+no\s+longer|\s+not)\s+(?:working\s+)?(?:at|with|for)\s+<ORG><ANYMORE>", "ended"),
    Rule("works at", r"<S><BE>\s+no\s+longer\s+(?:working\s+|employed\s+)?(?:at|with|by|for)\s+<ORG>", "ended"),
    Rule("works at", rf"<S>(?:<HAVE>)?<A>\s+switched(?:\s+jobs)?\s+from\s+(?:{PROPER})\s+to\s+<PROPER>(?:<ASJOB>)"),
    Rule("job", r"<S><BE><A>\s+(?:working\s+as\s+)?(?:an?|the\s+new)\s+<JOB>\b"),
    Rule("job", r"<S><A>\s+works?<A>\s+as\s+(?:an?|the)\s+<JOB>\b"),
    Rule("job", r"<S><HAVE><A>\s+(?:been|been\s+working\s+as)\s+an?\s+<JOB>\b", when="span"),
    Rule("job", r"<S>(?:<HAVE>)?<A>\s+(?:became|become|started(?:\s+work(?:ing)?)?\s+as|qualified\s+as|retrained\s+as)\s+(?:an?|the)\s+<JOB>\b"),
    Rule("job", r"<S>(?:\s+(?:was|got|were)|<HAVE>\s+been)<A>\s+(?:promoted\s+to|made)\s+(?:an?\s+|the\s+)?<JOB>\b"),
    Rule("job", rf"<OWNER>\s+{_NEW}(?:job|profession|occupation){_IS}\s+(?:an?\s+|being\s+an?\s+)?<JOB>\b"),
    Rule("job", r"<S>\s+used\s+to\s+be\s+an?\s+<JOB>\b", "ended"),
    Rule("job", r"<S>(?:<BE>\s+no\s+longer|<NOT>)\s+an?\s+<JOB>\b<ANYMORE>", "ended"),
    Rule("job", r"<S>\s+was\s+an?\s+<JOB>\b", "ended", when="over"),
    Rule("studies", r"<S><BE><A>\s+studying\s+(?P<object>[A-Za-z][\w-]*(?:\s+(?!at\b|in\b|for\b|hard\b)[\w-]+){0,2})(?=\s+(?:at|in)\b)"),
    Rule("studies", r"<S><A>\s+stud(?:y|ies)\s+(?P<object>[A-Za-z][\w-]*(?:\s+(?!at\b|in\b|for\b|hard\b)[\w-]+){0,2})(?=\s+at\b)"),
    Rule("studies at", r"<S>(?:<BE>)?<A>\s+stud(?:y|ies|ying)\s+(?:[\w-]+\s+){0,3}at\s+<ORG>"),
    # who one is
    Rule("name", r"[Mm]y\s+(?:full\s+)?name(?:['’]s|\s+is)\s+<NAME>(?P<self>)"),
    Rule("age", r"<S>(?:<BE><A>\s+|(?:<HAVE>)?<A>\s+turned\s+)(?P<object>[1-9]\d?)(?:\s+years?\s+old|(?=\s*(?:[.!,](?!\d)|$|today\b|yesterday\b|last\b|in\b|on\b|now\b)(?!\s+(?:minutes|hours)))(?<!in ..))"),
    Rule(
        "birthday",
        rf"<OWNER>\s+birthday{_IS}\s+(?:on\s+)?(?:the\s+)?(?P<object>\d{{1,2}}(?:st|nd|rd|th)?(?:\s+of)?\s+<MONTH>\b|<MONTH>\s+"
        r"\d{1,2}(?:st|nd|rd|th)?)",
    ),
    Rule("born in", r"<S>\s+(?:was|were)\s+born(?:\s+and\s+(?:raised|bred))?\s+in\s+<PLACE>"),
    Rule("grew up in", r"<S>\s+grew\s+up\s+in\s+<PLACE>"),
    Rule("from", r"<S>(?:<BE>\s+(?:originally\s+)?from|\s+(?:originally\s+)?comes?\s+from)\s+<PLACE>"),
    Rule("nationality", r"<S><BE><A>\s+(?:half\s+)?(?P<object><NATION>)(?=\s*(?:[.!,]|$|and\b))"),
    Rule("diet", r"<S><BE><A>\s+(?:an?\s+)?(?P<object><DIET>)\b"),
    Rule("diet", r"<S>(?:<HAVE>)?<A>\s+(?:went|gone|turned|become|became)<A>\s+(?:an?\s+)?(?P<object><DIET>)\b"),
    Rule("diet", r"<S>(?:<BE>\s+no\s+longer\s+|<NOT>\s+)(?:an?\s+)?(?P<object><DIET>)\b", "ended"),
    Rule("speaks", r"<S><A>\s+speaks?\s+(?:fluent\s+|some\s+|a\s+little\s+)?(?P<object><LANGUAGE>)\b"),
    Rule("marital status", r"<S>(?:<BE>|(?:<HAVE>)?\s+(?:got|gotten))<A>\s+(?P<object>married|divorced|engaged|single|widowed)\b(?!\s+(?:off|in|with|by|word|file|day|mom|parent))"),
    Rule("<attribute>", rf"<OWNER>\s+{_NEW}(?P<attribute>{_NUMBERS}){_IS}\s+(?P<object>(?:[+(]?\d[\w+()./ -]*\w|\d|(?:A|B|AB|O)[ -]?(?:positive|negative|[+-])(?!\w)|[A-Z]{{1,3}}[\d-][\w-]*))"),
    Rule("<attribute>", rf"<OWNER>\s+{_NEW}(?P<attribute>{_NAMED}){_IS}\s+(?:at\s+)?(?:the\s+)?<PROPER>"),
    # people and animals
    Rule("<attribute>", rf"<OWNER>\s+{_NEW}(?P<attribute>{_REL})(?:['’]s\s+name)?{_IS}\s+<NAME>(?=\s*(?:[.!,;:)]|$|now\b|and\b|these\b|-|–|since\b|from\b))"),
    Rule("<attribute>", rf"\b(?P<self>[Mm]y)\s+{_NEW}(?P<attribute>{any_of((*KIN, *PARTNERS))}),?\s+<NAME>", anywhere=True),
    Rule("<attribute>", rf"<NAME>\s+is\s+(?:now\s+)?(?P<self>my)\s+{_NEW}(?P<attribute>{_REL})(?=\s*(?:[.!,;]|$|now\b|and\b))"),
    Rule("<attribute>", rf"<S>(?:<HAVE>(?:\s+got)?|\s+(?:got|hired|found))<A>\s+an?\s+{_NEW}(?P<attribute>{_REL})(?:,|\s+(?:called|named))\s+<NAME>"),
    Rule("<attribute>", rf"<S>(?:<HAVE>)?<A>\s+(?:switched|changed)\s+to\s+a\s+new\s+(?P<attribute>{any_of(ROLES)}),\s+<NAME>"),
    Rule("<attribute>", rf"<NAME>\s+is\s+no\s+longer\s+(?P<self>my)\s+(?P<attribute>{_REL})\b", "ended"),
    Rule("<attribute>", rf"<S>(?:\s+no\s+longer\s+(?:have|has)|<NOT>\s+have)\s+an?\s+(?P<attribute>{any_of(ROLES)})(?P<object>)\b(?:<ANYMORE>|)", "ended"),
    Rule("partner", r"<S><BE><A>\s+(?:dating|engaged\s+to|married\s+to|going\s+out\s+with|together\s+with|in\s+a\s+relationship\s+with)\s+<NAME>"),
    Rule("partner", r"<S><HAVE><A>\s+been\s+(?:dating|seeing|going\s+out\s+with|together\s+with)\s+<NAME>", when="span"),
    Rule("partner", r"<S>(?:<HAVE>)?<A>\s+(?:married|started\s+dating|started\s+seeing|got\s+(?:engaged|married)\s+to)\s+<NAME>"),
    Rule("partner", r"<NAME>\s+and\s+(?P<self>I)(?:\s+are|\s+have|\s+got|['’]ve)?<A>\s+(?:dating|engaged|married|together|a\s+couple|got\s+(?:engaged|married)|started\s+dating)\b"),
    Rule("partner", r"<NAME>\s+and\s+(?P<self>I)(?:\s+have|['’]ve)?<A>\s+(?:broke\s+up|broken\s+up|split\s+up|separated|got\s+divorced|divorced|are\s+no\s+longer\s+together|are\s+not\s+together\s+any)", "ended"),
    Rule("partner", r"<S>(?:<HAVE>)?<A>\s+(?:broke\s+up|broken\s+up|split\s+up|separated)\s+(?:with|from)\s+<NAME>", "ended"),
    Rule("partner", r"<S><BE>(?:\s+no\s+longer\s+(?:dating|with|seeing|together\s+with)|\s+not\s+(?:dating|seeing|together\s+with)(?=[^.!]*\bany ?more))\s+<NAME>", "ended"),
    Rule("partner", rf"(?:(?P<self>[Ww]e)(?:['’]ve|\s+have)?|[Mm]y\s+{any_of(PARTNERS)}\s+and\s+(?:I|me))(?:\s+have)?<A>\s+(?:broke\s+up|broken\s+up|split\s+up|separated|got\s+divorced)(?P<object>)(?=\s*(?:[.!,]|$|\w+\s+(?:ago|week|month|night|year)|yesterday|in\b|on\b|today))", "ended"),
    Rule("partner", rf"<S>(?:<HAVE>)?<A>\s+(?:broke|broken|split)\s+up\s+with\s+my\s+{any_of(PARTNERS)}(?P<object>)", "ended"),
    Rule("<attribute>'s name", rf"[Mm]y\s+{_NEW}(?P<attribute>{_PET})(?:['’]s\s+name{_IS}|\s+(?:is|was)\s+(?:called|named))\s+<NAME>(?P<self>)"),
    Rule("<attribute>'s name", rf"\b(?P<self>[Mm]y|[Oo]ur)\s+{_NEW}(?P<attribute>{_PET}),?\s+<NAME>", anywhere=True),
    Rule("<attribute>'s name", rf"<S>(?:<HAVE>(?:\s+got)?|\s+(?:have|adopted|got|bought))<A>\s+an?\s+(?:[a-z-]+\s+){{0,2}}(?P<attribute>{_PET})(?:,|\s+(?:called|named))\s+<NAME>"),
    Rule("<attribute>'s name", rf"<S>(?:<HAVE>(?:\s+got)?|\s+(?:have|adopted|got|bought))<A>\s+an?\s+(?:[a-z-]+\s+){{0,2}}(?P<attribute>{_PET})\b[^.!?;]{{0,60}}?,?\s+(?:(?:and\s+)?(?:she|he|it)(?:['’]s|\s+is)\s+(?:called|named)|(?:her|his|its)\s+name\s+is)\s+<NAME>"),
    # possessions
    Rule("has", r"<S>(?:['’]ve\s+got|['’]s\s+got|\s+(?:have|has|own|owns|keep|keeps)(?:\s+got)?)<A>\s+(?P<object>(?:an?\s+<THING>(?<!s)|(?:two|three|four|five|six|some)\s+<THING>))\b(?!\s+(?:allergy|accident|crash|problem|show|race|ride|trip|tour|park|key|keys|lesson|lessons|sitter|number|call|interview|of|to|in\s+mind))"),
    Rule("has", r"<S>(?:<HAVE>)?<A>\s+(?:bought|adopted|got(?:\s+(?:myself|ourselves))?)<A>\s+(?P<object>(?:an?|two|three)\s+<THING>)\b(?!\s+(?:ride|trip|tour|lesson|ticket|book|magazine|game|toy|case|stand|bed|food|lock|helmet))"),
    Rule("has", r"<S>(?:\s+no\s+longer\s+(?:have|has|own|owns)|<NOT>\s+(?:have|own))\s+(?P<object>(?:an?|my|the|our|any)\s+<THING>)\b(?:<ANYMORE>|)", "ended"),
    Rule("has", r"<S>(?:<HAVE>)?<A>\s+(?:sold|gave\s+away|given\s+away|got\s+rid\s+of|gave\s+up|scrapped|crashed|lost)\s+(?P<object>(?:my|the|our)\s+<THING>)\b", "ended"),
    Rule("has", r"(?P<self>[Mm]y|[Oo]ur)\s+(?P<object><THING>)\s+(?:has\s+)?(?:died|passed\s+away|was\s+stolen|got\s+stolen|is\s+gone)\b", "ended"),
    Rule("drives", r"<S>(?:\s+no\s+longer\s+drives?|\s+used\s+to\s+drive|<NOT>\s+drive(?=[^.!]*\bany ?more))\s+(?P<object>an?\s+(?:[a-z-]+\s+){0,2}[A-Z][\w-]*(?:\s+[A-Z\d][\w-]*){0,2})", "ended"),
    Rule("has", r"<S>\s+used\s+to\s+(?:have|own)\s+(?P<object>(?:an?|two|three)\s+<THING>)\b", "ended"),
    Rule("<attribute>", rf"<S>(?:<HAVE>)?<A>\s+(?:traded(?:\s+in)?|swapped|exchanged|replaced)\s+(?:my|our|his|her)\s+(?:old\s+)?(?P<attribute>{_THINGS})\s+(?:for|with)\s+(?P<object>an?\s+(?:[a-z-]+\s+){{0,2}}[A-Z\d][\w-]*(?:\s+[A-Z\d][\w-]*){{0,3}})"),
    Rule("<attribute>", rf"<S>(?:<HAVE>)?<A>\s+switched\s+(?P<attribute>{any_of(('banks', 'phones', 'gyms', 'cars', 'dentists', 'doctors', 'browsers'))})\s+(?:from\s+(?:{PROPER})\s+)?to\s+<PROPER>"),
    Rule("<attribute>", rf"<NAME>\s+used\s+to\s+be\s+(?P<self>my)\s+(?P<attribute>{any_of((*ROLES, *PARTNERS))})\b", "ended"),
    Rule("<attribute>", rf"(?P<self>[Mm]y)\s+(?P<attribute>{any_of(ROLES)})\s+used\s+to\s+be\s+<NAME>", "ended"),
    Rule("drives", r"<S><A>\s+drives?<A>\s+(?P<object>an?\s+(?:[a-z-]+\s+){0,2}[A-Z][\w-]*(?:\s+[A-Z\d][\w-]*){0,2})"),
    Rule("car", r"<S>(?:<HAVE>)?<A>\s+sold\s+(?:my|the|our)\s+(?:old\s+)?car(?P<object>)\b", "ended"),
    Rule("<attribute>", rf"<OWNER>\s+{_NEW}(?P<attribute>{_THINGS}){_IS}\s+(?P<object>(?:an?\s+|the\s+)(?:[a-z-]+\s+){{0,2}}[A-Z\d][\w-]*(?:\s+[A-Z\d][\w-]*){{0,3}}|(?!I\b)[A-Z][\w-]*(?:\s+[A-Z\d][\w-]*){{0,3}})"),
    # tastes
    Rule("favourite <attribute>", rf"<OWNER>\s+(?:new\s+|current\s+|all-time\s+)?favou?rite\s+(?P<attribute>[a-z]+(?:\s+(?!is\b|has\b|are\b)[a-z]+){{0,2}}){_IS}\s+(?!to\b|that\b|when\b|how\b|because\b|probably\b|definitely\b|about\b|from\b|not\b|the\s+one\b)<NP>", shape="taste"),
    Rule("favourite <attribute>", r"<PROPER>\s+is\s+(?P<self>my)\s+(?:new\s+|current\s+|all-time\s+)?favou?rite\s+(?P<attribute>[a-z]+(?:\s+[a-z]+)?)(?=\s*(?:[.!,;]|$|now\b))"),
    Rule("likes", r"<S><A>\s+(?:loves?|likes?|adores?|enjoys?)\s+<NP>", shape="taste"),
    Rule("likes", r"<S><BE><A>\s+(?:into|a\s+(?:big|huge|great)\s+fan\s+of|fond\s+of|crazy\s+about|obsessed\s+with)\s+<NP>", shape="taste"),
    Rule("likes", r"<S>\s+no\s+longer\s+(?:loves?|likes?|enjoys?)\s+<NP>", "ended", shape="taste"),
    Rule("likes", r"<S>\s+used\s+to\s+(?:love|like|enjoy)\s+<NP>", "ended", shape="taste"),
    Rule("likes", r"<S><NOT>\s+(?:love|like|enjoy)\s+<NP><ANYMORE>", "ended", shape="taste"),
    Rule("dislikes", r"<S><A>\s+(?:hates?|dislikes?|detests?|loathes?|can['’]?t\s+stand|cannot\s+stand)\s+<NP>", shape="taste"),
    Rule("dislikes", r"<S>\s+(?:don['’]t|do\s+not|doesn['’]t)\s+(?:really\s+)?(?:like|enjoy)\s+<NP>", shape="taste"),
    Rule("dislikes", r"<S><BE>\s+not\s+(?:a\s+(?:big\s+)?fan\s+of|into|fond\s+of)\s+<NP>", shape="taste"),
    Rule("prefers", r"<S><A>\s+prefers?\s+<NP>", shape="taste"),
    Rule("allergic to", r"<S><BE><A>\s+allergic\s+to\s+<NP>", shape="taste"),
    Rule("allergic to", r"<S>(?:<HAVE>)(?:\s+got)?\s+(?:an?\s+)?(?:bad\s+|severe\s+)?allergy\s+to\s+<NP>", shape="taste"),
    Rule("allergic to", r"<S><HAVE>(?:\s+got)?\s+an?\s+(?P<object>[a-z]+)\s+allergy\b"),
    Rule("allergic to", r"<S>(?:<BE>\s+no\s+longer|<NOT>)\s+allergic\s+to\s+<NP>", "ended", shape="taste"),
    # habits
    Rule("plays", r"<S>(?:<A>\s+plays?|<BE><A>\s+playing|(?:<HAVE>)?<A>\s+(?:started|began|taken\s+up|took\s+up)(?:\s+playing)?)\s+(?:the\s+)?(?P<object><SKILL>)\b"),
    Rule("plays", r"<S><HAVE>\s+(?:been\s+playing|played)\s+(?:the\s+)?(?P<object><SKILL>)\b", when="span"),
    Rule("plays", r"<S>(?:(?:<HAVE>)?<A>\s+(?:stopped|quit|given\s+up|gave\s+up)(?:\s+playing)?|\s+no\s+longer\s+plays?|<NOT>\s+play(?=[^.!]*\bany ?more)|\s+used\s+to\s+play)\s+(?:the\s+)?(?P<object><SKILL>)\b", "ended"),
    Rule("learning", r"<S><BE><A>\s+learning\s+(?P<object>(?:to\s+[a-z]+(?:\s+[a-z]+)?|(?:the\s+)?(?:<LANGUAGE>|<SKILL>)))\b"),
    Rule("learning", r"<S>(?:(?:<HAVE>)?<A>\s+(?:stopped|quit|given\s+up|gave\s+up)\s+learning)\s+(?P<object>(?:<LANGUAGE>|<SKILL>|to\s+\w+))\b", "ended"),
    Rule("habit", r"<S><A>\s+(?P<object>(?:usually|always|often|normally|typically|generally)\s+<ROUTINE>\s+<TAILS>)", shape="whole"),
    Rule("habit", r"<S><A>\s+(?P<object><ROUTINE>\s+(?:[\w’'-]+\s+){0,8}?(?:<OFTEN>))\b", shape="whole"),
    *LIVES,
    # plans and events
    Rule("plan", r"<S>(?:<BE><A>\s+planning|\s+(?:plan|plans|intend|intends))\s+(?:on\s+|to\s+)<TAIL>", shape="whole"),
    Rule("plan", r"<S><BE><A>\s+going\s+to\s+(?P<object>(?!an?\b|the\b|my\b|our\b|his\b|her\b|this\b|be\b|have\s+to\b|need\b|try\b|miss\b|say\b|keep\b|let\b)[a-z]+\s+<TAILS>)", when="future", shape="whole"),
    Rule("plan", r"<S><BE><A>\s+(?P<object>(?:flying|travelling|traveling|driving|heading|moving|going)\s+to\s+(?:the\s+)?[A-Z][\w’'-]*(?:\s+<TAILS>)?)", when="future", shape="whole"),
    Rule("plan", r"<S><HAVE>(?:\s+got)?\s+(?P<object>an?\s+(?:[a-z-]+\s+){0,2}(?:appointment|interview|exam|flight|meeting|surgery|operation|check-?up|booking|reservation|viewing)\s+<TAILS>)", when="future", shape="whole"),
    Rule("event", r"<S><A>\s+(?P<object><PAST>\s+<TAILS>)", when="past", shape="whole"),
    # instructions, to an assistant or to the memory itself
    Rule("instruction", r"(?P<self>)(?P<object>[Ff]rom\s+now\s+on,?\s+<TAILS>)", shape="whole", to_assistant=True),
    Rule("instruction", r"(?P<self>)(?:[Pp]lease\s+)?(?P<object>(?:[Aa]lways|[Nn]ever)\s+(?!mind\b|a\b|the\b|been\b|had\b|have\s+I\b|heard\b|seen\b|wanted\b)[a-z]+\s+<TAILS>)", shape="whole", to_assistant=True),
    Rule("procedure", r"(?P<self>)(?P<object>To\s+[a-z]+\s+[^,\n]{3,60},\s+(?:first\s+)?[a-z]+\s+<TAILS>)", shape="whole", to_assistant=True),
)  # fmt: skip

_MORE: Final = {
    "<NPS>": r"[\w’'&+./-]+(?:\s+[\w’'&+./-]+){0,7}",
    "<TAILS>": r"[^\n]{2,160}?(?=[.!…;]*\s*$|[.!…]\s)",
    "<ASJOB>": r"(?=\s*(?:[.!,;]|$|\s+(?:as|in|on|last|this|yesterday|today|from|since|two|three|a|and)\b))",
}


@cache
def compiled(rule: Rule) -> re.Pattern[str]:
    """The rule's pattern with its placeholders filled in."""
    pattern = rule.pattern
    for _ in range(2):  # a placeholder may stand in another
        for name, meaning in (*_MORE.items(), *PLACEHOLDERS.items()):
            pattern = pattern.replace(name, meaning)
    return re.compile(pattern)
