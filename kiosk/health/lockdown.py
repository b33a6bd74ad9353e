"""Whether the machine is locked down as it was shipped. The caretaker looks (kiosk/caretaker/gather.py), and so does
`look.locked_down`; what there is to see is read by kiosk/health/shipped.py."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kiosk.config.health import ReasonName
from kiosk.health.finding import Finding, State
from kiosk.health.shipped import Fault, Kind

CURES: dict[Kind, str] = {  # from the worst on
    "open": "stop what listens there, or tell it to listen at 127.0.0.1",
    "users": "systemd-sysusers; systemd-tmpfiles --create kiosk.conf; or install the kiosk again",
    "kernel": "restart the machine; if it stays, see to the boot loader (docs/operators.md)",
    "changed": "look at it, and put it back, or install the kiosk again",
}


def judge(faults: Iterable[Fault], refused: bool | None) -> ReasonName:
    """The worst there is. refused: whether the firewall kept us from the pages; None: that could not be tried."""
    kinds = {fault.kind for fault in faults} | ({"open"} if refused is False else set())
    return next((kind for kind in CURES if kind in kinds), "as_shipped")


def findings(files: int, faults: Iterable[Fault]) -> Iterator[Finding]:
    """One for each fault, or one that says how much was looked at."""
    none = True
    for fault in faults:
        none = False
        state = State.WARNING if fault.kind in ("kernel", "changed") else State.PROBLEM
        yield Finding("lockdown", state, fault.words, CURES[fault.kind])
    if none:
        yield Finding("lockdown", State.OK, f"{files} files, users, kernel and ports are as they were shipped")
