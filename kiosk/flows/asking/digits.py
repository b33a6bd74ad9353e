"""A number that is typed on the pad and is no PIN of a card."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.card.pin import PinFault


@dataclass(frozen=True)
class Digits:
    """So many digits, and nothing else. shown: they may be read while they are typed; else they are dots. least: the
    smallest number that they may stand for, if they stand for one."""

    shortest: int
    longest: int
    shown: bool = False
    letters: bool = False
    least: int | None = None

    def fault(self, typed: bytearray) -> PinFault | None:
        """What keeps the entry from having this form."""
        if len(typed) < self.shortest or (self.least is not None and int(typed) < self.least):
            return PinFault.TOO_SHORT
        return PinFault.TOO_LONG if len(typed) > self.longest else None
