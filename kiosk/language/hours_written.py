"""Hours as their reader writes them: 平日 8:30〜17:15（土日祝・年末年始はお休み）, and so in every language.

Words are made of what hours mean (hours.py), not of how they were typed: the days that have the same times together,
in the order of the week, and all that is closed at the end. The catalogue has the words and their order; which days
have one name together (平日, 土日祝) stands in NAMED. A day of the week that no rule opens is named as closed: whoever
reads it on a Saturday need not conclude anything.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from functools import cache, reduce
from itertools import groupby

from babel.dates import format_date

from kiosk.language.dates import JST, coming, wareki
from kiosk.language.hours import ALL_DAY, CLOSED, MIDNIGHT, Dates, Hours, Span, Spans
from kiosk.language.kana_of_dates import with_kana
from kiosk.language.languages import JAPANESE, N_, Language, translations
from kiosk.language.public import Public

Said = Callable[[str], str]
HOLIDAY = 7  # beside the days of the week, 0 to 6
SATURDAY, SUNDAY = 5, 6
WEEK = frozenset(range(7))
WORKING = frozenset(range(5))
NEW_YEAR = Dates((12, 29), (1, 3))  # 年末年始, as the law on the holidays of public offices has it
NAMES = (
    *(N_("月曜"), N_("火曜"), N_("水曜"), N_("木曜"), N_("金曜"), N_("土曜"), N_("日曜")),
    N_("祝日"),
)
NAMED: Mapping[frozenset[int], Public] = {
    WEEK: N_("毎日"),
    WEEK | {HOLIDAY}: N_("毎日"),
    frozenset({SATURDAY, SUNDAY}): N_("土日"),
    frozenset({SATURDAY, SUNDAY, HOLIDAY}): N_("土日祝"),
}
WEEKDAYS = N_("平日")  # Monday to Friday, where holidays are not like them


@cache
def hours_written(hours: Hours, language: Language = JAPANESE, *, brief: bool = False) -> str:
    """All of it, in one line; with readings (furigana.py) where the language has them. brief: times that are the
    same on every day stand alone, without that word."""
    _ = translations(language).gettext
    if hours == Hours("24/7"):
        return _("24時間 365日")
    if brief and len({*hours.week}) == 1 and hours.holidays is None and not hours.dates:
        return _times(hours.week[0], _)
    times = (*hours.week, hours.holidays)
    groups = {spans: frozenset(day for day, of in enumerate(times) if of == spans) for spans in dict.fromkeys(times)}
    said = [
        _("%(days)s %(times)s") % {"days": _days(days, hours, _), "times": _times(spans, _)}
        for spans, days in groups.items()
        if spans
    ]
    said += [
        _("%(days)s %(times)s") % {"days": _dates(dates, language), "times": _times(spans, _)}
        for dates, spans in hours.dates
        if spans
    ]
    line = reduce(lambda one, more: _("%(one)s、%(more)s") % {"one": one, "more": more}, said)
    closed = [_days(groups[CLOSED], hours, _)] if CLOSED in groups else []
    closed += [_dates(dates, language) for dates, spans in hours.dates if not spans]
    if closed:
        line = _("%(hours)s（%(days)sはお休み）") % {"hours": line, "days": _("・").join(closed)}
    return line[:1].upper() + line[1:]


def opening_written(hours: Hours, now: datetime.datetime, language: Language = JAPANESE) -> str:
    """When it opens, for whoever finds it closed; "" while it is open, and when it never opens again."""
    opens = hours.next_opening(now.astimezone(JST))
    return coming(opens, now, language) if opens is not None and opens > now else ""


def _days(days: frozenset[int], hours: Hours, _: Said) -> str:
    """Of the week, and holidays: by a name they have together, else each, three or more in a row as first and last."""
    if days in NAMED:
        return _(NAMED[days])
    if days == WORKING and hours.holidays is not None:
        return _(WEEKDAYS)
    return _("・").join(_runs(days, _))


def _runs(days: frozenset[int], _: Said) -> Iterator[str]:
    for _offset, run in groupby(enumerate(sorted(days - {HOLIDAY})), lambda each: each[1] - each[0]):
        names = [_(NAMES[day]) for _place, day in run]
        if len(names) > 2:
            yield _("%(first_day)s〜%(last_day)s") % {"first_day": names[0], "last_day": names[-1]}
        else:
            yield from names
    if HOLIDAY in days:
        yield _(NAMES[HOLIDAY])


def _dates(dates: Dates, language: Language) -> str:
    _ = translations(language).gettext
    if dates == NEW_YEAR:
        return _("年末年始")
    kana = with_kana if language.learners else str
    first, last = (kana(_date(day, dates.year, language)) for day in (dates.begins, dates.ends))
    return first if first == last else _("%(first_day)s〜%(last_day)s") % {"first_day": first, "last_day": last}


def _date(day: datetime.date, year: int | None, language: Language) -> str:
    if year is None:
        return format_date(day, language.month_day, language.folder)
    return format_date(day, language.day, language.folder) if language.day else wareki(day)


def _times(spans: Spans, _: Said) -> str:
    return _("24時間") if spans == ALL_DAY else _("、").join(_span(span, _) for span in spans)


def _span(span: Span, _: Said) -> str:
    opens, closes = _clock(span.opens, _), _clock(span.closes, _)
    if span.closes > MIDNIGHT:
        closes = _("翌%(time)s") % {"time": _clock(span.closes - MIDNIGHT, _)}
    said = _("%(opens)s〜%(closes)s") % {"opens": opens, "closes": closes}
    return said.replace(" ", "\N{NO-BREAK SPACE}")


def _clock(minutes: int, _: Said) -> str:
    return _("%(hour)s:%(minute)s") % {"hour": minutes // 60, "minute": f"{minutes % 60:02}"}
