"""Cards that reset themselves in mid-visit, and cards that are sound but not as usual: how linking and check end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from kiosk.advice.outcomes import End
from kiosk.card.state import CardState
from kiosk.flows.asking.screen import Screen
from kiosk.flows.card_check import check_card
from kiosk.flows.linking import link
from kiosk.portal.client import PortalClient
from kiosk.portal.model import State
from kiosk.sim.card import Behaviour, Faults, VirtualCard
from kiosk.sim.people import CertificateFacts, Person, people
from kiosk.sim.pki import Pki
from kiosk.sim.portal.records import record_of
from kiosk.sim.portal.sandbox import Sandbox
from kiosk.sim.portal.trust import Trust
from tests.flows.willing import WillingKiosk
from tests.keys import KEYS
from tests.stage import pins_sent

PEOPLE = people()

# Commands of a linking: SELECT, tries, VERIFY, READ of the text application; SELECT, mark, tries, VERIFY, READ, SIGN of
# JPKI.
LINKING = range(1, 11)
AFTER_TEXT_PIN, AFTER_SIGN_PIN = {4}, {9, 10}
# Commands of a check: 11 for the card's state; SELECT, tries, tries, VERIFY, READ for the licence.
CHECK = range(1, 17)
AFTER_LICENCE_PIN = {16}

WAYS = {
    "as it comes": Behaviour(),
    "6D00 to all": Behaviour(bare_as=0x6D00),
    "6986 to all": Behaviour(bare_as=0x6986),
    "6985 to all": Behaviour(bare_as=0x6985),
    "no short identifiers": Behaviour(short_file_ids=False),
    "no extended length": Behaviour(extended_length=False),
    "T=0": Behaviour(t0=True),
}
TEN_COMMANDS = ("as it comes", "6D00 to all", "6986 to all", "6985 to all")  # of which the table above is true


def fault_of(name: str, value: object) -> Faults:
    """One of its switches, by name."""
    switch: dict[str, Any] = {name: value}
    return Faults(**switch)


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki(KEYS)


@pytest.fixture(scope="module")
def sandbox(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    records = [record for person in everybody() if (record := record_of(person))]
    trust = Trust(pki.anchors, lambda: pki.revocations(PEOPLE.values()))
    with Sandbox(records, trust, tmp_path_factory.mktemp("tls")) as running:
        yield running


@pytest.fixture
def portal(sandbox: Sandbox) -> Iterator[PortalClient]:
    sandbox.reset()
    yield PortalClient(sandbox.settings)


def variant(who: str, **changed: object) -> Person:
    return msgspec.structs.replace(PEOPLE[who], **changed)


BIRTH_DATES = ("19500000", "00000000", "19500600", "19500230", "20150000", "19890000")
FLAGS = {"11": "fewer flags than characters", "11000": "one for each character"}


def born(birth_date: str) -> Person:
    return variant("excellent", key=f"born-{birth_date}", name=f"見本　{birth_date}", birth_date=birth_date)


def replaced(flags: str) -> Person:
    certificate = CertificateFacts(name="よし田　晴", name_flags=flags)
    return variant("kana", key=f"kana-{flags}", certificate=certificate)


def everybody() -> Iterator[Person]:
    yield from PEOPLE.values()
    yield from map(born, BIRTH_DATES)


def unspent(card: VirtualCard) -> bool:
    return all(pin.left == pin.most for pin in card.pins.values())


# A card that resets itself


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("at", LINKING)
def test_a_card_that_loses_power_at_any_command_of_a_linking_links_all_the_same(
    pki: Pki, portal: PortalClient, sandbox: Sandbox, at: int, way: str
) -> None:
    card = VirtualCard(PEOPLE["excellent"], pki, behaviour=WAYS[way], faults=Faults(reset_at=at))
    kiosk = WillingKiosk(card, portal)
    assert link(kiosk)
    assert kiosk.names[-1] == "linked"
    assert unspent(card) and not card.my_number_was_read
    assert [entry.state for entry in sandbox.linkings._all()] == [State.COMPLETED]
    if way in TEN_COMMANDS:
        again = ["text"] * (at in AFTER_TEXT_PIN) + ["sign"] * (at in AFTER_SIGN_PIN)
        assert sorted(kiosk.typed) == sorted(["text", "sign", *again]), "typed again only where it has to be"
    said = [screen.facts["fault"] for screen in kiosk.screens if screen.name == "pin" and screen.answers]
    assert said.count("reset") == len(kiosk.typed) - 2, "and said so"
    assert said.count("wrong") == 0


@pytest.mark.parametrize("at", range(1, 24))
def test_a_card_of_many_small_commands_that_loses_power_at_any_of_them_links_too(
    pki: Pki, portal: PortalClient, at: int
) -> None:
    plain = Behaviour(short_file_ids=False, extended_length=False, t0=True, end_of_file_6282=True)
    card = VirtualCard(PEOPLE["substitute"], pki, behaviour=plain, faults=Faults(reset_at=at))
    kiosk = WillingKiosk(card, portal)
    assert link(kiosk) and kiosk.names[-1] == "linked"
    assert unspent(card) and len(kiosk.typed) <= 3


@pytest.mark.parametrize("at", LINKING)
def test_a_warm_reset_costs_the_person_nothing(pki: Pki, portal: PortalClient, at: int) -> None:
    card = VirtualCard(PEOPLE["excellent"], pki, faults=Faults(warm_reset_at=at))
    kiosk = WillingKiosk(card, portal)
    assert link(kiosk) and kiosk.names[-1] == "linked"
    assert kiosk.typed == ["text", "sign"] and unspent(card)


@pytest.mark.parametrize("at", LINKING)
def test_a_pin_that_the_card_forgets_is_typed_again(pki: Pki, portal: PortalClient, at: int) -> None:
    card = VirtualCard(PEOPLE["excellent"], pki, faults=Faults(forget_at=at))
    kiosk = WillingKiosk(card, portal)
    assert link(kiosk) and kiosk.names[-1] == "linked"
    assert len(kiosk.typed) == 2 + (at in AFTER_TEXT_PIN | AFTER_SIGN_PIN)
    assert pins_sent(card) == len(kiosk.typed) and unspent(card)


@pytest.mark.parametrize("at", LINKING[1:])
def test_the_first_command_after_a_reset_may_be_answered_6f00(pki: Pki, portal: PortalClient, at: int) -> None:
    card = VirtualCard(PEOPLE["excellent"], pki, behaviour=Behaviour(first_command_6f00=True))
    card.inflict(Faults(reset_at=at + 1))  # one more: the first SELECT goes out twice
    kiosk = WillingKiosk(card, portal)
    assert link(kiosk) and kiosk.names[-1] == "linked"
    assert unspent(card) and len(kiosk.typed) <= 3


@pytest.mark.parametrize("at", LINKING)
def test_the_last_try_is_not_spent_by_a_reset(pki: Pki, portal: PortalClient, at: int) -> None:
    card = VirtualCard(PEOPLE["last-try"], pki, faults=Faults(reset_at=at))
    kiosk = WillingKiosk(card, portal)
    assert link(kiosk) and kiosk.names[-1] == "linked"
    assert card.pins["text"].left == 3, "the right PIN has given all tries back"


def test_a_wrong_pin_met_by_a_reset_costs_one_try(pki: Pki, portal: PortalClient) -> None:
    class Mistaken(WillingKiosk):
        """Types a wrong PIN, and goes back when told so."""

        def _would(self, screen: Screen) -> str:
            return "pin:0000" if screen.name == "pin" and len(self.typed) == 1 else "back" if self.typed else "next"

    card = VirtualCard(PEOPLE["excellent"], pki, faults=Faults(reset_at=3))
    kiosk = Mistaken(card, portal)
    assert not link(kiosk)
    assert [screen.facts["fault"] for screen in kiosk.screens if screen.name == "pin"] == ["", "wrong"]
    assert card.pins["text"].left == 2


def test_a_card_that_keeps_resetting_itself_ends_as_a_card_problem(pki: Pki, portal: PortalClient) -> None:
    class Restless(VirtualCard):
        def transmit(self, apdu: bytes) -> bytes:
            if apdu[1] == 0xB0:  # at every READ
                self.power_off()
            return super().transmit(apdu)

    card = Restless(PEOPLE["excellent"], pki)
    kiosk = WillingKiosk(card, portal)
    assert link(kiosk)
    assert kiosk.screens[-1].facts["end"] == End.CARD_PROBLEM.value
    assert kiosk.typed == ["text"] * 3 and unspent(card)


@pytest.mark.parametrize("fault", ["reset_at", "warm_reset_at", "forget_at"])
@pytest.mark.parametrize("at", CHECK)
def test_a_card_that_resets_itself_at_any_command_of_a_check_is_told_of_rightly(pki: Pki, at: int, fault: str) -> None:
    usual, card = (VirtualCard(PEOPLE["excellent"], pki) for _ in range(2))
    card.inflict(fault_of(fault, at))
    kiosks = [WillingKiosk(usual), WillingKiosk(card)]
    assert all(map(check_card, kiosks))
    _, kiosk = kiosks
    for name, fact in (("check_result", "state"), ("check_licence", "licence")):
        said = [next(s.facts[fact] for s in each.screens if s.name == name and s.answers) for each in kiosks]
        assert said[0] == said[1]
    again = fault != "warm_reset_at" and at in AFTER_LICENCE_PIN
    assert kiosk.typed == ["licence"] * (1 + again) and unspent(card)


@pytest.mark.parametrize("fault", ["reset_at", "warm_reset_at", "forget_at"])
def test_a_licence_without_a_pin_is_shown_after_a_reset(pki: Pki, fault: str) -> None:
    for at in range(12, 16):
        card = VirtualCard(PEOPLE["first"], pki, faults=fault_of(fault, at))
        kiosk = WillingKiosk(card)
        assert check_card(kiosk)
        assert kiosk.names[-1] == "check_licence" and not kiosk.typed and unspent(card)


never_issued = pytest.mark.parametrize(("who", "end"), [("face", End.NO_PINS), ("child", End.CERTIFICATE_ABSENT)])


class Silent(VirtualCard):
    """It does not say which certificates it holds: EF 0008 is refused."""

    def transmit(self, apdu: bytes) -> bytes:
        answer = super().transmit(apdu)
        return b"\x6a\x82" if apdu[1:3] == b"\xb0\x88" or apdu[:7] == bytes.fromhex("00A4020C020008") else answer


@pytest.mark.parametrize("blocked_as", [0x63C0, 0x6983, 0x6984])
@never_issued
def test_a_pin_that_was_never_issued_is_not_called_locked_though_the_card_does_not_say_so(
    pki: Pki, portal: PortalClient, who: str, end: End, blocked_as: int
) -> None:
    kiosk = WillingKiosk(Silent(PEOPLE[who], pki, behaviour=Behaviour(blocked_as=blocked_as)), portal)
    assert link(kiosk)
    assert kiosk.screens[-1].facts["end"] == end.value
    checked = WillingKiosk(Silent(PEOPLE[who], pki, behaviour=Behaviour(blocked_as=blocked_as)))
    checked._would = lambda screen: "finish"  # type: ignore[method-assign]
    assert check_card(checked)
    [state] = [screen.facts["state"] for screen in checked.screens if screen.name == "check_result" and screen.answers]
    assert isinstance(state, CardState) and state.sign_certificate is False and state.pinless is (who == "face")


@pytest.mark.parametrize(
    ("who", "blocked_as", "told"),
    [
        ("excellent", 0x6984, "linked"),
        ("sign-locked", 0x6983, "sign_pin_locked"),
        ("sign-locked", 0x63C0, "sign_pin_locked"),
        ("sign-locked", 0x6984, "sign_pin_unusable"),  # which may mean, too, that it was never chosen
    ],
)
def test_a_card_that_does_not_say_which_certificates_it_holds_is_told_no_more_than_is_known(
    pki: Pki, portal: PortalClient, who: str, blocked_as: int, told: str
) -> None:
    kiosk = WillingKiosk(Silent(PEOPLE[who], pki, behaviour=Behaviour(blocked_as=blocked_as)), portal)
    assert link(kiosk)
    assert kiosk.screens[-1].facts.get("end", kiosk.names[-1]) == told


@pytest.mark.parametrize("absent", [False, True])
@never_issued
def test_what_a_card_truly_lacks_is_not_taken_for_a_reset(
    pki: Pki, portal: PortalClient, who: str, end: End, absent: bool
) -> None:
    kiosk = WillingKiosk(VirtualCard(PEOPLE[who], pki, behaviour=Behaviour(unset_pin_absent=absent)), portal)
    assert link(kiosk)
    assert kiosk.screens[-1].facts["end"] == end.value
    assert "reset" not in [screen.facts.get("fault") for screen in kiosk.screens]


# Sound, but not as usual


@pytest.mark.parametrize("der", [False, True], ids=["r and s", "DER"])
@pytest.mark.parametrize("kind", ["p256", "p384", "p521", "rsa3072", "rsa4096"])
@pytest.mark.parametrize("extended", [True, False])
def test_a_card_with_another_key_links(pki: Pki, portal: PortalClient, kind: str, der: bool, extended: bool) -> None:
    person = variant("next", certificate=msgspec.convert({"key": kind}, CertificateFacts))
    card = VirtualCard(person, pki, behaviour=Behaviour(ecdsa_der=der, extended_length=extended))
    kiosk = WillingKiosk(card, portal)
    assert link(kiosk) and kiosk.names[-1] == "linked"


def test_a_kind_of_card_the_kiosk_does_not_know_is_said_to_be_that(pki: Pki, portal: PortalClient) -> None:
    card = VirtualCard(PEOPLE["unknown-kind"], pki)
    kiosk = WillingKiosk(card, portal)
    assert link(kiosk)
    assert kiosk.screens[-1].facts["end"] == End.CARD_KIND_UNKNOWN.value
    assert unspent(card)


@pytest.mark.parametrize("how", ["empty_field", "missing_field", "malformed_field"])
@pytest.mark.parametrize("field", ["name", "address", "birth_date", "sex"])
def test_an_attribute_that_cannot_be_used_is_named(
    pki: Pki, portal: PortalClient, sandbox: Sandbox, field: str, how: str
) -> None:
    kiosk = WillingKiosk(VirtualCard(PEOPLE["excellent"], pki, faults=fault_of(how, field)), portal)
    assert link(kiosk)
    assert kiosk.screens[-1].facts["end"] == f"{field}_unusable"
    assert [entry.state for entry in sandbox.linkings._all()] == [State.CANCELLED]
    assert len(kiosk.slips) == 1


@pytest.mark.parametrize("read_as", [0x6200, 0x6281, 0x6282, 0x6300])
def test_data_that_come_with_a_warning_link(pki: Pki, portal: PortalClient, read_as: int) -> None:
    kiosk = WillingKiosk(VirtualCard(PEOPLE["substitute"], pki, behaviour=Behaviour(read_as=read_as)), portal)
    assert link(kiosk) and kiosk.names[-1] == "linked"


@pytest.mark.parametrize("flags", FLAGS, ids=FLAGS.get)
def test_a_name_in_kana_for_a_kanji_agrees(pki: Pki, portal: PortalClient, flags: str) -> None:
    kiosk = WillingKiosk(VirtualCard(replaced(flags), pki), portal)
    assert link(kiosk) and kiosk.names[-1] == "linked"


@pytest.mark.parametrize("flags", ["10", "00", "111111"])
def test_kana_that_are_not_flagged_do_not_agree(pki: Pki, portal: PortalClient, flags: str) -> None:
    kiosk = WillingKiosk(VirtualCard(replaced(flags), pki), portal)
    assert link(kiosk)
    assert kiosk.screens[-1].facts["end"] == End.ATTRIBUTES_DIFFER.value


@pytest.mark.parametrize("birth_date", BIRTH_DATES)
def test_a_birth_date_that_is_not_known_in_full_links(pki: Pki, portal: PortalClient, birth_date: str) -> None:
    kiosk = WillingKiosk(VirtualCard(born(birth_date), pki), portal)
    assert link(kiosk) and kiosk.names[-1] == "linked"
    assert check_card(WillingKiosk(VirtualCard(born(birth_date), pki)))
