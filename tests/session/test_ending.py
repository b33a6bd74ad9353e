"""What was said while something was being done ends it where that goes on, and what goes before what."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest

from kiosk.flows.asking.ends import BrowserLost, Left, Stopped, VisitEnded
from kiosk.session.ending import Ending

SAID: dict[Callable[[Ending], None], type[VisitEnded]] = {  # what goes before all after it
    Ending.stop: Stopped,
    Ending.page_astray: BrowserLost,
    Ending.leave: Left,
}


def test_while_nothing_was_said_it_goes_on() -> None:
    Ending().heed_stop()
    Ending().heed()


@pytest.mark.parametrize("said", [order[:many] for many in (1, 2, 3) for order in permutations(SAID, many)])
def test_whatever_was_said_and_in_whatever_order_one_end_goes_before_the_others_and_stays(
    said: tuple[Callable[[Ending], None], ...],
) -> None:
    ending = Ending()
    for say in said:
        say(ending)
    for _ in range(2):
        with pytest.raises(next(end for say, end in SAID.items() if say in said)):
            ending.heed()


def test_only_a_stop_is_heeded_before_a_card_that_is_missed() -> None:
    ending = Ending()
    ending.page_astray()
    ending.leave()
    ending.heed_stop()
    ending.stop()
    with pytest.raises(Stopped):
        ending.heed_stop()


def test_where_nobody_is_served_nobody_can_leave() -> None:
    ending = Ending()
    ending.leave()
    ending.heed(in_use=False)
    ending.page_astray()
    with pytest.raises(BrowserLost):
        ending.heed(in_use=False)
