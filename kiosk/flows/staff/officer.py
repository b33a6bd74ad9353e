"""Whoever has been let in, and what they wait for: the caretaker, who knows their role and writes down what they do;
and the machine.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.digits import Digits
from kiosk.flows.asking.screen import Screen
from kiosk.ipc.caretaker import STAFF_SECONDS, Away
from kiosk.ipc.messages import Answer, Denied, Part, Question, Role, Verdict

NUMBER = Digits(1, 6, shown=True, least=1)  # as it is typed
PASSCODE = Digits(8, 32)


@dataclass(frozen=True)
class Officer:
    """staff: the staff number. tried: what they have said of the parts; until they leave, as the caretaker has it."""

    staff: int
    role: Role
    tried: dict[Part, Verdict] = field(default_factory=dict, compare=False)


def asked(kiosk: Kiosk, question: Question) -> Answer | None:
    """The caretaker's answer; None when there is none or it says no, which is told then. What got no answer may have
    been done all the same."""
    try:
        answer = kiosk.caretaker.ask(question, STAFF_SECONDS)
    except Away:
        answer = None
    if answer is not None and not isinstance(answer, Denied):
        return answer
    kiosk.ask(Screen("staff_denied", {"why": why_not(answer)}, ("back",), staff="room"))
    return None


def why_not(answer: Answer | None) -> str:
    """Why nothing has come of it, by the names that the screens have for that. None: there was no answer."""
    match answer:
        case None:
            return "away"
        case Denied(later=True):
            return "later"
        case Denied(anew=True):
            return "anew"
    return "no"


def busy(kiosk: Kiosk, what: str) -> None:
    """Say that something is being done. Raises Left when somebody wanted the kiosk meanwhile."""
    kiosk.show(Screen("staff_busy", {"what": what}, staff="room"))
    kiosk.heed_leaving()
