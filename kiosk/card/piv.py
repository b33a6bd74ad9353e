"""The PIV application (NIST SP 800-73), on a card of the staff's: its certificate for PIV Authentication, and the
signature that its key 9A makes behind the PIN. docs/piv.md says what is known of it, and from where.

    SELECT                 00 A4 04 00  A0 00 00 03 08 00 00 10 00 01 00   what it is called comes back
    GET DATA               00 CB 3F FF  5C 03 5F C1 05                     53 { 70 certificate, 71 how, FE }
    VERIFY                 00 20 00 80  the PIN, filled up with FF to eight bytes; without data it tells the tries
    VERIFY                 00 20 FF 80  the PIN counts as verified no more
    GENERAL AUTHENTICATE   00 87 algorithm 9A  7C { 82 nothing, 81 what is to be signed }    7C { 82 signature }

Which algorithm the key has, its certificate says. An RSA key signs what it is given, so it is given a padded digest
(RFC 8017, EMSA-PKCS1-v1_5); an elliptic one a digest of its own size, and answers as DER. What is longer than 255
bytes goes out in several commands (CLA 10, then 00).
"""

from __future__ import annotations

import hashlib
import zlib
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from kiosk.card import tlv, verify
from kiosk.card.apdu import SHORT_LE, Card, CardProblem, FileAbsent, KindUnknown, StatusWord, describe
from kiosk.card.application import Application
from kiosk.card.pin import PIV_PIN, Tries

CERTIFICATE: Final = bytes.fromhex("5FC105")
KEY: Final = 0x9A
RSA_2048, P_256, P_384 = 0x07, 0x11, 0x14  # SP 800-78

PIN_BYTES: Final = 8
LONGEST_PART: Final = 255
LARGEST_CERTIFICATE: Final = 2560  # bytes: SP 800-73 has 1856, and one that comes gzipped may be more
SHA256_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")  # DigestInfo, up to the digest


class PivApplication(Application):
    NAME = "PIV application"
    AID = bytes.fromhex("A000000308000010000100")
    SELECT_P2 = 0x00
    PIN = PIV_PIN

    def certificate(self) -> bytes:
        """That of key 9A, DER. No PIN needed. Raises `FileAbsent` without one."""
        return self._steadily(_certificate)

    def pin_tries(self) -> Tries:
        """Tries left of the PIN; costs none."""
        return self.tries_of(PIV_PIN)

    def verify_pin(self, pin: bytearray) -> None:
        """Present the PIN, once. Raises as `verify.present` does."""
        fault = PIV_PIN.fault(pin)
        if fault is not None:
            raise ValueError(f"PIV PIN: {fault.value}")
        self._present(lambda card: verify.present_bytes(card, PIV_PIN, bytes(pin).ljust(PIN_BYTES, b"\xff")))

    def sign(self, message: bytes, algorithm: int) -> bytes:
        """The signature of key 9A over a message: PKCS #1 v1.5 with SHA-256, or ECDSA with a digest of the curve's
        size, as DER. Needs `verify_pin`."""
        return self._steadily(lambda card: _sign(card, to_sign(message, algorithm), algorithm), behind_pin=True)

    def forget_pin(self) -> None:
        """The card is to take its PIN for verified no more. One of before SP 800-73-4 may not know how."""
        self.card.exchange("VERIFY (PIV PIN, no more)", (0x00, 0x20, 0xFF, 0x80), once=True)
        self.card.verified.discard(PIV_PIN.name)


def algorithm_of(certificate: bytes) -> int:
    """How the key of this certificate signs. Raises `KindUnknown`."""
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion):
        raise CardProblem("PIV certificate", "cannot be read") from None
    match key:
        case rsa.RSAPublicKey(key_size=2048):
            return RSA_2048
        case ec.EllipticCurvePublicKey(curve=ec.SECP256R1()):
            return P_256
        case ec.EllipticCurvePublicKey(curve=ec.SECP384R1()):
            return P_384
    raise KindUnknown("PIV certificate: a key of another kind than RSA-2048, P-256, P-384")


def to_sign(message: bytes, algorithm: int) -> bytes:
    """What the card is given for it."""
    if algorithm == P_384:
        return hashlib.sha384(message).digest()
    digest = hashlib.sha256(message).digest()
    if algorithm == P_256:
        return digest
    info = SHA256_INFO + digest
    return b"\x00\x01" + b"\xff" * (256 - 3 - len(info)) + b"\x00" + info


def _certificate(card: Card) -> bytes:
    name = "PIV certificate"
    response = card.exchange(name, (0x00, 0xCB, 0x3F, 0xFF), b"\x5c\x03" + CERTIFICATE, le=SHORT_LE)
    if response.status_word == StatusWord.FILE_NOT_FOUND:
        raise FileAbsent(f"{name}: {describe(response.status_word)}")
    if not response.done:
        raise CardProblem(name, status_word=response.status_word)
    parts = tlv.elements(tlv.elements(response.data, name).get(0x53, b""), name)
    found = parts.get(0x70, b"")
    if not found:
        raise FileAbsent(f"{name}: the object is empty")
    if parts.get(0x71, b"\0")[:1] == b"\x01":
        found = _unzipped(found, name)
    if len(found) > LARGEST_CERTIFICATE:
        raise CardProblem(name, "too large")
    return found


def _unzipped(data: bytes, name: str) -> bytes:
    """Of gzip (RFC 1952), and never much more than may be."""
    try:
        return zlib.decompressobj(wbits=31).decompress(data, LARGEST_CERTIFICATE + 1)
    except zlib.error:
        raise CardProblem(name, "its gzip is none") from None


def _sign(card: Card, data: bytes, algorithm: int) -> bytes:
    name = "GENERAL AUTHENTICATE"
    left = _element(0x7C, _element(0x82, b"") + _element(0x81, data))
    while len(left) > LONGEST_PART:
        part, left = left[:LONGEST_PART], left[LONGEST_PART:]
        response = card.exchange(name, (0x10, 0x87, algorithm, KEY), part)
        if not response.ok:
            raise CardProblem(name, status_word=response.status_word)
    response = card.exchange(name, (0x00, 0x87, algorithm, KEY), left, le=SHORT_LE)
    if not response.done:
        raise CardProblem(name, status_word=response.status_word)
    signature = tlv.elements(tlv.elements(response.data, name).get(0x7C, b""), name).get(0x82, b"")
    if not signature:
        raise CardProblem(name, "the answer has no signature")
    return signature


def _element(tag: int, value: bytes) -> bytes:
    """Tag, length, value; the length in its shortest form."""
    length = len(value)
    written = bytes((length,)) if length < 0x80 else b"\x81" + bytes((length,)) if length < 0x100 else None
    return bytes((tag,)) + (written or b"\x82" + length.to_bytes(2, "big")) + value
