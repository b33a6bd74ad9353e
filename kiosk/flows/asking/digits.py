"""A number that is typed on the pad and is no PIN of a card."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.card.pin import PinFault


@dataclass(frozen=True)
class Digits:
    """So many digits, and nothing else. shown: they may be read while they are typed; else they are dots."""

    shortest: int
    longest: int
    shown: bool = False
    letters: bool = False

    def fault(self, typed: bytearray) -> PinFault | None:
        """What keeps the entry from having this form."""
        if len(typed) < self.shortest:
            return PinFault.TOO_SHORT
        return PinFault.TOO_LONG if len(typed) > self.longest else None
