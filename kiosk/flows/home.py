"""From the first touch to the choice of what to do, and then that."""

from __future__ import annotations

from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.benefits import benefits
from kiosk.flows.card_check import check_card
from kiosk.flows.linking import link
from kiosk.flows.lost_card import lost_card
from kiosk.flows.pin_help import pin_help
from kiosk.flows.renewal import renewal

FLOWS = {
    "link": link,
    "lost": lost_card,
    "pin": pin_help,
    "check": check_card,
    "renewal": renewal,
    "benefits": benefits,
}


GUIDANCE = tuple(name for name in FLOWS if name not in ("link", "check"))  # those that need neither card nor portal


def visit(kiosk: Kiosk) -> None:
    """One person's visit: home until a flow has come to its end. Raises the ends of `flows.asking.ends`."""
    while True:
        offered = GUIDANCE if kiosk.guidance_only else tuple(FLOWS)
        answer = kiosk.ask(Screen("home", {}, offered))
        if FLOWS[answer](kiosk):
            return
