"""A visit's dealings with the card: have it set, have a PIN typed, use the PIN once.

A card comes and goes as it likes. Whatever goes wrong with it is either a reason to ask again (`CardInHand.fault`, in
the words of the screen `set_card` or `pin`) or the end of what was wanted (`refusal.Stop`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final, Generic, TypeVar

from kiosk.advice import pins
from kiosk.advice.outcomes import End
from kiosk.advice.pins import Pin
from kiosk.card.apdu import (
    ApplicationAbsent,
    CardError,
    CardLost,
    CardProblem,
    CardReset,
    FileAbsent,
    PinBlocked,
    PinWrong,
)
from kiosk.card.application import Application
from kiosk.card.jpki import JpkiApplication, TokenKind
from kiosk.card.licence import LicenceApplication
from kiosk.card.pin import erase
from kiosk.card.text import TextApplication
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.ends import CardPulled
from kiosk.flows.asking.runner import Move
from kiosk.flows.asking.screen import Screen, Sound
from kiosk.flows.refusal import Stop

NEXT, BACK = Move.NEXT, Move.BACK
A = TypeVar("A", bound=Application)
PHONES: Final = (TokenKind.ANDROID, TokenKind.IPHONE)
AT_THE_PAD: Final = ("wrong", "reset")  # faults that the PIN's screen tells
NOT_OURS: Final = "not_my_number_card"
ANOTHER: Final = ("other_card", NOT_OURS)  # faults that another card mends
MOST_RESETS: Final = 2  # of the card, in one visit; one that resets itself more often has a bad contact


class OtherCard(Exception):
    """The certificate belongs to another person than the attributes read before."""


class NotKnownAgain(Exception):
    """It cannot be told whether the card that was put back is the one that was taken out."""


@dataclass(frozen=True)
class PinUse(Generic[A]):
    """A PIN that is typed here: the application that asks for it, its words, and how it ends when it is locked.

    never_issued: how it ends on a card that never had this PIN, which may look locked, too; None for one that is always
    there where its application is. unsure: how it ends where nobody can tell which of the two it is; None: as locked.
    """

    application: type[A]
    pin: Pin
    locked: End
    never_issued: End | None
    unsure: End | None = None


TEXT: Final = PinUse(TextApplication, pins.TEXT, End.TEXT_PIN_LOCKED, End.NO_PINS, End.TEXT_PIN_UNUSABLE)
SIGN: Final = PinUse(JpkiApplication, pins.SIGN, End.SIGN_PIN_LOCKED, End.CERTIFICATE_ABSENT, End.SIGN_PIN_UNUSABLE)
PHONE: Final = PinUse(JpkiApplication, pins.PHONE, End.PHONE_PIN_LOCKED, End.PHONE_CERTIFICATE)
LICENCE: Final = PinUse(LicenceApplication, pins.LICENCE, End.LICENCE_PIN_LOCKED, None)


@dataclass
class CardInHand:
    """The card of one visit, and a PIN while it is on its way to it. It lives as long as the flow does."""

    kiosk: Kiosk
    selected: Application | None = field(default=None, repr=False)
    selected_on: int = -1  # the insertion that `selected` belongs to
    pin: bytearray = field(default_factory=bytearray, repr=False)
    fault: str = ""  # why the person is asked again: "wrong", "reset", "removed", or one of ANOTHER
    resets: int = 0  # how often the card has lost a PIN that was right
    phone_on: int = -1  # the insertion at which a phone was held to the reader
    mark: bytes = field(default=b"", repr=False)  # of the card whose attributes were read; empty: none can be told
    marked_on: int = -1  # the last insertion of that card

    @property
    def phone(self) -> bool:
        """Whether it is a phone that was held to the reader last."""
        return self.phone_on == self.kiosk.insertion

    def select(self, application: type[A]) -> A:
        """The application on the card that is in now; selected only once while the card stays, and until it has taken a
        PIN. That PIN counts as verified, and its tries are not told, until another application has been selected."""
        insertion, selected = self.kiosk.insertion, self.selected
        if isinstance(selected, application) and selected.current and self.selected_on == insertion:
            card = self.kiosk.card()
            if not card.verified:
                return selected
            with suppress(ApplicationAbsent, CardProblem):  # a phone has no other; its PIN may count as verified still
                (JpkiApplication if application is TextApplication else TextApplication).select(card)
        self.selected = fresh = application.select(self.kiosk.card())
        self.selected_on = insertion
        return fresh

    def know_again(self) -> None:
        """Remember which card is in: only this one brings back what was read of it. Raises CardLost."""
        self.mark = self._mark()
        self.marked_on = self.kiosk.insertion

    def ask(self, screen: Screen, personal: bool = False) -> str:
        """Ask; when the card is taken out, clear the screen, wait for the same card to come back, and ask again. A
        phone may go: whoever has held it there has put the card away, and is asked for one of the two when it is needed
        again.

        personal: it shows what was read of the card. Raises NotKnownAgain rather than show it to whoever has put in a
        card of which nobody can tell.
        """
        if self.phone:
            screen = replace(screen, needs_card=False)
        while True:
            try:
                return self.kiosk.ask(screen)
            except CardPulled:
                self._await_same(screen.step)
                if personal and not self.mark:
                    raise NotKnownAgain from None

    def told_fault(self) -> str:
        """Why the person is asked again; it is told once."""
        fault, self.fault = self.fault, ""
        return fault

    # A card, or a phone, with the application that is wanted.

    def await_card(self, step: int | None, application: type[A]) -> A | None:
        """The application of the card in the slot, asking for a card until one has it. None: the person goes back."""
        fault = self._told_fault_of_the_slot()
        unsuitable = self.kiosk.insertion if fault in ANOTHER else None
        if self.phone:
            fault, unsuitable = "phone", self.phone_on
        while True:
            facts = {"fault": fault, "kind": "card"}
            if self.kiosk.await_card(Screen("set_card", facts, ("back",), step=step), newer_than=unsuitable):
                return None
            unsuitable = self.kiosk.insertion
            try:
                app = self.select(application)
                if application is not JpkiApplication or self._is_same():  # the text application is read anew
                    return app
                fault = "other_card"
            except CardLost:
                fault = "removed"
            except ApplicationAbsent:
                fault = self._what_it_is()

    def await_phone(self, step: int | None) -> JpkiApplication | None:
        """The phone's application, asking until there is a phone. None: the person would rather use the card."""
        fault = self._told_fault_of_the_slot()
        unsuitable = None if self.phone and fault != "other_card" else self.kiosk.insertion
        while True:
            screen = Screen("set_card", {"fault": fault, "kind": "phone"}, ("card",), step=step)
            if self.kiosk.await_card(screen, newer_than=unsuitable):
                return None
            unsuitable = self.kiosk.insertion
            try:
                app = self.select(JpkiApplication)
                if app.token_label() in PHONES:
                    self.phone_on = unsuitable
                    return app
                fault = "not_a_phone"
            except CardLost:
                fault = "removed"
            except CardError:
                fault = "not_a_phone"

    # A PIN.

    def enter_pin(self, step: int | None, use: PinUse[A]) -> Move:
        """As `type_pin`; without a card the person is asked for one, and then for the PIN."""
        told = at_the_pad(self.fault)
        while (app := self.await_card(step, use.application)) is not None:
            try:
                return BACK if self.type_pin(step, use, app, told) == "back" else NEXT
            except CardPulled:
                self.fault = "removed"
                told = at_the_pad(self.fault)
            except CardLost:  # nothing has been typed yet
                self.fault = "removed"
            except ApplicationAbsent:
                self.fault = NOT_OURS
        return BACK

    def type_pin(self, step: int | None, use: PinUse[A], app: A, fault: str = "") -> str:
        """Ask the card for its tries, then the person for the PIN, which `pin` holds afterwards.

        Returns "next", "back", or "card" for a person who would rather use the card than the phone. The last try is
        never spent without a yes. Raises CardLost or CardPulled when the card goes, ApplicationAbsent when it is no
        such card after all, and Stop for a PIN that cannot be used.
        """
        assert use.pin.typed is not None
        remaining = self._tries_left(use, app)
        facts = {
            "pin": use.pin,
            "words": use.pin.typed.pad,
            "most": use.pin.tries(self.kiosk.guidance),
            "remaining": remaining,
            "fault": fault,
        }
        if remaining == 1:
            last = Screen("last_try", facts, ("yes", "back"), step=step, needs_card=True, sound=Sound.ERROR)
            if self.kiosk.ask(last) == "back":
                return "back"
        other = ("back", "card") if use is PHONE else ("back",)
        answer = self.kiosk.ask_pin(Screen("pin", facts, other, step=step, needs_card=True), use.pin.rule)
        if isinstance(answer, str):
            return answer
        self.pin = answer
        return "next"

    def use_pin(self, use: PinUse[A], act: Callable[[A], None]) -> Move:
        """Use the PIN once on the card it was typed for, then overwrite it. BACK: ask again, `fault` says why."""
        try:
            if self.selected is None or self.kiosk.insertion != self.selected_on:
                raise CardLost
            act(self.select(use.application))
        except PinWrong:
            self.fault = "wrong"
            return BACK
        except PinBlocked:
            raise Stop(use.locked) from None
        except CardReset as reset:
            self.resets += 1
            if self.resets > MOST_RESETS:
                raise reset.problem from None
            self.fault = "reset"
            return BACK
        except OtherCard:
            self.fault = "other_card"
            return BACK
        except CardLost:
            self.fault = "removed"
            return BACK
        finally:
            self.wipe_pin()
        return NEXT

    def wipe_pin(self) -> None:
        """Overwrite it."""
        erase(self.pin)

    def require_certificate(self) -> None:
        """Raises Stop when the card says that it holds no signature certificate."""
        if not self._certificate_issued():
            raise Stop(End.CERTIFICATE_ABSENT)

    # Inside.

    def _told_fault_of_the_slot(self) -> str:
        """The same, in the words of `set_card`, which stands there only while nothing suitable is in the slot."""
        fault = self.told_fault()
        return "removed" if fault in AT_THE_PAD else fault

    def _await_same(self, step: int | None) -> None:
        """Until the card that was taken out is back, or one of which nobody can tell. Nothing of the person stands on
        the screen meanwhile."""
        fault, last = "removed", None
        while True:
            self.kiosk.await_card(Screen("set_card", {"fault": fault}, step=step, sound=Sound.ERROR), newer_than=last)
            last = self.kiosk.insertion
            try:
                if self._is_same():
                    return
                fault = "other_card"
            except CardLost:  # gone again
                fault = "removed"

    def _is_same(self) -> bool:
        """Whether the card that is in is the one that was marked; also where none was. Raises CardLost."""
        self.kiosk.card()
        if self.mark and self.marked_on != self.kiosk.insertion:
            insertion = self.kiosk.insertion
            if self._mark() != self.mark:
                return False
            self.marked_on = insertion
        return True

    def _mark(self) -> bytes:
        """Of the card that is in; empty where it has none that can be told. Raises CardLost."""
        try:
            return self.select(JpkiApplication).mark()
        except CardLost:
            raise
        except CardError:
            return b""

    def _what_it_is(self) -> str:
        """Words for something in the slot that lacks the application."""
        try:
            label = self.select(JpkiApplication).token_label()
            return "phone" if label in PHONES else NOT_OURS
        except CardLost:
            return "removed"
        except CardError:
            return NOT_OURS

    def _tries_left(self, use: PinUse[A], app: A) -> int | None:
        """None where the card does not say. Raises Stop for a PIN that cannot be used: locked, or never issued; and
        ApplicationAbsent for a card that says nothing by which it could be told from any other: it is sent no PIN."""
        try:
            tries = app.tries_of(use.pin.rule)
        except (FileAbsent, CardProblem) as refused:
            self._require_ours()
            if isinstance(refused, CardProblem) or use.never_issued is None:
                raise
            raise Stop(use.never_issued) from None
        if not tries.remaining:
            self._require_ours()
        if not tries.blocked:
            return tries.remaining
        if use.never_issued is None:
            raise Stop(use.locked)
        issued = self.select(JpkiApplication).certificate_availability()
        if not issued.sign:
            raise Stop(use.never_issued)
        raise Stop(use.unsure if use.unsure and tries.perhaps_unset and not issued.told else use.locked)

    def _require_ours(self) -> None:
        if not self.select(JpkiApplication).is_certain():
            raise ApplicationAbsent("nothing that only a My Number Card says")

    def _certificate_issued(self) -> bool:
        return self.select(JpkiApplication).certificate_availability().sign


def at_the_pad(fault: str) -> str:
    """What the PIN's screen tells of a fault, which says why a pad stands there that is empty again. A card that is
    back at once, a bad contact, has been asked for by no other screen."""
    return "reset" if fault == "removed" else fault if fault in AT_THE_PAD else ""
