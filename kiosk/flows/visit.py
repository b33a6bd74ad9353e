"""What one linking knows so far, and its dealings with the card: have it set, have a PIN typed, use the PIN once.

A card comes and goes as it likes. Whatever goes wrong with it is either a reason to ask again (`Visit.fault`, in the
words of the screen `set_card` or `pin`) or the end of the linking (`refusal.Stop`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from kiosk.card.apdu import ApplicationAbsent, CardError, CardLost, PinBlocked, PinWrong
from kiosk.card.jpki import JpkiApplication, TokenKind
from kiosk.card.pin import PinRule, Tries, erase
from kiosk.card.text import Attributes, TextApplication
from kiosk.flows.ends import CardPulled
from kiosk.flows.kiosk import Kiosk
from kiosk.flows.outcomes import End
from kiosk.flows.refusal import Stop
from kiosk.flows.runner import Move
from kiosk.flows.screen import Screen, Sound
from kiosk.portal.model import Held, Linked, Linking

NEXT, BACK = Move.NEXT, Move.BACK
Application = TextApplication | JpkiApplication


class OtherCard(Exception):
    """The certificate belongs to another person than the attributes read before."""


@dataclass
class Visit:
    """What one linking knows so far. It lives as long as the process does."""

    kiosk: Kiosk
    selected: Application | None = field(default=None, repr=False)
    selected_on: int = -1  # the insertion that `selected` belongs to
    pin: bytearray = field(default_factory=bytearray, repr=False)
    fault: str = ""  # why the person is asked again: "wrong", "removed", "other_card"
    attributes: Attributes | None = field(default=None, repr=False)
    linking: Linking | None = field(default=None, repr=False)
    held: Held | None = field(default=None, repr=False)
    linked: Linked | None = field(default=None, repr=False)

    def select(self, application: type[Application]) -> Application:
        """The application on the card that is in now; selected only once while the card stays."""
        insertion = self.kiosk.insertion
        if not isinstance(self.selected, application) or self.selected_on != insertion:
            self.selected = application.select(self.kiosk.card())
            self.selected_on = insertion
        return self.selected

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
    while True:
        try:
            return visit.kiosk.ask(screen)
        except CardPulled:
            visit.kiosk.await_card(Screen("set_card", {"fault": "removed"}, step=screen.step, sound=Sound.ERROR))


def set_card(visit: Visit, step: int, application: type[Application], kind: str = "card") -> Application | Move:
    """The application of the card in the slot, asking for a card until one has it. BACK when the person goes back."""
    fault = visit.told_fault()
    unsuitable = visit.kiosk.insertion if fault == "other_card" else None
    while True:
        facts = {"fault": fault, "kind": kind}
        if visit.kiosk.await_card(Screen("set_card", facts, ("back",), step=step), newer_than=unsuitable):
            return BACK
        try:
            return visit.select(application)
        except CardLost:
            fault = "removed"
        except ApplicationAbsent:
            fault = _what_it_is(visit)
            unsuitable = visit.kiosk.insertion


def _what_it_is(visit: Visit) -> str:
    """Words for something in the slot that has no text application."""
    try:
        jpki = visit.select(JpkiApplication)
        assert isinstance(jpki, JpkiApplication)
        return "phone" if jpki.token_label() in (TokenKind.ANDROID, TokenKind.IPHONE) else "not_my_number_card"
    except CardLost:
        return "removed"
    except CardError:
        return "not_my_number_card"


def enter_pin(
    visit: Visit, step: int, application: type[Application], rule: PinRule, locked: End, device: str = "card"
) -> str | Move:
    """Ask the card for its tries, then the person for the PIN, which `visit.pin` holds afterwards.

    Returns NEXT, BACK, or another answer of the pad. The last try is never spent without a yes.
    """
    other = ("back", "card") if device == "phone" else ("back",)
    fault = visit.fault if visit.fault == "wrong" else ""
    while True:
        app = set_card(visit, step, application, device)
        if isinstance(app, Move):
            return app
        try:
            tries = _tries(app)
            if tries.blocked:
                _stop_locked(visit, app, locked)
            facts = {"pin": rule.name, "remaining": tries.remaining, "fault": fault, "device": device}
            if tries.remaining == 1:
                last = Screen("last_try", facts, ("yes", "back"), step=step, needs_card=True, sound=Sound.ERROR)
                if visit.kiosk.ask(last) == "back":
                    return BACK
            answer = visit.kiosk.ask_pin(Screen("pin", facts, other, step=step, needs_card=True), rule)
        except (CardLost, CardPulled):
            visit.fault = "removed"
            continue
        if isinstance(answer, str):
            return answer
        visit.pin = answer
        return NEXT


def _tries(app: Application) -> Tries:
    return app.pin_tries() if isinstance(app, TextApplication) else app.sign_pin_tries()


def with_pin(visit: Visit, application: type[Application], locked: End, use: Callable[[Application], None]) -> Move:
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
    except OtherCard:
        visit.fault = "other_card"
        return BACK
    except CardLost:
        visit.fault = "removed"
        return BACK
    finally:
        visit.wipe_pin()
    return NEXT


def _stop_locked(visit: Visit, app: Application, locked: End) -> None:
    """Tell a locked PIN from a card that was issued without PINs or without the certificate."""
    jpki = visit.select(JpkiApplication)
    assert isinstance(jpki, JpkiApplication)
    if jpki.certificate_availability().sign:
        raise Stop(locked)
    raise Stop(End.NO_PINS if isinstance(app, TextApplication) else End.CERTIFICATE_ABSENT)


def require_certificate(visit: Visit) -> None:
    app = visit.select(JpkiApplication)
    if isinstance(app, JpkiApplication) and not app.certificate_availability().sign:
        raise Stop(End.CERTIFICATE_ABSENT)
