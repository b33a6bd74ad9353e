"""What goes to the portal of a person, and a signature certificate that turns out to be absent only when it is read."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import cast

import pytest

from kiosk.card.apdu import CardProblem, FileAbsent
from kiosk.card.jpki import Availability, JpkiApplication
from kiosk.card.text import Attributes, Sex
from kiosk.flows import signed_request
from kiosk.flows.card_in_hand import CardInHand
from kiosk.flows.refusal import Stop
from kiosk.portal.model import Applicant, Linking, Terms

from .scripted import ScriptedKiosk

TERMS = Terms("1", hashlib.sha256(b"text").hexdigest(), "text")
LINKING = Linking("linking-0123456789", "n" * 22, TERMS, datetime(2030, 1, 1, tzinfo=UTC))
ATTRIBUTES = Attributes("見本　花子", "東京都見本区", "19860709", Sex.FEMALE)


@pytest.mark.parametrize("sex", list(Sex))
def test_the_portal_is_sent_the_four_attributes_as_the_card_gives_them(sex: Sex) -> None:
    sent = signed_request.applicant(Attributes("見本　花子", "東京都見本区", "19860700", sex))
    assert sent == Applicant("見本　花子", "東京都見本区", "19860700", sex.value)


class Unreadable:
    """A JPKI application that takes the PIN and has `fault` in the place of the certificate."""

    current = True

    def __init__(self, fault: Exception, sign: bool) -> None:
        self.fault, self.sign = fault, sign
        self.entered = b""

    def verify_sign_pin(self, pin: bytearray) -> None:
        self.entered = bytes(pin)

    def sign_certificate(self) -> bytes:
        raise self.fault

    def certificate_availability(self) -> Availability:
        return Availability(sign=self.sign, auth=True)


def signing(fault: Exception, sign: bool, monkeypatch: pytest.MonkeyPatch) -> tuple[signed_request.Memory, Unreadable]:
    app = Unreadable(fault, sign)
    kiosk = ScriptedKiosk()
    hand = CardInHand(kiosk, pin=bytearray(b"ABC123"))
    monkeypatch.setattr(hand, "select", lambda application: app)
    return signed_request.Memory(kiosk, hand, request=LINKING, attributes=ATTRIBUTES), app


@pytest.mark.parametrize(
    ("fault", "says_it_has_one"),
    [(FileAbsent("6A82"), True), (FileAbsent("6A82"), False), (CardProblem("certificate", "cut off"), False)],
    ids=["absent, though said to be there", "absent", "filler only"],
)
def test_a_certificate_absent_only_when_read_ends_the_linking_as_absent(
    fault: Exception, says_it_has_one: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory, app = signing(fault, says_it_has_one, monkeypatch)
    with pytest.raises(Stop) as caught:
        signed_request.sign_and_submit(memory, cast(JpkiApplication, app))
    assert caught.value.end.value == "certificate_absent"
    assert app.entered == b"ABC123"
    assert memory.hand.pin == b""  # overwritten


def test_a_certificate_that_is_there_and_cannot_be_read_is_a_card_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    memory, app = signing(CardProblem("certificate", "cut off"), True, monkeypatch)
    with pytest.raises(CardProblem, match="certificate: cut off"):
        signed_request.sign_and_submit(memory, cast(JpkiApplication, app))
    assert memory.hand.pin == b""
