"""The kiosk's own card code links with every kind of card that the virtual one can be."""

from __future__ import annotations

from hashlib import sha256

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from kiosk.card.apdu import ApplicationAbsent, Card, CardError, PinBlocked
from kiosk.card.certificate import SignatureCertificate
from kiosk.card.jpki import JpkiApplication, TokenKind
from kiosk.card.licence import LicenceApplication
from kiosk.card.text import Attributes, TextApplication
from kiosk.sim.card import Behaviour, Faults, VirtualCard
from kiosk.sim.people import people
from kiosk.sim.pki import Pki

PEOPLE = people()
DIGEST_INFO = bytes.fromhex("3031300D060960864801650304020105000420") + sha256(b"statement").digest()
CAN_SIGN = [
    key
    for key, person in PEOPLE.items()
    if person.certificate.state != "none" and person.tries.sign and person.certificate.key == "rsa2048"
]


def link(chip: VirtualCard) -> tuple[Attributes, bytes, bytes]:
    """All that a linking asks of a card: attributes, signature certificate, one signature."""
    chip.power_on()
    chip.trace.clear()
    card = Card(chip.transmit)
    text = TextApplication.select(card)
    text.pin_tries()
    text.verify(bytearray(chip.person.pins.text.encode()))
    attributes = text.read_attributes()
    jpki = JpkiApplication.select(card)
    jpki.sign_pin_tries()
    jpki.verify_sign_pin(bytearray(chip.person.pins.sign.encode()))
    return attributes, jpki.sign_certificate(), jpki.sign(DIGEST_INFO)


def assert_linked(chip: VirtualCard) -> SignatureCertificate:
    attributes, der, signature = link(chip)
    person = chip.person
    assert (attributes.name, attributes.address) == (person.name, person.address)
    assert attributes.birth_date == person.birth_date
    public = x509.load_der_x509_certificate(der).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(signature, b"statement", padding.PKCS1v15(), hashes.SHA256())
    assert not chip.my_number_was_read
    return SignatureCertificate.parse(der)


@pytest.mark.parametrize("key", CAN_SIGN)
def test_everybody_with_a_certificate_can_sign_in_nine_round_trips(pki: Pki, key: str) -> None:
    chip = VirtualCard(PEOPLE[key], pki)
    certificate = assert_linked(chip)
    assert len(chip.trace) == 9
    person = PEOPLE[key]
    assert certificate.address == person.certificate_address and certificate.name == person.certificate_name


@pytest.mark.parametrize("key", ["excellent", "substitute"])
@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(nonminimal_lengths=True),
        Behaviour(filler=0x00),
        Behaviour(extended_length=False),
        Behaviour(short_file_ids=False),
        Behaviour(end_of_file_6282=True),
        Behaviour(verify_case1_6700=True),
        Behaviour(first_command_6f00=True),
        Behaviour(t0=True),
        Behaviour(
            nonminimal_lengths=True,
            filler=0x00,
            extended_length=False,
            short_file_ids=False,
            end_of_file_6282=True,
            verify_case1_6700=True,
            first_command_6f00=True,
        ),
        Behaviour(t0=True, short_file_ids=False, verify_case1_6700=True, first_command_6f00=True),
    ],
    ids=lambda behaviour: "+".join(
        name for name, value in vars(behaviour).items() if value != getattr(Behaviour, name)
    ),
)
def test_however_a_card_speaks_it_can_be_linked(pki: Pki, behaviour: Behaviour, key: str) -> None:
    assert_linked(VirtualCard(PEOPLE[key], pki, behaviour=behaviour))


@pytest.mark.parametrize("blocked_as", [0x63C0, 0x6983, 0x6984])
@pytest.mark.parametrize("key", ["sign-locked", "face"])
def test_a_lock_is_understood_however_it_is_told(pki: Pki, key: str, blocked_as: int) -> None:
    chip = VirtualCard(PEOPLE[key], pki, behaviour=Behaviour(blocked_as=blocked_as))
    with pytest.raises(PinBlocked):
        link(chip)


@pytest.mark.parametrize(
    "faults",
    [
        Faults(garbage=True),
        Faults(truncated_certificate=True),
        Faults(zero_length_fields=True),
        Faults(wrong_charset=True),
        *(Faults(answers={n: answer}) for n in range(1, 10) for answer in (b"\x6f", b"\x6f\x00", b"\x62\x81")),
    ],
)
def test_a_broken_card_is_an_error_of_the_card_and_nothing_else(pki: Pki, faults: Faults) -> None:
    chip = VirtualCard(PEOPLE["excellent"], pki, faults=faults)
    try:
        link(chip)
    except CardError as error:
        for secret in ("1234", "ABC123", PEOPLE["excellent"].name, PEOPLE["excellent"].address):
            assert secret not in str(error)
    else:  # 6F00 to the first command is a known habit, and an answer can be asked for again
        assert len(chip.trace) >= 10
    assert chip.pins["text"].left == 3 and chip.pins["sign"].left == 5


def test_endless_filler_does_not_keep_a_card_from_being_linked(pki: Pki) -> None:
    for extended in (True, False):
        chip = VirtualCard(
            PEOPLE["excellent"], pki, behaviour=Behaviour(extended_length=extended), faults=Faults(endless_filler=True)
        )
        assert_linked(chip)
        assert len(chip.trace) < 30


def test_a_phone_signs_with_a_certificate_of_its_own(pki: Pki) -> None:
    chip = VirtualCard(PEOPLE["phone"], pki, "phone")
    card = Card(chip.transmit)
    with pytest.raises(ApplicationAbsent):
        TextApplication.select(card)
    jpki = JpkiApplication.select(card)
    assert jpki.token_label() is TokenKind.ANDROID
    jpki.verify_sign_pin(bytearray(b"ABC123"))
    assert jpki.sign_certificate() == pki.credential(PEOPLE["phone"], "sign", "phone").certificate
    assert len(jpki.sign(DIGEST_INFO)) == 256


def test_the_licence_on_the_card_says_what_the_record_says(pki: Pki) -> None:
    for person in PEOPLE.values():
        card = Card(VirtualCard(person, pki).transmit)
        if person.licence is None:
            with pytest.raises(ApplicationAbsent):
                LicenceApplication.select(card)
            continue
        licence = LicenceApplication.select(card)
        licence.verify(bytearray(person.pins.licence.encode()) if licence.pin_is_set() else None)
        read = licence.read_licence()
        assert read.expiry == f"{person.licence.expires:%Y%m%d}" and read.number == person.licence.number
        assert (read.colour, read.categories, read.conditions) == (
            person.licence.colour,
            person.licence.classes,
            person.licence.conditions,
        )
