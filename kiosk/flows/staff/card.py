"""The second factor: one of the staff puts their card in and types its PIN, and it signs what the caretaker gives.

Whether it is the right card only the caretaker can say. The PIN goes to the card, once, and is overwritten. How many
tries it has left is shown before it is asked for, and the last is not spent without a yes. A card that is taken out in
the middle, or is none of these, is asked for again: nothing else is lost by it.
"""

from __future__ import annotations

from kiosk.card import piv
from kiosk.card.apdu import (
    ApplicationAbsent,
    CardError,
    CardLost,
    CardReset,
    FileAbsent,
    KindUnknown,
    PinBlocked,
    PinWrong,
)
from kiosk.card.pin import PIV_PIN, erase
from kiosk.card.piv import PivApplication
from kiosk.flows.asking.contract import Kiosk
from kiosk.flows.asking.ends import CardPulled
from kiosk.flows.asking.screen import Screen, Sound
from kiosk.ipc.caretaker import STAFF_SECONDS, Away
from kiosk.ipc.messages import (
    Admitted,
    Answer,
    Challenge,
    Challenged,
    ChangeFirst,
    Denied,
    NotAdmitted,
    ShowCard,
    Taken,
)

FAULTS: dict[type[Exception], str] = {  # the first that fits
    CardPulled: "removed",
    CardLost: "removed",
    ApplicationAbsent: "other",
    FileAbsent: "empty",
    KindUnknown: "unknown",
    PinBlocked: "locked",
    CardError: "broken",
    Away: "away",
}


def show(kiosk: Kiosk, staff: int) -> Admitted | ChangeFirst | Taken | None:
    """Until the caretaker has taken a card: that admits them, or has them change a first passcode, or the passcode is
    still to come (Taken). None: they would rather not. Raises the ends."""
    fault, known, at_the_pad = "", None, ""
    while True:
        facts = {"fault": fault, "safe_mode": kiosk.safe_mode}
        screen = Screen("staff_card", facts, ("back",), staff="card", sound=Sound.ERROR if fault else Sound.NONE)
        if kiosk.await_card(screen, newer_than=known) is not None:
            return None
        known = kiosk.insertion
        try:
            answer = _signed(kiosk, staff, at_the_pad)
        except CardReset:  # it is in, and powered up anew
            known, at_the_pad = None, "reset"
            continue
        except (CardPulled, CardError, Away) as error:
            fault, at_the_pad = next(word for kind, word in FAULTS.items() if isinstance(error, kind)), ""
            continue
        if answer is None or isinstance(answer, Admitted | ChangeFirst | Taken):
            return answer
        match answer:
            case NotAdmitted():
                fault = "refused"
            case Denied(later=True):
                fault = "later"
            case _:
                fault = "away"
        at_the_pad = ""


def _signed(kiosk: Kiosk, staff: int, fault: str) -> Answer | None:
    """What the caretaker says to the card that is in; None: they would rather not. Raises CardPulled, CardError and
    Away."""
    application = PivApplication.select(kiosk.card())
    certificate = application.certificate()
    algorithm = piv.algorithm_of(certificate)
    if not _pin_is_taken(kiosk, application, fault):
        return None
    challenged = kiosk.caretaker.ask(Challenge(staff), STAFF_SECONDS)
    if isinstance(challenged, Denied):
        return challenged
    if not isinstance(challenged, Challenged):
        raise Away("nothing to sign")
    signature = application.sign(challenged.challenge, algorithm)
    application.forget_pin()
    return kiosk.caretaker.ask(ShowCard(staff, certificate, signature), STAFF_SECONDS)


def _pin_is_taken(kiosk: Kiosk, application: PivApplication, fault: str) -> bool:
    """False: they go back. Raises PinBlocked, and what `_signed` does."""
    while True:
        tries = application.pin_tries()
        if tries.blocked:
            raise PinBlocked("the PIV PIN is locked")
        facts = {"remaining": tries.remaining, "fault": fault}
        if tries.remaining == 1:
            last = Screen("staff_card_last", facts, ("yes", "back"), needs_card=True, sound=Sound.ERROR, staff="card")
            if kiosk.ask(last) == "back":
                return False
        typed = kiosk.ask_pin(Screen("staff_card_pin", facts, ("back",), needs_card=True, staff="door"), PIV_PIN)
        if isinstance(typed, str):
            return False
        kiosk.show(Screen("staff_busy", {"what": "card"}, staff="door"))
        try:
            application.verify_pin(typed)
        except PinWrong:
            fault = "wrong"
        else:
            return True
        finally:
            erase(typed)
