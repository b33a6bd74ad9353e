"""A card of the staff's, judged: what it is to sign, whether it did, and which certificate it has. Nothing is read from
a card here: a session hands in what the card gave (kiosk/flows/staff/card.py), and cannot make it up.

A challenge is 32 random bytes behind a name and the staff number, so that what was signed for one number, or for
something else, is nothing here. There is one at a time, for CHALLENGE_SECONDS, and it is spent by the first that is
shown for it, right or wrong.

What is trusted is the one certificate, by its SHA-256. Who has issued it, when it ends and whether it was revoked is
not asked: a card is trusted until root takes it away (docs/decisions/0020).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from kiosk.config.certificate import UNUSABLE

CHALLENGE_SECONDS = 60.0
CONTEXT = b"kiosk staff card 1\0"
NONCE_BYTES = 32
DIGESTS: dict[str, hashes.HashAlgorithm] = {"secp256r1": hashes.SHA256(), "secp384r1": hashes.SHA384()}
RSA_BITS = 2048


class NotACard(Exception):
    """This is no certificate that a card could be pinned by. One line."""


class Challenges:
    """monotonic: seconds. For one thread."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._number, self._challenge, self._until = 0, b"", 0.0

    def new(self, number: int) -> bytes:
        self._number, self._until = number, self._monotonic() + CHALLENGE_SECONDS
        self._challenge = CONTEXT + number.to_bytes(4, "big") + os.urandom(NONCE_BYTES)
        return self._challenge

    def signed(self, number: int, pinned: str | None, certificate: bytes, signature: bytes) -> bool:
        """Whether the key of this certificate has signed what was given for this number, and the certificate is the
        pinned one, by its fingerprint. No other is parsed."""
        challenge, self._challenge = self._challenge, b""
        if not challenge or number != self._number or self._monotonic() >= self._until:
            return False
        if pinned != fingerprint(certificate):
            return False
        try:
            _verify(_known(_parsed(x509.load_der_x509_certificate, certificate)), challenge, signature)
        except (NotACard, InvalidSignature):
            return False
        return True


def fingerprint(certificate: bytes) -> str:
    """SHA-256, in hex. certificate: DER."""
    return hashlib.sha256(certificate).hexdigest()


def read(data: bytes) -> x509.Certificate:
    """A certificate from a file, PEM or DER, with a key that the kiosk can use. Raises NotACard."""
    pem = data.lstrip().startswith(b"-----BEGIN")
    certificate = _parsed(x509.load_pem_x509_certificate if pem else x509.load_der_x509_certificate, data)
    _known(certificate)
    return certificate


Key = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


def _parsed(parse: Callable[[bytes], x509.Certificate], data: bytes) -> x509.Certificate:
    try:
        return parse(data)
    except UNUSABLE:
        raise NotACard("this is no certificate, PEM or DER") from None


def _known(certificate: x509.Certificate) -> Key:
    try:
        key = certificate.public_key()
    except UNUSABLE:
        raise NotACard("its key cannot be read") from None
    if isinstance(key, rsa.RSAPublicKey) and key.key_size == RSA_BITS:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in DIGESTS:
        return key
    raise NotACard("its key is of another kind than RSA-2048, P-256, P-384")


def _verify(key: Key, message: bytes, signature: bytes) -> None:
    """Raises InvalidSignature."""
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    else:
        key.verify(signature, message, ec.ECDSA(DIGESTS[key.curve.name]))
