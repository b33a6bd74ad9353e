"""The readiness report: parts have been tried out, and somebody puts their number below it. What was not is said to be
not tried out.

The caretaker writes it, of what it was told and of all it knows, and keeps it. What comes out of the printer is for the
hand: the verdicts, which kiosk ran there, and the fingerprint of what is kept.
"""

from __future__ import annotations

from kiosk.config.events import FIELDS
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.screen import Screen
from kiosk.flows.staff.officer import Officer, asked, busy
from kiosk.hw.device import NotPrinted
from kiosk.ipc.messages import MakeReport, Part, Reported
from kiosk.receipts.slips import NotLaidOut, ReadinessSlip


def make(kiosk: Kiosk, officer: Officer, offered: tuple[Part, ...]) -> None:
    """offered: the trials that this machine has."""
    reported = asked(kiosk, MakeReport(officer.staff, offered))
    if isinstance(reported, Reported):
        slip = _printed(kiosk, reported)
        kiosk.ask(Screen("staff_reported", told(reported, slip), ("next",), staff="room"))


def told(reported: Reported, slip: str) -> dict[str, object]:
    """For a screen: with or without a slip, whoever signs reads by name what is not good and what was not tried."""
    names = FIELDS["part"].values or {}
    lacks = {which: [names[part] for part, said in reported.tried.items() if said == which] for which in ("bad", None)}
    stand = {"number": reported.number, "ready": reported.ready, "problems": reported.problems}
    return {**stand, "slip": slip, "bad": lacks["bad"], "untried": lacks[None]}


def _printed(kiosk: Kiosk, reported: Reported) -> str:
    """What became of the slip: "printed", "none" where there is no printer, or "failed"."""
    if not kiosk.can_print:
        return "none"
    busy(kiosk, "printer")
    picture = kiosk.lay_out(ReadinessSlip(reported=reported))
    failed = isinstance(picture, NotLaidOut) or isinstance(kiosk.print(picture), NotPrinted)
    return "failed" if failed else "printed"
