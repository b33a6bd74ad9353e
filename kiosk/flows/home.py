"""From the first touch to the choice of what to do, and then that."""

from __future__ import annotations

from kiosk.flows.guidance import guide
from kiosk.flows.kiosk import Kiosk
from kiosk.flows.linking import link
from kiosk.flows.screen import Screen

FLOWS = {"link": link, "guidance": guide}


def visit(kiosk: Kiosk) -> None:
    """One person's visit: home until a flow has come to its end. Raises the ends of `flows.ends`."""
    while True:
        answer = kiosk.ask(Screen("home", {}, tuple(FLOWS)))
        if FLOWS[answer](kiosk):
            return
