"""When the portal opens, as one says it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from kiosk.language.dates import JST, coming, written
from kiosk.language.furigana import plain
from kiosk.language.languages import JAPANESE, LANGUAGES

NOW = datetime(2026, 11, 22, 21, 40, tzinfo=JST)
TODAY, TOMORROW, LATER = (datetime(2026, 11, day, 8, 30, tzinfo=JST) for day in (22, 23, 25))
SAID = {
    "ja": ("今日の8時30分", "あしたの8時30分", "令和8年11月25日の8時30分"),
    "easy": ("きょうの 8時30分", "あしたの 8時30分", "2026年11月25日の 8時30分"),
    "en": ("8:30 today", "8:30 tomorrow", "8:30 on November 25, 2026"),
    "zh": ("今天8:30", "明天8:30", "2026年11月25日 8:30"),
    "ko": ("오늘 8시 30분", "내일 8시 30분", "2026년 11월 25일 8시 30분"),
    "pt": ("hoje às 8h30", "amanhã às 8h30", "em 25 de novembro de 2026 às 8h30"),
    "vi": ("8:30 hôm nay", "8:30 ngày mai", "8:30 ngày 25 tháng 11 năm 2026"),
}


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_moment_to_come_is_said_in_each_languages_way(code: str) -> None:
    language = LANGUAGES[code]
    assert tuple(plain(coming(each, NOW, language)) for each in (TODAY, TOMORROW, LATER)) == SAID[code]


def test_the_full_hour_has_its_minutes_and_the_early_hours_no_nought() -> None:
    assert coming(datetime(2026, 11, 23, 9, 0, tzinfo=JST), NOW) == "あしたの9時00分"
    assert coming(datetime(2026, 11, 23, 0, 5, tzinfo=JST), NOW, LANGUAGES["zh"]) == "明天0:05"


@pytest.mark.parametrize("minutes", [-1, 0, 1])
def test_which_day_it_is_is_decided_in_japan(minutes: int) -> None:
    midnight = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)  # of the 23rd, in Japan
    now = midnight + timedelta(minutes=minutes)
    day = "あした" if minutes < 0 else "今日"
    assert coming(midnight + timedelta(hours=8, minutes=30), now) == f"{day}の8時30分"


def test_a_year_that_ends_overnight_ends_in_tomorrow() -> None:
    eve, morning = datetime(2026, 12, 31, 23, 0, tzinfo=JST), datetime(2027, 1, 1, 8, 30, tzinfo=JST)
    assert coming(morning, eve) == "あしたの8時30分"


ENDS = [
    datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone(-timedelta(hours=12))),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
]


@pytest.mark.parametrize("moment", ENDS, ids=str)
@pytest.mark.parametrize("code", LANGUAGES)
def test_a_moment_at_an_end_of_the_calendar_is_shown_as_far_as_there_is_one(code: str, moment: datetime) -> None:
    language = LANGUAGES[code]
    assert written(moment, language) and coming(moment, NOW, language)
    if language is JAPANESE and moment.year > 1:
        assert written(moment, language) == "令和7981年12月31日 23時59分"
