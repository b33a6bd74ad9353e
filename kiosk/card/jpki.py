"""The JPKI application (公的個人認証): the signature certificate and the signature, behind the signature PIN.

A phone held to the reader carries the same application under the same AID; its token label tells it apart
(my-number-card.md §1, §2.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from kiosk.card.application import Application
from kiosk.card.pin import Tries


class TokenKind(Enum):
    """Who answers, by the label of EF 0006."""

    CARD = "card"
    ANDROID = "android"
    IPHONE = "iphone"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Availability:
    """Which certificates the card says it holds (EF 0008). True also when the card does not say."""

    sign: bool
    auth: bool


class JpkiApplication(Application):
    NAME = "JPKI application"
    AID = bytes.fromhex("D392F000260100000001")

    def token_label(self) -> TokenKind:
        """Card or phone. No PIN needed."""
        raise NotImplementedError

    def certificate_availability(self) -> Availability:
        """Which certificates exist. No PIN needed."""
        raise NotImplementedError

    def sign_pin_tries(self) -> Tries:
        """Tries left of the signature PIN; costs none."""
        raise NotImplementedError

    def auth_pin_tries(self) -> Tries:
        """Tries left of the user-authentication PIN; costs none."""
        raise NotImplementedError

    def verify_sign_pin(self, pin: bytearray) -> None:
        """Present the signature PIN, once. Raises `PinWrong`, `PinBlocked`; `ValueError` when its form is wrong."""
        raise NotImplementedError

    def sign_certificate(self) -> bytes:
        """The signature certificate, DER, without filler. Needs `verify_sign_pin`. Raises `FileAbsent` when there is none."""
        raise NotImplementedError

    def sign(self, digest_info: bytes) -> bytes:
        """The card's signature over a DER DigestInfo. Needs `verify_sign_pin` before."""
        raise NotImplementedError
