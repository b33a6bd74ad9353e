"""Whether the kiosk says where it is."""

from __future__ import annotations

from kiosk.config.kiosk import Beacon
from kiosk.health.beacon import judge
from kiosk.health.finding import State

REMOTE = "/dev/input/kiosk-remote"


def test_a_beacon_is_off_until_somebody_wants_it() -> None:
    assert judge(Beacon(), readable=False, speaks=True).state is State.INFO


def test_it_says_when_it_sounds() -> None:
    both = judge(Beacon(device=REMOTE, every_seconds=30), readable=True, speaks=True)
    assert both.state is State.OK and both.words.endswith("when its remote asks and every 30 s by itself")
    assert judge(Beacon(every_seconds=30), readable=False, speaks=True).words.endswith("is every 30 s by itself")


def test_without_a_voice_or_with_a_receiver_that_is_away_it_is_a_problem() -> None:
    assert judge(Beacon(every_seconds=30), readable=False, speaks=False).lacks
    assert REMOTE in judge(Beacon(device=REMOTE), readable=False, speaks=True).words
