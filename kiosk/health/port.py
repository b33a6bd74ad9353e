"""The port of the pages: free, or ours. `look.at_port` tries it."""

from __future__ import annotations

from kiosk.health.finding import Finding, State


def judge(number: int, free: bool, kiosk: bool) -> Finding:
    """free: one could listen there. kiosk: what listens there is a kiosk."""
    if free:
        return Finding("port", State.OK, f"{number} is free")
    if kiosk:
        return Finding("port", State.OK, f"{number}: a kiosk is serving there")
    cure = "stop that one, or change server.port"
    return Finding("port", State.PROBLEM, f"{number} is taken by another program", cure)
