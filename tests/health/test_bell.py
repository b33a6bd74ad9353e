"""The button that calls the staff."""

from __future__ import annotations

from kiosk.health.bell import judge
from kiosk.health.finding import State

BELL = "/dev/input/kiosk-bell"


def test_a_kiosk_without_a_bell_lacks_nothing() -> None:
    assert judge(None, readable=False, calls=False).state is State.INFO


def test_a_bell_that_nobody_can_hear_is_a_problem_and_names_its_key() -> None:
    finding = judge(BELL, readable=False, calls=True)
    assert finding.lacks and finding.words.startswith(f"bell.device: {BELL} is not there")


def test_a_bell_that_calls_nobody_is_worth_a_warning() -> None:
    assert "alerts.kind" in judge(BELL, readable=True, calls=False).cure
    assert judge(BELL, readable=True, calls=True).state is State.OK
