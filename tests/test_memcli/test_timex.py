"""Time expressions: a table of what English says and which days it means, worked out by hand with a calendar."""

from __future__ import annotations

from datetime import date

import pytest

from memcli.memory.timex import TimeExpression, describe, find_time_expressions

#: The day of speaking, unless a table says otherwise: a Wednesday. 1 May 2023 was a Monday.
WEDNESDAY = date(2023, 5, 10)


def shown(expression: TimeExpression) -> str:
    """The span and its value as the tables write it: "week 2023-05-01..2023-05-07"; ~ approximate, @ clock."""
    days = f"{expression.first}" if expression.first == expression.last else f"{expression.first}..{expression.last}"
    clock = f" @{expression.clock}" if expression.clock is not None else ""
    return f"{'~' if expression.approximate else ''}{expression.granularity} {days}{clock}"


# The text, the words in it that are the expression, its value.
SAID_ON_A_WEDNESDAY = [
    # days
    ("I went there today.", "today", "day 2023-05-10"),
    ("Tonight we dance", "Tonight", "day 2023-05-10"),
    ("I ran this morning", "this morning", "day 2023-05-10"),
    ("I'm off this afternoon", "this afternoon", "day 2023-05-10"),
    ("what's on this evening?", "this evening", "day 2023-05-10"),
    ("earlier today I fell", "earlier today", "day 2023-05-10"),
    ("I went to a support group yesterday and it was powerful.", "yesterday", "day 2023-05-09"),
    ("Yesterday morning I swam", "Yesterday morning", "day 2023-05-09"),
    ("last night was great", "last night", "day 2023-05-09"),
    ("tomorrow", "tomorrow", "day 2023-05-11"),
    ("see you tomorrow evening", "tomorrow evening", "day 2023-05-11"),
    ("c u tmrw", "tmrw", "day 2023-05-11"),
    ("the day before yesterday", "the day before yesterday", "day 2023-05-08"),
    ("day before yesterday", "day before yesterday", "day 2023-05-08"),
    ("the night before last", "the night before last", "day 2023-05-08"),
    ("I'm leaving the day after tomorrow evening.", "the day after tomorrow evening", "day 2023-05-12"),
    # weeks
    ("It happened last week!", "last week", "week 2023-05-01..2023-05-07"),
    ("This week is busy", "This week", "week 2023-05-08..2023-05-14"),
    ("next week", "next week", "week 2023-05-15..2023-05-21"),
    ("the coming week", "coming week", "week 2023-05-15..2023-05-21"),
    ("the week before last", "the week before last", "week 2023-04-24..2023-04-30"),
    ("the week after next", "the week after next", "week 2023-05-22..2023-05-28"),
    ("the past week", "the past week", "range 2023-05-03..2023-05-10"),
    ("over the last week", "over the last week", "range 2023-05-03..2023-05-10"),
    ("earlier this week", "earlier this week", "range 2023-05-08..2023-05-10"),
    ("later this week", "later this week", "range 2023-05-10..2023-05-14"),
    ("by the end of the week", "the end of the week", "~range 2023-05-12..2023-05-14"),
    # weekends
    ("last weekend", "last weekend", "weekend 2023-05-06..2023-05-07"),
    ("this past weekend", "this past weekend", "weekend 2023-05-06..2023-05-07"),
    ("this weekend?", "this weekend", "weekend 2023-05-13..2023-05-14"),
    ("This weekend was fun", "This weekend", "weekend 2023-05-06..2023-05-07"),
    ("We will hike this weekend", "this weekend", "weekend 2023-05-13..2023-05-14"),
    ("next weekend", "next weekend", "weekend 2023-05-20..2023-05-21"),
    ("this coming weekend", "this coming weekend", "weekend 2023-05-13..2023-05-14"),
    ("the weekend before last", "the weekend before last", "weekend 2023-04-29..2023-04-30"),
    ("Anything fun over the weekend?", "the weekend", "weekend 2023-05-06..2023-05-07"),
    ("I'll rest at the weekend", "the weekend", "weekend 2023-05-13..2023-05-14"),
    ("two weekends ago", "two weekends ago", "weekend 2023-04-29..2023-04-30"),
    # months, quarters, years
    ("last month", "last month", "month 2023-04-01..2023-04-30"),
    ("this month", "this month", "month 2023-05-01..2023-05-31"),
    ("next month", "next month", "month 2023-06-01..2023-06-30"),
    ("the month before last", "the month before last", "month 2023-03-01..2023-03-31"),
    ("the past month", "the past month", "range 2023-04-10..2023-05-10"),
    ("earlier this month", "earlier this month", "range 2023-05-01..2023-05-10"),
    ("late last month", "late last month", "~range 2023-04-21..2023-04-30"),
    ("early next month", "early next month", "~range 2023-06-01..2023-06-10"),
    ("the end of the month", "the end of the month", "~range 2023-05-21..2023-05-31"),
    ("last quarter", "last quarter", "range 2023-01-01..2023-03-31"),
    ("this quarter", "this quarter", "range 2023-04-01..2023-06-30"),
    ("in Q3 2022", "Q3 2022", "range 2022-07-01..2022-09-30"),
    ("I painted it last year.", "last year", "year 2022-01-01..2022-12-31"),
    ("this year's", "this year", "year 2023-01-01..2023-12-31"),
    ("next year", "next year", "year 2024-01-01..2024-12-31"),
    ("the year before last", "the year before last", "year 2021-01-01..2021-12-31"),
    ("over the past year", "over the past year", "range 2022-05-10..2023-05-10"),
    ("early this year", "early this year", "~range 2023-01-01..2023-04-30"),
    ("by the end of next year", "the end of next year", "~range 2024-09-01..2024-12-31"),
    # weekdays
    ("Last Friday I went to a meeting.", "Last Friday", "day 2023-05-05"),
    ("Last Fri I finally went", "Last Fri", "day 2023-05-05"),
    ("I joined last Tues. I'm glad", "last Tues", "day 2023-05-09"),
    ("last Wednesday", "last Wednesday", "day 2023-05-03"),
    ("this past Sunday", "this past Sunday", "day 2023-05-07"),
    ("this Friday", "this Friday", "day 2023-05-12"),
    ("I won this Tuesday!", "this Tuesday", "day 2023-05-09"),
    ("next Tuesday", "next Tuesday", "day 2023-05-16"),
    ("next Wednesday", "next Wednesday", "day 2023-05-17"),
    ("let's paint next Sat", "next Sat", "day 2023-05-13"),
    ("the coming Sunday", "coming Sunday", "day 2023-05-14"),
    ("On Monday I started.", "Monday", "day 2023-05-08"),
    ("I went for a check-up Monday and I'll know soon", "Monday", "day 2023-05-08"),
    ("I'll call on Monday.", "Monday", "day 2023-05-15"),
    ("We are going to meet on Thursday morning", "Thursday morning", "day 2023-05-11"),
    ("I'm gonna rest Sunday", "Sunday", "day 2023-05-14"),
    ("The appointment is on Friday", "Friday", "day 2023-05-12"),
    ("See you Saturday!", "Saturday", "day 2023-05-13"),
    ("I have to hand it in by Friday", "Friday", "day 2023-05-12"),
    ("It was fun. I saw her on Sat", "Sat", "day 2023-05-06"),
    ("the Friday before last", "the Friday before last", "day 2023-04-28"),
    ("two Fridays ago", "two Fridays ago", "day 2023-04-28"),
    ("Monday last week", "Monday last week", "day 2023-05-01"),
    ("Friday of next week", "Friday of next week", "day 2023-05-19"),
    ("last week on Thursday", "last week on Thursday", "day 2023-05-04"),
    # ago
    ("two days ago", "two days ago", "day 2023-05-08"),
    ("3 days ago", "3 days ago", "day 2023-05-07"),
    ("twenty-one days ago", "twenty-one days ago", "day 2023-04-19"),
    ("a couple of days ago", "a couple of days ago", "day 2023-05-08"),
    ("a few days ago", "a few days ago", "~day 2023-05-07"),
    ("I began few days ago", "few days ago", "~day 2023-05-07"),
    ("several days ago", "several days ago", "~day 2023-05-06"),
    ("three nights ago", "three nights ago", "day 2023-05-07"),
    ("a week ago", "a week ago", "week 2023-05-01..2023-05-07"),
    ("about two weeks ago", "about two weeks ago", "~week 2023-04-24..2023-04-30"),
    ("a couple weeks ago", "a couple weeks ago", "week 2023-04-24..2023-04-30"),
    ("two or three weeks ago", "two or three weeks ago", "~week 2023-04-24..2023-04-30"),
    ("2-3 weeks ago", "2-3 weeks ago", "~week 2023-04-24..2023-04-30"),
    ("a week or so ago", "a week or so ago", "~week 2023-05-01..2023-05-07"),
    ("a fortnight ago", "a fortnight ago", "week 2023-04-24..2023-04-30"),
    ("a month ago", "a month ago", "month 2023-04-01..2023-04-30"),
    ("six months ago", "six months ago", "month 2022-11-01..2022-11-30"),
    ("half a year ago", "half a year ago", "month 2022-11-01..2022-11-30"),
    ("a year and a half ago", "a year and a half ago", "month 2021-11-01..2021-11-30"),
    ("one and a half years ago", "one and a half years ago", "month 2021-11-01..2021-11-30"),
    ("about a year ago", "about a year ago", "~month 2022-05-01..2022-05-31"),
    ("five years ago; it was great", "five years ago", "year 2018-01-01..2018-12-31"),
    ("for my 18th birthday ten years ago.", "ten years ago", "year 2013-01-01..2013-12-31"),
    ("more than 3 yrs ago", "more than 3 yrs ago", "~year 2020-01-01..2020-12-31"),
    ("a few years back with an epic block", "a few years back", "~year 2020-01-01..2020-12-31"),
    ("two decades ago", "two decades ago", "~year 2003-01-01..2003-12-31"),
    # ahead
    ("in three days", "in three days", "day 2023-05-13"),
    ("in a week", "in a week", "week 2023-05-15..2023-05-21"),
    ("I'll be back in two weeks", "in two weeks", "week 2023-05-22..2023-05-28"),
    ("in two weeks' time", "in two weeks' time", "week 2023-05-22..2023-05-28"),
    ("in 2 months", "in 2 months", "month 2023-07-01..2023-07-31"),
    ("in five years", "in five years", "year 2028-01-01..2028-12-31"),
    ("3 weeks from now", "3 weeks from now", "week 2023-05-29..2023-06-04"),
    ("two days from tomorrow", "two days from tomorrow", "day 2023-05-13"),
    # stretches
    ("the last two weeks", "the last two weeks", "range 2023-04-26..2023-05-10"),
    ("these past few months", "these past few months", "~range 2023-02-10..2023-05-10"),
    ("the past 3 years", "the past 3 years", "range 2020-05-10..2023-05-10"),
    ("the next two weeks", "the next two weeks", "range 2023-05-10..2023-05-24"),
    # dates
    ("8 May 2023", "8 May 2023", "day 2023-05-08"),
    ("8 May, 2023", "8 May, 2023", "day 2023-05-08"),
    ("8th of May 2023", "8th of May 2023", "day 2023-05-08"),
    ("the 8th of May", "the 8th of May", "day 2023-05-08"),
    ("May 8, 2023", "May 8, 2023", "day 2023-05-08"),
    ("May 8th", "May 8th", "day 2023-05-08"),
    ("Aug 3rd '22", "Aug 3rd '22", "day 2022-08-03"),
    ("8-May-2023", "8-May-2023", "day 2023-05-08"),
    ("Friday, 14 July 2023", "Friday, 14 July 2023", "day 2023-07-14"),
    ("Mon, May 8 2023", "Mon, May 8 2023", "day 2023-05-08"),
    ("November 5-6, 2022", "November 5-6, 2022", "range 2022-11-05..2022-11-06"),
    ("3 to 5 May 2023", "3 to 5 May 2023", "range 2023-05-03..2023-05-05"),
    ("I went from April 15th to 22nd", "April 15th to 22nd", "range 2023-04-15..2023-04-22"),
    ("on 20 December we met", "20 December", "day 2022-12-20"),
    ("I plan to return on July 20,", "July 20", "day 2023-07-20"),
    ("on march 5 we met", "march 5", "day 2023-03-05"),
    ("29 February", "29 February", "day 2024-02-29"),
    ("2023-05-08", "2023-05-08", "day 2023-05-08"),
    ("2023/5/8", "2023/5/8", "day 2023-05-08"),
    ("2023-05-08T14:30:00Z", "2023-05-08T14:30:00", "day 2023-05-08 @14:30"),
    ("08/05/2023", "08/05/2023", "day 2023-08-05"),
    ("13/05/2023", "13/05/2023", "day 2023-05-13"),
    ("5/8/23", "5/8/23", "day 2023-05-08"),
    ("8.5.2023", "8.5.2023", "day 2023-05-08"),
    ("I met them on the 15th after my trip", "the 15th", "day 2023-04-15"),
    ("let's meet on the 15th", "the 15th", "day 2023-05-15"),
    ("on the 31st", "the 31st", "day 2023-05-31"),
    ("on the 3rd of next month", "the 3rd of next month", "day 2023-06-03"),
    # months
    ("May 2023", "May 2023", "month 2023-05-01..2023-05-31"),
    ("May, 2023", "May, 2023", "month 2023-05-01..2023-05-31"),
    ("Feb '22", "Feb '22", "month 2022-02-01..2022-02-28"),
    ("In May we moved", "May", "month 2023-05-01..2023-05-31"),
    ("I was ill in June", "June", "month 2022-06-01..2022-06-30"),
    ("we will marry in june", "june", "month 2023-06-01..2023-06-30"),
    ("September was rough", "September", "month 2022-09-01..2022-09-30"),
    ("last May", "last May", "month 2022-05-01..2022-05-31"),
    ("last August", "last August", "month 2022-08-01..2022-08-31"),
    ("this March", "this March", "month 2023-03-01..2023-03-31"),
    ("next May", "next May", "month 2024-05-01..2024-05-31"),
    ("early May", "early May", "~range 2023-05-01..2023-05-10"),
    ("mid-May 2022", "mid-May 2022", "~range 2022-05-11..2022-05-20"),
    ("in late May", "late May", "~range 2023-05-21..2023-05-31"),
    ("at the end of June 2021", "the end of June 2021", "~range 2021-06-21..2021-06-30"),
    ("the beginning of February 2023", "the beginning of February 2023", "~range 2023-02-01..2023-02-09"),
    # years, seasons, decades
    ("in 2019", "2019", "year 2019-01-01..2019-12-31"),
    ("2019.", "2019", "year 2019-01-01..2019-12-31"),
    ("late 2020", "late 2020", "~range 2020-09-01..2020-12-31"),
    ("around 2013", "around 2013", "~year 2013-01-01..2013-12-31"),
    ("the summer of 2021", "the summer of 2021", "season 2021-06-01..2021-08-31"),
    ("winter 2021", "winter 2021", "season 2021-12-01..2022-02-28"),
    ("last summer", "last summer", "season 2022-06-01..2022-08-31"),
    ("last winter", "last winter", "season 2022-12-01..2023-02-28"),
    ("this summer", "this summer", "season 2023-06-01..2023-08-31"),
    ("next fall", "next fall", "season 2023-09-01..2023-11-30"),
    ("next spring", "next spring", "season 2024-03-01..2024-05-31"),
    ("during the winter", "the winter", "season 2022-12-01..2023-02-28"),
    ("the 90s", "the 90s", "range 1990-01-01..1999-12-31"),
    ("the '80s", "the '80s", "range 1980-01-01..1989-12-31"),
    ("the 1970s", "the 1970s", "range 1970-01-01..1979-12-31"),
    ("the nineties", "the nineties", "range 1990-01-01..1999-12-31"),
    ("the early 90s", "the early 90s", "~range 1990-01-01..1992-12-31"),
    ("since 2016", "since 2016", "range 2016-01-01..2023-05-10"),
    ("until next Friday", "until next Friday", "range 2023-05-10..2023-05-12"),
    # feasts
    ("at Christmas we ate", "Christmas", "day 2022-12-25"),
    ("last Christmas", "last Christmas", "day 2022-12-25"),
    ("Christmas 2020", "Christmas 2020", "day 2020-12-25"),
    ("on New Year's Eve", "New Year's Eve", "day 2022-12-31"),
    ("I'm hoping for a party on New Year’s Day", "New Year’s Day", "day 2024-01-01"),
    ("next Halloween", "next Halloween", "day 2023-10-31"),
    ("on Valentine's Day", "Valentine's Day", "day 2023-02-14"),
    ("Independence Day", "Independence Day", "day 2023-07-04"),
    # compounds
    ("The Sunday before 25 May 2023", "The Sunday before 25 May 2023", "day 2023-05-21"),
    ("Saturday after 11 September, 2023.", "Saturday after 11 September, 2023", "day 2023-09-16"),
    ("the weekend before 17 July 2023", "the weekend before 17 July 2023", "weekend 2023-07-15..2023-07-16"),
    ("two weekends before 17 July 2023", "two weekends before 17 July 2023", "weekend 2023-07-08..2023-07-09"),
    ("the weekend of 6 May 2023", "the weekend of 6 May 2023", "weekend 2023-05-06..2023-05-07"),
    ("The week of 23 August 2023", "The week of 23 August 2023", "week 2023-08-21..2023-08-27"),
    ("The week before 9 June 2023", "The week before 9 June 2023", "range 2023-06-02..2023-06-08"),
    ("the week after Christmas", "the week after Christmas", "range 2022-12-26..2023-01-01"),
    ("the month before May 2022", "the month before May 2022", "month 2022-04-01..2022-04-30"),
    ("the day after 28 February 2023", "the day after 28 February 2023", "day 2023-03-01"),
    ("two days before the 4th of May", "two days before the 4th of May", "day 2023-05-02"),
    ("the first week of June 2023", "the first week of June 2023", "range 2023-06-01..2023-06-07"),
    ("the last weekend of May 2023", "the last weekend of May 2023", "weekend 2023-05-27..2023-05-28"),
    ("second Monday in March 2023", "second Monday in March 2023", "day 2023-03-13"),
    ("the last day of 2022", "the last day of 2022", "day 2022-12-31"),
    ("from May 2022 to July 2022", "from May 2022 to July 2022", "range 2022-05-01..2022-07-31"),
    ("between 3 May and 5 May", "between 3 May and 5 May", "range 2023-05-03..2023-05-05"),
    ("between 2019 and 2021", "between 2019 and 2021", "range 2019-01-01..2021-12-31"),
    ("around the end of last year", "around the end of last year", "~range 2022-09-01..2022-12-31"),
    # clocks
    ("yesterday at 7 pm", "yesterday at 7 pm", "day 2023-05-09 @19:00"),
    ("tomorrow at 7:30am", "tomorrow at 7:30am", "day 2023-05-11 @07:30"),
    ("7 p.m. on Friday", "7 p.m. on Friday", "day 2023-05-05 @19:00"),
    ("1:56 pm on 8 May, 2023", "1:56 pm on 8 May, 2023", "day 2023-05-08 @13:56"),
    ("at 14:30 tomorrow", "14:30 tomorrow", "day 2023-05-11 @14:30"),
    ("today at noon", "today at noon", "day 2023-05-10 @12:00"),
    ("12 am on 8 May 2023", "12 am on 8 May 2023", "day 2023-05-08 @00:00"),
]


@pytest.mark.parametrize(("text", "words", "value"), SAID_ON_A_WEDNESDAY)
def test_what_is_meant(text: str, words: str, value: str) -> None:
    assert [(found.text, shown(found)) for found in find_time_expressions(text, WEDNESDAY)] == [(words, value)]


SAID_ON_OTHER_DAYS = [
    # The same words on a Saturday and a Sunday: 2023-07-15 and 2023-07-16.
    ("last Friday", "2023-07-15", "day 2023-07-14"),
    ("last weekend", "2023-07-15", "weekend 2023-07-08..2023-07-09"),
    ("this weekend", "2023-07-15", "weekend 2023-07-15..2023-07-16"),
    ("next weekend", "2023-07-15", "weekend 2023-07-22..2023-07-23"),
    ("last weekend", "2023-07-16", "weekend 2023-07-08..2023-07-09"),
    ("over the weekend", "2023-07-16", "weekend 2023-07-15..2023-07-16"),
    ("the coming weekend", "2023-07-16", "weekend 2023-07-22..2023-07-23"),
    ("last week", "2023-07-16", "week 2023-07-03..2023-07-09"),
    ("next week", "2023-07-16", "week 2023-07-17..2023-07-23"),
    ("next Sunday", "2023-07-16", "day 2023-07-23"),
    ("last Sunday", "2023-07-16", "day 2023-07-09"),
    ("this Sunday", "2023-07-16", "day 2023-07-16"),
    # Across the turn of the year, and in a leap year.
    ("yesterday", "2024-01-01", "day 2023-12-31"),
    ("last week", "2024-01-01", "week 2023-12-25..2023-12-31"),
    ("last month", "2024-01-31", "month 2023-12-01..2023-12-31"),
    ("next month", "2024-01-31", "month 2024-02-01..2024-02-29"),
    ("a month ago", "2024-03-31", "month 2024-02-01..2024-02-29"),
    ("this winter", "2024-01-10", "season 2023-12-01..2024-02-29"),
    ("last winter", "2024-01-10", "season 2022-12-01..2023-02-28"),
    ("at Christmas", "2024-12-25", "day 2024-12-25"),
    ("last Christmas", "2024-12-25", "day 2023-12-25"),
    ("tomorrow", "2024-02-28", "day 2024-02-29"),
    ("a year ago", "2024-02-29", "month 2023-02-01..2023-02-28"),
    ("in December", "2024-01-10", "month 2023-12-01..2023-12-31"),
    ("the 20s", "2024-01-10", "range 2020-01-01..2029-12-31"),
]


@pytest.mark.parametrize(("text", "said_on", "value"), SAID_ON_OTHER_DAYS)
def test_what_is_meant_on_other_days(text: str, said_on: str, value: str) -> None:
    assert [shown(found) for found in find_time_expressions(text, date.fromisoformat(said_on))] == [value]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I may go, and that may be fine.",
        "this may be it; you may 5 times",
        "MAY I COME IN",
        "the top 5 may win",
        "they march on, we march 5 miles",
        "just a second, the second one",
        "the sun is out, it sat there, we wed",
        "the last sun we saw",
        "he is 12 years old",
        "our one-year-old is so cute",
        "for 4 years, for three days",
        "I finished it in two days",
        "the first time in five years",
        "twice in a week",
        "every Monday, each Friday, on Sundays",
        "Black Friday and Maundy Thursday",
        "Monday to Friday we work",
        "since we last spoke, last time, the last class",
        "next to me, next time, the next level",
        "in my 20s",
        "a year-long trip, last year-round",
        "31 April",
        "99/99/2020",
        "2023-13-45",
        "in 9999 years",
        "9999 years ago",
        "version 1.2.30, 10.0.0.1, 555-12-1234",
        "$2019 and 2019 people, after 2000 steps",
        "room 2019",
        "a Christmas tree, Happy Halloween!",
        "spring rolls fall off",
        "on the 2nd floor, in the 4th quarter",
        "I took it two days back to the shop",
        "a summer job, winter sports, Pride Month",
        "from 9 to 5",
        "at 7 pm",
        "April and June are my friends",
        "a long time ago, a while ago",
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert [found.text for found in find_time_expressions(text, WEDNESDAY)] == []


def test_an_impossible_day_leaves_its_month() -> None:
    assert [shown(found) for found in find_time_expressions("31 February 2023", WEDNESDAY)] == [
        "month 2023-02-01..2023-02-28"
    ]


def test_several_in_one_text_come_in_its_order() -> None:
    text = "Last week I was ill; yesterday I rested, and tomorrow I'll run. In 2019 I could not."
    found = find_time_expressions(text, WEDNESDAY)
    assert [text[one.start : one.end] for one in found] == ["Last week", "yesterday", "tomorrow", "2019"]


def test_a_clock_belongs_to_its_own_sentence() -> None:
    found = find_time_expressions("It began at 7 pm. Yesterday I rested.", WEDNESDAY)
    assert [(one.text, one.clock) for one in found] == [("Yesterday", None)]


def test_a_cue_counts_in_its_own_sentence_only() -> None:
    found = find_time_expressions("I will be there. On Monday I fell. We'll meet on Monday.", WEDNESDAY)
    assert [one.first.day for one in found] == [8, 15]


def test_the_order_of_day_and_month_can_be_chosen() -> None:
    assert find_time_expressions("5/8/2023", WEDNESDAY)[0].first == date(2023, 5, 8)
    assert find_time_expressions("5/8/2023", WEDNESDAY, day_first=True)[0].first == date(2023, 8, 5)
    assert find_time_expressions("5/13/2023", WEDNESDAY, day_first=True)[0].first == date(2023, 5, 13)


@pytest.mark.parametrize("said_on", [date.min, date.max])
def test_the_ends_of_the_calendar_are_no_error(said_on: date) -> None:
    for text, _, _ in SAID_ON_A_WEDNESDAY:
        find_time_expressions(text, said_on)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("yesterday", "9 May 2023"),
        ("yesterday at 7 pm", "9 May 2023 at 19:00"),
        ("last week", "the week of 1 May 2023"),
        ("last weekend", "the weekend of 6 May 2023"),
        ("in May 2023", "May 2023"),
        ("last year", "2022"),
        ("last summer", "summer 2022"),
        ("last winter", "winter 2022-23"),
        ("a few days ago", "around 7 May 2023"),
        ("about a year ago", "around May 2022"),
        ("about five years ago", "around 2018"),
        ("early May", "early May 2023"),
        ("mid-May 2022", "mid May 2022"),
        ("late 2020", "late 2020"),
        ("the 90s", "1990 to 1999"),
        ("last quarter", "January 2023 to March 2023"),
        ("the past week", "3 to 10 May 2023"),
        ("around early May", "early May 2023"),
    ],
)
def test_how_it_is_described(text: str, said: str) -> None:
    assert [describe(found) for found in find_time_expressions(text, WEDNESDAY)] == [said]


@pytest.mark.parametrize(("text", "words", "value"), SAID_ON_A_WEDNESDAY)
def test_a_description_can_be_read_again(text: str, words: str, value: str) -> None:
    (once,) = find_time_expressions(text, WEDNESDAY)
    # "2022" needs "in" before it to be a time; "X to Y" needs "from".
    said = ("from " if " to " in describe(once) else "in ") + describe(once).removeprefix("around ")
    (again,) = find_time_expressions(said, WEDNESDAY)
    assert (again.first, again.last, again.clock) == (once.first, once.last, once.clock)
