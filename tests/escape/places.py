"""The screens on which it is tried, and the way there: by keys, from the first screen of a new browser."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Protocol

from kiosk.services.browser import Keeper
from tests.escape.chords import ENTER, Chord, digit
from tests.escape.screen import Alone
from tests.stage import Stage

HERE = "the page is here"
PLACES = ("attract", "pin", "terms")
WHO = "excellent"
TO_THE_CARD = ("screen home", "screen 1 ", "screen 2 ", "screen 3 ", "screen 4 ", "screen 4 ")  # by Enter, each
SOON_SECONDS, COME_SECONDS = 60.0, 120.0  # on a machine that does other things
SEEN_SECONDS = 0.8  # until a screen that the log tells of hears keys


class Hand(Protocol):
    def press(self, chord: Chord) -> None: ...


def goes_to(place: str, stage: Stage, keeper: Keeper | Alone, hand: Hand) -> None:
    """In a new browser and a new session."""
    stage.take_out()
    keeper.restart()
    if not isinstance(keeper, Keeper):
        return
    since = stage.logged()
    stage.kill_worker()
    since = stage.wait_log(HERE, COME_SECONDS, since)
    if place == "attract":
        return
    for shown in TO_THE_CARD:
        since = presses(stage, hand, [ENTER], shown, since)
    stage.put_in(WHO)
    since = stage.wait_log("screen 5 ", SOON_SECONDS, since)
    if place == "pin":
        return
    since = presses(stage, hand, [*typed(stage), ENTER], "screen 7 ", since)
    presses(stage, hand, [ENTER], "screen 8 ", since)


def presses(stage: Stage, hand: Hand, keys: list[int], shown: str, since: int) -> int:
    time.sleep(SEEN_SECONDS)
    for key in keys:
        hand.press(((), key))
        time.sleep(0.15 * (len(keys) > 1))
    return stage.wait_log(shown, SOON_SECONDS, since)


def typed(stage: Stage) -> Iterator[int]:
    """The keys of the PIN."""
    return map(digit, stage.people[WHO].pins.text)
