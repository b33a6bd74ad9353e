"""The two certificates by which kiosk and portal know each other, and when the first of them ends. The client knows."""

from __future__ import annotations

from kiosk.health.finding import Finding, State
from kiosk.portal.errors import Lasts
from kiosk.portal.model import Moment

CURE = "see that the clock is right, and have it renewed by the portal's operator (portal.certificate_file is ours)"


def judge(ends: Moment, lasts: Lasts) -> Finding:
    """ends: when the first of them does. lasts: how long that is, of the client."""
    words = f"the first of the portal's and ours ends on {ends:%Y-%m-%d}"
    match lasts:
        case "ended":
            return Finding("certificate", State.PROBLEM, f"{words}, which has passed", CURE)
        case "ends_soon":
            return Finding("certificate", State.WARNING, f"{words}, which is soon", CURE)
    return Finding("certificate", State.OK, words)
