"""The virtual My Number Card: what a driver of it needs, a test or a program of your own.

The room holds what belongs to the card alone: `chip` (a chip as pure protocol), `contents` (what stands in its files),
`card` (one person's card or phone, made of both, and its command line). Whose card it is (`people`) and who has signed
its certificates (`pki`) the portal knows too, so they stand beside the room.
"""

from __future__ import annotations

from kiosk.sim.card.card import JPKI, LICENCE, TEXT, VirtualCard
from kiosk.sim.card.chip import Behaviour, Faults

__all__ = ["JPKI", "LICENCE", "TEXT", "Behaviour", "Faults", "VirtualCard"]
