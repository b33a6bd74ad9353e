"""A card that waits with a PIN that it was brought: a machine can be looked through while the PIN is on its way."""

from __future__ import annotations

import threading

from kiosk.sim.card.wire import Chip
from tests.stage import INSTRUCTION, WITHOUT_DATA

HELD_SECONDS = 60.0


class Held:
    """A chip that answers VERIFY with a PIN in it only when it is let go."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self._brought, self._go = threading.Event(), threading.Event()

    @property
    def atr(self) -> bytes:
        return self._chip.atr

    def power_on(self) -> None:
        self._chip.power_on()

    def power_off(self) -> None:
        self._chip.power_off()

    def reset(self) -> None:
        self._chip.reset()

    def transmit(self, apdu: bytes) -> bytes:
        if apdu[1] == INSTRUCTION["VERIFY"] and len(apdu) > WITHOUT_DATA:
            self._brought.set()
            self._go.wait(HELD_SECONDS)
            self._go.clear()
        return self._chip.transmit(apdu)

    def is_brought_a_pin(self, seconds: float) -> bool:
        """Whether it comes within so long. It is let go then by `let_go`."""
        return self._brought.wait(seconds)

    def let_go(self) -> None:
        self._brought.clear()
        self._go.set()
