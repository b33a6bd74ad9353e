"""The printer's paper: which roll it is, what came from it, and that there is a new one."""

from __future__ import annotations

from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff.officer import Officer, asked
from kiosk.ipc.messages import Paper, PaperChanged, PaperStands


def visit(kiosk: Kiosk, officer: Officer) -> None:
    """What the caretaker knows of it, and what somebody says who has changed it."""
    stands, changed = asked(kiosk, Paper()), False
    while isinstance(stands, PaperStands):
        ways = ("back",) if changed else ("changed", "back")
        if kiosk.ask(Screen("staff_paper", {"stands": stands, "changed": changed}, ways, staff="room")) == "back":
            return
        stands, changed = asked(kiosk, PaperChanged(officer.staff)), True
