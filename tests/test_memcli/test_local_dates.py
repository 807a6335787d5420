"""Dates in words, in the languages in which people have them written."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from memcli.ingest.readers.local_dates import from_words


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Tuesday, February 10, 2015 at 6:03:26 PM UTC", datetime(2015, 2, 10, 18, 3, 26)),
        ("Tuesday, January 2, 2024 at 12:15:00\u202fAM UTC", datetime(2024, 1, 2, 0, 15)),
        ("Tuesday, 14 March 2023 at 22:41:03 UTC", datetime(2023, 3, 14, 22, 41, 3)),
        ("Dienstag, 10. Februar 2015 um 18:03:00 UTC", datetime(2015, 2, 10, 18, 3)),
        ("mardi 10 février 2015 à 18:03:00 UTC", datetime(2015, 2, 10, 18, 3)),
        ("martes, 10 de febrero de 2015, 18:03:00 UTC", datetime(2015, 2, 10, 18, 3)),
        ("terça-feira, 10 de fevereiro de 2015 às 18:03:00 UTC", datetime(2015, 2, 10, 18, 3)),
        ("martedì 10 febbraio 2015 alle ore 18:03:00 UTC", datetime(2015, 2, 10, 18, 3)),
        ("вторник, 10 февраля 2015 г. в 18:03:00 UTC", datetime(2015, 2, 10, 18, 3)),
        ("2015年2月10日火曜日 18時03分00秒 UTC", datetime(2015, 2, 10, 18, 3)),
        ("2015년 2월 10일 화요일 오후 6시 3분 0초 UTC", datetime(2015, 2, 10, 18, 3)),
        ("2015年2月10日星期二 UTC 18:03:00", datetime(2015, 2, 10, 18, 3)),
        ("nedjelja, 5. listopada 2025. u 07:25:30 UTC", datetime(2025, 10, 5, 7, 25, 30)),
        ("niedziela, 9 listopada 2025 07:25:30 UTC", datetime(2025, 11, 9, 7, 25, 30)),
        ("الثلاثاء، 10 فبراير 2015، 6:03:00 م UTC", datetime(2015, 2, 10, 18, 3)),
    ],
)
def test_a_date_in_words(written: str, moment: datetime) -> None:
    assert from_words(written) == moment.replace(tzinfo=UTC)


def test_without_a_zone_it_is_on_some_clock() -> None:
    assert from_words("Tuesday, February 10, 2015 at 6:03:26 PM") == datetime(2015, 2, 10, 18, 3, 26)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "yesterday",
        "Monday, February 10, 2015 at 6:03:26 PM UTC",
        "Tuesday, February 30, 2015 at 6:03:26 PM UTC",
        "Tuesday, February 10, 2015 at 26:03:26 UTC",
        "Tuesday, Smarch 10, 2015 at 6:03:26 PM UTC",
        "Montag, 10. Februar 2015 um 18:03:00 UTC",
        "الثلاثاء، 10 فبراير 2015، 6:03:00 UTC",
        "9" * 5000,
    ],
)
def test_what_is_no_date_or_contradicts_itself(written: str) -> None:
    with pytest.raises(ValueError, match="no date and time"):
        from_words(written)
