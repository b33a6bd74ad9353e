"""The receipt printer. `look.everything` asks it for its state, unless the kiosk is using it."""

from __future__ import annotations

from kiosk.health.finding import Finding, State
from kiosk.hw.device import PrinterFault, PrinterState

# what is wrong, and what to do
FAULTS = {
    PrinterFault.UNREACHABLE: ("does not answer", "check its power, its cable and the section [printer]"),
    PrinterFault.OFFLINE: ("is offline", "press its online or feed button"),
    PrinterFault.COVER_OPEN: ("has its cover open", "close it"),
    PrinterFault.PAPER_END: ("is out of paper", "put in a new roll"),
    PrinterFault.CUTTER: ("has its cutter stuck", "open it and free the paper, then switch it off and on"),
    PrinterFault.ERROR: ("reports an error", "switch it off and on, and call for service if that does not help"),
}


def judge(kind: str, state: PrinterState | None) -> Finding:
    """kind: as in the settings. state: what it says; None where it was not asked: there is none, or it is in use."""
    if kind == "none":
        return Finding(
            "printer", State.PROBLEM, "none", 'printer.kind is "none", so people are told that nothing is printed'
        )
    if state is None:
        return Finding(
            "printer",
            State.INFO,
            f"the {kind} printer is in use, most likely for somebody's slip, and was not disturbed",
            "ask again in a minute; what has it for much longer is another program than the kiosk",
        )
    if state.fault is not None:
        fault, cure = FAULTS[state.fault]
        return Finding("printer", State.PROBLEM, f"the {kind} printer {fault}", cure)
    if state.paper_near_end:
        return Finding("printer", State.WARNING, "ready, but its paper is nearly at its end")
    return Finding("printer", State.OK, "ready")
