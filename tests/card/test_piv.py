"""The card work of a second factor, on a virtual PIV card, in the ways that cards are known to speak and to break."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from kiosk.card import piv
from kiosk.card.apdu import (
    ApplicationAbsent,
    Card,
    CardLost,
    CardProblem,
    CardReset,
    FileAbsent,
    KindUnknown,
    PinBlocked,
    PinWrong,
)
from kiosk.card.pin import Tries
from kiosk.card.piv import PivApplication
from kiosk.sim.card import Behaviour, Faults, VirtualCard
from kiosk.sim.card.piv import PIN, PivCard
from kiosk.sim.card.wire import Pulled
from kiosk.sim.people import KeyKind, people
from kiosk.sim.pki import Credential, Pki
from tests.card.script import card as scripted
from tests.certificates import odd
from tests.keys import KEYS

KINDS: tuple[KeyKind, ...] = ("rsa2048", "p256", "p384")
MESSAGE = b"challenge" * 5
WAYS = {
    "current": Behaviour(),
    "t0": Behaviour(t0=True),
    "short": Behaviour(extended_length=False),
    "verify of five bytes": Behaviour(verify_case1_6700=True),
    "first command": Behaviour(first_command_6f00=True),
}


@pytest.fixture(scope="module")
def pki() -> Pki:
    return Pki(KEYS)


def powered(chip: PivCard | VirtualCard) -> Card:
    def transmit(apdu: bytes, /) -> bytes:
        try:
            return chip.transmit(apdu)
        except Pulled:
            raise CardLost("pulled") from None

    chip.power_on()
    return Card(transmit)


def used(chip: PivCard, pin: str = PIN) -> tuple[bytes, bytes]:
    """The certificate, and the signature over MESSAGE."""
    application = PivApplication.select(powered(chip))
    certificate = application.certificate()
    algorithm = piv.algorithm_of(certificate)
    assert not application.pin_tries().blocked
    application.verify_pin(bytearray(pin.encode()))
    signature = application.sign(MESSAGE, algorithm)
    application.forget_pin()
    return certificate, signature


def verify(certificate: bytes, signature: bytes) -> None:
    key = x509.load_der_x509_certificate(certificate).public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(signature, MESSAGE, ec.ECDSA(hashes.SHA384() if key.key_size == 384 else hashes.SHA256()))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("behaviour", WAYS.values(), ids=WAYS)
def test_a_card_shows_its_certificate_and_signs_behind_the_pin(pki: Pki, kind: KeyKind, behaviour: Behaviour) -> None:
    chip = PivCard(pki.staff_card(kind), behaviour=behaviour)
    certificate, signature = used(chip)
    assert certificate == pki.staff_card(kind).certificate
    verify(certificate, signature)
    assert not chip.pins["piv"].verified and chip.pins["piv"].left == 3


def test_a_gzipped_certificate_is_unzipped_and_one_that_never_ends_is_none(pki: Pki) -> None:
    credential = pki.staff_card()
    assert used(PivCard(credential, gzipped=gzip.compress(credential.certificate or b"")))[0] == credential.certificate
    for bad in (gzip.compress(bytes(1_000_000)), b"no gzip"):
        with pytest.raises(CardProblem):
            PivApplication.select(powered(PivCard(credential, gzipped=bad))).certificate()


def test_a_wrong_pin_costs_one_try_and_a_locked_one_none(pki: Pki) -> None:
    chip = PivCard(pki.staff_card("p256"))
    application = PivApplication.select(powered(chip))
    for left in (2, 1):
        assert application.pin_tries() == Tries(left + 1, blocked=False)
        with pytest.raises(PinWrong) as wrong:
            application.verify_pin(bytearray(b"000000"))
        assert wrong.value.tries == Tries(left, blocked=False)
    with pytest.raises(PinBlocked):
        application.verify_pin(bytearray(b"000000"))
    assert application.pin_tries() == Tries(0, blocked=True)
    for typed in (b"12345", b"123456789", b"12345A"):
        with pytest.raises(ValueError, match="PIV PIN"):
            application.verify_pin(bytearray(typed))


def test_nothing_is_signed_without_the_pin(pki: Pki) -> None:
    application = PivApplication.select(powered(PivCard(pki.staff_card("p256"))))
    with pytest.raises(CardProblem, match="GENERAL AUTHENTICATE"):
        application.sign(MESSAGE, piv.P_256)


@pytest.mark.parametrize("refused", [0, 1], ids=["the first part", "the last"])
def test_a_signature_that_is_refused_is_told_with_the_cards_own_word_and_goes_no_further(refused: int) -> None:
    left = "7C82010682008182 0100".replace(" ", "") + piv.to_sign(MESSAGE, piv.RSA_2048).hex()
    parts = [f"1087079AFF{left[:510]}", f"0087079A{len(left[510:]) // 2:02X}{left[510:]}00"]
    answers = ["9000"] * refused + ["6985"]
    select = ("00A404000BA00000030800001000010000", "9000")
    card, script = scripted(select, *zip(parts, answers, strict=False), (select[0], "6A82"))
    with pytest.raises(CardProblem, match="GENERAL AUTHENTICATE: SW=0x6985"):
        PivApplication.select(card).sign(MESSAGE, piv.RSA_2048)
    assert script.finished


def commands(pki: Pki, kind: KeyKind) -> range:
    chip = PivCard(pki.staff_card(kind))
    used(chip)
    return range(1, len(chip.trace) + 1)


def test_wherever_it_is_pulled_it_is_said_to_be_gone(pki: Pki) -> None:
    for at in commands(pki, "rsa2048"):
        with pytest.raises(CardLost):
            used(PivCard(pki.staff_card(), faults=Faults(pull_at=at)))


@pytest.mark.parametrize(
    "fault",
    [lambda at: Faults(reset_at=at), lambda at: Faults(warm_reset_at=at), lambda at: Faults(forget_at=at)],
    ids=["reset", "warm reset", "forgets"],
)
def test_wherever_it_resets_itself_it_signs_or_wants_its_pin_again_and_loses_no_try(
    pki: Pki, fault: Callable[[int], Faults]
) -> None:
    signed = 0
    for at in commands(pki, "p256"):
        chip = PivCard(pki.staff_card("p256"), faults=fault(at))
        try:
            verify(*used(chip))
            signed += 1
        except CardReset:
            pass
        assert chip.pins["piv"].left == 3
    assert signed


def test_what_is_no_piv_card_or_has_no_certificate_is_said_to_be_none(pki: Pki) -> None:
    with pytest.raises(ApplicationAbsent):
        PivApplication.select(powered(VirtualCard(people()["excellent"], pki)))
    empty = PivCard(Credential(pki.staff_card().key, None))
    with pytest.raises(FileAbsent):
        PivApplication.select(powered(empty)).certificate()


def test_a_key_that_no_kiosk_knows_is_said_to_be_unknown(pki: Pki) -> None:
    other = pki.credential(people()["unknown-kind"], "sign").certificate
    assert other is not None
    with pytest.raises(KindUnknown):
        piv.algorithm_of(other)
    with pytest.raises(CardProblem):
        piv.algorithm_of(b"\x30\x03\x02\x01\x00")
    ours = pki.staff_card("p256").certificate
    assert ours is not None
    for certificate in odd(ours).values():
        with pytest.raises(CardProblem):
            piv.algorithm_of(certificate)


def test_the_commands_are_those_of_the_page_byte_for_byte() -> None:
    digest = piv.to_sign(MESSAGE, piv.P_256).hex()
    card, script = scripted(
        ("00A404000BA00000030800001000010000", "610F4F06000010000100790 74F05A000000308 9000".replace(" ", "")),
        ("00CB3FFF055C035FC10500", "5309 7004 30020500 710100 9000".replace(" ", "")),
        ("00200080", "63C3"),
        ("0020008008 3733393135 32FFFF", "9000"),
        (f"0087119A267C248200 8120{digest}00", "7C0482023000 9000".replace(" ", "")),
        ("0020FF80", "9000"),
    )
    application = PivApplication.select(card)
    assert application.certificate() == bytes.fromhex("30020500")
    assert application.pin_tries().remaining == 3
    application.verify_pin(bytearray(PIN.encode()))
    assert application.sign(MESSAGE, piv.P_256) == bytes.fromhex("3000")
    application.forget_pin()
    assert script.finished
