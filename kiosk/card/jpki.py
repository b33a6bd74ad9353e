"""The JPKI application (公的個人認証): the signature certificate and the signature, behind the signature PIN; the
user-authentication certificate, which a card shows to everybody and a phone behind its PIN.

A phone held to the reader carries the same application under the same AID; its token label tells it apart
(my-number-card.md §1, §2.1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from kiosk.card import verify
from kiosk.card.apdu import SHORT_LE, Card, CardError, CardLost, CardProblem, FileAbsent, StatusWord
from kiosk.card.application import Application
from kiosk.card.file import read_object, read_start
from kiosk.card.pin import AUTH_PIN, SIGN_PIN, PinRule, Tries

SIGN_CERTIFICATE_EF: Final = 0x0001
TOKEN_INFO_EF: Final = 0x0006
AVAILABILITY_EF: Final = 0x0008
AUTH_CERTIFICATE_EF: Final = 0x000A
SIGN_KEY_EF: Final = 0x001A

CERTIFICATE_TAG: Final = 0x30
CERTIFICATE_BEGINS: Final = bytes.fromhex("3082")  # one of 256 bytes or more; filler is none
AVAILABLE: Final = 0x8F


class TokenKind(Enum):
    """Who answers, by the label of EF 0006."""

    CARD = "card"
    ANDROID = "android"
    IPHONE = "iphone"
    UNKNOWN = "unknown"


TOKEN_LABELS: Final = {
    b"JPKIAPICCTOKEN2": TokenKind.CARD,
    b"JPKIAPICCTOKEN": TokenKind.CARD,  # older and test cards
    b"JPKIAPGPSETOKEN": TokenKind.ANDROID,
    b"JPKIAPIOSTOKEN": TokenKind.IPHONE,  # one source; if wrong, an iPhone is UNKNOWN
}


@dataclass(frozen=True)
class Availability:
    """Which certificates the card holds. True also when that is not known: where EF 0008 cannot be read, `told` is
    False, and only the absence of a certificate's file is known."""

    sign: bool
    auth: bool
    told: bool = True

    @property
    def sign_told(self) -> bool | None:
        """Whether there is a signature certificate; None when that is not known."""
        return None if self.sign and not self.told else self.sign

    @property
    def auth_told(self) -> bool | None:
        """The same of the user-authentication certificate."""
        return None if self.auth and not self.told else self.auth


class JpkiApplication(Application):
    NAME = "JPKI application"
    AID = bytes.fromhex("D392F000260100000001")
    PIN = SIGN_PIN

    def token_label(self) -> TokenKind:
        """Card or phone. No PIN needed."""
        label = self._steadily(lambda card: read_start(card, TOKEN_INFO_EF, 32, "token label"))
        return TOKEN_LABELS.get(label.rstrip(b" \x00"), TokenKind.UNKNOWN)

    def is_certain(self) -> bool:
        """Whether something is said here that only such a card or phone says: the label of its token, or tries that are
        counted. One that says yes to everything has let this application be selected, too. Raises `CardLost`."""
        return any(map(self._says, (self._has_label, self._counts(SIGN_PIN), self._counts(AUTH_PIN))))

    def _has_label(self) -> bool:
        return self.token_label() is not TokenKind.UNKNOWN

    def _counts(self, rule: PinRule) -> Callable[[], bool]:
        return lambda: bool(self.tries_of(rule).remaining)

    def _says(self, asked: Callable[[], bool]) -> bool:
        try:
            return asked()
        except CardLost:
            raise
        except CardError:
            return False

    def certificate_availability(self) -> Availability:
        """Which certificates exist. No PIN needed.

        EF 0008 is known from one source only. Of a card without a readable one it is seen whether there is a file for
        the signature certificate; where there is, it is taken to hold both: reading the certificate then tells.
        """
        try:
            sign, auth = self._steadily(lambda card: read_start(card, AVAILABILITY_EF, 2, "certificate availability"))
        except (FileAbsent, CardProblem):
            return Availability(sign=self._has_file(SIGN_CERTIFICATE_EF), auth=True, told=False)
        return Availability(sign=sign == AVAILABLE, auth=auth == AVAILABLE)

    def _has_file(self, ef: int) -> bool:
        """False only when the card says so: whether a file can be selected needs no PIN."""
        try:
            self._steadily(lambda card: card.select_file(ef))
        except FileAbsent:
            return False
        except CardProblem:
            return True
        return True

    def auth_certificate(self) -> bytes | None:
        """The user-authentication certificate, DER, without filler; no PIN needed on a card.

        None when there is none, or when it is shown only behind its PIN (phones, §1).
        """
        try:
            return self._steadily(
                lambda card: read_object(card, AUTH_CERTIFICATE_EF, CERTIFICATE_TAG, "user-authentication certificate")
            )
        except FileAbsent:
            return None
        except CardProblem as problem:
            if problem.status_word == StatusWord.SECURITY_STATUS_NOT_SATISFIED:
                return None
            raise

    def mark(self) -> bytes:
        """By what this card is known again, no PIN needed: a digest of how its user-authentication certificate begins,
        which is with its serial number, its issuer and its dates. No two cards have the same.

        Empty where it cannot be told: there is no such certificate, or it is not shown. Raises `CardLost`.
        """
        try:
            begin = self._steadily(lambda card: read_start(card, AUTH_CERTIFICATE_EF, SHORT_LE, "mark of the card"))
        except CardLost:
            raise
        except CardError:
            return b""
        return hashlib.sha256(begin).digest() if begin.startswith(CERTIFICATE_BEGINS) else b""

    def sign_pin_tries(self) -> Tries:
        """Tries left of the signature PIN; costs none."""
        return self.tries_of(SIGN_PIN)

    def auth_pin_tries(self) -> Tries:
        """Tries left of the user-authentication PIN; costs none."""
        return self.tries_of(AUTH_PIN)

    def verify_sign_pin(self, pin: bytearray) -> None:
        """Present the signature PIN, once. Raises as `TextApplication.verify` does."""
        self._present(lambda card: verify.present(card, SIGN_PIN, pin))

    def sign_certificate(self) -> bytes:
        """The signature certificate, DER, without filler. Needs `verify_sign_pin`. Raises `FileAbsent` without one."""
        return self._steadily(
            lambda card: read_object(card, SIGN_CERTIFICATE_EF, CERTIFICATE_TAG, "signature certificate"),
            behind_pin=True,
        )

    def sign(self, to_sign: bytes, length: int = SHORT_LE) -> bytes:
        """The card's signature over what a key of its kind signs (card/cms.py); at most `length` bytes are expected.

        Needs `verify_sign_pin` before. The key by short identifier (P2 9A) is known from one source; a card that
        refuses it gets SELECT EF 001A and P2 80. A refused command signs nothing, and signing costs no try.
        """
        return self._steadily(lambda card: _sign(card, to_sign, length), behind_pin=True)


def _sign(card: Card, to_sign: bytes, length: int) -> bytes:
    name = "COMPUTE DIGITAL SIGNATURE"
    le = max(length, SHORT_LE) if card.extended else SHORT_LE  # without extended length 61xx brings the rest
    response = None
    if card.short_ids is not False:
        card.file = None
        response = card.exchange(name, (0x80, 0x2A, 0x00, 0x80 | SIGN_KEY_EF & 0x1F), to_sign, le=le)
    if response is None or not (response.done or response.status_word == StatusWord.SECURITY_STATUS_NOT_SATISFIED):
        card.select_file(SIGN_KEY_EF)
        response = card.exchange(name, (0x80, 0x2A, 0x00, 0x80), to_sign, le=le)
    if not response.ok and not (response.warned and response.data):
        raise CardProblem(name, status_word=response.status_word)
    return response.data
