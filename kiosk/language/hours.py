"""Hours: on which days something is open, from when to when. Written in one line of a settings file.

    24/7                                              always
    06:30-23:00                                       every day, holidays too
    Mo-Fr 08:30-17:15; PH off; Dec 29-Jan 3 off       closed on national holidays and over the New Year
    Mo-Fr 08:30-12:00,13:00-17:15; Sa 09:00-12:00; PH off
    10:00-20:00; Tu off                               one day of the week closed
    18:00-02:00                                       until 2 the next morning
    Mo-Fr 08:30-17:15; PH off; 2026 Nov 27 off        one day, once

This is a part of OpenStreetMap's `opening_hours`, and means what it means there: of the rules that fit a day the last
one holds, whole. Rules stand from the general to the exact (days of the week, holidays, dates); another order is
refused, because whoever wrote it meant something else. So is a week with days of its own that says nothing of holidays.

What is written comes down to three things, and everything else asks only those: the week, the holidays, the dates.
Words in any language are made of them (hours_written.py). A span belongs to the day on which it begins, also
beyond midnight. Days are those of the moment that is asked about, so whoever asks gives Japan's (dates.py).
"""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Iterator
from typing import NamedTuple

from kiosk.language.holidays import is_holiday

EXAMPLE = '"Mo-Fr 08:30-17:15; PH off; Dec 29-Jan 3 off"'
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PUBLIC_HOLIDAYS = "PH"  # OpenStreetMap's name for national holidays
ALWAYS = "24/7"
MIDNIGHT = 24 * 60  # minutes
LEAP_YEAR = 2024
LONGEST_CLOSURE = 400  # days: every rule comes round in a year

_TIME = r"(\d{1,2}):(\d{2})"
_SPAN = re.compile(rf"{_TIME}-{_TIME}")
_DAY = re.compile("({0})(?:-({0}))?".format("|".join(DAYS)))
_MONTH = "|".join(MONTHS)
_DATES = re.compile(rf"(?:(\d{{4}}) )?({_MONTH}) (\d{{1,2}})(?:-(?:({_MONTH}) )?(\d{{1,2}}))?")
_RULE = re.compile(rf"(?:(?P<days>\S.*?) )?(?P<spans>off|{_SPAN.pattern}(?:,{_SPAN.pattern})*)")


class Span(NamedTuple):
    """From when to when, in minutes since the day's midnight; closes is beyond 24 hours for the next morning."""

    opens: int
    closes: int


Spans = tuple[Span, ...]  # in order; none: closed
CLOSED: Spans = ()
ALL_DAY: Spans = (Span(0, MIDNIGHT),)


class Dates(NamedTuple):
    """One day or several, each year, or in one year. first, last: month and day; last before first is next year's."""

    first: tuple[int, int]
    last: tuple[int, int]
    year: int | None = None

    @property
    def begins(self) -> datetime.date:
        """The first, in a leap year if it is every year's, so that 29 February is one."""
        return datetime.date(self.year or LEAP_YEAR, *self.first)

    @property
    def ends(self) -> datetime.date:
        """The last, in the same year or the next."""
        return datetime.date((self.year or LEAP_YEAR) + (self.last < self.first), *self.last)

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, datetime.date):
            return False
        at = (day.month, day.day)
        if self.first <= self.last:
            return self.year in (None, day.year) and self.first <= at <= self.last
        begins = day.year if at >= self.first else day.year - 1
        return self.year in (None, begins) and (at >= self.first or at <= self.last)


class Hours:
    """Raises ValueError, with what cannot be read and what would do, for a text that is not of the form above.

    week: the spans of each day from Monday. holidays: those of a national holiday; None: as on any such day of the
    week. dates: what differs on some; the last that fits holds.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        week: list[Spans] = [CLOSED] * 7
        holidays: Spans | None = None
        dates: list[tuple[Dates, Spans]] = []
        before, every_day = 0, False
        for rule in map(_rule, map(str.strip, text.split(";"))):
            if rule.exactness < before:
                raise ValueError(f'"{rule.text}" comes too late: write days of the week first, then PH, then dates')
            before = rule.exactness
            every_day |= len(rule.days) == len(DAYS)
            for day in rule.days:
                week[day] = rule.spans
            if rule.holidays:
                holidays = rule.spans
            dates += [(each, rule.spans) for each in rule.dates]
        self.week, self.holidays, self.dates = tuple(week), holidays, tuple(dates)
        if any(week) and not every_day and holidays is None:
            raise ValueError('it does not say what holds on national holidays: add "; PH off", or hours for PH')
        if not any((*week, holidays, *(spans for _, spans in dates))):
            raise ValueError("it is never open")

    def on(self, day: datetime.date) -> Spans:
        """When it opens on that day."""
        for some, spans in reversed(self.dates):
            if day in some:
                return spans
        if self.holidays is not None and is_holiday(day):
            return self.holidays
        return self.week[day.weekday()]

    def open_at(self, moment: datetime.datetime) -> bool:
        """Is it open? At the minute of closing it is not any more."""
        return any(opens <= moment < closes for opens, closes in self._around(moment, 0))

    def next_opening(self, moment: datetime.datetime) -> datetime.datetime | None:
        """When a closed thing opens; `moment` itself when it is open. None: not within a year, or never again."""
        for opens, closes in self._around(moment, LONGEST_CLOSURE):
            if moment < closes:
                return max(opens, moment)
        return None

    def _around(self, moment: datetime.datetime, days: int) -> Iterator[tuple[datetime.datetime, datetime.datetime]]:
        """The spans of the day before, which may last until now, of the day, and of so many days after it."""
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        for ahead in range(-1, days + 1):
            begins = midnight + datetime.timedelta(ahead)
            for span in self.on(begins.date()):
                opens, closes = (begins + datetime.timedelta(minutes=minutes) for minutes in span)
                yield opens, closes

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Hours) and self._meaning == other._meaning

    def __hash__(self) -> int:
        return hash(self._meaning)

    @property
    def _meaning(self) -> tuple[object, ...]:
        return self.week, self.holidays, self.dates


class _Rule(NamedTuple):
    text: str
    spans: Spans
    days: frozenset[int] = frozenset()
    holidays: bool = False
    dates: tuple[Dates, ...] = ()

    @property
    def exactness(self) -> int:
        return 2 if self.dates else int(self.holidays)


def _rule(text: str) -> _Rule:
    if text == ALWAYS:
        return _Rule(text, ALL_DAY, frozenset(range(7)))
    found = _RULE.fullmatch(text)
    if not found:
        raise ValueError(f'cannot read "{text}"; write hours such as {EXAMPLE}')
    spans = CLOSED if found["spans"] == "off" else _spans(found["spans"])
    if found["days"] is None:
        return _Rule(text, spans, frozenset(range(7)))
    named = found["days"].split(",")
    days = frozenset(day for each in named for day in _days(each))
    holidays = PUBLIC_HOLIDAYS in named
    dates = tuple(_dates(each) for each in named if each != PUBLIC_HOLIDAYS and not _DAY.fullmatch(each))
    if dates and (days or holidays):
        raise ValueError(f'"{text}": write dates in a rule of their own')
    return _Rule(text, spans, days, holidays, dates)


def _spans(text: str) -> Spans:
    spans = tuple(map(_span, text.split(",")))
    if any(after.opens <= before.closes for before, after in itertools.pairwise(spans)):
        raise ValueError(f'"{text}": write the times of a day in order, with time between them')
    if spans[-1].closes > spans[0].opens + MIDNIGHT:
        raise ValueError(f'"{text}": is longer than a day')
    return spans


def _span(text: str) -> Span:
    found = _SPAN.fullmatch(text)
    assert found  # by _RULE
    (opens, closes) = (int(found[n]) * 60 + int(found[n + 1]) for n in (1, 3))
    if int(found[2]) > 59 or int(found[4]) > 59 or opens >= MIDNIGHT or closes > 2 * MIDNIGHT or opens == closes:
        raise ValueError(f'"{text}": write times from 00:00 to 24:00, the first before the second')
    return Span(opens, closes if opens < closes else closes + MIDNIGHT)


def _days(text: str) -> Iterator[int]:
    """Su-Tu is Sunday, Monday, Tuesday. What is no day of the week is none."""
    found = _DAY.fullmatch(text)
    if found:
        first, last = (DAYS.index(each) for each in (found[1], found[2] or found[1]))
        yield from ((first + n) % 7 for n in range((last - first) % 7 + 1))


def _dates(text: str) -> Dates:
    found = _DATES.fullmatch(text)
    if not found:
        raise ValueError(
            f'"{text}" is no day; write {", ".join(DAYS)}, PH for national holidays, or such as Dec 29-Jan 3'
        )
    year, month, day, last_month, last_day = found.groups()
    first = _month_day(month, day)
    last = _month_day(last_month or month, last_day) if last_day else first
    dates = Dates(first, last, int(year) if year else None)
    try:
        _ = dates.begins, dates.ends
    except ValueError:
        raise ValueError(f'"{text}" is no date') from None
    return dates


def _month_day(month: str, day: str) -> tuple[int, int]:
    return MONTHS.index(month) + 1, int(day)
