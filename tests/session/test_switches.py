"""What changes all of the glass changes it once: all of it in no time."""

from __future__ import annotations

import pytest

from kiosk.language.languages import LANGUAGES, Language
from kiosk.session.answers import Wish
from kiosk.session.switches import SWITCH_BOUNCE_SECONDS, SWITCHES, Switches


@pytest.mark.parametrize("wish", SWITCHES)
def test_a_press_is_the_one_before_once_more_as_long_as_they_follow_each_other(wish: Wish) -> None:
    switches, now = Switches(), 1000.0
    assert not switches.bounces(wish, now), "the first is none"
    for _ in range(20):  # held down for ten times as long
        now += SWITCH_BOUNCE_SECONDS / 2
        assert switches.bounces(wish, now)
    assert not switches.bounces(wish, now + SWITCH_BOUNCE_SECONDS)


def test_each_switch_is_pressed_for_itself() -> None:
    switches = Switches()
    assert [switches.bounces(wish, 0.0) for wish in SWITCHES] == [False] * len(SWITCHES)
    assert [switches.bounces(wish, 0.1) for wish in SWITCHES] == [True] * len(SWITCHES)


@pytest.mark.parametrize("wish", [*(wish for wish in Wish if wish not in SWITCHES), LANGUAGES["en"]])
def test_whatever_else_one_wishes_counts_each_time(wish: Wish | Language) -> None:
    switches = Switches()
    assert [switches.bounces(wish, 0.0), switches.bounces(wish, 0.0)] == [False, False]
