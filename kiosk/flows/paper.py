"""Hand over a slip while its screen stands: say truthfully how the paper went, offer one reprint, never a double."""

from __future__ import annotations

from dataclasses import replace

from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen, Sound
from kiosk.hw.device import NotPrinted, Printed
from kiosk.receipts.receipt import Receipt


def hand_over(kiosk: Kiosk, screen: Screen, receipt: Receipt) -> str:
    """Print `receipt` and return the first answer of `screen` that is not about paper.

    The screen gets the facts `slip` (the receipt), `paper` ("printing", "printed", "failed", or "none" where there is
    no printer), `fault` (a PrinterFault) and `partly`. It carries the same words as the slip, so nothing is lost
    without paper. Among its answers, "paper" shows the slip as it was laid out, and is not returned; in its place
    stands "reprint" while that may help.
    """
    screen = _with(screen, slip=receipt)
    if not kiosk.can_print:
        kiosk.print(receipt)  # lays it out, for its picture
        return _ask(kiosk, _with(screen, paper="none"))
    reprints = 1
    while True:
        kiosk.show(_with(replace(screen, answers=()), paper="printing"))
        result = kiosk.print(receipt)
        answers = screen.answers
        if isinstance(result, NotPrinted) and reprints:
            answers = (*(answer for answer in answers if answer != "paper"), "reprint")
        answer = _ask(kiosk, _with(_sounding(screen, result), answers=answers, **_outcome(result)))
        if answer != "reprint":
            return answer
        reprints -= 1


def _ask(kiosk: Kiosk, screen: Screen) -> str:
    while (answer := kiosk.ask(screen)) == "paper":
        screen = replace(screen, sound=Sound.NONE)
        kiosk.ask(Screen("paper", {}, ("back",), reading=True))
    return answer


def _outcome(result: Printed | NotPrinted) -> dict[str, object]:
    if isinstance(result, Printed):
        return {"paper": "printed"}
    return {"paper": "failed", "fault": result.fault, "partly": result.partly}


def _sounding(screen: Screen, result: Printed | NotPrinted) -> Screen:
    return replace(screen, sound=Sound.PRINTED if isinstance(result, Printed) else Sound.ERROR)


def _with(screen: Screen, answers: tuple[str, ...] | None = None, **facts: object) -> Screen:
    return replace(screen, facts={**screen.facts, **facts}, answers=screen.answers if answers is None else answers)
