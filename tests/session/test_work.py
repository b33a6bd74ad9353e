"""How long one thing is being done: all of it in no time."""

from __future__ import annotations

from kiosk.session.work import Work


def test_it_counts_from_whatever_was_begun_last_and_not_while_somebody_is_waited_for() -> None:
    work = Work(100.0)
    assert (work.waits, work.lasts(130.0)) == (False, 30.0)
    work.rests()
    assert (work.waits, work.lasts(1e9)) == (True, 0.0)
    work.goes_on(200.0)
    assert (work.waits, work.lasts(201.5)) == (False, 1.5)
    work.goes_on(300.0)
    assert work.lasts(301.0) == 1.0


def test_what_may_take_long_may_until_the_next_thing_is_done() -> None:
    work = Work(0.0)
    assert work.may_take == 0.0
    work.goes_on(1.0, may_take=90.0)
    assert (work.may_take, work.lasts(61.0)) == (90.0, 60.0)
    work.goes_on(61.0)
    assert (work.may_take, work.lasts(61.0)) == (0.0, 0.0)
