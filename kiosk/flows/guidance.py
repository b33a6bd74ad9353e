"""What every piece of guidance has in common: a few questions, then the person's own list on paper."""

from __future__ import annotations

from kiosk.flows.kiosk import Kiosk
from kiosk.flows.paper import hand_over
from kiosk.flows.screen import Screen
from kiosk.flows.todo import Plan
from kiosk.receipts.slips import TodoSlip


def choices(kiosk: Kiosk, *screens: Screen) -> tuple[str, ...] | None:
    """Ask one after another and return the answers; "back" asks the one before again. None: back before the first."""
    chosen: list[str] = []
    while len(chosen) < len(screens):
        answer = kiosk.ask(screens[len(chosen)])
        if answer != "back":
            chosen.append(answer)
        elif chosen:
            chosen.pop()
        else:
            return None
    return tuple(chosen)


def slip(plan: Plan) -> TodoSlip:
    """The list on paper."""
    return TodoSlip(
        heading=plan.heading, todo=plan.todo, official=plan.official, page=plan.page, can=plan.can, know=plan.know
    )


def give(kiosk: Kiosk, plan: Plan) -> bool:
    """Hand the list over. Returns False when the person has something else to do here."""
    screen = Screen("todo", {"plan": plan}, ("paper", "home", "finish"), reading=True)
    return hand_over(kiosk, screen, slip(plan)) == "finish"
