"""What a card says of itself to anybody who holds it: each answer, and each silence, means something else."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from kiosk.card.apdu import CardProblem
from kiosk.card.certificate import not_after
from kiosk.card.jpki import JpkiApplication, TokenKind
from kiosk.card.pin import Tries
from kiosk.card.state import CardState, LicenceState, usable

from .pki import NOW, signer
from .script import SELECT_JPKI, SELECT_LICENCE, SELECT_TEXT, card

Exchange = tuple[str, str]
CERTIFICATE = signer().der
LABEL, AVAILABLE, SIGN_TRIES, AUTH_TRIES = "00B0860020", "00B0880002", "0020009B", "00200098"
AGAIN = SELECT_JPKI  # a refusal that nobody expected may be a card that has reset itself: it is asked once more
AUTH_CERTIFICATE = ("00B08A00000000", CERTIFICATE.hex() + "9000")
ABSENT = (("00B08A00000000", "6A82"), ("00B08A0000", "6A82"), ("00A4020C02000A", "6A82"))
TEXT = (SELECT_TEXT, ("00200091", "63C3"))
LICENCE = (SELECT_LICENCE, ("00B09A0003", "C101019000"), ("00200086", "63CA"))


def label(text: str) -> Exchange:
    return LABEL, text.ljust(32).encode().hex() + "9000"


def read(*exchanges: Exchange) -> CardState:
    chip, script = card(SELECT_JPKI, *exchanges)
    state = CardState.read(JpkiApplication.select(chip))
    assert script.finished
    return state


def spoken(
    kind: str = "JPKIAPICCTOKEN2",
    available: Exchange = (AVAILABLE, "8F8F9000"),
    sign: str = "63C5",
    auth: str = "63C3",
    certificate: tuple[Exchange, ...] = (AUTH_CERTIFICATE,),
    rest: tuple[Exchange, ...] = (*TEXT, *LICENCE),
) -> CardState:
    there = () if available[1].endswith("9000") and len(available[1]) == 8 else (("00A4020C020001", "9000"),)
    return read(label(kind), available, *there, (SIGN_TRIES, sign), (AUTH_TRIES, auth), *certificate, *rest)


def test_a_card_is_asked_eleven_times_and_says_everything() -> None:
    state = spoken()
    assert state == CardState(
        kind=TokenKind.CARD,
        sign_certificate=True,
        sign_pin=Tries(5, False),
        auth_pin=Tries(3, False),
        text_pin=Tries(3, False),
        auth_until=not_after(CERTIFICATE, "certificate"),
        licence=LicenceState(True, Tries(10, False)),
        auth_certificate=True,
    )
    assert isinstance(state.auth_until, datetime) and state.auth_until > NOW + timedelta(days=1)
    assert not state.pinless


@pytest.mark.parametrize("kind", ["JPKIAPGPSETOKEN", "JPKIAPIOSTOKEN"])
def test_a_phone_is_not_asked_for_what_it_cannot_carry(kind: str) -> None:
    state = spoken(kind, certificate=(), rest=())
    assert (state.auth_until, state.text_pin, state.licence) == (None, None, None)
    assert state.sign_certificate is True


@pytest.mark.parametrize(("answer", "sign"), [("8F8F9000", True), ("008F9000", False), ("8F9000", None)])
def test_a_card_says_whether_it_has_a_signature_certificate_or_that_is_not_known(
    answer: str, sign: bool | None
) -> None:
    assert spoken(available=(AVAILABLE, answer)).sign_certificate is sign


@pytest.mark.parametrize("answer", ["8F8F9000", "008F9000"])
def test_of_a_card_of_unknown_kind_it_is_not_known_which_certificates_it_has(answer: str) -> None:
    state = spoken("SOMETHING NEW", available=(AVAILABLE, answer))
    assert (state.kind, state.sign_certificate) == (TokenKind.UNKNOWN, None)
    assert state.text_pin == Tries(3, False)  # it is asked for all else, like a card


def test_a_card_without_a_user_authentication_certificate_is_not_asked_for_it() -> None:
    assert spoken(available=(AVAILABLE, "8F009000"), certificate=()).auth_until is None


@pytest.mark.parametrize(
    "absent",
    [
        [*ABSENT, AGAIN, *ABSENT],
        [("00B08A00000000", "6982")],
    ],
    ids=["absent when read", "behind its PIN"],
)
def test_a_user_authentication_certificate_that_is_not_shown_leaves_its_end_unknown(absent: list[Exchange]) -> None:
    chip, script = card(SELECT_JPKI, *absent)
    assert JpkiApplication.select(chip).auth_certificate() is None
    assert script.finished


def test_a_user_authentication_certificate_that_cannot_be_read_is_a_card_problem() -> None:
    refused = [("00B08A00000000", "6A81"), ("00B08A0000", "6A81"), ("00A4020C02000A", "9000")]
    refused += [("00B00000000000", "6A81"), ("00B0000000", "6A81")]
    chip, _ = card(SELECT_JPKI, *refused, AGAIN, *refused)
    with pytest.raises(CardProblem, match=r"user-authentication certificate\): SW=0x6A81") as caught:
        JpkiApplication.select(chip).auth_certificate()
    assert caught.value.status_word == 0x6A81


def test_pins_and_applications_that_a_card_has_not_are_none() -> None:
    absent_pin = (SELECT_TEXT, ("00200091", "6A88"), ("00A4020C020011", "6A82"))
    state = spoken(rest=(*absent_pin, *absent_pin, (SELECT_LICENCE[0], "6A82")))
    assert (state.text_pin, state.licence) == (None, None)
    state = spoken(rest=((SELECT_TEXT[0], "6A82"), *LICENCE))
    assert (state.text_pin, state.licence) == (None, LicenceState(True, Tries(10, False)))


@pytest.mark.parametrize(
    ("pin", "can"), [(None, False), (Tries(0, True), False), (Tries(1, False), True), (Tries(None, False), True)]
)
def test_a_pin_is_usable_when_it_exists_and_is_not_locked(pin: Tries | None, can: bool) -> None:
    assert usable(pin) is can


@pytest.mark.parametrize(
    ("available", "text", "auth", "pinless"),
    [
        ("00009000", "6984", "6984", True),
        ("00009000", "63C3", "6984", False),
        ("00009000", "6984", "63C3", False),
        ("8F009000", "6984", "6984", False),
        ("8F9000", "6984", "6984", False),
    ],
)
def test_a_card_seems_to_be_issued_without_pins_when_all_three_signs_say_so(
    available: str, text: str, auth: str, pinless: bool
) -> None:
    asked = () if available.startswith(("0000", "8F00")) else (AUTH_CERTIFICATE,)
    rest = (SELECT_TEXT, ("00200091", text), *LICENCE)
    assert spoken(available=(AVAILABLE, available), auth=auth, certificate=asked, rest=rest).pinless is pinless
