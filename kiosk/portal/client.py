"""The kiosk's side of the contract in `openapi.yaml`."""

from __future__ import annotations

from kiosk.portal.errors import PortalBroken, PortalClosed, PortalError, PortalRefused, PortalUnreachable
from kiosk.portal.model import Applicant, Held, Linked, Linking, LinkingState
from kiosk.portal.settings import PortalSettings

__all__ = ["PortalBroken", "PortalClient", "PortalClosed", "PortalError", "PortalRefused", "PortalUnreachable"]


class PortalClient:
    """One session's talk with the portal. Opens nothing before its first call, so it may be made before the fork.

    Every call is bounded in time and raises one of the errors of `portal.errors`, nothing else.
    """

    def __init__(self, settings: PortalSettings) -> None:
        self._settings = settings

    def begin(self) -> Linking:
        """Begin a linking: its id, its nonce, the terms in force and when it ends by itself."""
        raise NotImplementedError

    def hold(self, linking: Linking, applicant: Applicant) -> Held:
        """Send the four attributes, to be held until the linking ends."""
        raise NotImplementedError

    def submit(self, linking: Linking, cms: bytes) -> Linked:
        """Send the signature (DER of `card.cms.signed_data` over `portal.statement.statement`) and get the link.

        A lost answer is asked for, never guessed. PortalUnreachable(sent="unknown") only when asking failed too.
        """
        raise NotImplementedError

    def state(self, linking: Linking) -> LinkingState:
        """How it stands."""
        raise NotImplementedError

    def cancel(self, linking: Linking) -> bool:
        """End it and have the applicant data erased. Best effort within a few seconds; never raises.

        True when the portal has confirmed that the linking is over.
        """
        raise NotImplementedError

    def reachable(self) -> bool | PortalClosed:
        """For the home screen: True when open, PortalClosed (returned, not raised) when closed, False otherwise."""
        raise NotImplementedError
