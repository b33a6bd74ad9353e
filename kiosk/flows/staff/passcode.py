"""Their own passcode: the one that it was, a new one, and the new one once more.

A screen may have been left open: so it is asked once more which it was, and a wrong one is a try like one at the door.
The caretaker judges both; here nothing of them is kept.
"""

from __future__ import annotations

from kiosk.card.pin import erase
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.digits import Digits
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff.officer import Officer
from kiosk.ipc.caretaker import STAFF_SECONDS, Away
from kiosk.ipc.messages import ChangePasscode, Denied, NotAdmitted, Taken, TooWeak

PASSCODE = Digits(8, 32)
ASKED = ("old", "new", "again")


def visit(kiosk: Kiosk, officer: Officer) -> None:
    """Until it is another, or they have thought better of it."""
    fault, held = "", 0
    while True:
        typed: list[bytearray] = []
        try:
            for asks in ASKED:
                given = kiosk.ask_pin(_pad(asks, fault, held), PASSCODE)
                if isinstance(given, str):
                    return
                typed.append(given)
                fault, held = "", 0
            fault, held = _changed(kiosk, officer, *typed)
        finally:
            for each in typed:
                erase(each)
        if not fault:
            kiosk.ask(Screen("staff_passcode_done", {}, ("back",), staff="room"))
            return


def _changed(kiosk: Kiosk, officer: Officer, old: bytearray, new: bytearray, again: bytearray) -> tuple[str, int]:
    """What is wrong, and for how many seconds no passcode is taken; "": it is done."""
    if new != again:
        return "differ", 0
    kiosk.show(_pad("checking", "", 0))
    try:
        answer = kiosk.caretaker.ask(ChangePasscode(officer.staff, old.decode(), new.decode()), STAFF_SECONDS)
    except Away:
        return "away", 0
    match answer:
        case Taken():
            return "", 0
        case NotAdmitted(seconds=seconds):
            return ("wait" if seconds else "wrong"), seconds
        case TooWeak(why=why):
            return why, 0
        case Denied(later=True):
            return "later", 0
    return "no", 0


def _pad(asks: str, fault: str, held: int) -> Screen:
    return Screen("staff_passcode", {"asks": asks, "fault": fault, "held": held}, ("back",), staff="room")
