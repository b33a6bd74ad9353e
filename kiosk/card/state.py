"""What a card says of itself to anybody who holds it: nothing typed, no try spent, nothing personal read but one date.

A card with extended length and short identifiers is asked 11 times: six commands to the JPKI application, two to the
text application, three to that of the licence; a phone, which carries the first alone, five times.

Each object is asked by itself: one that cannot be read is named in `unread`, and all else is told.

What stays unknown without a PIN: the end of the signature certificate (it is read behind the signature PIN), whether a
certificate was revoked (the portal knows), and every fact of the licence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TypeVar

from kiosk.card.apdu import ApplicationAbsent, CardProblem, FileAbsent
from kiosk.card.certificate import not_after
from kiosk.card.jpki import JpkiApplication, TokenKind
from kiosk.card.licence import LicenceApplication
from kiosk.card.pin import Tries
from kiosk.card.text import TextApplication

T = TypeVar("T")


class Part(Enum):
    """What is asked for, and may be what cannot be read."""

    SIGN_PIN = "sign_pin"
    AUTH_PIN = "auth_pin"
    TEXT_PIN = "text_pin"
    AUTH_UNTIL = "auth_until"
    LICENCE = "licence"
    LICENCE_PIN_SET = "licence_pin_set"
    LICENCE_PIN = "licence_pin"


@dataclass(frozen=True)
class LicenceState:
    """The licence on the card. pin_set: without one, whoever has the card can read the licence; None when it cannot be
    read. pin: its tries."""

    pin_set: bool | None
    pin: Tries | None


@dataclass(frozen=True)
class CardState:
    """PINs: their tries, None when there is no such PIN. sign_certificate, auth_certificate: whether there is one; None
    when the card does not say.

    auth_until: the end of the user-authentication certificate, None when there is none or it cannot be read. It is a
    birthday (my-number-card.md §5.4), so it is personal. licence: None when none is recorded. unread: what is None only
    because it cannot be read here.
    """

    kind: TokenKind
    sign_certificate: bool | None
    sign_pin: Tries | None
    auth_pin: Tries | None
    text_pin: Tries | None
    auth_until: datetime | None = field(repr=False)
    licence: LicenceState | None
    unread: frozenset[Part] = frozenset()
    auth_certificate: bool | None = None

    @classmethod
    def read(cls, jpki: JpkiApplication) -> CardState:
        """Ask the card whose JPKI application is selected. Raises `CardLost`, and `ApplicationAbsent` for a card that
        says nothing by which it could be told from any other."""
        asked = _Asked()
        kind = _kind(jpki)
        availability = jpki.certificate_availability()
        sign_pin, auth_pin = asked(Part.SIGN_PIN, jpki.sign_pin_tries), asked(Part.AUTH_PIN, jpki.auth_pin_tries)
        phone = kind in (TokenKind.ANDROID, TokenKind.IPHONE)
        card = jpki.card
        until = None if phone or not availability.auth else asked(Part.AUTH_UNTIL, lambda: _auth_until(jpki))
        text_pin = None if phone else asked(Part.TEXT_PIN, lambda: TextApplication.select(card).pin_tries())
        licence = None if phone else asked(Part.LICENCE, lambda: LicenceApplication.select(card))
        state = cls(
            kind=kind,
            sign_certificate=None if kind is TokenKind.UNKNOWN else availability.sign_told,
            sign_pin=sign_pin,
            auth_pin=auth_pin,
            auth_until=until,
            text_pin=text_pin,
            licence=LicenceState(
                pin_set=asked(Part.LICENCE_PIN_SET, licence.pin_is_set), pin=asked(Part.LICENCE_PIN, licence.pin_tries)
            )
            if licence
            else None,
            unread=frozenset(asked.unread),
            auth_certificate=None if kind is TokenKind.UNKNOWN else availability.auth_told,
        )
        if kind is TokenKind.UNKNOWN and not any(map(_counted, (sign_pin, auth_pin, text_pin))):
            raise ApplicationAbsent("nothing that only a My Number Card says")
        return state

    @property
    def pinless(self) -> bool:
        """A card issued without PINs, or so it seems (my-number-card.md §5.6: how it answers is not known for sure)."""
        told = self.unread.isdisjoint((Part.TEXT_PIN, Part.AUTH_PIN))
        return told and self.sign_certificate is False and not usable(self.text_pin) and not usable(self.auth_pin)

    def knows(self, part: str) -> bool:
        """Whether this part, by its name, was told: also that there is none."""
        return Part(part) not in self.unread


def usable(pin: Tries | None) -> bool:
    """Whether there is such a PIN, and it is not locked."""
    return pin is not None and not pin.blocked


class _Asked:
    """One question after the other. None: there is no such thing on the card, or it is not told and is `unread`."""

    def __init__(self) -> None:
        self.unread: set[Part] = set()

    def __call__(self, part: Part, question: Callable[[], T]) -> T | None:
        try:
            return question()
        except (FileAbsent, ApplicationAbsent):
            return None
        except CardProblem:
            self.unread.add(part)
            return None


def _kind(jpki: JpkiApplication) -> TokenKind:
    try:
        return jpki.token_label()
    except (FileAbsent, CardProblem):
        return TokenKind.UNKNOWN


def _auth_until(jpki: JpkiApplication) -> datetime | None:
    certificate = jpki.auth_certificate()
    return not_after(certificate, "user-authentication certificate") if certificate else None


def _counted(pin: Tries | None) -> bool:
    return pin is not None and bool(pin.remaining)
