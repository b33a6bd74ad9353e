"""When a closed portal opens reaches the screen and the slip, and only when the portal has said it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kiosk.advice.outcomes import End
from kiosk.flows.linking import link
from kiosk.portal.client import PortalClosed
from kiosk.portal.model import OpensAt
from kiosk.receipts.slips import OutcomeSlip
from tests.flows.scripted import ScriptedKiosk

OPENS = OpensAt(datetime(2026, 11, 22, 23, 30, tzinfo=UTC))


class ClosedPortal:
    def __init__(self, opens_at: OpensAt | None) -> None:
        self._opens_at = opens_at

    def begin(self) -> None:
        raise PortalClosed(self._opens_at)


@pytest.mark.parametrize("opens_at", [OPENS, None])
def test_a_portal_that_closes_meanwhile_says_when_it_opens(
    monkeypatch: pytest.MonkeyPatch, opens_at: OpensAt | None
) -> None:
    monkeypatch.setattr(ScriptedKiosk, "portal", property(lambda _: ClosedPortal(opens_at)))
    kiosk = ScriptedKiosk("next", "next", "next", "finish")
    assert link(kiosk) is True
    [slip], screen = kiosk.slips, kiosk.screens[-1]
    assert screen.facts["end"] == End.PORTAL_CLOSED.value
    assert screen.facts.get("opens_at") == opens_at and isinstance(slip, OutcomeSlip)
    assert slip.opens_at == opens_at
    assert ("opens_at" in screen.facts) is (opens_at is not None)
