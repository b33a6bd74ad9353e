"""The machine proves what runs on it: the operator says a number, one of the staff types it, and a QR code answers. Who
is to be convinced is far away and checks it with openssl (docs/proof.md); here nobody can.
"""

from __future__ import annotations

from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.digits import Digits
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff.officer import Officer, asked, busy
from kiosk.ipc.messages import AskProof
from kiosk.ipc.proof import Proof, Unproven

CHALLENGE = Digits(8, 12, shown=True)


def visit(kiosk: Kiosk, officer: Officer) -> None:
    """Until they have seen enough."""
    while not isinstance(
        typed := kiosk.ask_pin(Screen("staff_challenge", {}, ("back",), staff="room"), CHALLENGE), str
    ):
        busy(kiosk, "proof")
        if asked(kiosk, AskProof(officer.staff)) is None:
            return
        proven = kiosk.prove(typed.decode())
        again = isinstance(proven, Proof) or proven.lacks == "failed"
        ways = (*(("again",) if again else ()), "back")
        if kiosk.ask(Screen("staff_proof", told(proven), ways, reading=True, staff="room")) == "back":
            return


def told(proven: Proof | Unproven) -> dict[str, object]:
    """For the screen."""
    if isinstance(proven, Unproven):
        return {"lacks": proven.lacks, "text": "", "challenge": "", "version": "", "image": "", "settings": ""}
    says = {name: proven.says(name) for name in ("challenge", "version", "image", "settings")}
    return {"lacks": "", "text": proven.text, **says}
