"""What may stand there without the card: by the slot and the screen alone, without a session."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.flows.asking.screen import Screen
from kiosk.session.cover import COVER, Cover
from kiosk.session.handover import Handover
from kiosk.session.shown import Shown
from kiosk.session.slot import CardSlot
from tests.session.world import SlotReader

OF_CARD = Screen("confirm", {"name": "見本"}, ("next",), step=7, needs_card=True)
OF_STAFF = replace(OF_CARD, name="staff_card_pin", staff="door")
OTHER = Screen("consent", {}, ("next",), step=3)
PAD = {"entered": 2}


class Place:
    """A slot with a card of theirs that has power, and what stands on the screen."""

    def __init__(self) -> None:
        self.shown, self.reader = Shown(lambda _view: None), SlotReader()
        handover = Handover()
        handover.empty = True
        self.slot = CardSlot(self.reader, handover)
        self.reader.start(lambda state: self.slot.seen(state, 1000.0))
        self.reader.take_out()
        self.slot.begin(1000.0)
        self.reader.put_in()
        self.slot.card()
        self.cover = Cover(self.shown, self.slot)

    def wants(self, screen: Screen) -> Screen:
        """What the flow wants to stand there, and what then does."""
        self.shown.put(*self.cover.instead(screen, PAD))
        self.cover.put_up()
        return self.shown.view.screen


@pytest.mark.parametrize("screen", [OF_CARD, OF_STAFF, OTHER], ids=lambda screen: screen.name)
def test_with_the_card_whatever_is_wanted_stands_there(screen: Screen) -> None:
    place = Place()
    assert place.cover.instead(screen, PAD) == (screen, PAD)
    assert place.wants(screen) == screen and not place.cover.missed


@pytest.mark.parametrize("again", [False, True], ids=["out", "another one is in"])
def test_once_it_has_been_out_what_needs_it_stands_there_no_more_and_comes_back_in_no_form(again: bool) -> None:
    place = Place()
    place.wants(OF_CARD)
    place.reader.take_out()
    if again:
        place.reader.put_in()  # whoever's
    place.cover.put_up()
    assert place.shown.view.screen == COVER and place.cover.missed
    assert place.cover.instead(OF_CARD, PAD) == (COVER, None), "nor its pad"
    assert place.wants(OF_CARD) == COVER and place.cover.missed


def test_what_needs_none_stays_and_misses_none() -> None:
    place = Place()
    place.reader.take_out()
    assert place.wants(OTHER) == OTHER and not place.cover.missed


def test_what_is_the_staffs_is_missed_and_not_covered() -> None:
    place = Place()
    place.wants(OF_STAFF)
    place.reader.take_out()
    place.cover.put_up()
    assert place.shown.view.screen == OF_STAFF and place.cover.missed
    assert place.wants(OF_STAFF) == OF_STAFF


def test_what_is_missed_is_what_the_flow_wants_now() -> None:
    place = Place()
    place.wants(OF_CARD)
    place.reader.take_out()
    assert place.cover.missed
    place.wants(OTHER)
    assert not place.cover.missed
