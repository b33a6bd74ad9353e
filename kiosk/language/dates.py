"""Days and moments as their reader writes them: 令和 in Japanese, elsewhere the Gregorian year in the language's order.

A day of a card is shown as the register has it. Parts that are not known (00, or 0000 for the year) are said to be so,
and a day that never was, 30 February, stays that day. An era is named only where it is sure: of 1989 without its month
nobody knows whether it was still 昭和, and before 1868 there is none here; then the Gregorian year stands alone.

Papers and cards in Japan say 令和, so a day that stands on one of them has it beside the Gregorian form; a moment (when
something was done here) has not. Patterns are those of `languages.py`, not CLDR's, so that an update moves nothing.

Days are Japan's, whatever zone the machine is set to: a birthday begins at midnight in Tokyo. So nothing else asks the
machine what day it is. Nor does anything ask it how long something takes: a clock may be set at any time, and what
lasts is measured by `time.monotonic`, in the page by `performance.now`.
"""

from __future__ import annotations

import datetime
import re

from babel.dates import format_date, format_time
from markupsafe import Markup

from kiosk.language.kana_of_dates import with_kana
from kiosk.language.languages import JAPANESE, N_, Language, translations

JST = datetime.timezone(datetime.timedelta(hours=9))
ERAS = (
    ("令和", (2019, 5, 1), 2019),
    ("平成", (1989, 1, 8), 1989),
    ("昭和", (1926, 12, 25), 1926),
    ("大正", (1912, 7, 30), 1912),
    ("明治", (1868, 1, 1), 1868),
)
Day = datetime.date | datetime.datetime | str  # "YYYYMMDD", as the card has it; 00 and 0000: not known
UNKNOWN = {  # by whether year, month and day are known (my-number-card.md §5.3)
    (True, True, False): N_("日は不明"),
    (True, False, False): N_("月日は不明"),
    (True, False, True): N_("月は不明"),
    (False, True, True): N_("年は不明"),
    (False, True, False): N_("年と日は不明"),
    (False, False, True): N_("年と月は不明"),
    (False, False, False): N_("年月日は不明"),
}


def now() -> datetime.datetime:
    """This moment, in Japan's zone."""
    return datetime.datetime.now(JST)


def today() -> datetime.date:
    """Which day it is in Japan."""
    return now().date()


def wareki(day: Day) -> str:
    """令和8年11月22日, 昭和25年6月、日は不明; and 10時4分 after it for a moment."""
    year, month, dom = _parts(day)
    said = (_era_year(year, month, dom) if year else "") + (f"{month}月" if month else "") + (f"{dom}日" if dom else "")
    if unknown := UNKNOWN.get(_known(day)):
        said = "、".join(filter(None, (said, unknown)))
    if isinstance(day, datetime.datetime):
        local = in_japan(day)
        said += f" {local.hour}時{local.minute}分"
    return said


def written(day: Day, language: Language = JAPANESE) -> str:
    """As above, or in another language: November 22, 2026（令和8年11月22日） as markup, November 22, 2026 10:04."""
    if not language.day:
        return wareki(day)
    kana = with_kana if language.learners else str
    said = kana(_gregorian(day, language))
    if isinstance(day, datetime.datetime):
        return said + format_time(in_japan(day).time(), language.moment, locale=language.folder)
    if unknown := UNKNOWN.get(_known(day)):
        translate = translations(language).gettext
        said = translate("、").join(filter(None, (said, translate(unknown))))
    if said == (japanese := kana(wareki(day))):
        return said
    return Markup('{}<span class="beside is-date" lang="ja">（{}）</span>').format(said, japanese)


def coming(moment: datetime.datetime, now: datetime.datetime, language: Language = JAPANESE) -> str:
    """A moment not far ahead as one says it: 今日の8時30分, あしたの8時30分, else with its day. Both have a zone.

    Which day is today is Japan's answer, whatever the machine's zone is.
    """
    said, local = translations(language), in_japan(moment)
    kana = with_kana if language.learners else str
    time = kana(format_time(local.time(), language.time, locale=language.folder))
    match (local.date() - in_japan(now).date()).days:
        case 0:
            return said.gettext("今日の%(time)s") % {"time": time}
        case 1:
            return said.gettext("あしたの%(time)s") % {"time": time}
    day = format_date(local.date(), language.day, language.folder) if language.day else wareki(local.date())
    return said.gettext("%(day)sの%(time)s") % {"day": kana(day), "time": time}


def in_japan(moment: datetime.datetime) -> datetime.datetime:
    """In Japan's zone; as it is written where it has none, or where the calendar ends before that."""
    try:
        return moment.astimezone(JST) if moment.tzinfo else moment
    except OverflowError:
        return moment


def _parts(day: Day) -> tuple[int, int, int]:
    if isinstance(day, str):
        return int(day[:4]), int(day[4:6]), int(day[6:8])
    if isinstance(day, datetime.datetime):
        day = in_japan(day)
    return day.year, day.month, day.day


def _known(day: Day) -> tuple[bool, bool, bool]:
    year, month, dom = _parts(day)
    return year > 0, month > 0, dom > 0


def _era_year(year: int, month: int, dom: int) -> str:
    """昭和25年; 1989年 where what is known of the day leaves two eras, or none."""
    first, last = (year, month or 1, dom or 1), (year, month or 12, dom or 31)
    for name, start, one in ERAS:
        if first >= start:
            return f"{name}{'元' if year == one else year - one + 1}年"
        if last >= start:
            break
    return f"{year}年"


def _gregorian(day: Day, language: Language) -> str:
    """What is known of a day, in the language's order; its digits as they are where the language has no such order."""
    year, month, dom = _parts(day)
    match _known(day):
        case (True, True, True):
            # The day is put into the pattern by hand: no calendar has 30 February.
            pattern = re.sub("'[^']*'|d", lambda found: str(dom) if found[0] == "d" else found[0], language.day)
        case (True, True, False):
            pattern = language.month
        case (True, False, False):
            pattern = language.year
        case (False, False, False):
            return ""
        case _:
            return f"{year:04}-{month:02}-{dom:02}"
    return format_date(datetime.date(year, month or 1, 1), pattern, language.folder)
