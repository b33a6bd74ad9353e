"""The port of the pages: free, or ours. `look.at_port` tries it."""

from __future__ import annotations

from kiosk.health.finding import Finding, State


def judge(number: int, free: bool, kiosk: bool | None) -> Finding:
    """free: one could listen there. kiosk: what listens there is a kiosk; None: this user may not ask it."""
    if free:
        return Finding("port", State.OK, f"{number} is free")
    if kiosk:
        return Finding("port", State.OK, f"{number}: a kiosk is serving there")
    if kiosk is None:
        return Finding(
            "port", State.INFO, f"{number} is taken; by whom, the firewall keeps from this user (root may ask)"
        )
    cure = "stop that one, or change server.port"
    return Finding("port", State.PROBLEM, f"{number} is taken by another program", cure)
