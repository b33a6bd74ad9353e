"""What a card says of itself to anybody who holds it: nothing typed, no try spent, nothing personal read but one date.

A card with extended length and short identifiers is asked 11 times: six commands to the JPKI application, two to the
text application, three to that of the licence; a phone, which carries the first alone, five times.

What stays unknown without a PIN: the end of the signature certificate (it is read behind the signature PIN), whether a
certificate was revoked (the portal knows), and every fact of the licence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from kiosk.card.apdu import ApplicationAbsent, Card, FileAbsent
from kiosk.card.certificate import not_after
from kiosk.card.jpki import JpkiApplication, TokenKind
from kiosk.card.licence import LicenceApplication
from kiosk.card.pin import Tries
from kiosk.card.text import TextApplication


@dataclass(frozen=True)
class LicenceState:
    """The licence on the card. pin_set: without one, whoever has the card can read the licence. pin: its tries."""

    pin_set: bool
    pin: Tries | None


@dataclass(frozen=True)
class CardState:
    """PINs: their tries, None when there is no such PIN. sign_certificate: None when the card does not say.

    auth_until: the end of the user-authentication certificate, None when there is none or it cannot be read. It is a
    birthday (my-number-card.md §5.4), so it is personal. licence: None when none is recorded.
    """

    kind: TokenKind
    sign_certificate: bool | None
    sign_pin: Tries | None
    auth_pin: Tries | None
    text_pin: Tries | None
    auth_until: datetime | None = field(repr=False)
    licence: LicenceState | None

    @classmethod
    def read(cls, jpki: JpkiApplication) -> CardState:
        """Ask the card whose JPKI application is selected. Raises as any command, `CardProblem` on nonsense."""
        kind = jpki.token_label()
        availability = jpki.certificate_availability()
        sign_pin, auth_pin = _tries(jpki.sign_pin_tries), _tries(jpki.auth_pin_tries)
        phone = kind in (TokenKind.ANDROID, TokenKind.IPHONE)
        certificate = jpki.auth_certificate() if availability.auth and not phone else None
        card = jpki.card
        return cls(
            kind=kind,
            sign_certificate=availability.sign if availability.told and kind is not TokenKind.UNKNOWN else None,
            sign_pin=sign_pin,
            auth_pin=auth_pin,
            auth_until=not_after(certificate, "user-authentication certificate") if certificate else None,
            text_pin=None if phone else _text_pin(card),
            licence=None if phone else _licence(card),
        )

    @property
    def pinless(self) -> bool:
        """A card issued without PINs, or so it seems (my-number-card.md §5.6: how it answers is not known for sure)."""
        return self.sign_certificate is False and not usable(self.text_pin) and not usable(self.auth_pin)


def usable(pin: Tries | None) -> bool:
    """Whether there is such a PIN, and it is not locked."""
    return pin is not None and not pin.blocked


def _tries(ask: Callable[[], Tries]) -> Tries | None:
    try:
        return ask()
    except FileAbsent:
        return None


def _text_pin(card: Card) -> Tries | None:
    try:
        return _tries(TextApplication.select(card).pin_tries)
    except ApplicationAbsent:
        return None


def _licence(card: Card) -> LicenceState | None:
    try:
        licence = LicenceApplication.select(card)
    except ApplicationAbsent:
        return None
    return LicenceState(licence.pin_is_set(), _tries(licence.pin_tries))
