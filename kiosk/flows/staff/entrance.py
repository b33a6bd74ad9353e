"""The door of the staff: number and passcode on one pad, and the room behind it for whoever has the right ones.

Whoever has to show a card besides (`card.py`) may do so before the passcode, and is asked for it after. Whoever comes
with a passcode that was made for them takes one of their own before they are in (`passcode.py`).

The caretaker decides. Here nothing is known of accounts, and what was typed goes to it and nowhere else. The door is in
the corner of screens on which nobody is being served, so to open it ends nothing of anybody's; it closes by itself when
no key is pressed for some seconds.
"""

from __future__ import annotations

import contextlib

from kiosk.card.pin import erase
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.ends import VisitEnded
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff import card, passcode, room
from kiosk.flows.staff.officer import NUMBER, PASSCODE, Officer
from kiosk.ipc.caretaker import STAFF_SECONDS, Away
from kiosk.ipc.messages import (
    Admit,
    Admitted,
    CardWanted,
    ChangeFirst,
    Denied,
    End,
    NotAdmitted,
    StaffLeft,
    Standing,
    Status,
    Taken,
)

NOTHING: dict[str, object] = {"fault": "", "held": 0}


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
    standing = _standing(kiosk)
    if standing is None or not standing.staffed:
        lacks = "caretaker" if standing is None else "accounts" if standing.usable else "unreadable"
        kiosk.ask(Screen("staff_shut", {"lacks": lacks}, ("back",), staff="door"))
        return None
    while True:
        number = kiosk.ask_pin(_pad("number", NOTHING), NUMBER)
        if isinstance(number, str):
            return None
        staff, fault = int(number), NOTHING
        while True:
            typed = kiosk.ask_pin(_pad("passcode", fault, staff, standing.cards), PASSCODE)
            if typed == "back":
                break
            answer = _shows_card(kiosk, staff) if isinstance(typed, str) else _admits(kiosk, staff, typed, fault)
            if isinstance(answer, Officer):
                return answer
            fault = answer


def _standing(kiosk: Kiosk) -> Standing | None:
    """None: there is no caretaker."""
    try:
        standing = kiosk.caretaker.ask(Status())
    except Away:
        return None
    return standing if isinstance(standing, Standing) else None


def _admits(kiosk: Kiosk, staff: int, typed: bytearray, before: dict[str, object]) -> Officer | dict[str, object]:
    """Who they are, with a card besides where one is wanted; or what is wrong, and for how many seconds no passcode is
    taken. before: what was said of the one before."""
    kiosk.show(_pad("checking", before, staff))
    try:
        answer = kiosk.caretaker.ask(Admit(staff, typed.decode()), STAFF_SECONDS)
    except Away:
        return {"fault": "away", "held": 0}
    finally:
        erase(typed)
    match answer:
        case Admitted(role=role):
            return Officer(staff, role)
        case ChangeFirst():
            return passcode.choose(kiosk, staff) or NOTHING
        case CardWanted():
            return _shows_card(kiosk, staff)
        case NotAdmitted(seconds=seconds):
            return {"fault": "wait" if seconds else "wrong", "held": seconds}
        case Denied(later=True):
            return {"fault": "later", "held": 0}
    return {"fault": "away", "held": 0}


def _shows_card(kiosk: Kiosk, staff: int) -> Officer | dict[str, object]:
    match card.show(kiosk, staff):
        case Admitted(role=role):
            return Officer(staff, role)
        case ChangeFirst():
            return passcode.choose(kiosk, staff) or NOTHING
        case Taken():
            return {"fault": "card_taken", "held": 0}
    return NOTHING


def _pad(asks: str, fault: dict[str, object], staff: int = 0, cards: bool = False) -> Screen:
    ways = ("back", "card") if cards else ("back",)
    return Screen("staff_entrance", {"asks": asks, "staff": staff, **fault}, ways, staff="door")
