"""A part of the kiosk started again, or the whole machine; or the machine switched off. Each asks once more.

Nobody is being served: one of the staff stands before the screen. The caretaker has it done, if this machine lets it.
What is started again may take this screen along. A new one stands there then, or the first one of a kiosk that has
begun; so that it has worked is told here of what leaves this session alone, and in the trail of everything.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff.officer import Officer, asked, busy
from kiosk.ipc.messages import RESTARTED_BY, Restart, Restarted, Restarts, RestartsStand


def visit(kiosk: Kiosk, officer: Officer, pause: Callable[[float], object] = time.sleep) -> None:
    """Until somebody has seen enough, or it has taken this session along."""
    theirs = [what for what, roles in RESTARTED_BY.items() if officer.role in roles]
    while isinstance(stand := asked(kiosk, Restarts()), RestartsStand):
        offered = tuple(theirs) if stand.can else ()
        answer = kiosk.ask(Screen("staff_restart", {"can": stand.can}, (*offered, "back"), staff="room"))
        if answer == "back":
            return
        what = next(each for each in offered if each == answer)
        if kiosk.ask(Screen("staff_restart_sure", {"what": what}, ("do", "back"), staff="room")) == "do":
            _do(kiosk, officer, what, pause)


def _do(kiosk: Kiosk, officer: Officer, what: Restarted, pause: Callable[[float], object]) -> None:
    """Have it done, and wait until it is known what has come of it: the caretaker does not wait for ever."""
    came = asked(kiosk, Restart(officer.staff, what))
    if isinstance(came, RestartsStand):
        busy(kiosk, what)
    while isinstance(came, RestartsStand) and came.state == "asked":
        pause(1)
        kiosk.heed_leaving()
        came = asked(kiosk, Restarts())
    if isinstance(came, RestartsStand):
        kiosk.ask(Screen("staff_restarted", {"what": what, "done": came.state == "done"}, ("back",), staff="room"))
