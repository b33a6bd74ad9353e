"""The drawer of cards at the dock, and which of them is in the reader's slot.

A card is made when it is first put in and stays in the drawer when it is pulled out, so its counters of PIN tries live
as long as the demo does; `renew` throws it away. One card at a time is in the slot.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, fields

from kiosk.sim.card import VirtualCard
from kiosk.sim.card.chip import Behaviour, Faults
from kiosk.sim.card.wire import VpcdCard
from kiosk.sim.people import Person
from kiosk.sim.pki import Device, Pki


@dataclass
class Inside:
    """What is in the slot: the card, and its wire to the reader."""

    card: VirtualCard
    wire: VpcdCard


class Drawer:
    """Where the reader listens: (host, port)."""

    def __init__(self, pki: Pki, people: Mapping[str, Person], host: str, port: int) -> None:
        self.people = people
        self._pki = pki
        self._address = (host, port)
        self._cards: dict[tuple[str, Device], VirtualCard] = {}
        self._inside: Inside | None = None
        self._lock = threading.RLock()

    def insert(self, person: str, device: Device, behaviour: Behaviour, faults: Faults) -> None:
        """Put this card in, whatever was there before. Raises KeyError for somebody or something that is not there."""
        if device == "phone" and not self.people[person].phone:
            raise KeyError(person)
        with self._lock:
            self.remove()
            card = self._cards.get((person, device))
            if card is None:
                card = self._cards[person, device] = VirtualCard(self.people[person], self._pki, device)
            card.behaviour = behaviour
            card.inflict(faults)
            card.trace.clear()
            self._inside = Inside(card, VpcdCard(*self._address, card).start())

    def remove(self) -> None:
        with self._lock:
            if self._inside:
                self._inside.wire.close()
                self._inside = None

    def renew(self, person: str) -> None:
        """Their card and phone as on the first day."""
        with self._lock:
            if self._inside and self._inside.card.person.key == person:
                self.remove()
            for device in ("card", "phone"):
                self._cards.pop((person, device), None)

    def state(self) -> dict[str, object]:
        """`card`: what is in the slot, or None. `tries`: what is left on each card that was ever put in."""
        with self._lock:
            inside = self._inside
            if inside and inside.wire.wait_out(0):  # a fault of the card has pulled it out
                self.remove()
                inside = None
            return {
                "card": _shown(inside) if inside else None,
                "tries": {f"{person}/{device}": _tries(card) for (person, device), card in self._cards.items()},
            }


def _shown(inside: Inside) -> dict[str, object]:
    card = inside.card
    return {
        "person": card.person.key,
        "device": card.device,
        "attached": inside.wire.attached,  # a reader has taken it
        "behaviour": switched(card.behaviour),
        "faults": switched(card.faults),
        "commands": len(card.trace),
        "my_number_read": card.my_number_was_read,
    }


def _tries(card: VirtualCard) -> dict[str, int | None]:
    """By PIN; None for one that was never set."""
    return {name: pin.left if pin.given else None for name, pin in card.pins.items() if not name.startswith("number")}


def switched(of: Behaviour | Faults) -> dict[str, object]:
    """What differs from an ordinary card, as JSON can say it."""
    found = {field.name: getattr(of, field.name) for field in fields(of)}
    usual = type(of)()
    changed = {name: value for name, value in found.items() if value != getattr(usual, name)}
    if "answers" in changed:
        changed["answers"] = {number: answer.hex().upper() for number, answer in changed["answers"].items()}
    return changed
