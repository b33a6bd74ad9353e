"""The machine tried out, part by part. What a device says of itself is shown; whether it is good, a human says.

    printer   a slip, the knife, and the photo's frame, which a ruler measures
    reader    a card is put in, answers, and is taken out
    touch     every part of the glass is touched once
    colours   one colour over the whole screen after the other, for dots that are dead
    portal    it is reached

Each verdict is an act of whoever gave it. One who leaves in the middle has given none, nor has a card that does not
answer.
"""

from __future__ import annotations

from collections.abc import Callable

from kiosk.card.apdu import CardLost
from kiosk.config.health import CHECKS
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.ends import CardPulled
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff.officer import Officer, asked, busy
from kiosk.hw.device import NotPrinted
from kiosk.ipc.messages import Part, TriedOut, Verdict
from kiosk.portal.client import PortalClosed
from kiosk.receipts.slips import NotLaidOut, TestSlip

ROWS, COLUMNS = "abcdefghij", "abcdef"
CELLS = tuple(f"cell_{row}{column}" for row in ROWS for column in COLUMNS)
COLOURS = ("red", "green", "blue", "white", "black")


def visit(kiosk: Kiosk, officer: Officer) -> None:
    """One after the other, as somebody chooses them."""
    given: dict[Part, Verdict] = {}
    while True:
        offered = tuple(name for name in TRIALS if name != "printer" or kiosk.can_print)
        answer = kiosk.ask(Screen("staff_trials", {"given": dict(given)}, (*offered, "back"), staff="room"))
        if answer == "back":
            return
        chosen = next(name for name in TRIALS if name == answer)
        verdict = TRIALS[chosen](kiosk)
        if verdict is not None and asked(kiosk, TriedOut(officer.staff, chosen, verdict)):
            given[chosen] = verdict


def printer(kiosk: Kiosk) -> Verdict | None:
    busy(kiosk, "printer")
    picture = kiosk.lay_out(TestSlip())
    result = picture if isinstance(picture, NotLaidOut) else kiosk.print(picture)
    match result:
        case NotLaidOut():
            return _told(kiosk, "printer", "not_laid_out", "bad")
        case NotPrinted():
            return _told(kiosk, "printer", result.fault.value, "bad")
    return _judged(kiosk, "printer")


def reader(kiosk: Kiosk) -> Verdict | None:
    into = Screen("staff_reader", {"asks": "in"}, ("bad", "back"), staff="room")
    answer = kiosk.await_card(into, newer_than=kiosk.insertion)
    if answer is not None:
        return "bad" if answer == "bad" else None
    try:
        kiosk.card()
        out = Screen(
            "staff_reader", {"asks": "out", "mute": False, "fault": ""}, ("bad",), needs_card=True, staff="room"
        )
        kiosk.ask(out)
    except CardPulled:
        return _judged(kiosk, "reader")
    except CardLost:  # of this card, or of a hand that was too quick, and so nothing of the reader
        return _told(kiosk, "reader", "silent", None)
    return "bad"


def touch(kiosk: Kiosk) -> Verdict | None:
    left = set(CELLS)
    while left:
        facts = {"cells": CELLS, "left": frozenset(left)}
        answer = kiosk.ask(Screen("staff_touch", facts, (*CELLS, "bad", "back"), staff="room"))
        if answer in ("bad", "back"):
            return "bad" if answer == "bad" else None
        left.discard(answer)
    return "good"


def colours(kiosk: Kiosk) -> Verdict | None:
    for colour in COLOURS:
        kiosk.ask(Screen("staff_colour", {"colour": colour}, ("next",), staff="room"))
    return _judged(kiosk, "colours")


def portal(kiosk: Kiosk) -> Verdict | None:
    busy(kiosk, "portal")
    reached = kiosk.portal.reachable()
    if not reached:
        return _told(kiosk, "portal", "unreachable", "bad")
    return _told(kiosk, "portal", "closed" if isinstance(reached, PortalClosed) else "open", "good")


TRIALS: dict[Part, Callable[[Kiosk], Verdict | None]] = {
    "printer": printer,
    "reader": reader,
    "touch": touch,
    "colours": colours,
    "portal": portal,
}


def _told(kiosk: Kiosk, what: Part, came: str, verdict: Verdict | None) -> Verdict | None:
    """What came of it, which needs nobody's judgement, or allows none (None)."""
    kiosk.ask(Screen("staff_result", result(what, came, verdict), ("next",), staff="room"))
    return verdict


def result(what: Part, came: str, verdict: Verdict | None) -> dict[str, object]:
    """For a screen. A reason of that check is said as the board says it; what is none the screen has words for."""
    return {"came": came, "reason": CHECKS[what].reasons.get(came), "verdict": verdict}


def _judged(kiosk: Kiosk, what: str) -> Verdict | None:
    """What somebody says who has looked."""
    answer = kiosk.ask(Screen("staff_judge", {"what": what}, ("good", "bad", "back"), staff="room"))
    return answer if answer in ("good", "bad") else None  # type: ignore[return-value]
