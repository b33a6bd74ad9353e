"""A kiosk that gives guidance only: every way of it is walked, and none leads to a card or to the portal."""

from __future__ import annotations

from typing import NoReturn

import pytest

from kiosk.flows import home
from kiosk.flows.asking.ends import Left
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff import room
from kiosk.flows.staff.officer import Officer
from tests.flows.scripted import ScriptedKiosk

ENDS = {"finish", "back", "home"}
DEEPEST = 6


class Careful(ScriptedKiosk):
    """Has neither slot nor portal, and says so to whoever would use them."""

    def await_card(self, screen: Screen, newer_than: int | None = None) -> str | None:
        raise AssertionError(f"{screen.name}: a card is waited for")

    @property
    def portal(self) -> NoReturn:
        raise AssertionError("the portal is used")


def walked(way: tuple[str, ...]) -> ScriptedKiosk:
    kiosk = Careful(*way, can_print=False, guidance_only=True)
    with pytest.raises(Left):
        home.visit(kiosk)
        raise Left
    return kiosk


def test_no_way_leads_to_a_card_or_to_the_portal() -> None:
    ways: list[tuple[str, ...]] = [()]
    came: set[str] = set()
    for way in ways:
        kiosk = walked(way)
        came |= set(kiosk.names)
        if len(kiosk.screens) > len(way) and len(way) < DEEPEST:  # it waits for one more answer
            ways += [(*way, answer) for answer in kiosk.screens[-1].answers if not way or answer not in ENDS]
    assert {"home", "pin_doing", "benefits", "todo", "lost_wish", "renewal"} <= came
    assert not {"licence", "set_card", "prepare"} & came


def test_what_needs_more_is_not_offered() -> None:
    [first] = walked(()).screens
    assert set(home.FLOWS) - set(first.answers) == {"link", "check"}
    assert "unsure" not in walked(("pin",)).screens[-1].answers
    assert not {"link", "release"} & set(walked(("benefits",)).screens[-1].answers)


@pytest.mark.parametrize("safe_mode", [True, False])
def test_staff_try_out_only_what_is_used(safe_mode: bool) -> None:
    kiosk = ScriptedKiosk("finish", guidance_only=True, safe_mode=safe_mode)
    room.visit(kiosk, Officer(12, "officer"))
    assert ("trials" in kiosk.screens[0].answers) is not safe_mode
