"""Certificates of invented people, made on the fly in the form of my-number-card.md §5.3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding

NOW = datetime.now(UTC).replace(microsecond=0)
PERSON = {1: "見本　花子", 4: "319860709", 3: "2", 5: "東京都見本区見本町一丁目２番３号"}


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@dataclass(frozen=True)
class Signer:
    """A certificate and the key that a card would keep."""

    der: bytes
    private: rsa.RSAPrivateKey

    def sign(self, digest_info: bytes) -> bytes:
        """What the card does with a DigestInfo: PKCS#1 v1.5 padding around it, as it is."""
        assert digest_info.hex().startswith("3031300d060960864801650304020105000420") and len(digest_info) == 51
        return self.private.sign(digest_info[19:], padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))


def ca() -> x509.Certificate:
    return _certificate("Invented CA", key("ca").public_key(), None, ca=True)


def signer(person: Mapping[int, str] | None = None) -> Signer:
    """A signature certificate with these otherNames (1.2.392.200149.8.5.5.x), in this order."""
    person = PERSON if person is None else person
    return Signer(_certificate("0001", key("leaf").public_key(), person).public_bytes(Encoding.DER), key("leaf"))


def elliptic() -> bytes:
    public = ec.generate_private_key(ec.SECP384R1()).public_key()
    return _certificate("0002", public, PERSON).public_bytes(Encoding.DER)


def _certificate(
    name: str,
    public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey,
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
