"""Hand over a slip while its screen stands: say truthfully how the paper went, offer one reprint, never a double."""

from __future__ import annotations

from dataclasses import replace

from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen, Sound
from kiosk.hw.device import NotPrinted, Printed
from kiosk.receipts.slips import NotLaidOut, Slip

Result = Printed | NotPrinted | NotLaidOut


def hand_over(kiosk: Kiosk, screen: Screen, slip: Slip) -> str:
    """Lay out `slip`, print it, and return the first answer of `screen` that is not about paper.

    The screen gets the facts `slip`, `paper` ("printing", "printed", "failed", "not_laid_out", or "none" where there is
    no printer), and when it has failed `fault` (a PrinterFault) and `partly`. It carries the same words as the slip, so
    nothing is lost without paper. Among its answers, "paper" shows the slip as it was laid out, and is not returned;
    where there is nothing to show it is not offered. In its place stands "reprint" while that may help.
    """
    screen = _with(screen, screen.answers, slip=slip)
    if not kiosk.can_print:
        laid_out = not isinstance(kiosk.lay_out(slip), NotLaidOut)
        return _ask(kiosk, _with(screen, screen.answers if laid_out else _but_paper(screen), paper="none"))
    reprints = 1
    while True:
        kiosk.show(_with(screen, (), paper="printing"))
        picture = kiosk.lay_out(slip)
        result = picture if isinstance(picture, NotLaidOut) else kiosk.print(picture)
        told = _with(_sounding(screen, result), _answers(screen, result, reprints), **_facts(result))
        if (answer := _ask(kiosk, told)) != "reprint":
            return answer
        reprints -= 1


def _ask(kiosk: Kiosk, screen: Screen) -> str:
    while (answer := kiosk.ask(screen)) == "paper":
        screen = replace(screen, sound=Sound.NONE)
        kiosk.ask(Screen("slip", {}, ("back",), reading=True))
    return answer


def _answers(screen: Screen, result: Result, reprints: int) -> tuple[str, ...]:
    match result:
        case NotLaidOut():  # the same slip would fail the same way
            return _but_paper(screen)
        case NotPrinted() if reprints:
            return (*_but_paper(screen), "reprint")
    return screen.answers


def _facts(result: Result) -> dict[str, object]:
    match result:
        case Printed():
            return {"paper": "printed"}
        case NotLaidOut():
            return {"paper": "not_laid_out"}
    return {"paper": "failed", "fault": result.fault, "partly": result.partly}


def _but_paper(screen: Screen) -> tuple[str, ...]:
    return tuple(answer for answer in screen.answers if answer != "paper")


def _sounding(screen: Screen, result: Result) -> Screen:
    return replace(screen, sound=Sound.PRINTED if isinstance(result, Printed) else Sound.ERROR)


def _with(screen: Screen, answers: tuple[str, ...], **facts: object) -> Screen:
    return replace(screen, facts={**screen.facts, **facts}, answers=answers)
