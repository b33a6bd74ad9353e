"""Whoever is learning can read every date and time aloud: each kanji has its reading, and it is the right one."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from kiosk.language.dates import JST, coming, written
from kiosk.language.hours import Hours
from kiosk.language.hours_written import hours_written
from kiosk.language.kana_of_dates import with_kana
from kiosk.language.languages import LANGUAGES, Language, shipped
from kiosk.web.view import kept
from tests.names_of_the_world import DATES

EASY = LANGUAGES["easy"]
BARE = re.compile("[一-龠]")


def unread(text: str) -> str:
    """The kanji in it that have no reading."""
    return "".join(BARE.findall(re.sub(r"\{[^{}|]+\|[ぁ-ゖ]+\}", "", re.sub("<[^>]*>", "", text))))


@pytest.mark.parametrize("date", DATES)
def test_every_date_of_a_register_can_be_read(date: str) -> None:
    assert unread(written(date, EASY)) == ""


def test_every_moment_of_a_year_can_be_read() -> None:
    now = datetime(2026, 1, 1, 0, 0, tzinfo=JST)
    for hours in range(0, 366 * 24, 7):
        when = now + timedelta(hours=hours, minutes=hours % 60)
        assert unread(written(when, EASY)) == "" and unread(coming(when, now, EASY)) == ""


def test_opening_hours_with_days_of_their_own_can_be_read() -> None:
    assert unread(hours_written(Hours("Mo-Fr 08:30-17:15; PH off; Aug 13-15 off; 2026 Nov 20 off"), EASY)) == ""


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026年11月22日", "2026{年|ねん}11{月|がつ}22{日|にち}"),
        ("1月1日", "1{月|がつ}{1日|ついたち}"),
        ("4月20日", "{4月|しがつ}{20日|はつか}"),
        ("令和元年5月14日", "{令和|れいわ}{元年|がんねん}5{月|がつ}{14日|じゅうよっか}"),
        ("8時30分", "8{時|じ}30{分|ぷん}"),
        ("9時05分", "{9時|くじ}05{分|ふん}"),
        ("19時04分", "1{9時|くじ}04{分|ぷん}"),
        ("4時7分", "{4時|よじ}7{分|ふん}"),
        ("17時", "1{7時|しちじ}"),
        ("令和4年7月9日", "{令和|れいわ}{4年|よねん}{7月|しちがつ}{9日|ここのか}"),
        ("2014年9月", "201{4年|よねん}{9月|くがつ}"),
        ("24時間", "24{時間|じかん}"),
        ("昭和25年、月日は不明", "{昭和|しょうわ}25{年|ねん}、{月日|がっぴ}は{不明|ふめい}"),
    ],
)
def test_a_day_that_is_one_word_is_read_as_one(text: str, read: str) -> None:
    assert with_kana(text) == read


@pytest.mark.parametrize("text", ["2026年11月22日", "令和元年5月14日", "8時30分"])
def test_it_stays_on_one_line_with_its_readings_as_without(text: str) -> None:
    assert kept(with_kana(text)) == f'<span class="keep">{with_kana(text)}</span>'


@pytest.mark.parametrize("language", [each for each in shipped() if not each.learners], ids=lambda each: each.code)
def test_nobody_else_has_readings_in_a_date(language: Language) -> None:
    assert "{" not in written("20260101", language) and "{" not in written(datetime(2026, 1, 1), language)
