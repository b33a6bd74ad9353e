"""Japan's national holidays, as the law has them (国民の祝日に関する法律), for any year from 2022 on.

Sixteen days, and two rules: a holiday that falls on a Sunday gives the next day that is none (振替休日), and a day
between two holidays is one (国民の休日). The equinoxes are announced each February for the next year, as the National
Astronomical Observatory reckons them; the usual formula, used here, agrees until 2099.

Reckoned rather than listed, because the Cabinet Office's list ends with the next year, and a kiosk that nobody has
brought up to date must not call a closed day open. When the law changes, so does this table; until then a station
writes the day into its hours (hours.py).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from functools import cache

MONDAY, SUNDAY = 0, 6
FIXED = ((1, 1), (2, 11), (2, 23), (4, 29), (5, 3), (5, 4), (5, 5), (8, 11), (11, 3), (11, 23))
MONDAYS = ((1, 2), (7, 3), (9, 3), (10, 2))  # month, which Monday of it
EQUINOXES = ((3, 20.8431), (9, 23.2488))  # month, day and fraction of it in 1980
TROPICAL_YEAR = 0.242194  # days beyond 365
DAY = datetime.timedelta(1)


def is_holiday(day: datetime.date) -> bool:
    return day in holidays(day.year)


@cache
def holidays(year: int) -> frozenset[datetime.date]:
    """The holidays of a year."""
    named = frozenset(_named(year))
    return named | {_instead(each, named) for each in named if each.weekday() == SUNDAY} | frozenset(_between(named))


def _named(year: int) -> Iterator[datetime.date]:
    for month, day in FIXED:
        yield datetime.date(year, month, day)
    for month, which in MONDAYS:
        first = datetime.date(year, month, 1)
        yield first + DAY * ((MONDAY - first.weekday()) % 7 + 7 * (which - 1))
    for month, begins in EQUINOXES:
        since = year - 1980
        yield datetime.date(year, month, int(begins + TROPICAL_YEAR * since) - since // 4)


def _instead(sunday: datetime.date, named: frozenset[datetime.date]) -> datetime.date:
    day = sunday + DAY
    while day in named:
        day += DAY
    return day


def _between(named: frozenset[datetime.date]) -> Iterator[datetime.date]:
    """Days that have a holiday on either side, but no Sunday: those are days of rest already."""
    for each in named:
        day = each + DAY
        if day not in named and day + DAY in named and day.weekday() != SUNDAY:
            yield day
