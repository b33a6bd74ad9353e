"""Whoever has been let in, and what they wait for: the caretaker, who knows their role and writes down what they do;
and the machine.
"""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.digits import Digits
from kiosk.flows.asking.screen import Screen
from kiosk.ipc.caretaker import STAFF_SECONDS, Away
from kiosk.ipc.messages import Answer, Denied, Question, Role

NUMBER = Digits(1, 6, shown=True, least=1)  # as it is typed
PASSCODE = Digits(8, 32)


@dataclass(frozen=True)
class Officer:
    """staff: the staff number."""

    staff: int
    role: Role


def asked(kiosk: Kiosk, question: Question) -> Answer | None:
    """The caretaker's answer; None when there is none or it says no, which is told then. What got no answer may have
    been done all the same."""
    try:
        answer = kiosk.caretaker.ask(question, STAFF_SECONDS)
    except Away:
        answer = None
    if answer is not None and not isinstance(answer, Denied):
        return answer
    why = "away" if answer is None else "later" if answer.later else "no"
    kiosk.ask(Screen("staff_denied", {"why": why}, ("back",), staff="room"))
    return None


def busy(kiosk: Kiosk, what: str) -> None:
    """Say that something is being done. Raises Left when somebody wanted the kiosk meanwhile."""
    kiosk.show(Screen("staff_busy", {"what": what}, staff="room"))
    kiosk.heed_leaving()
