"""The staff, as a supervisor sees them: numbers and roles, never names. One is added, is given a first passcode, or is
removed.

A first passcode is made by the caretaker and stands on one screen, once: it is printed nowhere and kept nowhere, and
whoever missed it has another made. As with one's own, it is asked once more who acts (`passcode.py`).
"""

from __future__ import annotations

from kiosk.card.pin import erase
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff.officer import NUMBER, PASSCODE, Officer, asked, why_not
from kiosk.ipc.caretaker import STAFF_SECONDS, Away
from kiosk.ipc.members import objection
from kiosk.ipc.messages import (
    ActOnMember,
    Answer,
    FirstPasscode,
    MayNot,
    MemberAct,
    Members,
    NotAdmitted,
    Staff,
    Taken,
)

WISHES = ("give", "add", "remove")
ACTS: dict[str, MemberAct] = {
    "give": "give",
    "remove": "remove",
    "officer": "add_officer",
    "supervisor": "add_supervisor",
}


def visit(kiosk: Kiosk, officer: Officer) -> None:
    """Until somebody has seen enough."""
    while isinstance(staff := asked(kiosk, Members(officer.staff)), Staff):
        rows = tuple(
            {"number": number, "role": role, "card": number in staff.cards, "first": number in staff.first}
            for number, role in staff.accounts.items()
        )
        wish = kiosk.ask(Screen("staff_members", {"rows": rows, "own": officer.staff}, (*WISHES, "back"), staff="room"))
        if wish == "back":
            return
        _fulfil(kiosk, officer, staff, wish)


def _fulfil(kiosk: Kiosk, officer: Officer, staff: Staff, wish: str) -> None:
    """Ask of whom, until it is done or they would rather not. What there is against it is said at once."""
    fault = ""
    while True:
        typed = kiosk.ask_pin(_pad(wish, "number", fault=fault), NUMBER)
        if isinstance(typed, str):
            return
        member = int(typed)
        fault = objection(ACTS.get(wish, "add_officer"), officer.staff, member, staff) or ""
        if fault:
            continue
        act = ACTS.get(wish) or _added_as(kiosk, officer, member, staff)
        if act is not None and _is_done(kiosk, officer, member, wish, act, card=member in staff.cards):
            return


def _added_as(kiosk: Kiosk, officer: Officer, member: int, staff: Staff) -> MemberAct | None:
    """None: rather not."""
    roles = [each for each in ("officer", "supervisor") if not objection(ACTS[each], officer.staff, member, staff)]
    answer = kiosk.ask(Screen("staff_member_role", {"member": member}, (*roles, "back"), staff="room"))
    return ACTS.get(answer)


def _is_done(kiosk: Kiosk, officer: Officer, member: int, wish: str, act: MemberAct, card: bool) -> bool:
    """Until they have said who they are. False: rather not. card: one is registered for the member."""
    fault, held = "", 0
    while True:
        typed = kiosk.ask_pin(_pad(wish, "passcode", member, fault, held, card), PASSCODE)
        if isinstance(typed, str):
            return False
        kiosk.show(_pad(wish, "checking", member, card=card))
        answer: Answer | None
        try:
            answer = kiosk.caretaker.ask(ActOnMember(officer.staff, typed.decode(), member, act), STAFF_SECONDS)
        except Away:
            answer = None
        finally:
            erase(typed)
        match answer:
            case FirstPasscode(passcode=passcode):
                facts = {"member": member, "passcode": passcode}
                kiosk.ask(Screen("staff_member_first", facts, ("next",), staff="room"))
                return True
            case Taken():
                kiosk.ask(Screen("staff_member_removed", {"member": member}, ("next",), staff="room"))
                return True
            case NotAdmitted(seconds=seconds):
                fault, held = ("wait" if seconds else "wrong"), seconds
            case MayNot(why=why):
                fault, held = why, 0
            case _:
                fault, held = why_not(answer), 0


def _pad(wish: str, asks: str, member: int = 0, fault: str = "", held: int = 0, card: bool = False) -> Screen:
    facts = {"wish": wish, "asks": asks, "member": member, "fault": fault, "held": held, "card": card}
    return Screen("staff_member", facts, ("back",), staff="room")
