"""A card that is taken out in mid-visit brings back what was read of it, and no other card does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kiosk.flows.asking.ends import Left
from kiosk.flows.asking.screen import Screen
from kiosk.flows.linking import link, release_and_link
from kiosk.portal.client import PortalClient
from kiosk.portal.model import State
from kiosk.sim.card import Behaviour, VirtualCard
from kiosk.sim.card.chip import Chip
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from kiosk.sim.portal.sandbox import Sandbox
from tests.flows.willing import WillingKiosk

PEOPLE = people()
OWNER = "reobtained"  # who may link after releasing, and meets every screen that there is
VERIFY = 0x20


@pytest.fixture
def portal(sandbox: Sandbox) -> PortalClient:
    client = PortalClient(sandbox.settings)
    assert client.reachable() is True  # and it is known to release, too
    return client


class TakesOut(WillingKiosk):
    """Takes the card out once, at one screen; these come after it, one by one, and then nobody."""

    def __init__(self, card: VirtualCard, portal: PortalClient, at: str, *then: Chip) -> None:
        super().__init__(card, portal)
        self.own, self.at, self.then = card, at, list(then)
        self.pulled = False
        self.before: list[tuple[Chip | None, Screen]] = []  # what was in while a screen stood there

    def ask(self, screen: Screen) -> str:
        self.before.append((self.slot, screen))
        assert len(self.screens) < 60
        return super().ask(screen)

    def _would(self, screen: Screen) -> str:
        if screen.name == self.at and not self.pulled and (screen.step or 9) >= 7:
            self.pulled = True
            self.take_out()
        if screen.name == "set_card":
            if not self.then:
                raise Left
            self.put_in(self.then.pop(0))
            return "put in"
        return super()._would(screen)

    def stood_with(self, card: Chip) -> list[Screen]:
        """The screens while this was in."""
        return [screen for slot, screen in self.before if slot is card]


def personal(screen: Screen) -> bool:
    return bool(screen.facts.get("attributes") or screen.facts.get("licence"))


STRANGERS: dict[str, Callable[[Pki], Chip]] = {
    "somebody else's": lambda pki: VirtualCard(PEOPLE["both"], pki),
    "one without PINs": lambda pki: VirtualCard(PEOPLE["face"], pki),
    "somebody else's phone": lambda pki: VirtualCard(PEOPLE["phone"], pki, "phone"),
    "another kind of card": lambda pki: Chip({}, {}, Behaviour()),
}
PLACES = [(link, "confirm"), (link, "terms"), (link, "release"), (link, "pin"), (release_and_link, "confirm")]
BY_PLACE = [f"{flow.__name__}-{at}" for flow, at in PLACES]


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize(("flow", "at"), PLACES, ids=BY_PLACE)
def test_the_next_in_the_queue_sees_nothing_and_sends_nothing_of_the_one_before(
    pki: Pki, portal: PortalClient, sandbox: Sandbox, flow: Callable[[WillingKiosk], bool], at: str, stranger: str
) -> None:
    next_one = STRANGERS[stranger](pki)
    kiosk = TakesOut(VirtualCard(PEOPLE[OWNER], pki), portal, at, next_one)
    with pytest.raises(Left):
        flow(kiosk)
    stood = kiosk.stood_with(next_one)
    assert stood and {screen.name for screen in stood} == {"set_card"}
    assert stood[-1].facts["fault"] in ("other_card", "not_my_number_card")
    assert not any(map(personal, stood))
    assert VERIFY not in [each.ins for each in next_one.trace], "none of its PINs was asked for"
    assert State.HELD not in [entry.state for entry in sandbox.linkings._all()], "what was sent is cancelled"


@pytest.mark.parametrize(("flow", "at"), PLACES, ids=BY_PLACE)
def test_whoever_only_moved_their_card_loses_no_step(
    pki: Pki, portal: PortalClient, flow: Callable[[WillingKiosk], bool], at: str
) -> None:
    card = VirtualCard(PEOPLE[OWNER], pki)
    kiosk = TakesOut(card, portal, at, card)
    assert flow(kiosk)
    assert kiosk.names[-1] == "linked"
    assert kiosk.names.count("set_card") == 1
    assert kiosk.typed.count("text") == 1


def test_the_owner_goes_on_after_a_strangers_card(pki: Pki, portal: PortalClient, sandbox: Sandbox) -> None:
    card, other = VirtualCard(PEOPLE["excellent"], pki), VirtualCard(PEOPLE["both"], pki)
    kiosk = TakesOut(card, portal, "confirm", other, card)
    assert link(kiosk) and kiosk.names[-1] == "linked"
    assert [s.facts["fault"] for s in kiosk.screens if s.name == "set_card"] == ["removed", "other_card"]
    assert kiosk.typed == ["text", "sign"]


class Unmarked(VirtualCard):
    """Without a user-authentication certificate that can be read."""

    def transmit(self, apdu: bytes) -> bytes:
        answer = super().transmit(apdu)
        return b"\xff" * 256 + b"\x90\x00" if apdu[1:3] == b"\xb0\x8a" else answer


def test_a_card_that_cannot_be_known_again_types_its_pin_again(pki: Pki, portal: PortalClient) -> None:
    card = Unmarked(PEOPLE["excellent"], pki)
    kiosk = TakesOut(card, portal, "confirm", card)
    assert link(kiosk) and kiosk.names[-1] == "linked"
    assert kiosk.typed == ["text", "text", "sign"]
    assert [s.facts["fault"] for s in kiosk.screens if s.name == "pin"] == ["", "reset", ""]


def test_of_two_cards_that_cannot_be_known_again_each_shows_its_own(pki: Pki, portal: PortalClient) -> None:
    first, second = Unmarked(PEOPLE["excellent"], pki), Unmarked(PEOPLE["both"], pki)
    kiosk = TakesOut(first, portal, "confirm", second)
    kiosk.owner = second.person  # types theirs from now on; the two have the same
    assert link(kiosk)
    shown = [screen.facts["attributes"].name for screen in kiosk.stood_with(second) if screen.name == "confirm"]  # type: ignore[attr-defined]
    assert shown == [second.person.name]
