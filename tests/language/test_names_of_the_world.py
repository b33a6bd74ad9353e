"""A date is said as its register has it, in every language, and names keep every sign they have."""

from __future__ import annotations

import html
import itertools
import re

import pytest

from kiosk.language.dates import wareki, written
from kiosk.language.furigana import annotated, plain
from kiosk.language.languages import LANGUAGES
from kiosk.language.theirs import isolated, theirs
from tests.names_of_the_world import ADDRESSES, DATES, NAMES

JUNE_1950 = {
    "ja": "昭和25年6月、日は不明",
    "easy": "1950年6月、日は わかりません（昭和25年6月、日は不明）",
    "en": "June 1950, day unknown（昭和25年6月、日は不明）",
    "zh": "1950年6月、日不详（昭和25年6月、日は不明）",
    "ko": "1950년 6월, 일은 알 수 없음（昭和25年6月、日は不明）",
    "pt": "junho de 1950, dia desconhecido（昭和25年6月、日は不明）",
    "vi": "tháng 6 năm 1950, không rõ ngày（昭和25年6月、日は不明）",
}
FEBRUARY_30 = {
    "ja": "昭和25年2月30日",
    "easy": "1950年2月30日（昭和25年2月30日）",
    "en": "February 30, 1950（昭和25年2月30日）",
    "zh": "1950年2月30日（昭和25年2月30日）",
    "ko": "1950년 2월 30일（昭和25年2月30日）",
    "pt": "30 de fevereiro de 1950（昭和25年2月30日）",
    "vi": "ngày 30 tháng 2 năm 1950（昭和25年2月30日）",
}


def words(markup: str) -> str:
    return plain(re.sub("<[^>]*>", "", markup))


@pytest.mark.parametrize(("date", "said"), DATES.items())
def test_a_date_is_said_with_what_is_known_of_it(date: str, said: str) -> None:
    assert wareki(date) == said


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_says_it_in_its_own_way(code: str) -> None:
    assert words(written("19500600", LANGUAGES[code])) == JUNE_1950[code]
    assert words(written("19500230", LANGUAGES[code])) == FEBRUARY_30[code]


@pytest.mark.parametrize("code", LANGUAGES)
def test_whatever_a_card_can_say_is_told_apart_in_every_language(code: str) -> None:
    """Every combination of parts, known and unknown, and the borders of the eras: no error, and no two alike."""
    years, months, days = (
        ("0000", "0001", "1867", "1868", "1926", "1989", "2019", "9999"),
        ("00", "02", "12"),
        ("00", "31"),
    )
    dates = ["".join(each) for each in itertools.product(years, months, days)]
    said = [words(written(date, LANGUAGES[code])) for date in dates]
    assert len(set(said)) == len(dates)
    assert not any("明治-" in each or "年0月" in each or "月0日" in each for each in said)


@pytest.mark.parametrize("text", (NAMES | ADDRESSES).values(), ids=NAMES | ADDRESSES)
def test_theirs_is_isolated_and_never_changed(text: str) -> None:
    assert isolated(text)[1:-1] == text
    shown = annotated(str(theirs(text)))
    assert "<ruby>" not in shown
    assert html.unescape(shown.removeprefix("<bdi>").removesuffix("</bdi>")) == text
