"""The trail on a stick, for whoever is to look at it elsewhere. The caretaker lays it ready, and a helper of its own
writes it to the stick that is put in; here somebody says that they want it, and reads what has become of it.
"""

from __future__ import annotations

from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff.officer import Officer, asked, busy
from kiosk.ipc.messages import OfferTrail, TrailOffered, TrailStands


def visit(kiosk: Kiosk, officer: Officer) -> None:
    """Until a stick has it, or they have thought better of it: then it lies there no more."""
    busy(kiosk, "trail")
    stands = asked(kiosk, OfferTrail(officer.staff, wanted=True))
    while isinstance(stands, TrailStands):
        ways = ("again", "back") if stands.trail == "waits" else ("back",)
        if kiosk.ask(Screen("staff_export", {"stands": stands.trail}, ways, reading=True, staff="room")) == "back":
            asked(kiosk, OfferTrail(officer.staff, wanted=False))
            return
        stands = asked(kiosk, TrailOffered())
