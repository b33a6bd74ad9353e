"""The portal that links. `look.at_portal` asks it."""

from __future__ import annotations

from kiosk.health.finding import Finding, State
from kiosk.portal.errors import Misconfigured, PortalClosed


def judge(url: str, wrong: Misconfigured | None = None, answer: bool | PortalClosed | None = None) -> Finding:
    """wrong: why the settings lead nowhere. answer: the portal's, as of `PortalClient.reachable`; None: not asked."""
    if wrong is not None:
        return Finding("portal", State.PROBLEM, wrong.words, wrong.cure)
    match answer:
        case None:
            return Finding("portal", State.OK, url)
        case PortalClosed():
            return Finding("portal", State.INFO, f"{url} answers that it is closed now")
        case False:
            cure = "check network, portal.url and the certificates"
            return Finding("portal", State.PROBLEM, f"{url} does not answer", cure)
    return Finding("portal", State.OK, f"{url} is open")
