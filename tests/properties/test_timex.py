"""Time expressions hold their shape whatever the text and the day."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from memcli.memory import timex_english as english
from memcli.memory.timex import describe, find_time_expressions

DAYS = st.dates(min_value=date(1600, 1, 1), max_value=date(2190, 1, 1))
#: Words that the patterns look for, shuffled: far more likely to match, overlap and nest than random letters.
WORDS = st.sampled_from(
    sorted(
        {
            *english.NUMBERS, *english.LOOSE_NUMBERS, *english.ORDINALS, *english.UNITS, *english.DAYS, *english.SHIFTS,
            *english.COMING, *english.WEEKDAYS, *english.MONTHS, *english.SEASONS, *english.HOLIDAYS, *english.DECADES,
            *english.PORTIONS, *english.DAY_LEADS, *english.TIME_LEADS, "ago", "the", "will", "went", "half a", "9999",
            "2023", "31", "29", "0", "99", "31st", "5/8/23", "99/99/2020", "2023-02-29", "7 pm", "14:30", "25:99",
            "'23", "90s", "from", "and", "or", "-", "–", ",", ".", "\n", "İ", "’", "MAY", "Sat",
            "before last", "after next",
        }
    )
)  # fmt: skip
PHRASES = st.lists(WORDS, max_size=12).map(" ".join)


@given(text=st.one_of(st.text(), PHRASES, st.lists(WORDS, max_size=8).map("".join)), said_on=st.dates())
def test_nothing_raises_and_spans_are_in_order(text: str, said_on: date) -> None:
    end = 0
    for found in find_time_expressions(text, said_on):
        assert end <= found.start < found.end <= len(text)
        assert found.text == text[found.start : found.end]
        assert found.first <= found.last
        assert (found.granularity == "day") <= (found.first == found.last)
        assert describe(found)
        end = found.end


@given(day=DAYS, said_on=st.dates())
def test_a_described_day_is_the_same_day(day: date, said_on: date) -> None:
    (found,) = find_time_expressions(f"{day.day} {english.MONTH_NAMES[day.month - 1]} {day.year}", said_on)
    assert (found.first, found.last, found.granularity) == (day, day, "day")
    (again,) = find_time_expressions(describe(found), said_on)
    assert (again.first, again.last, again.granularity) == (day, day, "day")


@given(count=st.integers(min_value=0, max_value=9999), said_on=DAYS)
def test_days_are_counted_exactly(count: int, said_on: date) -> None:
    for text, sign in ((f"{count} days ago", -1), (f"in {count} days", 1), (f"{count} days from now", 1)):
        (found,) = find_time_expressions(text, said_on)
        assert found.first == found.last == said_on + timedelta(days=sign * count)


@given(said_on=DAYS, weekday=st.sampled_from(sorted(english.CLEAR_WEEKDAYS)))
def test_last_and_next_weekday_are_the_nearest(said_on: date, weekday: str) -> None:
    (last,), (following,) = (find_time_expressions(f"{which} {weekday}", said_on) for which in ("last", "next"))
    assert 1 <= (said_on - last.first).days <= 7
    assert 1 <= (following.first - said_on).days <= 7
    assert last.first.weekday() == following.first.weekday() == english.WEEKDAYS[weekday]


@given(
    said_on=DAYS,
    text=st.one_of(
        st.sampled_from(["last week", "in january", "two years ago", "the summer of 2021", "on christmas day at 7 pm"]),
        st.tuples(st.sampled_from(["last", "this", "next"]), st.sampled_from(sorted(english.CLEAR_MONTHS))).map(
            " ".join
        ),
        st.sampled_from(sorted(english.DAYS)),
    ),
)
def test_case_does_not_matter(said_on: date, text: str) -> None:
    values = [
        [
            (found.start, found.end, found.first, found.last, found.clock)
            for found in find_time_expressions(one, said_on)
        ]
        for one in (text, text.upper(), text.title().replace("'S", "'s"))
    ]
    assert values[0] == values[1] == values[2] != []


@given(before=PHRASES, after=PHRASES, said_on=DAYS)
def test_sentences_do_not_change_each_other(before: str, after: str, said_on: date) -> None:
    """A day that is plainly named keeps its value whatever stands in other sentences."""
    text = f"{before}.\nYesterday.\n{after}"
    start = len(before) + 2
    assert any(
        found.start == start and found.first == said_on - timedelta(days=1)
        for found in find_time_expressions(text, said_on)
    )
