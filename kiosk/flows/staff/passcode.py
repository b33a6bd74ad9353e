"""Their own passcode: the one that it was, a new one, and the new one once more. Or, in place of one that was made for
them and was right just now, a new one twice; they are in after that.

A screen may have been left open: so it is asked once more which it was, and a wrong one is a try like one at the door.
The caretaker judges both; here nothing of them is kept.
"""

from __future__ import annotations

from collections.abc import Callable

from kiosk.card.pin import erase
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff.officer import PASSCODE, Officer, why_not
from kiosk.ipc.caretaker import STAFF_SECONDS, Away
from kiosk.ipc.messages import (
    Admitted,
    Answer,
    ChangePasscode,
    ChoosePasscode,
    NotAdmitted,
    Question,
    Taken,
    TooWeak,
)

ASKED = ("old", "new", "again")


def visit(kiosk: Kiosk, officer: Officer) -> None:
    """Until it is another, or they have thought better of it."""

    def change(old: str, new: str) -> Question:
        return ChangePasscode(officer.staff, old, new)

    if _until_done(kiosk, change, ASKED) is not None:
        kiosk.ask(Screen("staff_passcode_done", {}, ("back",), staff="room"))


def choose(kiosk: Kiosk, staff: int) -> Officer | None:
    """In place of the first one. None: they have thought better of it, and are not in."""
    done = _until_done(kiosk, lambda new: ChoosePasscode(staff, new), ASKED[1:])
    return Officer(staff, done.role) if isinstance(done, Admitted) else None


def _until_done(kiosk: Kiosk, question: Callable[..., Question], asked: tuple[str, ...]) -> Answer | None:
    """None: rather not. question: of the passcodes that were typed, the new one once."""
    fault, held, first = "", 0, asked != ASKED
    while True:
        typed: list[bytearray] = []
        try:
            for asks in asked:
                given = kiosk.ask_pin(_pad(asks, fault, held, first), PASSCODE)
                if isinstance(given, str):
                    return None
                typed.append(given)
                fault, held = "", 0
            *said, again = typed
            if again != said[-1]:
                fault = "differ"
                continue
            kiosk.show(_pad("checking", "", 0, first))
            answer = _answered(kiosk, question(*(each.decode() for each in said)))
        finally:
            for each in typed:
                erase(each)
        match answer:
            case Taken() | Admitted():
                return answer
            case NotAdmitted(seconds=seconds):
                fault, held = ("wait" if seconds else "wrong"), seconds
            case TooWeak(why=why):
                fault = why
            case _:
                fault = why_not(answer)


def _answered(kiosk: Kiosk, question: Question) -> Answer | None:
    try:
        return kiosk.caretaker.ask(question, STAFF_SECONDS)
    except Away:
        return None


def _pad(asks: str, fault: str, held: int, first: bool) -> Screen:
    facts = {"asks": asks, "fault": fault, "held": held, "first": first}
    return Screen("staff_passcode", facts, ("back",), staff="room")
