"""The portal that links."""

from __future__ import annotations

import pytest

from kiosk.health.finding import State
from kiosk.health.portal import judge
from kiosk.portal.errors import Misconfigured, PortalClosed

URL = "https://portal.example/v1"


@pytest.mark.parametrize(
    ("answer", "state"),
    [(True, State.OK), (None, State.OK), (PortalClosed(), State.INFO), (False, State.PROBLEM)],
    ids=["open", "not asked", "closed", "silent"],
)
def test_a_closed_portal_is_no_fault_and_a_silent_one_is(answer: bool | PortalClosed | None, state: State) -> None:
    finding = judge(URL, answer=answer)
    assert finding.state is state and URL in finding.words


def test_settings_that_lead_nowhere_are_said_before_any_answer() -> None:
    wrong = Misconfigured("portal.key_file: there is no file /k", "put it there or correct the path")
    assert str(judge(URL, wrong, True)) == (
        "LACKS  portal    portal.key_file: there is no file /k; put it there or correct the path"
    )
