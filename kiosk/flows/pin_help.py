"""A PIN that is forgotten or locked. Nobody knows which of the four it is, so people choose by what they were doing."""

from __future__ import annotations

from kiosk.advice.pins import PINS
from kiosk.advice.todo import Plan
from kiosk.config.guidance import Guidance, Page
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.card_check import look
from kiosk.flows.take_home import give
from kiosk.language.public import NOTHING

DOINGS = {pin.doing: pin for pin in PINS}


def pin_help(kiosk: Kiosk) -> bool:
    """Returns False when the person goes back to home."""
    unsure = () if kiosk.guidance_only else ("unsure",)  # to find out, a card is read
    while True:
        answer = kiosk.ask(Screen("pin_doing", {}, (*DOINGS, *unsure, "back")))
        if answer == "back":
            return False
        if answer in DOINGS:
            return give(kiosk, plan(kiosk.guidance, answer))
        if (left := look(kiosk, pin_unknown=True)) != "back":
            return left == "finish"


def plan(facts: Guidance, doing: str) -> Plan:
    """The list for the PIN that this asks for."""
    pin = DOINGS[doing]
    page: Page | None = getattr(facts, pin.page) if pin.page else None
    return Plan(
        pin.name,
        pin.unlock,
        know=(pin.known_by, *((pin.keep,) if pin.keep else ())),
        tries=pin.tries(facts),
        official=pin.official,
        page=page.address if page else NOTHING,
        picture=pin.picture,
    ).told(facts)
