"""Some bits, one beside the other, that also a session which is killed leaves to the next."""

from __future__ import annotations

import os

from kiosk.session.handover import Handover


def test_nothing_is_handed_over_at_first() -> None:
    assert (Handover().typed, Handover().empty) == (False, False)


def test_the_facts_do_not_touch_each_other() -> None:
    handover = Handover()
    handover.typed = True
    assert (handover.typed, handover.empty) == (True, False)
    handover.empty = True
    handover.typed = False
    assert (handover.typed, handover.empty) == (False, True)


def test_what_a_process_says_before_it_dies_its_parent_knows() -> None:
    handover = Handover()
    child = os.fork()
    if child == 0:
        handover.empty = True
        os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    assert (handover.typed, handover.empty) == (False, True)


def test_whether_somebody_is_served_and_how_much_is_untold_stand_beside_them() -> None:
    handover = Handover()
    assert (handover.in_use, handover.untold) == (False, 0)
    for count in (1, 255, 70_000, 0xFFFF_FFFF):
        handover.in_use, handover.unseen, handover.untold = True, True, count
        facts = (handover.typed, handover.empty, handover.in_use, handover.unseen)
        assert (facts, handover.untold) == ((False, False, True, True), count)
    handover.untold += 1
    assert handover.untold == 0xFFFF_FFFF
