"""The stage of `tests/stage.py` as it is needed here: less patient, and with cards that remember what they were sent.

Everybody's PINs are their own, so that a PIN tells whose it is; no two neighbours in them are the same, since a doubled
key may be a bounce.
"""

from __future__ import annotations

import os
import random
import signal
import time
from http.client import HTTPException
from pathlib import Path
from typing import Self

import msgspec
from websocket import WebSocketException

from bench.visitor import Visitor
from kiosk.config.kiosk import Screen, Session, Settings
from kiosk.hw.device import SETTLE_SECONDS
from kiosk.sim.card import VirtualCard
from kiosk.sim.card.chip import Behaviour, Command
from kiosk.sim.people import Person, Pins
from kiosk.sim.pki import Device, Pki
from kiosk.sim.printer import Switches
from tests.stage import Stage, living, until
from tests.wild.keeper import Keeper

VERIFY = 0x20
IDLE = Screen(idle_seconds=8, reading_idle_seconds=8, warning_seconds=3)
PATIENCE = Session(browser_lost_seconds=1, put_back_seconds=3, take_card_seconds=3)
ATTRACT_SECONDS = 15.0  # from the end of a visit


class Watched(VirtualCard):
    """heard: every PIN it was sent, and whether it looked at it: one that has just lost its power does not."""

    heard: list[tuple[str, bool]]

    def __init__(self, person: Person, pki: Pki, device: Device, behaviour: Behaviour | None) -> None:
        super().__init__(person, pki, device, behaviour)
        self.heard = []

    def transmit(self, apdu: bytes) -> bytes:
        answer, command = super().transmit(apdu), Command.parse(apdu)
        if command and command.ins == VERIFY and command.data:
            looked = answer[:1] in (b"\x90", b"\x63")
            self.heard.append((command.data.decode("latin-1"), looked))
        return answer


class Ground(Stage):
    program = "tests.wild.serve"

    def __init__(self, directory: Path) -> None:
        super().__init__(directory, screen=IDLE, session=PATIENCE)
        self.keeper = Keeper(directory)
        self._reader = [*self._reader, "--caretaker"]
        self.sizes: dict[int, tuple[int, int]] = {}  # when it was first asked, by arbiter
        self.people = {key: msgspec.structs.replace(who, pins=pins_of(who)) for key, who in self.people.items()}

    def __enter__(self) -> Self:
        self.keeper.start()
        return super().__enter__()

    def __exit__(self, *ended: object) -> None:
        super().__exit__(*ended)
        self.keeper.stop()

    @property
    def settings(self) -> Settings:
        usual = super().settings
        portal = msgspec.structs.replace(usual.portal, timeout_seconds=2.0, retry_after_seconds=0.1)
        return msgspec.structs.replace(usual, portal=portal, caretaker=self.keeper.settings)

    def card(self, who: str, device: Device = "card", behaviour: Behaviour | None = None) -> VirtualCard:
        if (who, device) not in self.cards:
            self.cards[who, device] = Watched(self.people[who], self.pki, device, behaviour)
        return self.cards[who, device]

    @property
    def inside(self) -> Watched | None:
        """The card that is in the slot."""
        if self.slot is None or self.slot.wait_out(0):
            return None
        chip = self.slot._chip
        assert isinstance(chip, Watched)
        return chip

    @property
    def size(self) -> tuple[int, int]:
        """The arbiter's descriptors, and the files on its disk."""
        return len(os.listdir(f"/proc/{self.arbiter}/fd")), sum(1 for _ in self.temporary.rglob("*"))

    def tidy(self) -> None:
        """Nothing is broken or linked, no card is in or has lost a try, and the tray is empty."""
        self.take_out()
        self.mend()
        self.portal.reset()
        self.cards.clear()
        self.printer.slips.clear()
        self.printer.faults.clear()

    def mend(self) -> None:
        """Portal and printer work."""
        self.portal.faults.clear()
        self.printer.switches = Switches()

    def next_visitor(self, seconds: float = ATTRACT_SECONDS) -> Visitor:
        """In front of the next session. Raises TimeoutError when there is none in that time."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                return Visitor(self.port)
            except (OSError, HTTPException, WebSocketException, TypeError):  # between two sessions
                time.sleep(0.05)
        raise TimeoutError(f"no session within {seconds} s")

    def open_again(self) -> None:
        """The caretaker works, the kiosk is open, and the session that is there knows it: it asks now and then."""
        if self.keeper.settle():
            before = self.worker
            os.kill(before, signal.SIGTERM)
            until(lambda: not living(before))

    def settle(self) -> None:
        """Until the kiosk knows its slot to be empty: only then is a card somebody's."""
        time.sleep(1.1 * SETTLE_SECONDS)


def pins_of(who: Person) -> Pins:
    chance = random.Random(who.key)
    text, auth, licence = ("".join(chance.sample("0123456789", 4)) for _ in range(3))
    sign = "".join(chance.sample("ABCDEFGHJKLMNPRSTUVWXYZ", 5) + chance.sample("23456789", 3))
    return Pins(text=text, sign=sign, auth=auth, licence=who.pins.licence and licence)
