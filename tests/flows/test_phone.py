"""A phone that signs in the place of the card: whatever is the matter with it is told of the phone, never of the card.

The card may be as it should be. Whoever is told that theirs is dirty or of an unknown kind, or that its certificate has
to be renewed, would go to their municipality for nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from kiosk.advice.outcomes import OUTCOMES, REFUSALS, End
from kiosk.card.apdu import CardError, CardProblem, KindUnknown
from kiosk.card.certificate import WHAT, SignatureCertificate
from kiosk.card.text import Attributes, AttributeUnusable, Field, Sex
from kiosk.flows import signed_request
from kiosk.flows.asking.ends import Left
from kiosk.flows.asking.runner import Move
from kiosk.flows.asking.screen import Screen
from kiosk.flows.card_in_hand import CardInHand
from kiosk.flows.refusal import Stop, end_of
from kiosk.flows.signed_request import Memory, sign_pin
from kiosk.portal.client import PortalClient
from kiosk.portal.errors import PortalError, PortalRefused
from kiosk.portal.model import FOREIGN, Held, Linking, Purpose, Refusal, Terms
from kiosk.sim.card import Behaviour, VirtualCard
from kiosk.sim.card.chip import Chip
from kiosk.sim.people import people
from kiosk.sim.pki import Pki
from tests.flows.willing import WillingKiosk

WHO = people()["phone"]
TERMS = Terms("1", hashlib.sha256(b"text").hexdigest(), "text")
LINKING = Linking("linking-0123456789", "n" * 22, TERMS, datetime(2030, 1, 1, tzinfo=UTC))
ATTRIBUTES = Attributes(WHO.name, WHO.address, WHO.birth_date, Sex.FEMALE)

# One of each class (kiosk/card/apdu.py), a yes with nothing behind it, and answers that are none.
WORDS = (
    *("6281", "6300", "63C0", "63C1", "6581", "6700", "6982", "6983", "6A82", "6D00", "6F00", "9000"),
    *("", "FFFF"),
)
COMMANDS: dict[str, Callable[[bytes], bool]] = {
    "SELECT application": lambda apdu: apdu[1:3] == b"\xa4\x04",
    "SELECT EF": lambda apdu: apdu[1:3] == b"\xa4\x02",
    "READ": lambda apdu: apdu[1] == 0xB0,
    "READ of the certificate": lambda apdu: apdu[1] == 0xB0 and apdu[2] in (0x81, 0x00),
    "VERIFY, tries": lambda apdu: apdu[1] == 0x20 and len(apdu) <= 5,
    "VERIFY": lambda apdu: apdu[1] == 0x20 and len(apdu) > 5,
    "SIGN": lambda apdu: apdu[1] == 0x2A,
}
WAYS = {"SELECT EF": Behaviour(short_file_ids=False)}  # else there is none


class Refusing(VirtualCard):
    """A phone that answers so to each command of a kind, after `after` of them."""

    kind = ""
    word = b""
    after = 0

    def transmit(self, apdu: bytes) -> bytes:
        answer = super().transmit(apdu)
        if self.kind and COMMANDS[self.kind](apdu):
            self.after -= 1
            if self.after < 0:
                return self.word
        return answer


class Portal:
    """Takes whatever is signed, or refuses it for this reason."""

    def __init__(self, reason: Refusal | None = None) -> None:
        self.reason = reason

    def submit(self, request: Linking, cms: bytes) -> object:
        if self.reason:
            raise PortalRefused(self.reason)
        return object()


class Holding(WillingKiosk):
    """Somebody who signs with their phone: holds it there once, and goes when another or a card is asked for."""

    def __init__(self, phone: VirtualCard, portal: Portal) -> None:
        super().__init__(phone, cast(PortalClient, portal))
        self.take_out()
        self.put_in(Chip({}, {}, Behaviour()))  # the card: nothing is asked of it
        self.phone = phone
        self.goes_at = self.last_fault = ""

    def _would(self, screen: Screen) -> str:
        match screen.name:
            case "phone" if len(self.typed) < 4 and self.slot is not self.phone:
                return "phone"
            case "set_card" if self.slot is not self.phone:
                self.put_in(self.phone)
                return "put in"
            case "pin" if len(self.typed) < 4:
                return super()._would(screen)
            case "last_try":
                return "yes"
        self.goes_at, self.last_fault = screen.name, str(screen.facts.get("fault", ""))
        raise Left


def signing(phone: VirtualCard, portal: Portal) -> tuple[End | None, Holding]:
    """How it ends, None when it has been signed or is asked again; and the kiosk it happened at."""
    kiosk = Holding(phone, portal)
    kiosk.card()
    memory = Memory(kiosk, CardInHand(kiosk), request=LINKING, attributes=ATTRIBUTES, held=Held(True))
    try:
        assert sign_pin(memory) is Move.NEXT
    except Left:
        assert kiosk.goes_at in ("set_card", "pin"), "something else is asked for"
    except (Stop, PortalError, CardError) as problem:
        return end_of(problem), kiosk
    return None, kiosk


def speaks_of_the_card(end: End) -> bool:
    outcome = OUTCOMES[end]
    said = "".join((outcome.heading, outcome.happened, outcome.meaning, *(each.text for each in outcome.todo)))
    words = ("カードを", "カードから", "カードの内容", "カードの中の署名用", "カードのIC", "金色")
    sent = any(each.place == "municipality" for each in outcome.todo)
    return sent or (any(each in said for each in words) and end not in OF_THE_PHONE)


OF_THE_PHONE = {End.PHONE_CERTIFICATE, End.PHONE_PIN_LOCKED}  # which offer the card


@pytest.mark.parametrize("command", COMMANDS)
def test_whatever_a_phone_answers_to_a_command_is_told_of_the_phone(pki: Pki, command: str) -> None:
    told = set()
    phone = Refusing(WHO, pki, "phone", WAYS.get(command))
    for word in WORDS:
        for after in range(3):
            phone.pins["sign"].left = phone.pins["sign"].most
            phone.kind, phone.word, phone.after = command, bytes.fromhex(word), after
            end, kiosk = signing(phone, Portal())
            assert end is None or end in OF_THE_PHONE, f"{word} after {after}: {end}"
            asked = {screen.facts["kind"] for screen in kiosk.screens if screen.name == "set_card"}
            assert asked == {"phone"}
            told.add(end)
    assert End.PHONE_CERTIFICATE in told or command in ("SELECT application", "SELECT EF")


@pytest.mark.parametrize(
    "reason", [each for each in Refusal if each not in FOREIGN[Purpose.LINKING]], ids=lambda reason: reason.value
)
def test_whatever_the_portal_refuses_a_phones_signature_for_says_nothing_false_of_the_card(
    pki: Pki, reason: Refusal
) -> None:
    end, _ = signing(VirtualCard(WHO, pki, "phone"), Portal(reason))
    assert end is (End.PHONE_CERTIFICATE if speaks_of_the_card(REFUSALS[reason]) else REFUSALS[reason])


@pytest.mark.parametrize(
    "problem",
    [
        CardProblem(WHAT, "malformed"),
        KindUnknown("a key"),
        *(AttributeUnusable(WHAT, each, "is empty") for each in Field),
    ],
    ids=str,
)
def test_a_phones_certificate_that_cannot_be_used_is_told_of_the_phone(
    pki: Pki, monkeypatch: pytest.MonkeyPatch, problem: CardError
) -> None:
    def parse(certificate: bytes) -> Any:
        raise problem

    monkeypatch.setattr(SignatureCertificate, "parse", parse)
    end, _ = signing(VirtualCard(WHO, pki, "phone"), Portal())
    assert end is End.PHONE_CERTIFICATE


def test_what_is_not_told_of_a_phone_is_what_speaks_of_the_card() -> None:
    """Of the ends that a signature can have: those of the text application came before it."""
    before = {End.TEXT_PIN_LOCKED, End.TEXT_PIN_UNUSABLE, End.SIGN_PIN_LOCKED, End.SIGN_PIN_UNUSABLE, End.NO_PINS}
    unusable = {each for each in End if each.value.endswith("_unusable")}
    elsewhere = {End.LICENCE_PIN_LOCKED}
    speak = {each for each in End if speaks_of_the_card(each)} - before - unusable - elsewhere
    assert speak == signed_request.OF_THE_CARD


def test_somebody_elses_phone_is_told_as_that_and_another_is_waited_for(pki: Pki) -> None:
    end, kiosk = signing(VirtualCard(people()["excellent"], pki, "phone"), Portal())
    assert end is None
    assert (kiosk.goes_at, kiosk.last_fault) == ("set_card", "other_card")


def test_what_was_the_matter_with_the_card_is_not_told_of_the_phone(pki: Pki) -> None:
    for fault in ("wrong", "reset", "other_card", "removed"):
        kiosk = Holding(VirtualCard(WHO, pki, "phone"), Portal())
        hand = CardInHand(kiosk, fault=fault)
        memory = Memory(kiosk, hand, request=LINKING, attributes=ATTRIBUTES, held=Held(True))
        assert sign_pin(memory) is Move.NEXT
        assert {s.facts["fault"] for s in kiosk.screens if s.name in ("set_card", "pin")} == {""}
