"""How English says times: the words and the shapes of phrases that `timex_rules` gives a meaning to.

Only language is here, no dates are computed. A further language joins as another module with the same names: tables
from words to numbers, and patterns with the same named groups. Patterns are matched against lower-case text; a blank
in a pattern stands for any run of white space.

What is taken for a time expression, and how far it reaches, follows the TIMEX3 tag of TimeML (Saurí et al., 2006),
except that durations ("for three days", "10 years old") and sets ("every Monday") are left out: they have no date.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from memcli.patterns import regex


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _numbered(names: str, start: int) -> dict[str, int]:
    """The names in their order, commas between the numbers: "monday mon, tuesday tue"."""
    return {name: number for number, some in enumerate(names.split(","), start) for name in some.split()}


NUMBERS: Final = {
    **_numbered("one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve, thirteen, fourteen", 1),
    **_numbered("fifteen, sixteen, seventeen, eighteen, nineteen, twenty", 15),
    **{"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "a": 1, "an": 1},
}
#: Numbers that are not meant exactly. "A couple" is exact enough: two.
LOOSE_NUMBERS: Final = {"few": 3, "several": 4}
COUPLE: Final = "couple"
HALF: Final = "half"
ORDINALS: Final = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1}

#: Days of a month in words: those that people write out.
DAY_WORDS: Final = {
    **_numbered("first, second, third, fourth, fifth, sixth, seventh, eighth, ninth, tenth, eleventh, twelfth", 1),
    **{"fifteenth": 15, "twentieth": 20, "thirtieth": 30},
}

#: What can be counted, in its singular.
UNITS: Final = {
    **{f"{unit}{s}": unit for unit in ("day", "week", "weekend", "month", "quarter", "year") for s in ("", "s")},
    **{"night": "day", "nights": "day", "wk": "week", "wks": "week", "yr": "year", "yrs": "year"},
    **{"fortnight": "fortnight", "fortnights": "fortnight", "decade": "decade", "decades": "decade"},
    **{f"{name}s": name for name in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")},
}

#: Days counted from the day of speaking.
DAYS: Final = {
    "day before yesterday": -2,
    "night before last": -2,
    "yesterday": -1,
    "last night": -1,
    "last evening": -1,
    "today": 0,
    "tonight": 0,
    "this morning": 0,
    "this afternoon": 0,
    "this evening": 0,
    "tomorrow": 1,
    "tmrw": 1,
    "day after tomorrow": 2,
}


# One of these is in every phrase of its kind.
DAY_CUES: Final = _set("yesterday today tonight tomorrow tmrw night morning afternoon evening")
AGO_CUES: Final = _set("ago back")
TWICE_REMOVED_CUES: Final = _set("before after")
WEEK_CUES: Final = _set("week")
ORDINAL_ENDINGS: Final = _set("st nd rd th")
SIDE_CUES: Final = _set("before prior after following of")
PORTION_CUES: Final = _set("early beginning start mid middle late end earlier later half")
ABOUT_CUES: Final = _set("around approximately approx roughly circa sometime about nearly almost over more")
SINCE_CUES: Final = _set("since until till")
FROM_CUES: Final = _set("from between")
NOON_CUES: Final = _set("noon midnight")

#: Which one is meant: -1 the one before, 0 the present one, 1 the one after.
SHIFTS: Final = {"last": -1, "past": -1, "this past": -1, "this": 0, "current": 0, "next": 1}
#: "The coming weekend" is the nearest one, where "next weekend" skips the one of this week.
COMING: Final = ("coming", "this coming", "upcoming", "this upcoming")

WEEKDAYS: Final = _numbered(
    "monday mon, tuesday tues tue, wednesday wed, thursday thurs thur thu, friday fri, saturday sat, sunday sun", 0
)
MONTHS: Final = _numbered(
    "january jan, february feb, march mar, april apr, may, june jun, july jul, august aug, september sept sep, "
    "october oct, november nov, december dec",
    1,
)
#: The first month of each season: the meteorological seasons of the northern half of the earth.
SEASONS: Final = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
#: Feasts with a fixed date, as (month, day).
HOLIDAYS: Final = {
    "new year's day": (1, 1),
    "new year's eve": (12, 31),
    "new year's": (1, 1),
    "valentine's day": (2, 14),
    "valentine's": (2, 14),
    "valentines": (2, 14),
    "st patrick's day": (3, 17),
    "st. patrick's day": (3, 17),
    "april fools' day": (4, 1),
    "april fool's day": (4, 1),
    "juneteenth": (6, 19),
    "independence day": (7, 4),
    "halloween": (10, 31),
    "veterans day": (11, 11),
    "christmas eve": (12, 24),
    "christmas day": (12, 25),
    "christmas": (12, 25),
    "xmas": (12, 25),
    "boxing day": (12, 26),
}
#: Feasts that are so many days from Easter Sunday.
AROUND_EASTER: Final = {"good friday": -2, "easter sunday": 0, "easter monday": 1, "easter": 0}
#: Feasts on the n-th weekday (0 is Monday) of a month, -1 the last, as (month, weekday, n); those of North America.
NTH_WEEKDAYS: Final = {
    "martin luther king day": (1, 0, 3),
    "mlk day": (1, 0, 3),
    "presidents' day": (2, 0, 3),
    "mother's day": (5, 6, 2),
    "mothers' day": (5, 6, 2),
    "memorial day": (5, 0, -1),
    "father's day": (6, 6, 3),
    "fathers' day": (6, 6, 3),
    "labor day": (9, 0, 1),
    "columbus day": (10, 0, 2),
    "thanksgiving day": (11, 3, 4),
    "thanksgiving": (11, 3, 4),
}
FEASTS: Final = (*HOLIDAYS, *AROUND_EASTER, *NTH_WEEKDAYS)
DECADES: Final = {
    "twenties": 20,
    "thirties": 30,
    "forties": 40,
    "fifties": 50,
    "sixties": 60,
    "seventies": 70,
    "eighties": 80,
    "nineties": 90,
}

#: Which third of a longer time is meant.
PORTIONS: Final = {
    "early": 0,
    "early in": 0,
    "beginning of": 0,
    "start of": 0,
    "mid": 1,
    "middle of": 1,
    "late": 2,
    "late in": 2,
    "end of": 2,
}
#: Which half of a longer time is meant.
HALVES: Final = {"first half of": 0, "second half of": 1, "latter half of": 1}
PORTION_NAMES: Final = {"early": 0, "mid": 1, "late": 2}
BEFORE: Final = frozenset({"before", "prior to"})

#: Words that are more often something else ("may I", "the sun"): these need a capital letter or a lead.
DOUBTFUL_MONTHS: Final = frozenset({"may", "march", "mar"})
DOUBTFUL_WEEKDAYS: Final = frozenset({"mon", "wed", "sat", "sun"})
#: Names that are times wherever they stand. The other months are first names, verbs or abbreviations as well.
CLEAR_MONTHS: Final = frozenset({"january", "february", "july", "september", "october", "november", "december"})
CLEAR_WEEKDAYS: Final = frozenset(name for name in WEEKDAYS if name.endswith("day"))
CLEAR_HOLIDAYS: Final = frozenset(
    name for name in FEASTS if name.endswith(("day", "eve", "juneteenth", "thanksgiving"))
)
#: The word before a bare month or year that shows it to be one; those of STRONG_LEADS even for a doubtful month.
STRONG_LEADS: Final = _set("in since until till by during of early mid late")
TIME_LEADS: Final = STRONG_LEADS | _set("from between around through throughout circa after before")
YEAR_LEADS: Final = TIME_LEADS | {"year"}
#: The word before a weekday's abbreviation, a feast or a doubtful date that shows it to be a day.
DAY_LEADS: Final = _set("on by since until till from of the for before after due at around over between")
#: The word before "the 15th" that shows it to be a date.
DATE_LEADS: Final = _set("on by since until till")
#: The word before "the weekend" or "the summer".
SPELL_LEADS: Final = _set("in over at during on throughout for since until by")
#: The word before "90s": "in my 20s" is an age.
DECADE_LEADS: Final = frozenset({"early", "mid", "late"})
#: "Every Monday" is no date, and "Black Friday" is a name.
NO_WEEKDAY_AFTER: Final = _set("every each any most per black good ash maundy")
#: "The first time in five years", "twice in a week".
NO_DURATION_AFTER: Final = _set("once twice times time days hours nights everything all only first")
#: Between the two ends of a range; "and" makes a range of two years only ("April and June" may be two people).
RANGE_JOINTS: Final = _set("to until till through")
YEAR_JOINTS: Final = RANGE_JOINTS | {"and"}

#: The word before a date that puts it in the future.
FUTURE_LEADS: Final = frozenset({"by", "until", "till", "due"})
#: Words that show whether the speaker looks ahead (`future`) or back.
OUTLOOK_CUE: Final = regex(
    r"\b(?:(?P<future>will|won['’]t|shall|gonna|next(?!\s+to\b)|tomorrow|tmrw|upcoming|coming|soon|appointment|deadline|"
    r"scheduled|booked|remind|plan(?:s|ning)?|hope|hoping|(?:going|about|supposed|need|have|has|want)\s+to|let['’]?s|"
    r"(?:was|were|been|am|are|is|['’](?:m|re|s))\s+(?:thinking|wondering)|see\s+(?:you|ya|u)|meeting\s+on|looking\s+forward|can['’]?t\s+wait|(?<!was\s)(?<!were\s)due)|"
    r"(?:was|were|had|did)(?:n['’]t)?|went|got|took|made|saw|met|came|said|told|ran|bought|spent|ate|left|found|gave|"
    r"felt|began|won|lost|read|drove|wrote|built|flew|(?!excited|interested|tired)\w+[^\We]ed)\b|(?P<will>['’]ll\b)"
)
SENTENCE_END: Final = regex(r"[.!?]+(?=\s)|\n")
WORDS: Final = regex(r"[a-z]+")
DIGIT: Final = regex(r"[0-9]")


def _any(words: Iterable[str]) -> str:
    """An alternation that prefers the longest word."""
    escaped = (re.escape(word).replace(r"\ ", " ") for word in sorted(words, key=lambda word: (-len(word), word)))
    return "(?:" + "|".join(escaped) + ")"


def _head(pattern: str) -> re.Pattern[str]:
    """`pattern` from a word's start on, a blank standing for white space and ' for either apostrophe."""
    return regex(r"(?<!\w)(?:" + pattern.replace("'", "['’]").replace(" ", r"\s+") + ")")


def _phrase(pattern: str) -> re.Pattern[str]:
    """`pattern` as whole words; "last week-long" has no "last week"."""
    return _head(rf"(?:{pattern})(?!\w|-\w)")


_NUMBER = (
    rf"(?:[0-9]{{1,4}}|{HALF} an?|(?:an? )?(?:{COUPLE}(?: of)?|{_any(LOOSE_NUMBERS)})|"
    rf"{_any(name for name, number in NUMBERS.items() if number % 10 == 0 and number > 10)}"
    rf"(?: |-){_any(name for name, number in NUMBERS.items() if number < 10)}|{_any(NUMBERS)})"
)
_UNIT = _any(UNITS)
_AMOUNT = (
    rf"(?P<number>{_NUMBER})(?P<loose> or {_NUMBER}|\s?[-–]\s?{_NUMBER})?(?P<half> and a {HALF})? (?P<unit>{_UNIT})"
    rf"(?:(?P<half2> and a {HALF})|(?P<loose2> or (?:so|two|more)))?"
)
_PART = r"(?: (?:morning|afternoon|evening|night|lunchtime))?"
_CALENDAR = r"(?:week|weekend|month|quarter|year)"
_DAY_NUMBER = r"(?:0?[1-9]|[12][0-9]|3[01])"
_DAY = rf"(?P<day>{_DAY_NUMBER})(?P<ordinal>st|nd|rd|th)?"
FULL_MONTH_AT_END: Final = regex(rf"(?:{_any(name for name in MONTHS if len(name) > 4 or name == 'june')}|may|july)\.$")
_YEAR = r"(?P<year>(?:1[5-9]|20|21)[0-9]{2}|'[0-9]{2})"
_WEEKDAY = rf"(?:(?P<weekday>{_any(WEEKDAYS)})\.?,? (?:the )?)?"
_MONTH = rf"(?P<month>{_any(MONTHS)})"
_NAME = rf"(?P<name>{_CALENDAR}|{_any((*WEEKDAYS, *MONTHS, *SEASONS, *FEASTS))})"

DAY_NAME: Final = _phrase(rf"(?:the |earlier |later )?(?P<name>{_any(DAYS)}){_PART}")
AGO: Final = _phrase(rf"{_AMOUNT} (?:ago|back(?! (?:to|in|from|home|at|and|on)\b))")
AHEAD: Final = _phrase(rf"in {_AMOUNT}(?:'? time)?(?! (?:of|ago|back)\b)")
FROM_NOW: Final = _phrase(rf"{_AMOUNT} from (?P<anchor>now|today|tomorrow|{_any(CLEAR_WEEKDAYS)})")
AGO_TO_THE_DAY: Final = _phrase(rf"{_AMOUNT} ago (?P<anchor>today|yesterday|tomorrow)")
#: "Two summers ago": the units that are counted are those of the calendar, which come once a year.
YEARLY_AGO: Final = _phrase(
    rf"(?P<number>{_any(name for name in NUMBERS if name not in ('a', 'an'))}|[0-9]{{1,2}}) "
    rf"(?P<name>{_any((*SEASONS, *MONTHS, *FEASTS))})(?:e?s) ago"
)
#: A stretch of days that ends or begins with the day of speaking.
STRETCH: Final = _phrase(rf"(?:(?:the|these) last|(?:the |these |this )?(?:past|(?P<ahead>next|coming))) {_AMOUNT}")
STRETCH_OF_ONE: Final = _phrase(
    r"(?:(?:in|over|during|within) the (?:last|past|(?P<ahead>next|coming))|(?:the |this )?past)"
    r" (?P<unit>week|month|quarter|year|decade)(?! of\b)"
)
RELATIVE: Final = _phrase(rf"(?P<shift>{_any((*SHIFTS, *COMING))}) {_NAME}{_PART}")
TWICE_REMOVED: Final = _phrase(rf"(?:the )?{_NAME} (?:(?P<before>before last)|after next)")
WEEKDAY_OF_WEEK: Final = _phrase(
    rf"(?P<name>{_any(CLEAR_WEEKDAYS)}){_PART} (?:of )?(?P<shift>last|this|next) week|"
    rf"(?P<shift2>last|this|next) week,? (?:on )?(?P<name2>{_any(CLEAR_WEEKDAYS)}){_PART}"
)
BARE_WEEKDAY: Final = _phrase(rf"(?P<name>{_any(WEEKDAYS)}){_PART}(?!\s?(?:to|through|-|–)\s?{_any(WEEKDAYS)}\b)")
BARE_SPELL: Final = _phrase(rf"the (?P<name>weekend|{_any(SEASONS)})(?! of\b)")
PART_OF_UNIT: Final = _phrase(rf"(?:the )?(?P<portion>{_any(PORTIONS)}) the (?P<name>{_CALENDAR})(?! (?:of|before)\b)")
_TO = r"\s?(?:-|–|to|through|until)\s?(?:the )?"
DATE: Final = _phrase(
    rf"{_WEEKDAY}(?:the )?(?:(?P<other_day>{_DAY_NUMBER})(?:st|nd|rd|th)?{_TO})?"
    rf"{_DAY}(?: of | |-){_MONTH}\.?(?:(?:,? |,|-){_YEAR})?"
)
DATE_MONTH_FIRST: Final = _phrase(
    rf"{_WEEKDAY}{_MONTH}\.?(?: |-)(?:the )?{_DAY}(?![0-9])"
    rf"(?:{_TO}(?P<other_day>{_DAY_NUMBER})(?:st|nd|rd|th)?(?![0-9]))?(?:(?:,? |,|-){_YEAR})?"
)
DATE_IN_WORDS: Final = _phrase(rf"(?:the )?(?P<ordinal>{_any(DAY_WORDS)}) of {_MONTH}(?:(?:,? |,){_YEAR})?")
DAY_OF_MONTH: Final = _phrase(
    r"the (?P<day>[1-9]|[12][0-9]|3[01])(?:st|nd|rd|th)(?: of (?P<shift>last|this|next) month)?"
    r"(?! (?:floor|day|try|time|attempt|hole|page|anniversary|birthday|century|grade|place|street|avenue|level)\b)"
)
DATE_ISO: Final = regex(
    r"(?<![\w/.-])(?P<year>[0-9]{4})(?P<sep>[-/.])(?P<month>[0-9]{1,2})(?P=sep)(?P<day>[0-9]{1,2})(?![0-9]|[-/.][0-9])"
)
DATE_NUMERIC: Final = regex(
    r"(?<![\w/.-])(?P<first>[0-9]{1,2})(?P<sep>[-/.])(?P<second>[0-9]{1,2})(?P=sep)(?P<year>[0-9]{4}|[0-9]{2})"
    r"(?!\w|[-/.][0-9])"
)
MONTH: Final = _phrase(rf"{_MONTH}(?:(?:\.?(?:,| of)?(?: |-)|\.){_YEAR})?")
BARE_YEAR: Final = _phrase(
    r"(?P<year>(?:19|20)[0-9]{2})(?![,.:/][0-9]|[%$€£])"
    r"(?! (?:people|persons|steps|words|dollars|euros|pounds|bucks|miles|km|calories|hours|points|times)\b)"
)
SEASON: Final = _phrase(rf"(?:the )?(?P<name>{_any(SEASONS)})(?: of)?,? {_YEAR}(?:[-/–][0-9]{{2}})?")
HOLIDAY: Final = _phrase(rf"(?P<name>{_any(FEASTS)})(?:(?: of|,)? {_YEAR})?")
DECADE: Final = _phrase(rf"(?P<the>the )?(?:'?(?P<decade>(?:1[5-9]|20)[0-9]0|[0-9]0)'?s|(?P<name>{_any(DECADES)}))")
QUARTER: Final = _phrase(r"q(?P<quarter>[1-4]),?(?: of)? (?P<year>(?:19|20)[0-9]{2})")

# The heads of compound expressions: each ends where the expression that it builds on begins, or its article.
ARTICLE: Final = regex(r"the\s+")
ARTICLE_WORD: Final = "the"
SIDE_HEAD: Final = _head(
    rf"(?:the )?(?:(?P<name>day|night|evening|morning|week|weekend|month|year|{_any(CLEAR_WEEKDAYS)})|{_AMOUNT})"
    r" (?P<side>before|prior to|after|following|of) "
)
PORTION_HEAD: Final = _head(rf"(?:the )?(?P<portion>{_any((*PORTIONS, *HALVES))}|(?P<until_now>earlier)|later)(?: |-)")
ORDINAL_HEAD: Final = _head(
    rf"(?:the )?(?P<ordinal>{_any(ORDINALS)}) (?P<name>day|week|weekend|{_any(CLEAR_WEEKDAYS)}) (?:of|in) "
)
SINCE_HEAD: Final = _head(r"(?:(?P<since>since)|until|till) ")
FROM_HEAD: Final = _head(r"(?:from|between) ")
RANGE_JOINT: Final = regex(rf"\s+{_any(YEAR_JOINTS)}\s+|\s*[-–—]\s*")
#: "About" is a topic as well ("about yesterday"): it softens amounts only.
ABOUT_HEAD: Final = _head(
    rf"(?:(?:around|approximately|approx\.?|roughly|circa|sometime around)|"
    rf"(?:about|nearly|almost|over|more than)(?= {_NUMBER} {_UNIT}\b)) "
)

_CLOCK = (
    r"(?:(?P<hour>0?[1-9]|1[0-2])(?:[:.](?P<minute>[0-5][0-9]))?(?::[0-5][0-9])?\s*(?P<half>[ap])(?:m\b|\.m\.)|"
    r"(?P<hour24>[01]?[0-9]|2[0-3]):(?P<minute24>[0-5][0-9])(?::[0-5][0-9])?(?![0-9])|(?P<noon>noon)\b|midnight\b)"
)
#: The time of day, after a day or before it.
CLOCK_TAIL: Final = regex(rf"(?:t|,?\s+(?:at\s+|around\s+|about\s+)?){_CLOCK}")
CLOCK_HEAD: Final = regex(rf"(?<![\w:.-]){_CLOCK},?\s+(?:on\s+)?")

#: What `describe` calls the months.
MONTH_NAMES: Final = tuple({number: name.capitalize() for name, number in reversed(MONTHS.items())}.values())[::-1]
