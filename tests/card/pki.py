"""Certificates of invented people, made on the fly in the form of my-number-card.md §5.3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding

from kiosk.sim.people import KeyKind
from kiosk.sim.pki import generate

NOW = datetime.now(UTC).replace(microsecond=0)
PERSON = {1: "見本　花子", 4: "319860709", 3: "2", 5: "東京都見本区見本町一丁目２番３号"}


DIGESTS: dict[int, hashes.HashAlgorithm] = {32: hashes.SHA256(), 48: hashes.SHA384(), 64: hashes.SHA512()}


@cache
def key(name: str, kind: KeyKind = "rsa2048") -> Any:
    return generate(kind)


@dataclass(frozen=True)
class Signer:
    """A certificate and the key that a card would keep. der_signature: it answers an ECDSA signature as DER."""

    der: bytes
    private: Any
    der_signature: bool = False
    asked: list[tuple[int, int]] = field(default_factory=list)  # bytes given to it, bytes expected of it

    def sign(self, to_sign: bytes, length: int) -> bytes:
        """RSA: PKCS#1 v1.5 padding around a DigestInfo, as it is. ECDSA: of a bare digest."""
        self.asked.append((len(to_sign), length))
        if isinstance(self.private, rsa.RSAPrivateKey):
            assert to_sign.hex().startswith("3031300d060960864801650304020105000420") and len(to_sign) == 51
            return self.private.sign(to_sign[19:], padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))
        signature: bytes = self.private.sign(to_sign, ec.ECDSA(utils.Prehashed(DIGESTS[len(to_sign)])))
        size = (self.private.key_size + 7) // 8
        plain = b"".join(number.to_bytes(size, "big") for number in utils.decode_dss_signature(signature))
        return signature if self.der_signature else plain


def ca() -> x509.Certificate:
    return _certificate("Invented CA", key("ca").public_key(), None, ca=True)


def signer(person: Mapping[int, str] | None = None, kind: KeyKind = "rsa2048", der: bool = False) -> Signer:
    """A signature certificate with these otherNames (1.2.392.200149.8.5.5.x), in this order."""
    private = key("leaf", kind)
    return Signer(certified(private.public_key(), PERSON if person is None else person), private, der)


def certified(public: Any, person: Mapping[int, str] = PERSON) -> bytes:
    """A signature certificate for any key."""
    return _certificate("0001", public, person).public_bytes(Encoding.DER)


def elliptic() -> bytes:
    return certified(key("leaf", "p384").public_key())


def _certificate(
    name: str,
    public: Any,
    person: Mapping[int, str] | None,
    ca: bool = False,
) -> x509.Certificate:
    issuer = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Invented CA")])
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder(issuer, subject, public, 0x0ABCDEF1)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=365))
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(
            x509.KeyUsage(not ca, not ca, False, False, False, ca, ca, False, False),
            critical=True,
        )
    )
    if person:
        names = [
            x509.OtherName(x509.ObjectIdentifier(f"1.2.392.200149.8.5.5.{n}"), core.UTF8String(text).dump())
            for n, text in person.items()
        ]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(key("ca"), hashes.SHA256())
