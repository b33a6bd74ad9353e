"""When something is open: each form that hours may have, when it opens next, and what is refused."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.language.dates import JST
from kiosk.language.hours import DAYS, MIDNIGHT, MONTHS, Hours

OFFICE = "Mo-Fr 08:30-17:15; PH off; Dec 29-Jan 3 off"


def at(text: str) -> datetime:
    """ "11-24 8:30" of 2026, or with its year before it; 2026-11-23 is a holiday, and a Monday."""
    return datetime.strptime(text if text.count("-") == 2 else f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=JST)


# hours, a moment, whether it is open, when it opens next
MOMENTS = [
    ("24/7", "11-23 3:00", True, "11-23 3:00"),
    (OFFICE, "11-24 8:29", False, "11-24 8:30"),
    (OFFICE, "11-24 8:30", True, "11-24 8:30"),
    (OFFICE, "11-24 17:14", True, "11-24 17:14"),
    (OFFICE, "11-24 17:15", False, "11-25 8:30"),
    (OFFICE, "11-20 17:15", False, "11-24 8:30"),  # Friday evening, and Monday is a holiday
    (OFFICE, "11-23 10:00", False, "11-24 8:30"),
    (OFFICE, "12-28 10:00", True, "12-28 10:00"),
    (OFFICE, "12-28 18:00", False, "2027-01-04 8:30"),
    (OFFICE, "2027-01-02 10:00", False, "2027-01-04 8:30"),
    ("Mo-Fr 08:30-12:00,13:00-17:15; PH off", "11-24 12:30", False, "11-24 13:00"),
    ("Mo-Fr 08:30-17:15; Sa 09:00-12:00; PH off", "11-28 11:59", True, "11-28 11:59"),
    ("Mo-Fr 08:30-17:15; Sa 09:00-12:00; PH off", "11-28 12:00", False, "11-30 8:30"),
    ("Mo-Fr 09:00-17:00; Sa,Su,PH 10:00-16:00", "11-23 9:30", False, "11-23 10:00"),
    ("Mo-Fr,PH 09:00-17:00", "11-23 9:30", True, "11-23 9:30"),
    ("10:00-20:00; Tu off", "11-24 12:00", False, "11-25 10:00"),
    ("18:00-02:00", "11-24 1:59", True, "11-24 1:59"),
    ("18:00-26:00", "11-24 2:00", False, "11-24 18:00"),
    ("Fr 22:00-05:00; PH off", "11-28 4:00", True, "11-28 4:00"),  # Friday's, on Saturday morning
    ("Fr 22:00-05:00; PH off", "11-27 4:00", False, "11-27 22:00"),
    ("06:30-24:00", "11-24 23:59", True, "11-24 23:59"),
    ("06:30-24:00", "11-25 0:00", False, "11-25 6:30"),
    ("24/7; Dec 31 off", "12-31 12:00", False, "2027-01-01 0:00"),
    ("Mo-Fr 08:30-17:15; PH off; 2026 Nov 27 off", "11-27 9:00", False, "11-30 8:30"),
    ("Mo-Fr 08:30-17:15; PH off; 2027 Nov 27 off", "11-27 9:00", True, "11-27 9:00"),
    ("Mo-Fr 08:30-17:15; PH off; 2026 Nov 29 09:00-12:00", "11-29 10:00", True, "11-29 10:00"),
    ("Mo-Fr 08:30-17:15; PH off; 2026 Dec 29-Jan 3 off", "2027-12-30 9:00", True, "2027-12-30 9:00"),
    ("Fr-Su 08:30-17:15; PH off", "11-28 9:00", True, "11-28 9:00"),
    ("Su-Tu 08:30-17:15; PH off", "11-24 9:00", True, "11-24 9:00"),
]


@pytest.mark.parametrize(("text", "moment", "is_open", "opens"), MOMENTS)
def test_whether_it_is_open_and_when_it_opens_next(text: str, moment: str, is_open: bool, opens: str) -> None:
    hours = Hours(text)
    assert (hours.open_at(at(moment)), hours.next_opening(at(moment))) == (is_open, at(opens))


def test_what_was_open_on_one_day_never_opens_again() -> None:
    assert Hours("2026 Nov 29 09:00-12:00").next_opening(at("11-29 12:00")) is None


def test_hours_that_mean_the_same_are_the_same() -> None:
    assert Hours("24/7") == Hours("00:00-24:00") == Hours("Mo-Su 0:00-24:00") != Hours("00:00-23:59")
    assert Hours("Mo-Fr 9:00-17:00; Sa off; PH off") == Hours("Mo,Tu,We-Fr 09:00-17:00; PH off")
    assert len({Hours("24/7"), Hours("00:00-24:00"), Hours(OFFICE)}) == 2


WRONG = [
    ("平日 8:30–17:15", 'cannot read "平日 8:30–17:15"; write hours such as "Mo-Fr'),
    ("", 'cannot read ""'),
    ("9:00-12:00;", 'cannot read ""'),
    ("Mo-Fr 8.30-17:15; PH off", 'cannot read "Mo-Fr 8.30-17:15"'),
    ("Mo-Fr", 'cannot read "Mo-Fr"'),
    ("Mo-Fr 8:30-17:15", "does not say what holds on national holidays"),
    ("Mo-Fr 8:30-17:15; Sa 9:00-12:00", "does not say what holds on national holidays"),
    ("PH off; Mo 9:00-12:00", '"Mo 9:00-12:00" comes too late'),
    ("Jan 1 off; 9:00-12:00", '"9:00-12:00" comes too late'),
    ("Mo-Fr off; PH off", "never open"),
    ("Mo-Fx 9:00-12:00", '"Mo-Fx" is no day'),
    ("Mon-Fri 9:00-12:00", '"Mon-Fri" is no day'),
    ("Feb 30 off", '"Feb 30" is no date'),
    ("9:00-17:00; 2027 Feb 29 off", '"2027 Feb 29" is no date'),
    ("9:00-17:00; Mo,Dec 3 off", "dates in a rule of their own"),
    ("9:00-10:00,9:30-11:00", "in order"),
    ("13:00-17:00,9:00-12:00", "in order"),
    ("9:00-9:00", "the first before the second"),
    ("24:00-25:00", "the first before the second"),
    ("12:60-13:00", "the first before the second"),
    ("9:00-12:00,18:00-34:00", "longer than a day"),
]


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_what_cannot_be_read_is_named_with_what_would_do(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        Hours(text)
    assert "\n" not in str(caught.value)


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


spans = st.one_of(
    st.tuples(st.integers(0, MIDNIGHT - 2), st.integers(1, MIDNIGHT - 1)).map(
        lambda span: f"{clock(span[0])}-{clock(span[0] + span[1])}"
    ),
    st.sampled_from(["09:00-12:00,13:00-17:00", "00:00-24:00", "18:00-02:00"]),
)
days = st.sets(st.sampled_from(DAYS), min_size=1).map(lambda some: ",".join(sorted(some, key=DAYS.index)))
some_dates = st.tuples(st.sampled_from(MONTHS), st.integers(1, 28)).map(lambda on: f"{on[0]} {on[1]}")
exceptions = st.one_of(some_dates, st.just("Dec 29-Jan 3"), some_dates.map(lambda on: f"2026 {on}"))
written = st.builds(
    lambda first, then, holidays, special: "; ".join((first, *then, *holidays, *special)),
    st.one_of(spans, st.builds("{} {}".format, days, spans)),
    st.lists(st.builds("{} {}".format, days, st.one_of(spans, st.just("off"))), max_size=2),
    st.sampled_from(["PH off", "PH 10:00-16:00"]).map(lambda rule: [rule]),
    st.lists(st.builds("{} {}".format, exceptions, st.one_of(spans, st.just("off"))), max_size=2),
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2030, 12, 31)).map(lambda moment: moment.replace(tzinfo=JST))


def hours_of(text: str) -> Hours | None:
    try:
        return Hours(text)
    except ValueError as refused:
        assert "never open" in str(refused)
        return None


@given(written, moments)
def test_the_next_opening_is_in_the_future_and_then_it_is_open_and_not_before(text: str, moment: datetime) -> None:
    hours = hours_of(text)
    opens = hours.next_opening(moment) if hours else None
    if not hours or not opens:
        return
    assert opens >= moment and hours.open_at(opens)
    assert (opens == moment) is hours.open_at(moment)
    if opens > moment:
        assert not hours.open_at(opens - timedelta(microseconds=1)), "it is the first"
        assert not hours.open_at(moment + (opens - moment) / 2)


@given(written, moments)
def test_what_is_open_is_within_a_time_of_its_day_or_of_the_night_before(text: str, moment: datetime) -> None:
    hours = hours_of(text)
    if not hours:
        return
    now = moment.hour * 60 + moment.minute
    today, yesterday = hours.on(moment.date()), hours.on(moment.date() - timedelta(1))
    within = any(span.opens <= now < span.closes for span in today)
    assert hours.open_at(moment) is (within or any(now + MIDNIGHT < span.closes for span in yesterday))


@given(written, st.dates(date(2026, 1, 1), date(2030, 12, 31)))
def test_a_closed_day_is_open_at_no_hour_but_the_night_before(text: str, day: date) -> None:
    hours = hours_of(f"{text}; {day.year} {MONTHS[day.month - 1]} {day.day} off")
    if not hours:
        return
    night = max((span.closes - MIDNIGHT for span in hours.on(day - timedelta(1))), default=0)
    for minute in range(max(night, 0), MIDNIGHT, 15):
        assert not hours.open_at(datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=JST))
