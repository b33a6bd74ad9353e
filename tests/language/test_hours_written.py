"""Hours in words: as a sign at a door would say it, in each language."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given

from kiosk.language.dates import JST
from kiosk.language.furigana import plain
from kiosk.language.hours import Hours
from kiosk.language.hours_written import hours_written, opening_written
from kiosk.language.languages import LANGUAGES, shipped
from tests.language.test_hours import OFFICE, hours_of, written

SAID = {
    "24/7": {
        "ja": "24時間 365日",
        "easy": "24時間 毎日",
        "en": "24 hours, 365 days",
        "zh": "24小时 全年365天",
        "ko": "24시간 365일",
        "pt": "24 horas, todos os dias",
        "vi": "24/24 giờ, cả năm",
    },
    OFFICE: {
        "ja": "平日 8:30〜17:15（土日祝・年末年始はお休み）",
        "easy": "月曜日〜金曜日 8:30〜17:15 （土曜日、 日曜日、 祝日、 12月29日〜1月3日は 休みです）",
        "en": "Monday to Friday, 8:30 to 17:15 (closed: Saturday, Sunday, public holidays, December 29 to January 3)",
        "zh": "周一至周五 8:30～17:15（周六、周日、法定节假日、12月29日至1月3日休息）",
        "ko": "월요일~금요일 8:30~17:15 (토요일, 일요일, 공휴일, 12월 29일~1월 3일 휴무)",
        "pt": "De segunda a sexta-feira, das 8h30 às 17h15"
        " (fecha: sábado, domingo, feriados, 29 de dezembro a 3 de janeiro)",
        "vi": "Thứ Hai đến thứ Sáu, 8:30 đến 17:15 (nghỉ: thứ Bảy, Chủ nhật, ngày lễ, 29 tháng 12 đến 3 tháng 1)",
    },
    "06:30-23:00": {
        "ja": "毎日 6:30〜23:00",
        "easy": "毎日 6:30〜23:00",
        "en": "Every day, 6:30 to 23:00",
        "zh": "每天 6:30～23:00",
        "ko": "매일 6:30~23:00",
        "pt": "Todos os dias, das 6h30 às 23h00",
        "vi": "Hằng ngày, 6:30 đến 23:00",
    },
    "Mo-Fr 08:30-12:00,13:00-17:15; Sa 09:00-12:00; PH off": {
        "ja": "平日 8:30〜12:00、13:00〜17:15、土曜 9:00〜12:00（日曜・祝日はお休み）",
        "en": "Monday to Friday, 8:30 to 12:00, 13:00 to 17:15; Saturday, 9:00 to 12:00"
        " (closed: Sunday, public holidays)",
        "zh": "周一至周五 8:30～12:00、13:00～17:15；周六 9:00～12:00（周日、法定节假日休息）",
    },
    "Mo-Fr 09:00-17:00; Sa,Su,PH 10:00-16:00": {
        "ja": "平日 9:00〜17:00、土日祝 10:00〜16:00",
        "ko": "월요일~금요일 9:00~17:00 / 토요일, 일요일, 공휴일 10:00~16:00",
        "pt": "De segunda a sexta-feira, das 9h00 às 17h00; sábado, domingo, feriados, das 10h00 às 16h00",
    },
    "18:00-02:00; Tu off": {
        "ja": "月曜・水曜〜日曜 18:00〜翌2:00（火曜はお休み）",
        "en": "Monday, Wednesday to Sunday, 18:00 to 2:00 the next day (closed: Tuesday)",
        "vi": "Thứ Hai, thứ Tư đến Chủ nhật, 18:00 đến 2:00 hôm sau (nghỉ: thứ Ba)",
    },
    "24/7; Aug 13-15 off; 2026 Nov 27 off": {
        "ja": "毎日 24時間（8月13日〜8月15日・令和8年11月27日はお休み）",
        "en": "Every day, 24 hours (closed: August 13 to August 15, November 27, 2026)",
    },
    "Mo-Fr,PH 9:00-24:00; 2026 Nov 28 10:00-12:00": {
        "ja": "月曜〜金曜・祝日 9:00〜24:00、令和8年11月28日 10:00〜12:00（土日はお休み）",
    },
}


@pytest.mark.parametrize("text", SAID)
def test_hours_are_said_as_each_language_says_them(text: str) -> None:
    for code, said in SAID[text].items():
        assert plain(hours_written(Hours(text), LANGUAGES[code])).replace("\N{NO-BREAK SPACE}", " ") == said


def test_a_learner_gets_every_kanji_with_its_reading() -> None:
    easy = hours_written(Hours(OFFICE), LANGUAGES["easy"])
    assert not re.search("[一-龠]", re.sub(r"\{[^{}|]+\|[ぁ-ゖ]+\}", "", easy)), easy


@given(written)
def test_whatever_hours_there_are_each_language_has_words_for_them(text: str) -> None:
    hours = hours_of(text)
    if not hours:
        return
    said = {language.code: plain(hours_written(hours, language)) for language in shipped()}
    for code, words in said.items():
        assert "%(" not in words and "  " not in words and words.strip() == words
        kana = re.search("[ぁ-ゖァ-ヺ]", words)
        assert bool(kana) <= (code in ("ja", "easy")), f"{code}: {words}"
        for spans in (*hours.week, *(spans for _, spans in hours.dates)):
            for span in spans[: 1 if hours.week != (spans,) * 7 else 0]:
                opens = f"{span.opens // 60}{'h' if code == 'pt' else ':'}{span.opens % 60:02}"
                assert opens in words or (span.opens, span.closes) == (0, 1440), f"{code}: {words}"


def test_in_brief_only_the_word_for_every_day_is_left_out() -> None:
    assert hours_written(Hours("06:30-23:00"), brief=True) == "6:30〜23:00"
    for text in SAID.keys() - {"06:30-23:00"}:
        assert hours_written(Hours(text), brief=True) == hours_written(Hours(text))


def test_when_it_opens_is_said_only_while_it_is_closed() -> None:
    night, noon = (datetime(2026, 11, 20, hour, tzinfo=JST) for hour in (23, 12))
    assert opening_written(Hours(OFFICE), noon) == ""
    assert opening_written(Hours(OFFICE), night) == "令和8年11月24日の8時30分", "Monday is a holiday"
    assert opening_written(Hours("10:00-19:00"), night, LANGUAGES["vi"]) == "10:00 ngày mai"
    assert opening_written(Hours("2026 Nov 20 9:00-10:00"), noon) == "", "never again"


def test_the_operators_table_says_what_the_kiosk_says() -> None:
    text = Path(__file__).parents[2].joinpath("docs", "operators.md").read_text("utf-8")
    rows = re.findall(
        r"^\| `([^`]+)` \| (\S.*) \| (\S.*) \|$", text.split("### Hours")[1].split("\n## ")[0], re.MULTILINE
    )
    assert len(rows) == 6
    for written_so, japanese, english in rows:
        said = [hours_written(Hours(written_so), LANGUAGES[code]) for code in ("ja", "en")]
        assert [each.replace("\N{NO-BREAK SPACE}", " ") for each in said] == [japanese, english]
