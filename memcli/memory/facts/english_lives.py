# ruff: noqa: E501, SIM905 - word lists, and patterns that are read whole
"""Further rules: what people do with their days, learnt, gave up, aim for, and whom and what they have around them."""

from __future__ import annotations

from typing import Final

from memcli.memory.facts.english import any_of
from memcli.memory.facts.predicates import SEVERAL
from memcli.memory.facts.rule import Rule

_GROUP: Final = any_of(
    "club team choir band gym class classes course courses group league society association program programme workshop "
    "orchestra union committee league community lessons".split()
)
_VENTURE: Final = any_of(
    "bakery shop store studio business company startup start-up blog podcast channel café cafe restaurant farm gallery "
    "agency charity newsletter website salon brewery bookshop bookstore gym practice magazine school".split()
)
_FIELD: Final = any_of(
    "finance marketing IT healthcare education advertising sales logistics construction publishing banking insurance tech "
    "hospitality retail tourism HR research journalism fashion law medicine engineering accounting".split()
)
_ILLNESS: Final = any_of(
    "diabetes asthma arthritis epilepsy migraines anaemia anemia eczema insomnia ADHD dyslexia depression anxiety "
    "tinnitus endometriosis lupus gout scoliosis sciatica".split()
)
_VICE: Final = any_of(
    "smoking drinking gambling alcohol coffee sugar meat dairy gluten caffeine chocolate soda cigarettes vaping bread beer "
    "wine sweets".split()
)
_FOOD: Final = any_of(
    "alcohol coffee meat fish dairy gluten pork beef milk eggs nuts sugar caffeine tea wine beer seafood chicken "
    "lactose cheese peanuts".split()
)
MARKED_VERBS: Final = (
    "won graduated adopted published finished passed founded retired enrolled donated climbed "
    "hosted organized organised bought sold built sprained broke signed visited attended planted painted".split()
)
"""Verbs of what people tell of once, and remember."""
_MARKED: Final = any_of(MARKED_VERBS)
_NAMES: Final = r"(?P<object>[A-ZÀ-Þ][\w’'-]+(?:,\s+[A-ZÀ-Þ][\w’'-]+)*,?\s+and\s+[A-ZÀ-Þ][\w’'-]+)"
_SIZE: Final = r"(?:(?:main|biggest|big|next|new|current|ultimate|long-term|personal|career|lifelong)\s+)?"

LIVES: Final = (
    Rule("volunteers", r"<S>(?:<A>\s+volunteers?|<BE><A>\s+volunteering|<HAVE><A>\s+been\s+volunteering)\s+(?P<object>(?:as|at|with|for)\s+<NPS>)", shape="taste"),
    Rule("takes part in", rf"<S>(?:<HAVE>)?<A>\s+(?:joined|signed\s+up\s+for|enrolled\s+in)\s+(?P<object>(?:an?|the|my|our)\s+(?:[\w'-]+\s+){{0,4}}{_GROUP})\b"),
    Rule("takes part in", rf"<S>(?:<BE><A>\s+(?:taking|attending|in|part\s+of|a\s+member\s+of)|<A>\s+(?:take|takes|attend|attends))\s+(?P<object>(?:an?\s+|the\s+|my\s+)?(?:local\s+|weekly\s+|online\s+)?(?!few\b|lot\b|time\b|great\b|good\b|big\b|supportive\b|caring\b|an?\b|the\b|my\b|same\b|other\b|next\b|right\b)(?:[\w-]+\s+){{1,2}}{_GROUP})\b(?!\s+(?:called|named)\b)"),
    Rule("teaches", r"<S><A>\s+(?:teach|teaches|coach|coaches)\s+(?P<object>(?!me\b|us\b|you\b|him\b|her\b|them\b|myself\b|people\b|how\b|that\b|a\s+lesson)<NPS>)", shape="taste"),
    Rule("collects", r"<S>(?:<A>\s+collects?|<BE><A>\s+collecting|<HAVE><A>\s+been\s+collecting)\s+(?P<object>[a-z][\w-]*(?:\s+[a-z][\w-]*){0,2}s)\b", shape="taste"),
    Rule("gave up", rf"<S>(?:<HAVE>)?<A>\s+(?:quit|stopped|given\s+up|gave\s+up)\s+(?:eating\s+|drinking\s+)?(?P<object>{_VICE})\b(?=\s*(?:[.!,;]|$|(?:\w+\s+){{1,2}}ago|in\b|last\b|for\b|this\b|and\b))"),
    Rule("never", rf"<S>\s+(?:don['’]t|do\s+not|doesn['’]t|does\s+not|never)\s+(?P<object>(?:drink|eat)\s+(?:any\s+)?{_FOOD}|smoke)(?=\s*(?:[.!,;]|$|any\s?more\b|at\s+all\b))"),
    Rule("cannot eat", rf"<S>\s+(?:can['’]?t|cannot|can\s+not)\s+(?:eat|drink|have)\s+(?P<object>{_FOOD})(?=\s*(?:[.!,;]|$|any\s?more\b|at\s+all\b))"),
    Rule("has been", r"<S><HAVE><A>\s+been\s+(?P<object>(?!thinking\b|feeling\b|trying\b|going\s+through\b|meaning\b|having\b|getting\b|wanting\b|looking\b|living\b|working\b)[a-z]{3,}ing\s+<TAILS>)", when="span", shape="whole"),
    Rule("working on", r"<S><BE><A>\s+(?:working\s+on|writing|building|renovating|restoring)\s+(?P<object>(?:an?|my|our)\s+<NPS>)", shape="taste"),
    Rule("goal", rf"<OWNER>\s+{_SIZE}(?:goal|dream|aim|ambition|plan|resolution)(?:['’]s|\s+is)\s+(?P<object>to\s+<TAILS>)", shape="whole"),
    Rule("goal", r"<S><A>\s+(?:wants?|hopes?|aims?)\s+to\s+(?P<object>become\s+an?\s+(?:[a-z-]+\s+){0,2}[a-z-]+)(?=\s*(?:[.!,;]|$))"),
    Rule("preparing for", r"<S><BE><A>\s+(?:training|saving(?:\s+up)?|preparing|studying)\s+for\s+(?P<object>(?:an?|the|my|our)\s+<NPS>)", shape="taste"),
    Rule("runs", rf"<S><A>\s+(?:run|runs|own|owns)\s+(?P<object>(?:an?|my\s+own|our\s+own|the|his\s+own|her\s+own)\s+(?:[a-z-]+\s+){{0,3}}{_VENTURE})\b(?!['’])"),
    Rule("runs", rf"<S>(?:<HAVE>)?<A>\s+(?:started|opened|launched|founded|set\s+up)\s+(?P<object>(?:an?|my|our|my\s+own|our\s+own|his\s+own|her\s+own)\s+(?:[a-z-]+\s+){{0,2}}{_VENTURE})\b(?!['’])"),
    Rule("works in", rf"<S>(?:<A>\s+works?|<BE><A>\s+working)<A>\s+in\s+(?P<object>{_FIELD})\b(?=\s*(?:[.!,;]|$|and\b|for\b|at\b))"),
    Rule("works", r"<S>(?:<A>\s+works?|<BE><A>\s+working)<A>\s+(?P<object>from\s+home|part[- ]time|full[- ]time|nights|night\s+shifts|remotely|freelance|weekends)\b"),
    Rule("degree", r"<S><A>\s+(?:majored|majors)\s+in\s+<NP>", shape="taste"),
    Rule("degree", r"<S>(?:<HAVE>(?:\s+got)?|\s+(?:got|finished|completed))<A>\s+(?:an?|my|his|her)\s+(?P<object>(?:bachelor['’]?s?|master['’]?s?|PhD|doctorate|MBA|degree)(?:\s+degree)?\s+in\s+<NPS>)", shape="taste"),
    Rule("graduated from", r"<S>(?:<HAVE>)?<A>\s+graduated\s+from\s+(?P<object>(?:the\s+)?[A-Z][\w’'-]*(?:\s+(?:of\s+)?[A-Z][\w’'-]*)*|college|university|high\s+school|law\s+school|art\s+school|medical\s+school)\b"),
    Rule("health", r"<S>(?:\s+(?:was|were|got)|<HAVE>\s+been)<A>\s+diagnosed\s+with\s+<NP>", shape="taste"),
    Rule("health", rf"<S>(?:<HAVE>(?:\s+got)?|\s+(?:have|has)|\s+suffers?\s+from)<A>\s+(?P<object>(?:bad\s+|chronic\s+|severe\s+|mild\s+)?{_ILLNESS})\b(?!\s+(?:medication|attack|meds))"),
    Rule("is", r"<S><BE><A>\s+(?P<object>(?:an?\s+(?:single\s+|proud\s+|stay-at-home\s+|new\s+)?(?:mom|mum|mother|dad|father|parent|grandmother|grandfather|grandparent)(?:\s+of\s+(?:two|three|four|five|\d))?|an\s+only\s+child|the\s+(?:oldest|youngest|eldest)(?:\s+of\s+\w+)?|pregnant|an?\s+(?:morning\s+person|night\s+owl|early\s+bird|introvert|extrovert|homebody|cat\s+person|dog\s+person)|colou?r-?blind|left-handed))(?=\s*(?:[.!,;]|$|and\b|now\b|too\b|with\b))"),
    Rule("likes", r"<S><BE><A>\s+(?:passionate\s+about|interested\s+in|keen\s+on|addicted\s+to|in\s+love\s+with)\s+<NP>", shape="taste"),
    Rule("likes", r"<S>(?:['’]ve|\s+have|\s+has|['’]s)\s+always\s+(?:loved|liked|enjoyed|adored|been\s+(?:into|interested\s+in|passionate\s+about|fond\s+of|a\s+(?:big|huge)\s+fan\s+of))\s+<NP>", shape="taste"),
    Rule("likes", r"<S><BE><A>\s+an?\s+(?:(?:big|huge|massive|real|total|true|avid)\s+)?(?P<object>(?!big\b|huge\b|massive\b|real\b|total\b|true\b|avid\b|great\b|good\b|fellow\b)[\w’'-]+(?:\s+[\w’'-]+)?)\s+(?:fan|lover|enthusiast|buff|addict)\b(?!\s+of)"),
    Rule("afraid of", r"<S><BE><A>\s+(?:afraid|scared|terrified)\s+of\s+<NP>", shape="taste"),
    Rule("speaks", r"<S>\s+can\s+(?:also\s+|already\s+)?speak\s+(?:fluent\s+|some\s+|a\s+little\s+)?(?P<object><LANGUAGE>)\b"),
    Rule("plays", r"<S>\s+can\s+(?:also\s+|already\s+)?play\s+(?:the\s+)?(?P<object><SKILL>)\b"),
    Rule("marital status", r"<S><HAVE><A>\s+been\s+(?P<object>married|engaged|divorced|widowed|single)(?=\s+(?:for|since)\b)", when="span"),
    Rule("knows", r"<S><HAVE><A>\s+(?:known|been\s+friends\s+with)\s+<NAME>", when="span"),
    Rule("moved from", r"<S>(?:<HAVE>)?<A>\s+moved\s+(?:here|over|over\s+here|back)\s+from\s+<PLACE>"),
    Rule("has been to", r"<S><HAVE>(?:<A>|\s+(?:already|only|always)|\s+been)*\s+(?:been\s+to|visited)\s+<PLACE>"),
    Rule("<attribute>", rf"\b(?P<self>[Mm]y|[Oo]ur)\s+(?:(?:two|three|four|lovely|beautiful|sweet|little|own|best|old)\s+)*(?P<attribute>{any_of(SEVERAL)})(?:,|\s+are(?:\s+called|\s+named)?|:)?\s+{_NAMES}", anywhere=True),
    Rule("used to", r"<S>\s+used\s+to\s+(?P<object>(?!be\b|live\b|work\b|have\b|own\b|think\b|it\b|love\b|like\b|enjoy\b|drive\b|feel\b|say\b|know\b|get\b)[a-z]+\s+<TAILS>)", "ended", shape="whole"),
    Rule("event", rf"<S>(?:<HAVE>)?<A>\s+(?P<object>{_MARKED}\s+(?:an?|the|my|our|his|her|first|second|two|three|from|in|[A-Z]\w+)\s+<TAILS>)", when="told", shape="whole"),
)  # fmt: skip

#: For each predicate the words without one of which no rule of it matches (see `english_cues`).
CUES: Final = {
    "volunteers": "volunteer volunteers volunteering",
    "takes part in": "club team choir band gym class classes course courses group league society association program "
    "programme workshop orchestra union committee community lessons",
    "teaches": "teach teaches coach coaches",
    "collects": "collect collects collecting",
    "gave up": "quit stopped up",
    "never": "drink eat smoke",
    "cannot eat": "eat drink have",
    "has been": "been",
    "working on": "working writing building renovating restoring",
    "goal": "goal dream aim ambition plan resolution become",
    "preparing for": "training saving preparing studying",
    "runs": "run runs own owns started opened launched founded set",
    "works in": "work works working",
    "works": "work works working",
    "degree": "majored majors degree bachelor bachelors master masters phd doctorate mba",
    "graduated from": "graduated",
    "health": "diagnosed have has suffer suffers ve s",
    "is": "mom mum mother dad father parent grandmother grandfather grandparent child oldest youngest eldest pregnant "
    "person owl bird introvert extrovert homebody blind handed",
    "afraid of": "afraid scared terrified",
    "knows": "known friends",
    "moved from": "moved",
    "has been to": "been visited",
    "used to": "used",
}
