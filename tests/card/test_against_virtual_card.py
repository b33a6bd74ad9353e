"""The whole card work of a linking, on a virtual card, in every way that cards are known to speak and to break."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import pytest

from kiosk.card.apdu import (
    ApplicationAbsent,
    Card,
    CardError,
    CardLost,
    CardProblem,
    FileAbsent,
    PinBlocked,
    PinWrong,
)
from kiosk.card.certificate import SignatureCertificate
from kiosk.card.cms import signed_data
from kiosk.card.jpki import Availability, JpkiApplication, TokenKind
from kiosk.card.licence import LicenceApplication
from kiosk.card.pin import Tries
from kiosk.card.text import Attributes, Field, Sex, TextApplication
from kiosk.sim.card import Behaviour, Faults, VirtualCard
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from tests.keys import KEYS

PEOPLE = people()
SEXES = {1: Sex.MALE, 2: Sex.FEMALE, 3: Sex.UNKNOWN}
LINKABLE: tuple[str, ...] = (
    "excellent",
    "both",
    "last-try",
    "expired",
    "revoked",
    "substitute",
    "linked",
    "reobtained",
    "first",
)
LINKABLE += ("next", "kana", "day-unknown")
FLOOR = 9  # 4 for the attributes, 5 for certificate and signature, a tries query in each

# Every switch by itself, the ones that the virtual card learns later included
OTHER_VALUES: dict[str, Any] = {
    "filler": (0x00,),
    "blocked_as": (0x6983, 0x6984),
    "read_as": (0x6200, 0x6281, 0x6282, 0x6300),
    "bare_as": (0x6A82, 0x6986, 0x6D00),
}
SWITCHES = [
    Behaviour(),
    *(Behaviour(**{f.name: v}) for f in fields(Behaviour) for v in OTHER_VALUES.get(f.name, (not f.default,))),
]


def switched(behaviour: Behaviour) -> str:
    return " ".join(k for k, v in vars(behaviour).items() if v != vars(SWITCHES[0])[k]) or "as it comes"


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki(KEYS)


@dataclass
class Work:
    """What the card gave for a linking."""

    attributes: Attributes
    certificate: bytes
    signed: bytes
    round_trips: int


Listener = Callable[[bytes, Callable[[bytes], bytes]], bytes]


def powered(chip: VirtualCard, between: Listener = lambda apdu, onward: onward(apdu)) -> Card:
    """Power the chip. `between` hears every command and may pass it on."""
    chip.power_on()
    chip.trace.clear()
    return Card(lambda apdu: between(apdu, chip.transmit))


def link(chip: VirtualCard, card: Card | None = None) -> Work:
    """As the flow does it: tries, PIN, attributes; tries, PIN, certificate, signature."""
    pins = chip.person.pins
    card = card or powered(chip)
    text = TextApplication.select(card)
    unless_blocked(text.pin_tries())
    text.verify(bytearray(pins.text.encode()))
    attributes = text.read_attributes()
    jpki = JpkiApplication.select(card)
    unless_blocked(jpki.sign_pin_tries())
    jpki.verify_sign_pin(bytearray(pins.sign.encode()))
    certificate = jpki.sign_certificate()
    signed = signed_data(b"statement", certificate, jpki.sign)
    return Work(attributes, certificate, signed, len(chip.trace))


def unless_blocked(tries: Tries) -> None:
    if tries.blocked:
        raise PinBlocked("said so when asked")


def expected(chip: VirtualCard, pki: Pki) -> tuple[Attributes, bytes | None]:
    person = chip.person
    attributes = Attributes(person.name, person.address, person.birth_date, SEXES[person.sex])
    return attributes, pki.credential(person, "sign").certificate


def test_nine_round_trips_do_all_the_card_work(pki: Pki) -> None:
    for key in LINKABLE:
        chip = VirtualCard(PEOPLE[key], pki)
        work = link(chip)
        assert (work.attributes, work.certificate) == expected(chip, pki)
        assert work.round_trips == FLOOR
        assert not chip.my_number_was_read


@pytest.mark.parametrize("behaviour", SWITCHES, ids=switched)
@pytest.mark.parametrize("key", ["excellent", "substitute"])
def test_every_way_a_card_speaks_gives_the_same(pki: Pki, behaviour: Behaviour, key: str) -> None:
    chip = VirtualCard(PEOPLE[key], pki, behaviour=behaviour)
    work = link(chip)
    assert (work.attributes, work.certificate) == expected(chip, pki)
    assert not chip.my_number_was_read


def test_all_ways_a_card_speaks_together_give_the_same(pki: Pki) -> None:
    """Every combination of the switches, on the person with the longest texts."""
    chip = VirtualCard(PEOPLE["substitute"], pki)
    names = ("extended_length", "short_file_ids", "nonminimal_lengths", "end_of_file_6282", "verify_case1_6700")
    for values in itertools.product((True, False), repeat=len(names) + 2):
        *plain, first_6f00, t0 = values
        chip.behaviour = Behaviour(
            **dict(zip(names, plain, strict=True)), first_command_6f00=first_6f00, t0=t0, filler=0x00 if t0 else 0xFF
        )
        chip.inflict(Faults())  # lays the files out anew
        work = link(chip)
        assert (work.attributes, work.certificate) == expected(chip, pki), switched(chip.behaviour)
        assert work.round_trips < 45


def test_a_certificate_agrees_with_the_card_unless_its_holder_moved(pki: Pki) -> None:
    for key in (*LINKABLE, "moved"):
        work = link(VirtualCard(PEOPLE[key], pki))
        differing = SignatureCertificate.parse(work.certificate).matches(work.attributes)
        assert differing == ({Field.ADDRESS} if key == "moved" else frozenset()), key


@pytest.mark.parametrize("blocked_as", [0x63C0, 0x6983, 0x6984])
def test_a_locked_pin_is_known_before_it_is_entered_and_when_it_is(pki: Pki, blocked_as: int) -> None:
    chip = VirtualCard(PEOPLE["sign-locked"], pki, behaviour=Behaviour(blocked_as=blocked_as))
    jpki = JpkiApplication.select(powered(chip))
    assert jpki.sign_pin_tries() == Tries(0, True)
    with pytest.raises(PinBlocked):
        jpki.verify_sign_pin(bytearray(b"ABC123"))


@pytest.mark.parametrize("behaviour", SWITCHES, ids=switched)
def test_three_wrong_text_pins_cost_three_tries_and_no_more(pki: Pki, behaviour: Behaviour) -> None:
    chip = VirtualCard(PEOPLE["excellent"], pki, behaviour=behaviour)
    for left in (2, 1):
        text = TextApplication.select(powered(chip))
        assert text.pin_tries() == Tries(left + 1, False)
        with pytest.raises(PinWrong) as wrong:
            text.verify(bytearray(b"0000"))
        assert wrong.value.tries == Tries(left, False)
        assert chip.pins["text"].left == left
    with pytest.raises(PinBlocked):
        text.verify(bytearray(b"0000"))
    assert text.pin_tries() == Tries(0, True)


def test_a_right_pin_gives_all_tries_back_and_is_known_as_verified(pki: Pki) -> None:
    chip = VirtualCard(PEOPLE["last-try"], pki)
    text = TextApplication.select(powered(chip))
    assert text.pin_tries() == Tries(1, False)
    text.verify(bytearray(b"1234"))
    assert text.pin_tries() == Tries(None, False)
    assert chip.pins["text"].left == 3


def test_a_phone_signs_but_has_no_text_and_no_licence(pki: Pki) -> None:
    chip = VirtualCard(PEOPLE["phone"], pki, device="phone")
    card = powered(chip)
    for application in (TextApplication, LicenceApplication):
        with pytest.raises(ApplicationAbsent):
            application.select(card)
    jpki = JpkiApplication.select(card)
    assert jpki.token_label() is TokenKind.ANDROID
    assert jpki.sign_pin_tries() == Tries(5, False)
    jpki.verify_sign_pin(bytearray(b"ABC123"))
    certificate = jpki.sign_certificate()
    assert certificate == pki.credential(PEOPLE["phone"], "sign", "phone").certificate
    assert signed_data(b"statement", certificate, jpki.sign)


@pytest.mark.parametrize("absent", [False, True])
def test_a_card_without_pins_or_certificate_says_so(pki: Pki, absent: bool) -> None:
    chip = VirtualCard(PEOPLE["face"], pki, behaviour=Behaviour(unset_pin_absent=absent))
    card = powered(chip)
    for application, ask in ((TextApplication, "pin_tries"), (JpkiApplication, "sign_pin_tries")):
        selected = application.select(card)
        if absent:
            with pytest.raises(FileAbsent):
                getattr(selected, ask)()
        else:
            assert getattr(selected, ask)().blocked
    jpki = JpkiApplication.select(card)
    assert jpki.certificate_availability() == Availability(sign=False, auth=True)
    assert JpkiApplication.select(card).token_label() is TokenKind.CARD


def test_a_child_has_no_signature_certificate(pki: Pki) -> None:
    jpki = JpkiApplication.select(powered(VirtualCard(PEOPLE["child"], pki)))
    assert jpki.certificate_availability() == Availability(sign=False, auth=True)
    with pytest.raises(FileAbsent):
        jpki.sign_certificate()


@pytest.mark.parametrize("behaviour", SWITCHES, ids=switched)
@pytest.mark.parametrize("key", ["both", "first"])
def test_the_licence_is_read_with_its_pin_or_without_one(pki: Pki, behaviour: Behaviour, key: str) -> None:
    person = PEOPLE[key]
    licence = LicenceApplication.select(powered(VirtualCard(person, pki, behaviour=behaviour)))
    assert licence.pin_is_set() is bool(person.pins.licence)
    assert licence.pin_tries() == Tries(10, False)
    licence.verify(bytearray(person.pins.licence.encode()) if licence.pin_is_set() else None)
    read = licence.read_licence()
    assert person.licence is not None
    assert read.expiry == person.licence.expires.strftime("%Y%m%d")
    assert (read.colour, read.number) == (person.licence.colour, person.licence.number)
    assert set(read.categories) == set(person.licence.classes)
    assert read.conditions == person.licence.conditions


def test_a_card_without_a_licence_has_no_licence_application(pki: Pki) -> None:
    with pytest.raises(ApplicationAbsent):
        LicenceApplication.select(powered(VirtualCard(PEOPLE["no-licence"], pki)))


@pytest.mark.parametrize("at", range(1, FLOOR + 1))
def test_a_card_pulled_at_any_command_is_lost(pki: Pki, at: int) -> None:
    chip = VirtualCard(PEOPLE["excellent"], pki)
    sent = []

    def pulled(apdu: bytes, onward: Callable[[bytes], bytes]) -> bytes:
        sent.append(apdu)
        if len(sent) >= at:
            raise CardLost("pulled out")
        return onward(apdu)

    with pytest.raises(CardLost):
        link(chip, powered(chip, pulled))
    assert len(sent) <= at + 1  # one more where a failed extended READ is tried again in short form


STATUS_WORDS = (
    "6281 6282 6300 63C0 63C1 6581 6700 6881 6882 6883 6982 6983 6984 6985 6986 69FC 6A80 6A81 6A82 6A86 6A88 "
)
STATUS_WORDS += "6B00 6C00 6C10 6D00 6E00 6F00 6100 6110 9000 0000 FFFF"


@pytest.mark.parametrize("answer", [*STATUS_WORDS.split(), "", "90", "FF" * 300 + "9000", "00" * 300 + "9000"])
def test_any_answer_to_any_command_ends_well_and_spends_no_try(pki: Pki, answer: str) -> None:
    for at in range(1, FLOOR + 1):
        chip = VirtualCard(PEOPLE["excellent"], pki, faults=Faults(answers={at: bytes.fromhex(answer)}))
        try:
            work = link(chip)
        except CardError:
            pass
        else:
            assert (work.attributes, work.certificate) == expected(chip, pki)
        assert (chip.pins["text"].left, chip.pins["sign"].left) == (3, 5)
        assert not chip.my_number_was_read
        assert len(chip.trace) < 30


@pytest.mark.parametrize("answer", STATUS_WORDS.split())
def test_a_wrong_pin_costs_one_try_whatever_is_answered_to_it(pki: Pki, answer: str) -> None:
    """The card compares the PIN, takes a try, and then something else is heard; a warning is heard as a yes, too."""
    chip = VirtualCard(PEOPLE["excellent"], pki)

    def misheard(apdu: bytes, onward: Callable[[bytes], bytes]) -> bytes:
        heard = onward(apdu)
        return bytes.fromhex(answer) if apdu[1] == 0x20 and len(apdu) > 5 else heard

    text = TextApplication.select(powered(chip, misheard))
    text.pin_tries()
    if answer == "9000" or answer.startswith("62"):
        text.verify(bytearray(b"0000"))
    else:
        with pytest.raises(CardError):
            text.verify(bytearray(b"0000"))
    assert chip.pins["text"].left == 2


@pytest.mark.parametrize(
    "faults",
    [
        Faults(garbage=True),
        Faults(truncated_certificate=True),
        Faults(zero_length_fields=True),
        Faults(wrong_charset=True),
    ],
    ids=lambda faults: next(k for k, v in vars(faults).items() if v),
)
@pytest.mark.parametrize("behaviour", [Behaviour(), Behaviour(t0=True, short_file_ids=False)], ids=switched)
def test_spoilt_contents_are_a_card_problem(pki: Pki, faults: Faults, behaviour: Behaviour) -> None:
    chip = VirtualCard(PEOPLE["excellent"], pki, behaviour=behaviour, faults=faults)
    with pytest.raises(CardProblem) as caught:
        link(chip)
    person = chip.person
    assert not any(secret in repr(caught.value) for secret in (person.name, person.address, person.birth_date))


@pytest.mark.parametrize("filler", [0x00, 0xFF])
@pytest.mark.parametrize("extended", [True, False])
def test_endless_filler_after_good_objects_does_no_harm(pki: Pki, filler: int, extended: bool) -> None:
    behaviour = Behaviour(filler=filler, extended_length=extended)
    chip = VirtualCard(PEOPLE["substitute"], pki, behaviour=behaviour, faults=Faults(endless_filler=True))
    work = link(chip)
    assert (work.attributes, work.certificate) == expected(chip, pki)
    assert work.round_trips == FLOOR if extended else work.round_trips <= 20
