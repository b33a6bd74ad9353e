"""What nobody foresaw, in the middle of a linking: the person is told what is known at that moment, and never more."""

from __future__ import annotations

import pytest

from kiosk.advice.outcomes import OUTCOMES, End
from kiosk.flows.asking.screen import Screen
from kiosk.flows.linking import link
from kiosk.flows.refusal import Stop
from kiosk.portal.client import PortalClient
from kiosk.portal.model import Linked, Linking, State
from kiosk.sim.card import VirtualCard
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from kiosk.sim.portal.faults import Fault
from kiosk.sim.portal.sandbox import Sandbox
from tests.flows.willing import WillingKiosk

PERSON = people()["excellent"]


class BreakingKiosk(WillingKiosk):
    """Breaks when it is to put up the screen `at` (name, or name and what), as by a fault in a template."""

    at = ""

    def ask(self, screen: Screen) -> str:
        self._breaks(screen)
        return super().ask(screen)

    def show(self, screen: Screen) -> None:
        self._breaks(screen)
        super().show(screen)

    def _breaks(self, screen: Screen) -> None:
        if self.at in (screen.name, f"{screen.name} {screen.facts.get('what')}"):
            raise ValueError(PERSON.name)


def end_at(at: str, pki: Pki, portal: PortalClient) -> End:
    kiosk = BreakingKiosk(VirtualCard(PERSON, pki), portal)
    kiosk.at = at
    with pytest.raises(Stop) as stop:
        link(kiosk)
    assert stop.value.at.startswith("ValueError at "), "for the log: where it came from"
    assert stop.value.__cause__ is None and stop.value.__suppress_context__, "and nothing of what it says"
    assert PERSON.name not in f"{stop.value}{stop.value!r}"
    return stop.value.end


@pytest.mark.parametrize(
    ("at", "end", "states"),
    [
        ("licence", End.KIOSK_PROBLEM, []),
        ("sending begin", End.KIOSK_PROBLEM, []),
        ("pin", End.KIOSK_PROBLEM, [State.CANCELLED]),
        ("confirm", End.KIOSK_PROBLEM, [State.CANCELLED]),
        ("terms", End.PROBLEM_CANCELLED, [State.CANCELLED]),
        ("reading signature", End.PROBLEM_CANCELLED, [State.CANCELLED]),
        ("sending signature", End.PROBLEM_CANCELLED, [State.CANCELLED]),
        ("linked", End.PROBLEM_LINKED, [State.COMPLETED]),
    ],
)
def test_what_is_said_is_what_the_portal_has(
    sandbox: Sandbox, pki: Pki, at: str, end: End, states: list[State]
) -> None:
    assert end_at(at, pki, PortalClient(sandbox.settings)) is end
    assert ([each.state for each in sandbox.linkings._all()], sandbox.held_count()) == (states, 0)


@pytest.mark.parametrize(("at", "end"), [("confirm", End.KIOSK_PROBLEM), ("terms", End.PROBLEM_UNCERTAIN)])
def test_a_cancelling_that_is_not_confirmed_is_not_said_to_be_one(
    sandbox: Sandbox, pki: Pki, at: str, end: End
) -> None:
    sandbox.faults.switch_on(Fault.CUT, on="cancel")
    assert end_at(at, pki, PortalClient(sandbox.settings)) is end


def test_a_linking_that_the_portal_has_completed_is_not_said_to_be_cancelled(sandbox: Sandbox, pki: Pki) -> None:
    """The submission arrives; what comes back breaks the kiosk."""

    class Breaking(PortalClient):
        def submit(self, request: Linking, cms: bytes) -> Linked:  # type: ignore[override]
            super().submit(request, cms)
            raise ValueError

    assert end_at("", pki, Breaking(sandbox.settings)) is End.PROBLEM_LINKED


def test_each_of_the_four_says_no_more_than_it_knows() -> None:
    said = {end: f"{OUTCOMES[end].heading} {OUTCOMES[end].meaning}" for end in End if "problem" in end.value}
    assert "送っていません" in said[End.KIOSK_PROBLEM] and "連携" not in said[End.KIOSK_PROBLEM]
    assert "連携はされていません" in said[End.PROBLEM_CANCELLED]
    assert "わかりません" in said[End.PROBLEM_UNCERTAIN]
    assert "完了しています" in said[End.PROBLEM_LINKED]
