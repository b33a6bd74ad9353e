"""The machine tried out, part by part. What a device says of itself is shown; whether it is good, a human says.

    printer   a slip, the knife, and the photo's frame, which a ruler measures
    reader    a card is put in, answers, and is taken out
    touch     every part of the glass is touched once
    fingers   two lie on the glass at once, and are told apart
    keypad    each digit and Enter are pressed once
    bell      it is pressed, and noticed
    colours   one colour over the whole screen after the other, for dots that are dead
    sound     a tone is heard
    headphones   they are noticed, and the tone is heard in them alone
    portal    it is reached, and the certificates that it takes have not ended
    caller    a call that says it is a trial rings where the staff are

What this machine has not is said to be not fitted, and is no fault of it. Each verdict is an act of whoever gave it.
One who leaves in the middle has given none, nor has a card that does not answer. Once a part has its verdict
a report can be made (`readiness.py`).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from kiosk.card.apdu import CardLost
from kiosk.config.events import FIELDS
from kiosk.config.health import CHECKS
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.ends import CardPulled
from kiosk.flows.asking.screen import Screen, Sound
from kiosk.flows.staff import readiness
from kiosk.flows.staff.officer import Officer, asked, busy
from kiosk.hw.device import NotPrinted
from kiosk.ipc.messages import Call, Calling, CallStands, Part, TriedOut, Verdict
from kiosk.language import dates
from kiosk.portal.client import PortalClosed
from kiosk.receipts.slips import NotLaidOut, TestSlip

ROWS, COLUMNS = "abcdefghij", "abcdef"
CELLS = tuple(f"cell_{row}{column}" for row in ROWS for column in COLUMNS)
TAKEN_SECONDS = 15  # in which what carries a call has taken it, or has not
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
KEYS = {**{str(digit): f"key_{word}" for digit, word in enumerate(DIGITS)}, "ENTER": "key_enter"}  # by the page's names
COLOURS = ("red", "green", "blue", "white", "black")


def visit(kiosk: Kiosk, officer: Officer) -> None:
    """One after the other, as somebody chooses them; or all that are left, until one of them gives no verdict. What was
    said stands for as long as they are in."""
    given = officer.tried
    while True:
        offered = tuple(name for name in TRIALS if fitted(kiosk, name))
        left = tuple(name for name in offered if name not in given)
        ways = (*offered, *(("report",) if given else ()), *(("all",) if left else ()), "back")
        lacks = tuple(name for name in TRIALS if name not in offered)
        answer = kiosk.ask(Screen("staff_trials", {"given": dict(given), "lacks": lacks}, ways, staff="room"))
        if answer == "back":
            return
        if answer == "report":
            readiness.make(kiosk, officer, offered)
        for name in left if answer == "all" else [name for name in offered if name == answer]:
            verdict = TRIALS[name](kiosk)
            if verdict is None or not asked(kiosk, TriedOut(officer.staff, name, verdict)):
                break
            given[name] = verdict


def fitted(kiosk: Kiosk, part: Part) -> bool:
    """Whether this machine has it."""
    match part:
        case "printer":
            return kiosk.can_print
        case "fingers":
            return kiosk.inputs.fingers
        case "keypad":
            return kiosk.inputs.keypad or kiosk.keypad_in is not None
        case "bell":
            return kiosk.bell_in is not None
        case "sound":
            return kiosk.can_sound
        case "headphones":
            return kiosk.can_sound and kiosk.headphones_in is not None
        case "caller":
            return kiosk.can_call
    return True


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
    with contextlib.suppress(CardPulled, CardLost):  # their own, if it is in, comes out first
        kiosk.card()
        left = {"asks": "in", "mute": False, "fault": "left"}
        return _verdict(kiosk.ask(Screen("staff_reader", left, ("bad", "back"), needs_card=True, staff="room")))
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


def fingers(kiosk: Kiosk) -> Verdict | None:
    answer = kiosk.ask(Screen("staff_fingers", {}, ("both", "bad", "back"), staff="room"))
    return "good" if answer == "both" else _verdict(answer)


def keypad(kiosk: Kiosk) -> Verdict | None:
    if kiosk.keypad_in is False:
        return _told(kiosk, "keypad", "absent", "bad")
    left = set(KEYS.values())
    while left:
        facts = {"keys": KEYS, "left": frozenset(left)}
        answer = kiosk.ask(Screen("staff_keypad", facts, (*KEYS.values(), "bad", "back"), staff="room"))
        if answer in ("bad", "back"):
            return _verdict(answer)
        left.discard(answer)
    return "good"


def bell(kiosk: Kiosk) -> Verdict | None:
    if not kiosk.bell_in:
        return _told(kiosk, "bell", "absent", "bad")
    before, fault = kiosk.rings, ""
    while kiosk.rings == before:
        answer = kiosk.ask(Screen("staff_bell", {"fault": fault}, ("next", "bad", "back"), staff="room"))
        if answer != "next":
            return _verdict(answer)
        fault = "unnoticed"
    return _told(kiosk, "bell", "ready", "good")


def colours(kiosk: Kiosk) -> Verdict | None:
    for colour in COLOURS:
        kiosk.ask(Screen("staff_colour", {"colour": colour}, ("next",), staff="room"))
    return _judged(kiosk, "colours")


def portal(kiosk: Kiosk) -> Verdict | None:
    busy(kiosk, "portal")
    reached = kiosk.portal.reachable()
    lasts, ends = kiosk.portal.certificate(dates.now()), kiosk.portal.ends
    came = "unreachable" if not reached else "closed" if isinstance(reached, PortalClosed) else "open"
    verdict: Verdict = "bad" if not reached or lasts == "ended" else "good"
    return _told(kiosk, "portal", came, verdict, ends=ends, lasts=CHECKS["certificate"].reasons.get(lasts or ""))


def sound(kiosk: Kiosk) -> Verdict | None:
    return _heard(kiosk, "sound")


def headphones(kiosk: Kiosk) -> Verdict | None:
    fault = ""
    while not kiosk.headphones_in:
        into = Screen("staff_headphones", {"fault": fault}, ("next", "bad", "back"), staff="room")
        if (answer := kiosk.ask(into)) != "next":
            return _verdict(answer)
        fault = "unnoticed"
    return _heard(kiosk, "headphones")


def caller(kiosk: Kiosk, pause: Callable[[float], object] = time.sleep) -> Verdict | None:
    busy(kiosk, "caller")
    try:
        said = asked(kiosk, Call(trial=True))
        for _ in range(TAKEN_SECONDS):
            if not isinstance(said, Calling) or said.call != "sending":
                break
            pause(1)
            kiosk.heed_leaving()
            said = asked(kiosk, CallStands())
        while isinstance(said, Calling):
            if said.call not in ("sent", "acknowledged"):
                return _told(kiosk, "caller", "unsent", "bad")
            ways = ("good", "bad", "again", "back")
            answer = kiosk.ask(Screen("staff_caller", {"stands": said.call}, ways, reading=True, staff="room"))
            if answer != "again":
                return _verdict(answer)
            said = asked(kiosk, CallStands())
        return None
    finally:
        kiosk.caretaker.end_call()


TRIALS: dict[Part, Callable[[Kiosk], Verdict | None]] = {
    "printer": printer,
    "reader": reader,
    "touch": touch,
    "fingers": fingers,
    "keypad": keypad,
    "bell": bell,
    "colours": colours,
    "sound": sound,
    "headphones": headphones,
    "portal": portal,
    "caller": caller,
}


def _told(kiosk: Kiosk, what: Part, came: str, verdict: Verdict | None, **more: object) -> Verdict | None:
    """What came of it, which needs nobody's judgement, or allows none (None)."""
    kiosk.ask(Screen("staff_result", {**result(what, came, verdict), **more}, ("next",), staff="room"))
    return verdict


def result(what: Part, came: str, verdict: Verdict | None) -> dict[str, object]:
    """For a screen. A reason of that check is said as the board says it; what is none the screen has words for."""
    reasons = CHECKS[what].reasons if what in CHECKS else {}
    part = (FIELDS["part"].values or {})[what]
    return {"part": part, "came": came, "reason": reasons.get(came), "verdict": verdict, "ends": None, "lasts": None}


def _judged(kiosk: Kiosk, what: str) -> Verdict | None:
    """What somebody says who has looked."""
    return _verdict(kiosk.ask(Screen("staff_judge", {"what": what}, ("good", "bad", "back"), staff="room")))


def _heard(kiosk: Kiosk, what: Part) -> Verdict | None:
    """What somebody says who has listened, as often as they like."""
    while True:
        busy(kiosk, "sound")  # a screen that stands makes its sound once
        heard = Screen("staff_judge", {"what": what}, ("good", "bad", "again", "back"), sound=Sound.DONE, staff="room")
        if (answer := kiosk.ask(heard)) != "again":
            return _verdict(answer)


def _verdict(answer: str) -> Verdict | None:
    return answer if answer in ("good", "bad") else None  # type: ignore[return-value]
