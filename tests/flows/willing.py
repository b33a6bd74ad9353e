"""Somebody who does what each screen is for: links their licence, or has their card checked and their licence shown."""

from __future__ import annotations

from kiosk.card.pin import PinRule
from kiosk.flows.asking.digits import Digits
from kiosk.flows.asking.screen import Screen
from kiosk.portal.client import PortalClient
from kiosk.sim.card import VirtualCard
from tests.flows.scripted import ScriptedKiosk

ANSWERS = {
    "last_try": "yes",
    "linked": "finish",
    "outcome": "finish",
    "check_result": "licence",
    "check_warn": "yes",
    "check_licence": "finish",
}


class WillingKiosk(ScriptedKiosk):
    """`typed`: the name of each PIN, as often as it was typed. The card's owner knows them all."""

    def __init__(self, card: VirtualCard, portal: PortalClient | None = None) -> None:
        super().__init__(card=card, portal=portal)
        self.owner = card.person
        self.typed: list[str] = []

    def ask(self, screen: Screen) -> str:
        self._answers = [self._would(screen)]
        return super().ask(screen)

    def ask_pin(self, screen: Screen, rule: PinRule | Digits) -> bytearray | str:
        assert isinstance(rule, PinRule)
        self._rule = rule
        self.typed.append(rule.name)
        self._answers = [self._would(screen)]
        return super().ask_pin(screen, rule)

    def _would(self, screen: Screen) -> str:
        if screen.name == "pin":
            return f"pin:{getattr(self.owner.pins, self._rule.name)}"
        if screen.name == "terms":
            return next(answer for answer in ("next", "tick", "read_to_end") if answer in screen.answers)
        return ANSWERS.get(screen.name, "next")
