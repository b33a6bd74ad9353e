"""The machine's clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from kiosk.health.clock import judge
from kiosk.health.finding import State
from kiosk.language.dates import JST
from kiosk.portal.errors import APART_SECONDS, IllTimed

NOW = datetime(2026, 11, 26, 4, 9, tzinfo=JST)
PASSED = {"portal.ca_file": NOW - timedelta(days=30), "the last confirmed fact": NOW - timedelta(days=4)}


def test_a_clock_that_nothing_speaks_against_says_what_it_says() -> None:
    assert str(judge(NOW, PASSED, None, 2.0)) == "has    clock     it says 2026-11-26 04:09 +0900"
    assert judge(NOW, {}).state is State.OK


def test_a_clock_before_something_that_has_happened_is_wrong_and_the_latest_of_it_is_named() -> None:
    finding = judge(NOW - timedelta(days=400), PASSED)
    assert finding.lacks
    assert finding.words == "it says 2025-10-22 04:09 +0900, but the last confirmed fact is of 2026-11-22"
    assert finding.cure.startswith("set the clock")


@pytest.mark.parametrize("ill_timed", IllTimed)
def test_a_portal_whose_certificate_is_out_of_its_time_makes_the_clock_a_suspect(ill_timed: IllTimed) -> None:
    finding = judge(NOW, PASSED, ill_timed)
    assert finding.lacks and "portal's certificate" in finding.words and "set the clock" in finding.cure


def test_what_has_ended_may_have_ended_and_what_has_not_begun_may_not() -> None:
    assert "renew" in judge(NOW, PASSED, IllTimed.NO_MORE).cure
    assert "renew" not in judge(NOW, PASSED, IllTimed.NOT_YET).cure


@pytest.mark.parametrize(
    ("ahead", "words"),
    [(3600.0, "60 minutes ahead of the portal's"), (-5400.0, "90 minutes behind the portal's"), (APART_SECONDS, "")],
)
def test_a_clock_that_differs_from_the_portals_is_told(ahead: float, words: str) -> None:
    finding = judge(NOW, PASSED, None, ahead)
    assert finding.state is (State.WARNING if words else State.OK)
    assert finding.words.endswith(words)
