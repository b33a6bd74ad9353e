"""The bell does what 係員を呼ぶ does, wherever one is, and says so aloud."""

from __future__ import annotations

from itertools import groupby
from typing import Literal

import pytest

from kiosk.flows.asking.ends import TimedOut
from kiosk.flows.asking.screen import Screen
from kiosk.session.answers import Choice, Help
from kiosk.session.calling import Calling
from kiosk.session.visit import ATTRACT, Who, attract
from tests.session.test_calling import Caretaker
from tests.session.world import IDLE, WARNING, World
from tests.stage import until

ASKS = Screen("consent", {}, ("next",))
BUSY = Screen("sending", {}, step=7)


def ringing() -> tuple[World, Caretaker]:
    """A kiosk that can call."""
    world, caretaker = World(), Caretaker("sent")
    world.session.helpers.can_call = True
    world.session.helpers.calling = Calling(caretaker, ask_seconds=0.001)
    return world, caretaker


def aloud(world: World) -> list[object]:
    """What was laid over a screen to be heard, one after the other; how a call stands changes nothing in that."""
    return [overlay for overlay, _ in groupby(view.overlay for view in world.views if view.aloud)]


def test_it_calls_from_the_first_screen_and_the_kiosk_waits_for_the_next_person_again() -> None:
    world, caretaker = ringing()
    world.soon(world.session.ring, lambda: world.says(Help.CALL_OFF), lambda: world.says(Choice("start")))
    assert attract(world.session) is Who.PERSON
    over = [(view.screen.name, view.overlay, view.aloud) for view in world.views]
    assert (ATTRACT.name, "staff", True) in over and over[-1] == (ATTRACT.name, None, False)
    until(lambda: caretaker.calls == 1 and caretaker.ends == 1)


def test_in_a_visit_it_is_said_aloud_whatever_one_prefers_and_the_screen_is_as_it_was() -> None:
    world, _ = ringing()
    world.serve()
    world.soon(world.session.ring, lambda: world.says(Help.STAY), lambda: world.says(Choice("next")))
    assert world.session.ask(ASKS) == "next"
    assert aloud(world) == ["staff"]
    assert not world.view.preferences.listening and len({view.seq for view in world.views}) == 1
    world.session.end()


def test_while_the_kiosk_takes_no_answer_the_call_goes_out_and_is_shown_as_soon_as_it_does() -> None:
    world, caretaker = ringing()
    world.serve(BUSY)
    world.session.ring()
    until(lambda: caretaker.calls == 1)
    assert world.view.overlay is None
    world.soon(lambda: world.says(Help.STAY), lambda: world.says(Choice("next")))
    assert world.session.ask(ASKS) == "next"
    assert ("consent", "staff") in [(view.screen.name, view.overlay) for view in world.views]
    world.session.end()


def test_whoever_rang_and_does_nothing_is_asked_aloud_and_may_ring_again() -> None:
    world, caretaker = ringing()
    world.serve()
    world.at(1, world.session.ring)
    world.at(1 + IDLE + 1, world.session.ring)
    with pytest.raises(TimedOut):
        world.session.ask(ASKS)
    assert aloud(world) == ["staff", "idle", "staff", "idle"] and world.inbox.now == 1 + IDLE + 1 + IDLE + WARNING
    assert caretaker.calls == 1, "it is the same call"
    world.session.end()


@pytest.mark.parametrize(("where", "called"), [("door", "staff"), ("room", None)])
def test_in_the_staffs_room_it_is_only_counted(where: Literal["door", "room"], called: str | None) -> None:
    world, _ = ringing()
    world.session.begin_staff()
    world.soon(world.session.ring, lambda: world.says(Help.STAY), lambda: world.says(Choice("next")))
    world.session.ask(Screen("staff_bell", {}, ("next",), staff=where))
    assert ("staff" in [view.overlay for view in world.views]) is (called is not None)
    assert world.session.rings == 1
    world.session.end()


def test_where_nobody_carries_a_call_it_says_where_they_are() -> None:
    world = World()
    world.serve()
    world.soon(world.session.ring, lambda: world.says(Help.STAY), lambda: world.says(Choice("next")))
    world.session.ask(ASKS)
    assert world.session.helpers.calling.state == "none"
    assert "staff" in [view.overlay for view in world.views]
