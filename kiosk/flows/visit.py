"""What one visit knows so far, and its dealings with the card: have it set, have a PIN typed, use the PIN once.

A card comes and goes as it likes. Whatever goes wrong with it is either a reason to ask again (`Visit.fault`, in the
words of the screen `set_card` or `pin`) or the end of the linking (`refusal.Stop`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

from kiosk.card.apdu import ApplicationAbsent, CardError, CardLost, CardReset, FileAbsent, PinBlocked, PinWrong
from kiosk.card.application import Application as AnyApplication
from kiosk.card.jpki import JpkiApplication, TokenKind
from kiosk.card.licence import LicenceApplication
from kiosk.card.pin import PinRule, erase
from kiosk.card.text import Attributes, TextApplication
from kiosk.flows.ends import CardPulled
from kiosk.flows.kiosk import Kiosk
from kiosk.flows.outcomes import End
from kiosk.flows.refusal import Stop
from kiosk.flows.runner import Move
from kiosk.flows.screen import Screen, Sound
from kiosk.portal.model import Held, Linked, Linking

NEXT, BACK = Move.NEXT, Move.BACK
Application = TextApplication | JpkiApplication | LicenceApplication
A = TypeVar("A", bound=AnyApplication)
PHONES = (TokenKind.ANDROID, TokenKind.IPHONE)
AT_THE_PAD = ("wrong", "reset")  # faults that the PIN's screen tells
MOST_RESETS = 2  # of the card, in one visit; one that resets itself more often has a bad contact


class OtherCard(Exception):
    """The certificate belongs to another person than the attributes read before."""


@dataclass
class Visit:
    """What one linking knows so far. It lives as long as the process does."""

    kiosk: Kiosk
    selected: AnyApplication | None = field(default=None, repr=False)
    selected_on: int = -1  # the insertion that `selected` belongs to
    pin: bytearray = field(default_factory=bytearray, repr=False)
    fault: str = ""  # why the person is asked again: "wrong", "reset", "removed", "other_card"
    resets: int = 0  # how often the card has lost a PIN that was right
    phone_on: int = -1  # the insertion at which a phone was held to the reader
    attributes: Attributes | None = field(default=None, repr=False)
    linking: Linking | None = field(default=None, repr=False)
    held: Held | None = field(default=None, repr=False)
    linked: Linked | None = field(default=None, repr=False)

    def select(self, application: type[A]) -> A:
        """The application on the card that is in now; selected only once while the card stays."""
        insertion, selected = self.kiosk.insertion, self.selected
        if isinstance(selected, application) and selected.current and self.selected_on == insertion:
            return selected
        self.selected = fresh = application.select(self.kiosk.card())
        self.selected_on = insertion
        return fresh

    def told_fault(self) -> str:
        fault, self.fault = self.fault, ""
        return fault

    def wipe_pin(self) -> None:
        erase(self.pin)

    def cancel(self) -> None:
        """Undo at the portal what was begun and not completed."""
        if self.linking is not None and self.linked is None:
            linking, self.linking = self.linking, None
            self.kiosk.portal.cancel(linking)


def ask(visit: Visit, screen: Screen) -> str:
    """Ask; when the card is taken out, clear the screen, wait for it to come back, and ask again."""
    removed = Screen("set_card", {"fault": "removed"}, step=screen.step, sound=Sound.ERROR)
    last = None
    while True:
        try:
            return visit.kiosk.ask(screen)
        except CardPulled:
            visit.kiosk.await_card(removed, newer_than=last)
            last = visit.kiosk.insertion
            with suppress(CardLost):  # gone again: asked for again
                visit.kiosk.card()


def set_card(visit: Visit, step: int | None, application: type[A]) -> A | Move:
    """The application of the card in the slot, asking for a card until one has it. BACK when the person goes back."""
    fault = visit.told_fault()
    unsuitable = visit.kiosk.insertion if fault == "other_card" else None
    if visit.phone_on == visit.kiosk.insertion:
        fault, unsuitable = "phone", visit.phone_on
    while True:
        facts = {"fault": fault, "kind": "card"}
        if visit.kiosk.await_card(Screen("set_card", facts, ("back",), step=step), newer_than=unsuitable):
            return BACK
        unsuitable = visit.kiosk.insertion
        try:
            return visit.select(application)
        except CardLost:
            fault = "removed"
        except ApplicationAbsent:
            fault = _what_it_is(visit)


def _what_it_is(visit: Visit) -> str:
    """Words for something in the slot that lacks the application."""
    try:
        label = visit.select(JpkiApplication).token_label()
        return "phone" if label in PHONES else "not_my_number_card"
    except CardLost:
        return "removed"
    except CardError:
        return "not_my_number_card"


def enter_pin(visit: Visit, step: int, application: type[Application], rule: PinRule, locked: End) -> str | Move:
    """As `type_pin`; without a card the person is asked for one, and then for the PIN."""
    told = visit.fault if visit.fault in AT_THE_PAD else ""
    while True:
        app = set_card(visit, step, application)
        if isinstance(app, Move):
            return app
        try:
            return type_pin(visit, step, app, rule, locked, fault=told)
        except (CardLost, CardPulled):
            visit.fault = "removed"


def type_pin(
    visit: Visit, step: int | None, app: Application, rule: PinRule, locked: End, device: str = "card", fault: str = ""
) -> str | Move:
    """Ask the card for its tries, then the person for the PIN, which `visit.pin` holds afterwards.

    Returns NEXT, BACK, or another answer of the pad. The last try is never spent without a yes. Raises CardLost or
    CardPulled when the card goes, and Stop for a PIN that cannot be used.
    """
    other = ("back", "card") if device == "phone" else ("back",)
    remaining = _tries_left(visit, app, locked)
    facts = {"pin": rule.name, "most": rule.max_tries, "remaining": remaining, "fault": fault, "device": device}
    if remaining == 1:
        last = Screen("last_try", facts, ("yes", "back"), step=step, needs_card=True, sound=Sound.ERROR)
        if visit.kiosk.ask(last) == "back":
            return BACK
    answer = visit.kiosk.ask_pin(Screen("pin", facts, other, step=step, needs_card=True), rule)
    if isinstance(answer, str):
        return BACK if answer == "back" else answer
    visit.pin = answer
    return NEXT


def _tries_left(visit: Visit, app: Application, locked: End) -> int | None:
    """None where the card does not say. Raises Stop for a PIN that cannot be used: locked, or never issued."""
    if isinstance(app, LicenceApplication):
        tries = app.pin_tries()
        if tries.blocked:
            raise Stop(locked)
        return tries.remaining
    never_issued = End.NO_PINS if isinstance(app, TextApplication) else End.CERTIFICATE_ABSENT
    try:
        tries = app.sign_pin_tries() if isinstance(app, JpkiApplication) else app.pin_tries()
    except FileAbsent:
        raise Stop(never_issued) from None
    if tries.blocked:
        issued = visit.select(JpkiApplication).certificate_availability().sign
        raise Stop(locked if issued else never_issued)
    return tries.remaining


def with_pin(visit: Visit, application: type[A], locked: End, use: Callable[[A], None]) -> Move:
    """Use the PIN once on the card it was typed for, then overwrite it. BACK: ask again, `visit.fault` says why."""
    try:
        if visit.selected is None or visit.kiosk.insertion != visit.selected_on:
            raise CardLost
        use(visit.select(application))
    except PinWrong:
        visit.fault = "wrong"
        return BACK
    except PinBlocked:
        raise Stop(locked) from None
    except CardReset as reset:
        visit.resets += 1
        if visit.resets > MOST_RESETS:
            raise reset.problem from None
        visit.fault = "reset"
        return BACK
    except OtherCard:
        visit.fault = "other_card"
        return BACK
    except CardLost:
        visit.fault = "removed"
        return BACK
    finally:
        visit.wipe_pin()
    return NEXT


def require_certificate(visit: Visit) -> None:
    if not visit.select(JpkiApplication).certificate_availability().sign:
        raise Stop(End.CERTIFICATE_ABSENT)
