"""Japan's national holidays against the Cabinet Office's list, and what the law says of every year."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.language.holidays import DAY, holidays, is_holiday

# 内閣府「国民の祝日について」, as listed for each year
LISTED = {
    2024: "0101 0108 0211 0212 0223 0320 0429 0503 0504 0505 0506 0715 0811 0812 0916 0922 0923 1014 1103 1104 1123",
    2025: "0101 0113 0211 0223 0224 0320 0429 0503 0504 0505 0506 0721 0811 0915 0923 1013 1103 1123 1124",
    2026: "0101 0112 0211 0223 0320 0429 0503 0504 0505 0506 0720 0811 0921 0922 0923 1012 1103 1123",
    2027: "0101 0111 0211 0223 0321 0322 0429 0503 0504 0505 0719 0811 0920 0923 1011 1103 1123",
}


@pytest.mark.parametrize("year", LISTED)
def test_a_year_has_the_holidays_of_the_official_list(year: int) -> None:
    assert [f"{day:%m%d}" for day in sorted(holidays(year))] == LISTED[year].split()


@given(st.dates(datetime.date(2022, 1, 1), datetime.date(2099, 12, 31)))
def test_a_holiday_on_a_sunday_gives_another_day_and_none_stands_alone_between_two(day: datetime.date) -> None:
    if is_holiday(day) and day.weekday() == 6:
        after = day + DAY
        while is_holiday(after) and is_holiday(after + DAY):
            after += DAY
        assert is_holiday(day + DAY) and after.weekday() != 6
    if is_holiday(day - DAY) and is_holiday(day + DAY) and day.weekday() not in (0, 6):
        assert is_holiday(day), "a day between two holidays is one"


@given(st.integers(2022, 2099))
def test_every_year_has_its_sixteen_and_the_equinoxes_near_their_days(year: int) -> None:
    days = holidays(year)
    assert 16 <= len(days) <= 22 and {day.year for day in days} == {year}
    assert {19, 20, 21} & {day.day for day in days if day.month == 3}
    assert {22, 23} & {day.day for day in days if day.month == 9}
