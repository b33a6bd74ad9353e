"""How talking to the portal can fail: four ways, because the person is told four different things.

None of them carries anything a person sent or the portal answered, except the portal's own reason.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import Literal

from kiosk.portal.model import OpensAt, Refusal

APART_SECONDS = 300.0  # to which the portal's clock and this machine's may differ before somebody is told
Lasts = Literal["lasting", "ends_soon", "ended"]  # how long a certificate does, as config/health.toml calls it
ENDS_SOON = timedelta(days=30)  # of a certificate: whoever renews it has to be asked in time


class IllTimed(Enum):
    """What is wrong with the portal's certificate when it is the hour that is wrong: X509_V_ERR_CERT_… of OpenSSL."""

    NOT_YET = 9  # NOT_YET_VALID: the clock of this machine is behind
    NO_MORE = 10  # HAS_EXPIRED: that clock is ahead, or nobody has renewed the certificate


class PortalError(Exception):
    """The portal did not do what was asked."""


class Misconfigured(ValueError):
    """The settings cannot lead to the portal, whatever the network does. words: key, file, what is wrong."""

    def __init__(self, words: str, cure: str) -> None:
        super().__init__(f"{words}; {cure}")
        self.words = words
        self.cure = cure


class PortalRefused(PortalError):
    """The portal has said no, and why. Nothing is linked; what it held of the applicant is erased."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(f"the portal refused: {reason.value}")
        self.reason = reason


class PortalClosed(PortalError):
    """The portal is out of its service hours or under maintenance. Nothing was done."""

    def __init__(self, opens_at: OpensAt | None = None) -> None:
        super().__init__("the portal is closed")
        self.opens_at = opens_at  # with time zone, yet to come; None when the portal did not say


class PortalUnreachable(PortalError):
    """No usable answer in time.

    sent: "no" when it is certain that nothing was done, "unknown" when the portal may have acted and could not be
    asked. Only after `submit` does "unknown" matter to the person.
    """

    def __init__(self, sent: Literal["no", "unknown"]) -> None:
        super().__init__(f"the portal does not answer (sent: {sent})")
        self.sent = sent


class PortalBroken(PortalError):
    """The portal answered something that the contract does not allow. `call` names what was asked, nothing more."""

    def __init__(self, call: str) -> None:
        super().__init__(f"the portal's answer to {call} does not follow the contract")
        self.call = call
