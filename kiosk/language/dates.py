"""Days and moments as their reader writes them: 令和 in Japanese, elsewhere the Gregorian year in the language's order.

Papers and cards in Japan say 令和, so a day that stands on one of them has it beside the Gregorian form; a moment (when
something was done here) has not. Patterns are those of `languages.py`, not CLDR's, so that an update moves nothing.

Days are Japan's, whatever zone the machine is set to: a birthday begins at midnight in Tokyo. So nothing else asks the
machine what day it is. Nor does anything ask it how long something takes: a clock may be set at any time, and what
lasts is measured by `time.monotonic`, in the page by `performance.now`.
"""

from __future__ import annotations

import calendar
import datetime

from babel.dates import format_date, format_time
from markupsafe import Markup

from kiosk.language.languages import JAPANESE, Language, translations

JST = datetime.timezone(datetime.timedelta(hours=9))
ERAS = (
    ("令和", (2019, 5, 1), 2019),
    ("平成", (1989, 1, 8), 1989),
    ("昭和", (1926, 12, 25), 1926),
    ("大正", (1912, 7, 30), 1912),
    ("明治", (0, 0, 0), 1868),
)
Day = datetime.date | datetime.datetime | str  # "YYYYMMDD", as the card has it


def now() -> datetime.datetime:
    """This moment, in Japan's zone."""
    return datetime.datetime.now(JST)


def today() -> datetime.date:
    """Which day it is in Japan."""
    return now().date()


def wareki(day: Day) -> str:
    """令和8年11月22日, and 10時4分 after it for a moment."""
    year, month, dom = _parts(day)
    name, first = next((n, y) for n, start, y in ERAS if (year, month, dom) >= start)
    said = f"{name}{'元' if year == first else year - first + 1}年"
    said += (f"{month}月" if month else "") + (f"{dom}日" if dom else "")  # 00: not known (my-number-card.md §5.3)
    if isinstance(day, datetime.datetime):
        local = _local(day)
        said += f" {local.hour}時{local.minute}分"
    return said


def written(day: Day, language: Language = JAPANESE) -> str:
    """As above, or in another language: November 22, 2026（令和8年11月22日） as markup, November 22, 2026 10:04."""
    if not language.day:
        return wareki(day)
    year, month, dom = _parts(day)
    known = year and month and 1 <= dom <= calendar.monthrange(year, month)[1]  # a card may have 30 February, too
    said = format_date(datetime.date(year, month, dom), language.day, language.folder) if known else str(year)
    if isinstance(day, datetime.datetime):
        return f"{said} {_local(day):%H:%M}"
    return Markup('{}<span class="beside is-date" lang="ja">（{}）</span>').format(said, wareki(day))


def coming(moment: datetime.datetime, now: datetime.datetime, language: Language = JAPANESE) -> str:
    """A moment not far ahead as one says it: 今日の8時30分, あしたの8時30分, else with its day. Both have a zone.

    Which day is today is Japan's answer, whatever the machine's zone is.
    """
    said, local = translations(language), _local(moment)
    time = format_time(local.time(), language.time, locale=language.folder)
    match (local.date() - _local(now).date()).days:
        case 0:
            return said.gettext("今日の%(time)s") % {"time": time}
        case 1:
            return said.gettext("あしたの%(time)s") % {"time": time}
    day = format_date(local.date(), language.day, language.folder) if language.day else wareki(local.date())
    return said.gettext("%(day)sの%(time)s") % {"day": day, "time": time}


def _local(moment: datetime.datetime) -> datetime.datetime:
    return moment.astimezone(JST) if moment.tzinfo else moment


def _parts(day: Day) -> tuple[int, int, int]:
    if isinstance(day, str):
        return int(day[:4]), int(day[4:6]), int(day[6:8])
    if isinstance(day, datetime.datetime):
        day = _local(day)
    return day.year, day.month, day.day
