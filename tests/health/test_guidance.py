"""The facts to confirm again."""

from __future__ import annotations

import datetime

from kiosk.config.guidance import SHIPPED, load, overdue
from kiosk.health.finding import State
from kiosk.health.guidance import judge


def test_the_facts_to_confirm_again_are_named_the_longest_overdue_first() -> None:
    facts = load()
    due = facts.recording.due + datetime.timedelta(1)
    [first, *more] = list(judge("facts.toml", overdue(facts, due)))
    assert more and {each.state for each in (first, *more)} == {State.PROBLEM}
    assert str(first) == (
        "LACKS  guidance  facts.toml: suspend was last confirmed on 2026-11-22; make sure of it, then write the new "
        "day, or have a supervisor confirm it at the screen"
    )


def test_fresh_facts_are_one_line() -> None:
    [fresh] = judge(SHIPPED, overdue(load(), datetime.date(2026, 11, 22)))
    assert fresh.state is State.OK and str(SHIPPED) in fresh.words
