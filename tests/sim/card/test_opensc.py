"""OpenSC, which knows nothing of us, takes the virtual card for a My Number Card over the real pcscd."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from smartcard.CardRequest import CardRequest
from smartcard.CardType import AnyCardType

from kiosk.sim.card import VirtualCard
from kiosk.sim.card.piv import PIN, PivCard
from kiosk.sim.card.wire import VpcdCard
from kiosk.sim.people import KeyKind, people
from kiosk.sim.pki import Pki, Purpose
from tests.pcscd import PORT, Pcscd

PERSON = people()["excellent"]

pytestmark = pytest.mark.skipif(not shutil.which("pkcs15-tool"), reason="the package opensc is not installed")


@pytest.fixture
def card(pcscd: Pcscd, pki: Pki) -> Iterator[VirtualCard]:
    """The card of `PERSON` in pcscd's virtual reader."""
    chip = VirtualCard(PERSON, pki)
    with VpcdCard("127.0.0.1", PORT, chip):
        CardRequest(timeout=10, cardType=AnyCardType()).waitforcard()
        yield chip


def run(*command: str) -> str:
    """What the tool prints, in English, whoever's machine this is."""
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_opensc_lists_pins_keys_and_certificates(card: VirtualCard) -> None:
    listed = run("pkcs15-tool", "-D")
    assert "PKCS#15 Card [JPKI]" in listed
    for pin, tries in (("User Authentication PIN", 3), ("Digital Signature PIN", 5)):
        block = listed.split(f"PIN [{pin}]")[1].split("\n\n")[0]
        assert f"Tries left     : {tries}" in block
    for kind in ("User Authentication", "Digital Signature"):
        assert f"Private RSA Key [{kind} Key]" in listed
        assert f"X.509 Certificate [{kind} Certificate]" in listed
        assert f"X.509 Certificate [{kind} Certificate CA]" in listed
    assert not card.my_number_was_read


def test_opensc_reads_the_certificate_anybody_may_read(card: VirtualCard, pki: Pki) -> None:
    read = x509.load_pem_x509_certificate(run("pkcs15-tool", "--read-certificate", "01").encode())
    assert read.public_bytes(Encoding.DER) == pki.credential(PERSON, "auth").certificate


@pytest.mark.parametrize(
    ("purpose", "token", "key", "pin"),
    [
        ("auth", "User Authentication PIN", "01", PERSON.pins.auth),
        ("sign", "Digital Signature PIN", "02", PERSON.pins.sign),
    ],
)
def test_what_opensc_has_signed_openssl_verifies(
    card: VirtualCard, pki: Pki, tmp_path: Path, purpose: Purpose, token: str, key: str, pin: str
) -> None:
    data, signature, public = tmp_path / "data", tmp_path / "signature", tmp_path / "public.pem"
    data.write_bytes(b"what the person agrees to")
    der = pki.credential(PERSON, purpose).certificate or b""
    public.write_bytes(
        x509.load_der_x509_certificate(der).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    sign = ["--sign", "--mechanism", "SHA256-RSA-PKCS", "--id", key, "-i", str(data), "-o", str(signature)]
    run("pkcs11-tool", "--token-label", f"JPKI ({token})", "--login", "--pin", pin, *sign)
    assert "Verified OK" in run(
        "openssl", "dgst", "-sha256", "-verify", str(public), "-signature", str(signature), str(data)
    )


def test_a_wrong_pin_typed_into_opensc_costs_one_try(card: VirtualCard) -> None:
    wrong = ["pkcs15-tool", "--verify-pin", "--auth-id", "02", "--pin", "WRONG99"]
    assert subprocess.run(wrong, capture_output=True, timeout=60).returncode != 0
    assert card.pins["sign"].left == 4


@pytest.mark.parametrize(
    ("kind", "mechanism", "digest"),
    [
        ("rsa2048", ["SHA256-RSA-PKCS"], "sha256"),
        ("p256", ["ECDSA", "--signature-format", "openssl"], "sha256"),
        ("p384", ["ECDSA", "--signature-format", "openssl"], "sha384"),
    ],
)
def test_opensc_takes_the_piv_card_for_one_and_openssl_what_it_signs(
    pcscd: Pcscd, pki: Pki, tmp_path: Path, kind: KeyKind, mechanism: list[str], digest: str
) -> None:
    chip = PivCard(pki.staff_card(kind))
    data, signature, public = tmp_path / "data", tmp_path / "signature", tmp_path / "public.pem"
    given = tmp_path / "given"
    given.write_bytes(b"what the caretaker gives")
    data.write_bytes(given.read_bytes() if kind == "rsa2048" else hashlib.new(digest, given.read_bytes()).digest())
    with VpcdCard("127.0.0.1", PORT, chip):
        CardRequest(timeout=10, cardType=AnyCardType()).waitforcard()
        assert "Personal Identity Verification Card" in run("piv-tool", "--name")
        pinned = x509.load_pem_x509_certificate(pki.staff_certificate(kind).read_bytes())
        assert x509.load_pem_x509_certificate(run("pkcs15-tool", "--read-certificate", "01").encode()) == pinned
        sign = ["--sign", "--id", "01", "-i", str(data), "-o", str(signature), "--mechanism", *mechanism]
        run("pkcs11-tool", "--login", "--pin", PIN, *sign)
        wrong = ["pkcs15-tool", "--verify-pin", "--auth-id", "01", "--pin", "000000"]
        assert subprocess.run(wrong, capture_output=True, timeout=60).returncode != 0 and chip.pins["piv"].left == 2
    public.write_bytes(pinned.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    asked = ["-verify", str(public), "-signature", str(signature), str(given)]
    assert "Verified OK" in run("openssl", "dgst", f"-{digest}", *asked)
