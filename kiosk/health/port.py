"""The port of the pages: free, or ours, and one that Chromium may show. `look.at_port` tries it."""

from __future__ import annotations

import errno

from kiosk.config.policy import MANAGED, Policy, ports
from kiosk.health.finding import Finding, State


def judge(number: int, fault: OSError | None, kiosk: bool | None, policy: Policy) -> Finding:
    """fault: why one could not listen there. kiosk: what listens there is a kiosk; None: this user may not ask it.
    policy: Chromium's, on this machine."""
    return _shown(number, policy) or _had(number, fault, kiosk)


def _shown(number: int, policy: Policy) -> Finding | None:
    shown = ports(policy)
    if shown is None or number in shown:
        return None
    others = " or ".join(map(str, sorted(shown))) or "none"
    return Finding(
        "port",
        State.PROBLEM,
        f"{number} is not shown by Chromium, whose policy allows {others} ({MANAGED})",
        "correct server.port, or policy and firewall (docs/operators.md)",
    )


def _had(number: int, fault: OSError | None, kiosk: bool | None) -> Finding:
    if fault is None:
        return Finding("port", State.OK, f"{number} is free")
    if fault.errno == errno.EACCES:
        words = f"{number} is not for this user to listen at ({fault.strerror})"
        return Finding("port", State.PROBLEM, words, "change server.port")
    if fault.errno != errno.EADDRINUSE:
        words = f"nobody can listen at {number} ({fault.strerror})"
        return Finding("port", State.PROBLEM, words, "see whether 127.0.0.1 is there: ip address show lo")
    if kiosk:
        return Finding("port", State.OK, f"{number}: a kiosk is serving there")
    if kiosk is None:
        return Finding(
            "port", State.INFO, f"{number} is taken; by whom, the firewall keeps from this user (root may ask)"
        )
    cure = "stop that one, or change server.port"
    return Finding("port", State.PROBLEM, f"{number} is taken by another program", cure)
