"""The printer's paper: which roll it is, what came from it, that there is a new one, and what became of the jobs."""

from __future__ import annotations

from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff import prints
from kiosk.flows.staff.officer import Officer, asked
from kiosk.ipc.messages import Paper, PaperChanged, PaperStands


def visit(kiosk: Kiosk, officer: Officer) -> None:
    """What the caretaker knows of it, and what somebody says who has changed it."""
    stands, changed = asked(kiosk, Paper()), False
    while isinstance(stands, PaperStands):
        ways = ("prints", "back") if changed else ("changed", "prints", "back")
        answer = kiosk.ask(Screen("staff_paper", {"stands": stands, "changed": changed}, ways, staff="room"))
        if answer == "back":
            return
        if answer == "prints":
            prints.visit(kiosk, officer)
        else:
            stands, changed = asked(kiosk, PaperChanged(officer.staff)), True
