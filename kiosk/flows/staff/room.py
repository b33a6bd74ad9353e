"""What a member of the staff finds behind the door, until they leave or give way to whoever would use the kiosk."""

from __future__ import annotations

from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff import board, doors, facts, figures, levels, members, passcode, roll, settings, trials
from kiosk.flows.staff.officer import Officer
from kiosk.ipc.messages import SUPERVISING

DESKS = {
    "board": board.visit,
    "doors": doors.visit,
    "paper": roll.visit,
    "levels": levels.visit,
    "trials": trials.visit,
    "figures": figures.visit,
    "facts": facts.visit,
    "settings": settings.visit,
    "passcode": passcode.visit,
    "members": members.visit,
}


def visit(kiosk: Kiosk, officer: Officer) -> None:
    """Until they have finished. Raises the ends of `flows.asking.ends`."""
    shut = {
        *(("trials",) if kiosk.safe_mode else ()),
        *(("levels",) if not levels.there(kiosk) else ()),
        *(("settings",) if officer.role not in settings.SEEN_BY else ()),
        *(("members",) if officer.role not in SUPERVISING else ()),
    }
    desks = tuple(name for name in DESKS if name not in shut)
    while (chosen := kiosk.ask(_room(kiosk, desks))) != "finish":
        DESKS[chosen](kiosk, officer)


def _room(kiosk: Kiosk, desks: tuple[str, ...]) -> Screen:
    """Whoever leaves sees that it is closed, if it is: nobody else will open it. Or that it only guides."""
    doors = kiosk.doors
    shut = "" if doors.open else "guidance" if doors.guidance else "hours" if doors.reason == "hours" else "closed"
    return Screen("staff_room", {"shut": shut}, (*desks, "finish"), staff="room")
