"""The door of the staff: number and passcode on one pad, and the room behind it for whoever has the right ones.

The caretaker decides. Here nothing is known of accounts, and what was typed goes to it and nowhere else. The door is in
the corner of screens on which nobody is being served, so to open it ends nothing of anybody's; it closes by itself when
no key is pressed for some seconds.
"""

from __future__ import annotations

import contextlib

from kiosk.card.pin import erase
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.digits import Digits
from kiosk.flows.asking.ends import VisitEnded
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff import room
from kiosk.flows.staff.officer import Officer
from kiosk.ipc.caretaker import STAFF_SECONDS, Away
from kiosk.ipc.messages import Admit, Admitted, End, NotAdmitted, StaffLeft, Standing, Status

NUMBER = Digits(1, 6, shown=True, least=1)
PASSCODE = Digits(8, 32)


def visit(kiosk: Kiosk) -> None:
    """From the pad to the room, and out again. Raises the ends of `flows.asking.ends`."""
    officer = enter(kiosk)
    if officer is None:
        return
    end: End = "problem"
    try:
        room.visit(kiosk, officer)
        end = "finished"
    except VisitEnded as ended:
        end = ended.word
        raise
    finally:
        with contextlib.suppress(Away):  # that it was away stands in the trail
            kiosk.caretaker.ask(StaffLeft(officer.staff, end))


def enter(kiosk: Kiosk) -> Officer | None:
    """Whoever the caretaker lets in; None: they have thought better of it, or there is nobody it could let in."""
    lacks = _lacks(kiosk)
    if lacks:
        kiosk.ask(Screen("staff_shut", {"lacks": lacks}, ("back",), staff="door"))
        return None
    fault: dict[str, object] = {"fault": "", "held": 0}
    while True:
        number = kiosk.ask_pin(_pad("number", fault), NUMBER)
        if isinstance(number, str):
            return None
        staff = int(number)
        while True:
            passcode = kiosk.ask_pin(_pad("passcode", fault, staff), PASSCODE)
            if isinstance(passcode, str):
                break
            kiosk.show(_pad("checking", fault, staff))
            answer = _admits(kiosk, staff, passcode)
            if isinstance(answer, Officer):
                return answer
            fault = answer
        fault = {"fault": "", "held": 0}


def _lacks(kiosk: Kiosk) -> str:
    """Why nobody can be let in: there is no caretaker, or no account."""
    try:
        standing = kiosk.caretaker.ask(Status())
    except Away:
        return "caretaker"
    return "" if isinstance(standing, Standing) and standing.staffed else "accounts"


def _admits(kiosk: Kiosk, staff: int, passcode: bytearray) -> Officer | dict[str, object]:
    """Who they are; or what is wrong, and for how many seconds no passcode is taken."""
    try:
        answer = kiosk.caretaker.ask(Admit(staff, passcode.decode()), STAFF_SECONDS)
    except Away:
        return {"fault": "away", "held": 0}
    finally:
        erase(passcode)
    match answer:
        case Admitted(role=role):
            return Officer(staff, role)
        case NotAdmitted(seconds=seconds):
            return {"fault": "wait" if seconds else "wrong", "held": seconds}
    return {"fault": "away", "held": 0}


def _pad(asks: str, fault: dict[str, object], staff: int = 0) -> Screen:
    return Screen("staff_door", {"asks": asks, "staff": staff, **fault}, ("back",), staff="door")
