"""How every piece of guidance ends: with the person's own list, on the screen and on paper."""

from __future__ import annotations

from kiosk.advice.todo import Plan
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.printing import hand_over
from kiosk.receipts.slips import TodoSlip


def slip(plan: Plan) -> TodoSlip:
    """The list on paper."""
    return TodoSlip(
        heading=plan.heading,
        todo=plan.todo,
        official=plan.official,
        page=plan.page,
        tries=plan.tries,
        can=plan.can,
        know=plan.know,
    )


def give(kiosk: Kiosk, plan: Plan) -> bool:
    """Hand the list over. Returns False when the person has something else to do here."""
    screen = Screen("todo", {"plan": plan}, ("paper", "home", "finish"), reading=True)
    return hand_over(kiosk, screen, slip(plan)) == "finish"
