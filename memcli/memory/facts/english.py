# ruff: noqa: E501, SIM905 - word lists, and patterns that are read whole
"""How English states facts: the words that the rules of `english_rules` are made of, and nothing else.

A further language joins as two modules with the same names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from memcli.memory.facts.predicates import KIN, PARTNERS, PETS
from memcli.patterns import regex


def any_of(words: Iterable[str]) -> str:
    """An alternation that prefers the longest word."""
    return "(?:" + "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word))) + ")"


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Words that open a sentence without adding to what it states.
LEAD: Final = regex(
    r"(?:[“\"(*\-•\s]+|(?:so|well|and|but|yeah|yep|yes|no|nope|oh|ah|aw|wow|(?:hey|hi|hello)(?:\s+(?:all|everyone|everybody|folks|guys|there|both|team|again))?|btw|by the way|actually|also|now|"
    r"fyi|honestly|anyway|anyhow|big news|good news|bad news|great news|small news|news|update|quick update|life update|"
    r"guess what|turns out|it turns out|it['’]s official|finally|currently|at the moment|these days|nowadays|lately|"
    r"recently|right now|for now|as you know|as of now|note to self|for the record|just so you know|in case you missed it|"
    r"plus|ok|okay|thanks|thank you|sorry|unfortunately|sadly|luckily|fortunately|officially|remember|reminder|"
    r"one more thing|in other news|speaking of which|same here|me too|then|today|personally|haha|in fact|of course|"
    r"correction|for what it['’]s worth|still|you know|i mean)\b[,:;.!…]*\s*)*",
    re.I,
)
#: What may stand before a time at the head of a sentence.
TIME_PREPOSITION: Final = regex(r"(?:(?:in|on|as of|from|at|starting|over|during|back in|since)\s+)?", re.I)

_CAP: Final = r"[A-ZÀ-ÖØ-ÞČŁŚŠŽŹŻİĐ][\w’'-]*(?<!['’]s)(?<![’'-])"
PROPER: Final = (
    rf"{_CAP}(?:(?:\s+(?:de|del|da|do|la|le|am|an der|der|den|upon|of|the|&)){{0,2}}\s+(?!I\b){_CAP}){{0,3}}"
)
NAME: Final = rf"(?!I\b){_CAP}(?:\s+(?!I\b){_CAP})?"
_ADVERB: Final = any_of(
    "now currently still just recently finally actually really already also absolutely totally officially both happily "
    "proudly only truly definitely simply fortunately never even once originally primarily mostly usually genuinely "
    "mildly severely very quite so deathly terribly seriously temporarily permanently".replace(" never", "").split()
)
_INSTITUTION: Final = any_of(
    "hospital bakery library university school museum bank nursery clinic brewery hotel restaurant café cafe bookshop "
    "bookstore pharmacy gym startup start-up start-up bar pub kindergarten college lab laboratory theatre theater factory "
    "farm supermarket newspaper publisher agency shelter zoo vineyard garage studio gallery practice firm company "
    "consultancy charity court embassy airport observatory".split()
)
JOBS: Final = (
    "teacher nurse engineer developer programmer doctor lawyer baker chef cook waiter waitress barista bartender designer "
    "architect accountant electrician plumber carpenter journalist writer author editor translator interpreter librarian "
    "scientist researcher biologist chemist physicist mathematician economist historian archaeologist geologist "
    "pharmacist dentist vet veterinarian surgeon therapist psychologist psychiatrist physiotherapist counselor counsellor "
    "paramedic midwife firefighter policeman policewoman detective soldier pilot captain sailor driver mechanic farmer "
    "gardener florist butcher tailor hairdresser photographer painter sculptor illustrator musician violinist pianist "
    "guitarist drummer singer dancer actor actress director producer cameraman animator curator professor lecturer tutor "
    "coach trainer consultant analyst manager secretary receptionist cashier salesman saleswoman salesperson realtor "
    "broker banker auditor statistician cartographer surveyor technician welder machinist potter jeweller jeweler "
    "watchmaker cleaner janitor postman courier diplomat judge clerk administrator recruiter marketer copywriter "
    "podcaster student intern apprentice freelancer beekeeper brewer winemaker stonemason roofer glazier optician "
    "paralegal solicitor barrister bookkeeper proofreader typist ranger lifeguard zookeeper astronomer meteorologist "
    "caretaker superintendent headteacher principal dietitian nutritionist radiographer locksmith blacksmith bookbinder "
    "conductor composer organist luthier upholsterer sommelier pastor priest nun monk rabbi imam social\\ worker "
    "mapmaker webmaster sysadmin entrepreneur officer planner".replace("social\\ worker", "socialworker").split()
)
_JOB: Final = any_of(JOBS)
JOB: Final = rf"(?:(?!bit\b|lot\b|huge\b|big\b|great\b|good\b|bad\b|terrible\b|better\b|natural\b|proud\b|window\b|package\b|file\b|display\b|session\b|boot\b|download\b|task\b|password\b|desktop\b|fast\b|slow\b|careful\b)[a-z][\w-]*\s+){{0,3}}(?:{_JOB}|social worker)"
#: Things that a person is said to have.
POSSESSIONS: Final = (
    (
        *PETS, *"""car bike bicycle motorbike motorcycle scooter van boat canoe kayak sailboat house flat apartment cottage
        cabin garden allotment piano guitar violin cello drum_kit telescope sewing_machine record_player camera
        laptop phone tablet e-reader tent caravan campervan greenhouse workshop sauna hot_tub pool treadmill
        typewriter printer drone tattoo beard season_ticket motorhome tractor loom kiln banjo ukulele
        harp accordion saxophone trumpet flute clarinet fish_tank beehive beehives dogs cats rabbits hens chickens goats
        horses hamsters bees kids children daughters sons brothers sisters twins siblings""".split(),
    )
)  # fmt: skip
_THING: Final = any_of(POSSESSIONS).replace("_", r"\s+")
SKILLS: Final = (
    "guitar piano violin cello drums flute clarinet trumpet saxophone harp banjo ukulele accordion organ bass viola oboe "
    "tennis football soccer basketball volleyball handball badminton squash hockey cricket rugby golf baseball chess "
    "poker bridge go darts snooker pool padel pickleball lacrosse softball frisbee mahjong backgammon scrabble "
    "table_tennis water_polo field_hockey ice_hockey bass_guitar".split()
)
_SKILL: Final = any_of(SKILLS).replace("_", r"\s+")
LANGUAGES: Final = (
    "English German French Spanish Italian Portuguese Dutch Danish Swedish Norwegian Finnish Polish Czech Slovak "
    "Hungarian Romanian Bulgarian Greek Turkish Arabic Hebrew Persian Farsi Hindi Urdu Bengali Tamil Chinese Mandarin "
    "Cantonese Japanese Korean Vietnamese Thai Indonesian Malay Swahili Russian Ukrainian Serbian Croatian Slovenian "
    "Albanian Lithuanian Latvian Estonian Icelandic Irish Welsh Basque Catalan Galician Latin Esperanto".split()
)
_LANGUAGE: Final = any_of(LANGUAGES)
NATIONS: Final = (
    "German French Spanish Italian Portuguese Dutch Danish Swedish Norwegian Finnish Polish Czech Slovak Hungarian "
    "Romanian Bulgarian Greek Turkish Israeli Iranian Indian Pakistani Bangladeshi Chinese Japanese Korean Vietnamese "
    "Thai Indonesian Malaysian Kenyan Nigerian Ghanaian Egyptian Moroccan Russian Ukrainian Serbian Croatian Slovenian "
    "Albanian Lithuanian Latvian Estonian Icelandic Irish Welsh Scottish British English American Canadian Mexican "
    "Brazilian Argentinian Chilean Peruvian Colombian Australian Austrian Swiss Belgian Filipino".split()
)
_NATION: Final = any_of(NATIONS)
_DIET: Final = r"(?:strict(?:ly)? )?(?:vegetarian|vegan|pescatarian|teetotal|gluten-free|lactose[- ]intolerant|coeliac|celiac|diabetic|colou?r-?blind|left-handed|right-handed)"
ROUTINES: Final = (
    "go run walk swim read cook eat drink wake visit call ride drive meditate train bake listen watch write practise "
    "practice cycle commute clean water meet jog stretch nap goes runs walks swims reads cooks eats drinks wakes visits "
    "calls rides drives meditates trains bakes listens watches writes practises cycles commutes cleans waters meets jogs "
    "stretches naps".split()
)
_ROUTINE: Final = any_of(ROUTINES)
_OFTEN: Final = (
    r"(?i:(?:every|each)\s+(?:single\s+|other\s+)?(?:day|morning|evening|night|week|weekend|month|year|spring|summer|autumn|"
    r"fall|winter|monday|tuesday|wednesday|thursday|friday|saturday|sunday)s?|on\s+(?:mon|tues|wednes|thurs|fri|satur|"
    r"sun)days|(?:once|twice|three times|four times)\s+a\s+(?:day|week|month|year)|daily|before (?:work|breakfast|bed))"
)
PAST_VERBS: Final = (
    "went visited bought ran finished graduated attended joined met adopted climbed passed won hosted celebrated "
    "travelled traveled flew published completed performed signed broke sprained retired donated volunteered camped "
    "hiked cycled swam sailed planted painted built organised organized enrolled launched opened closed sold".split()
)
_PAST: Final = any_of(PAST_VERBS)

MONTH: Final = (
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December|Jan|Feb|Mar|Apr|Jun|Jul|"
    r"Aug|Sept?|Oct|Nov|Dec)"
)

#: Things and people that are named in the plural when they are changed ("I switched banks"), or are several.
SINGULAR: Final = {
    "banks": "bank", "phones": "phone", "gyms": "gym", "cars": "car", "dentists": "dentist", "doctors": "doctor",
    "browsers": "browser",
}  # fmt: skip

#: What the placeholders of a rule stand for. Each rule is anchored where its clause begins.
PLACEHOLDERS: Final = {
    "<S>": (
        rf"(?:(?P<self>[Ii]|[Ww]e)(?=['’\s])|[Mm]y\s+(?P<kin>{any_of((*KIN, *PARTNERS))})(?![\w-])(?:,?\s+(?P<kin_name>{NAME}),?)?"
        rf"|(?P<named>{NAME}))"
    ),
    "<OWNER>": rf"(?:(?P<self>[Mm]y|[Oo]ur)|(?P<named>{NAME})['’]s)",
    "<BE>": r"(?:['’](?:m|re|s)|\s+(?:am|are|is))",
    "<HAVE>": r"(?:['’](?:ve|s)|\s+(?:have|has))",
    "<NOT>": r"(?:\s+(?:do|does)(?:n['’]t|\s+not)|['’](?:m|re|s)\s+not|\s+(?:am|are|is)(?:n['’]t|\s+not))",
    "<A>": rf"(?:,?\s+{_ADVERB})*",
    "<PLACE>": (
        rf"(?:an?\s+[\w-]+(?:\s+[\w-]+){{0,3}}?\s+(?:in|on)\s+)?(?:(?:downtown|central|sunny|rainy|northern|southern|"
        rf"eastern|western|beautiful|lovely)\s+)?(?P<object>(?:the\s+)?{PROPER})"
    ),
    "<ORG>": rf"(?P<object>(?:the\s+)?{PROPER}|(?:an?|the)\s+(?:[a-z][\w-]*\s+){{0,2}}{_INSTITUTION})",
    "<NAME>": rf"(?P<object>(?:(?:Dr|Mr|Mrs|Ms|Prof)\.?\s+)?{NAME})",
    "<PROPER>": rf"(?P<object>{PROPER})",
    "<JOB>": rf"(?P<object>{JOB})",
    "<NP>": r"(?P<object>[\w’'&+./-]+(?:\s+[\w’'&+./-]+){0,7})",
    "<TAIL>": r"(?P<object>[\w’'&+./%:,-]+(?:\s+[\w’'&+./%:,()-]+){0,17})",
    "<THING>": rf"(?:[a-z][\w-]*\s+){{0,3}}{_THING}",
    "<SKILL>": _SKILL,
    "<LANGUAGE>": _LANGUAGE,
    "<NATION>": _NATION,
    "<DIET>": _DIET,
    "<ROUTINE>": _ROUTINE,
    "<OFTEN>": _OFTEN,
    "<PAST>": _PAST,
    "<MONTH>": MONTH,
    "<ANYMORE>": r"(?=[^.!]*\b(?:any\s?more|any longer|at the moment|now)\b)",
}

#: A capital letter does not make these a name.
NO_NAMES: Final = _set(
    "i he she it they we you this that these those the there here who what which when where why how everyone everybody "
    "someone somebody anyone anybody nobody none people some many most all both each every another other mom mum dad god "
    "yes no ok okay well so and but or if as at in on to of for with by from my your his her its our their today tomorrow "
    "yesterday tonight monday tuesday wednesday thursday friday saturday sunday january february march april may june "
    "july august september october november december spring summer autumn winter christmas easter halloween thanks thank "
    "hello hey hi wow oh haha lol sorry please maybe still just now then also not never always only even something "
    "anything nothing everything that's it's i'm i've i'll i'd let's one two three people man men woman women kids life "
    "love work school home music art sure glad good great nice cool awesome happy hope looks sounds family team mr mrs ms "
    "dr sir madam dear guys folks company place time stuff things im ive id mine yours ours hers theirs"
)
#: Objects of love and hate that name nothing by themselves.
NO_OBJECTS: Final = _set(
    "it that this you your yours them him her us me how what when where why the these those one both all everything "
    "anything nothing something seeing hearing knowing being my our his their its there here so too more most least "
    "best better talking watching-it working-with each any some another such thinking i we he she they and or but not no "
    "if as well very much enough also really em ya ye u have has had do did funny over just for with from about 'em to-do"
)
#: Where an event has been told, and something else begins.
EVENT_END: Final = regex(
    r",|\s+(?:and|but|because|when|while|where|after|before|since|so|which|that|as|although|though)\b|\s+[–—-]\s|\.(?!\w)|[!…(;]"
)
#: Words that nothing ends with: what was cut off after them belongs to it.
UNFINISHED: Final = regex(r"\s(?:an?|the|my|our|his|her|their|much|very|so|too|as|while)$", re.I)
PLAN_END: Final = regex(
    r",?\s+(?:and|but)\s+(?:then|now|went|[a-z]+ed)\b|,?\s+(?:or|and|but|because|so)\s+(?:i|im|i['’]m|i['’]ll|we|my|it|he|she|they)\b|\s+because\b",
    re.I,
)
#: What these restrict cannot be cut off ("games that test me"), nor be taken whole.
RESTRICTED: Final = regex(r"\b(?:that|which|who|whose|when|where|if|unless|except|whenever|how|than|as)\b", re.I)
#: Words that mean something only where they were said.
DEICTIC: Final = regex(
    r"\b(?:it|this|that|there|these|those|them|him|her|one|ones|here|you|your|yours|they|she|he|same|such|everything|anything|something|nothing)\b",
    re.I,
)
#: Verbs in the form that goes with "I" and not with a name: "Feeling like ..." is no statement about a Feeling.
BARE_VERBS: Final = _set(
    "live work love like adore enjoy hate dislike detest loathe prefer play have own keep drive speak study come plan "
    "intend go run walk swim read cook eat drink am are start join move"
)
VAGUE: Final = _set("thing things part one ones way time kind type sort bit moment place stuff")
TRAILING: Final = regex(
    r"(?:[\s,.!…]|\b(?:now|currently|these days|nowadays|again|too|as well|at the moment|any ?more|any longer|already|"
    r"finally|btw|by the way|though|lately|right now|actually|still|so far|haha|lol|of course|instead|after all|then|"
    r"a lot|back in the day|so much|very much|the most|most of all|for now|recently|officially|mate|everyone|guys|since|until|till|from|"
    r"in|on|at|for|with|and|or|but|to|of|by)\b)+$",
    re.I,
)
#: Where a noun phrase ends although the clause goes on.
NP_END: Final = regex(
    r",|\s+(?:because|cause|while|after|before|since|until|till|even|although|though|so|every|instead|but|these days|"
    r"right now|any ?more|at the moment|now|and\s+(?:i|we|it|he|she|they|my))\b|\s+[–—-]\s|[!…(]|\.(?!\w)|\s:",
    re.I,
)
