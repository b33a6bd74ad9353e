"""pyjpki, another's program for real cards, reads and signs with the virtual card over the real pcscd.

pyjpki is on no package index and states no licence, so it is no dependency of ours. To run this test put a copy of
github.com/meowkawaiijp/pyjpki, and the package pyasn1 that it needs, on PYTHONPATH.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from smartcard.CardRequest import CardRequest
from smartcard.CardType import AnyCardType

from kiosk.sim.card import VirtualCard
from kiosk.sim.card.wire import VpcdCard
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from tests.pcscd import PORT, Pcscd

pyjpki: Any = pytest.importorskip("pyjpki", reason="pyjpki is not on PYTHONPATH (no package, no licence: see above)")

PERSON = people()["excellent"]


@pytest.fixture
def card(pcscd: Pcscd, pki: Pki) -> Iterator[VirtualCard]:
    chip = VirtualCard(PERSON, pki)
    with VpcdCard("127.0.0.1", PORT, chip):
        CardRequest(timeout=10, cardType=AnyCardType()).waitforcard()
        chip.trace.clear()
        yield chip


def test_pyjpki_reads_the_four_attributes(card: VirtualCard) -> None:
    with pyjpki.CardManager() as manager:
        manager.verify_pin(PERSON.pins.text, pin_type="attr")
        info = manager.read_personal_info()
    assert (info.name, info.address) == (PERSON.name, PERSON.address)
    assert info.birth_date.replace("-", "") == PERSON.birth_date and info.gender == "Female"
    assert not card.my_number_was_read


@pytest.mark.parametrize("purpose", ["sign", "auth"])
def test_pyjpki_reads_each_certificate_and_signs_with_its_key(card: VirtualCard, pki: Pki, purpose: Any) -> None:
    pin = PERSON.pins.sign if purpose == "sign" else PERSON.pins.auth
    with pyjpki.CardManager() as manager:
        manager.verify_pin(pin, pin_type=purpose)
        certificate: x509.Certificate = manager.read_certificate(purpose)
        signature = bytes(manager.sign_data(b"statement", sign_type=purpose, pin=pin))
    assert certificate.public_bytes(Encoding.DER) == pki.credential(PERSON, purpose).certificate
    public = certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    # pyjpki leaves the NULL parameters out of its DigestInfo, so openssl would refuse the signature. The card has
    # signed what it was given, byte for byte.
    recovered = public.recover_data_from_signature(signature, padding.PKCS1v15(), None)
    assert recovered == bytes.fromhex("302F300B0609608648016503040201 0420") + sha256(b"statement").digest()


def test_a_wrong_pin_typed_into_pyjpki_costs_one_try(card: VirtualCard) -> None:
    with pyjpki.CardManager() as manager, pytest.raises(pyjpki.PinVerificationError):
        manager.verify_pin("0000", pin_type="attr")
    assert card.pins["text"].left == 2
