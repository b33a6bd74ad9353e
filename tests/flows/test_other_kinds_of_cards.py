"""A card of another kind is said to be that, whatever it answers, is sent no PIN, and costs its holder no step."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kiosk.flows.asking.ends import Left
from kiosk.flows.asking.screen import Screen
from kiosk.flows.card_check import check_card
from kiosk.flows.linking import link
from kiosk.flows.staff import card as staff_card
from kiosk.portal.client import PortalClient
from kiosk.sim.card import VirtualCard
from kiosk.sim.card.chip import Behaviour, Chip
from kiosk.sim.card.piv import PIN, PivCard
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from kiosk.sim.portal.sandbox import Sandbox
from tests.flows.scripted import ScriptedKiosk, puts_in
from tests.flows.willing import WillingKiosk

from .test_staff_card import CHIEF, office

PEOPLE = people()
VERIFY, SELECT = 0x20, 0xA4
JPKI = bytes.fromhex("D392F000260100000001")

# How cards, and readers in their place, refuse a SELECT of something they know nothing of.
REFUSALS = (
    "6300",
    "6700",
    "6881",
    "6900",
    "6982",
    "6984",
    "6985",
    "6999",
    "6A81",
    "6A82",
    "6A86",
    "6D00",
    "6E00",
    "6F00",
)
COUNTS = ("63C0", "63CF", "6200", "6283", "9000", "9001", "0000", "FFFF")  # and what says anything at all


class Says(Chip):
    """To every command the same; or yes to SELECT, and this to the rest."""

    def __init__(self, word: str, selects: bool = False) -> None:
        super().__init__({}, {}, Behaviour())
        self.word, self.selects = bytes.fromhex(word), selects
        self.sent: list[bytes] = []

    def transmit(self, apdu: bytes) -> bytes:
        self.sent.append(apdu)
        return b"\x90\x00" if self.selects and apdu[1] == SELECT else self.word

    @property
    def pins_sent(self) -> list[bytes]:
        return [apdu for apdu in self.sent if apdu[1] == VERIFY and len(apdu) > 5]


OTHERS: dict[str, Callable[[], Says]] = {
    **{f"{word} to all": lambda word=word: Says(word) for word in (*REFUSALS, *COUNTS)},  # type: ignore[misc]
    **{f"{word} but to SELECT": lambda word=word: Says(word, True) for word in (*REFUSALS, "9000")},  # type: ignore[misc]
}


@pytest.fixture
def portal(sandbox: Sandbox) -> PortalClient:
    return PortalClient(sandbox.settings)


class Tries(WillingKiosk):
    """Has another card in, and changes it for their own where they are asked to."""

    def __init__(self, other: Chip, own: VirtualCard, portal: PortalClient) -> None:
        super().__init__(own, portal)
        self.put_in(other)
        self.own: Chip | None = own

    def _would(self, screen: Screen) -> str:
        if screen.name == "set_card":
            if self.own is None:
                raise Left
            own, self.own = self.own, None
            self.put_in(own)
            return "put in"
        return "card" if screen.name == "phone" else super()._would(screen)


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("flow", [link, check_card])
def test_another_kind_of_card_is_changed_for_the_right_one(
    pki: Pki, portal: PortalClient, flow: Callable[[WillingKiosk], bool], kind: str
) -> None:
    other = OTHERS[kind]()
    kiosk = Tries(other, VirtualCard(PEOPLE["excellent"], pki), portal)
    assert flow(kiosk)
    assert kiosk.names[-1] == ("linked" if flow is link else "check_licence")
    assert [s.facts["fault"] for s in kiosk.screens if s.name == "set_card"] == ["not_my_number_card"]
    assert other.pins_sent == [] and "outcome" not in kiosk.names and len(kiosk.slips) == 1
    assert len(kiosk.typed) == (2 if flow is link else 1), "no PIN was asked for with the other card"


class Phone(VirtualCard):
    """A phone that refuses what it does not carry in its own words."""

    refusal = b"\x6a\x82"

    def transmit(self, apdu: bytes) -> bytes:
        answer = super().transmit(apdu)
        return self.refusal if apdu[1:3] == b"\xa4\x04" and answer != b"\x90\x00" else answer


@pytest.mark.parametrize("word", REFUSALS)
def test_a_phone_in_the_cards_place_is_told_to_be_one_however_it_refuses(
    pki: Pki, portal: PortalClient, word: str
) -> None:
    phone = Phone(PEOPLE["phone"], pki, "phone")
    phone.refusal = bytes.fromhex(word)
    kiosk = Tries(phone, VirtualCard(PEOPLE["phone"], pki), portal)
    link(kiosk)
    assert [s.facts["fault"] for s in kiosk.screens if s.name == "set_card"][:1] == ["phone"]
    assert "outcome" not in kiosk.names


@pytest.mark.parametrize("word", [*REFUSALS, *COUNTS[:2], *COUNTS[5:]])
def test_at_the_staffs_door_another_kind_of_card_is_not_called_broken(pki: Pki, word: str) -> None:
    kiosk = ScriptedKiosk(
        puts_in(Says(word)), puts_in(PivCard(pki.staff_card("p256"))), f"pin:{PIN}", caretaker=office()
    )
    assert staff_card.show(kiosk, CHIEF) is not None
    assert [s.facts["fault"] for s in kiosk.screens if s.name == "staff_card"] == ["", "other"]
