"""A card that resets itself is met half-way: selected again, asked again, and no PIN goes out unless it is safe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kiosk.card.apdu import CardProblem, CardReset, FileAbsent
from kiosk.card.application import Application
from kiosk.card.jpki import JpkiApplication, TokenKind
from kiosk.card.licence import LicenceApplication
from kiosk.card.pin import Tries
from kiosk.card.text import TextApplication

from .script import SELECT_JPKI, SELECT_LICENCE, SELECT_TEXT, attributes_object, card

ASK, PIN = "00200091", "00200091 04 31323334"
READ = "00B08200000000"
DATA = attributes_object().hex() + "9000"


def verified() -> list[tuple[str, str]]:
    return [SELECT_TEXT, (ASK, "63C3"), (PIN, "9000")]


def typed() -> bytearray:
    return bytearray(b"1234")


@pytest.mark.parametrize("bare", ["6A82", "6986", "6985", "6D00", "6E00", "6F00"])
def test_a_free_question_is_asked_again_after_another_select(bare: str) -> None:
    walk = [("00B0860020", bare), ("00A4020C020006", bare)]
    label = "JPKIAPICCTOKEN2".ljust(32).encode().hex()
    chip, script = card(SELECT_JPKI, *walk, SELECT_JPKI, ("00B0860020", label + "9000"))
    assert JpkiApplication.select(chip).token_label() is TokenKind.CARD
    assert script.finished
    assert chip.short_ids is True, "a bare card's refusal says nothing of its ways"


def test_what_is_absent_twice_is_absent() -> None:
    walk = [(ASK, "6A88"), ("00A4020C020011", "6A82")]
    chip, script = card(SELECT_TEXT, *walk, SELECT_TEXT, *walk)
    with pytest.raises(FileAbsent):
        TextApplication.select(chip).pin_tries()
    assert script.finished


def test_a_pin_that_is_verified_still_makes_a_refusal_true() -> None:
    chip, script = card(*verified(), (READ, "6982"), (ASK, "9000"))
    text = TextApplication.select(chip)
    text.pin_tries()
    text.verify(typed())
    with pytest.raises(CardProblem, match="6982"):
        text.read_attributes()
    assert script.finished and text.current


def test_a_warm_reset_is_put_right_by_a_select() -> None:
    walk = [(READ, "6A82"), ("00B0820000", "6A82"), ("00A4020C020002", "6A82")]
    lost = [(ASK, "6A82"), ("00A4020C020011", "6A82")]
    chip, script = card(*verified(), *walk, *lost, SELECT_TEXT, (ASK, "9000"), (READ, DATA))
    text = TextApplication.select(chip)
    text.pin_tries()
    text.verify(typed())
    assert text.read_attributes().name == "見本　花子"
    assert script.finished


def test_a_pin_that_is_gone_has_to_be_typed_again_and_the_card_to_be_powered_anew() -> None:
    chip, script = card(*verified(), (READ, "6982"), (ASK, "63C3"), SELECT_TEXT, (ASK, "63C3"))
    text = TextApplication.select(chip)
    text.pin_tries()
    text.verify(typed())
    with pytest.raises(CardReset) as caught:
        text.read_attributes()
    assert script.finished and chip.was_reset and not text.current
    assert isinstance(caught.value.problem, CardProblem)


JPKI = (SELECT_JPKI, "0020009B", "0020009B06414243313233", b"ABC123")
LICENCE_PIN = (SELECT_LICENCE, "00200086", "002000860431323334", b"1234")
TO_SIGN = bytes(51)
BEHIND_A_PIN: list[tuple[type[Application], tuple[tuple[str, str], str, str, bytes], str, Callable[[Any], object]]] = [
    (TextApplication, (SELECT_TEXT, ASK, PIN.replace(" ", ""), b"1234"), READ, lambda text: text.read_attributes()),
    (JpkiApplication, JPKI, "00B08100000000", lambda jpki: jpki.sign_certificate()),
    (JpkiApplication, JPKI, f"802A009A33{TO_SIGN.hex()}00", lambda jpki: jpki.sign(TO_SIGN)),
    (LicenceApplication, LICENCE_PIN, "00B09B0000", lambda licence: licence.read_licence()),
]


@pytest.mark.parametrize(
    ("kind", "pin", "command", "use"), BEHIND_A_PIN, ids=["face", "certificate", "sign", "licence"]
)
def test_whatever_stands_behind_a_pin_wants_it_again_when_it_is_gone(
    kind: type[Application],
    pin: tuple[tuple[str, str], str, str, bytes],
    command: str,
    use: Callable[[Any], object],
) -> None:
    """Not asked for a second time without its PIN: that refusal would be taken for the card's last word."""
    select, ask, verify, digits = pin
    chip, script = card(
        select, (ask, "63C3"), (verify, "9000"), (command, "6982"), (ask, "63C3"), select, (ask, "63C3")
    )
    application: Any = kind.select(chip)
    application.tries_of(kind.PIN)
    getattr(application, "verify_sign_pin" if kind is JpkiApplication else "verify")(bytearray(digits))
    with pytest.raises(CardReset):
        use(application)
    assert script.finished


@pytest.mark.parametrize("bare", ["6986", "6985", "6D00", "6E00", "6A88"])
def test_a_verify_that_met_a_bare_card_goes_out_once_more_when_no_try_was_spent(bare: str) -> None:
    chip, script = card(SELECT_TEXT, (ASK, "63C3"), (PIN, bare), SELECT_TEXT, (ASK, "63C3"), (PIN, "9000"))
    text = TextApplication.select(chip)
    assert text.pin_tries() == Tries(3, False)
    text.verify(typed())
    assert script.finished


@pytest.mark.parametrize("word", ["6986", "6D00", "6F00", "6581"])
def test_a_verify_that_cost_a_try_is_not_sent_again(word: str) -> None:
    chip, script = card(SELECT_TEXT, (ASK, "63C3"), (PIN, word), SELECT_TEXT, (ASK, "63C2"))
    text = TextApplication.select(chip)
    text.pin_tries()
    with pytest.raises(CardProblem, match=word):
        text.verify(typed())
    assert script.finished


@pytest.mark.parametrize("word", ["6F00", "6581", "6400", "6982"])
def test_a_pin_the_card_may_have_looked_at_is_typed_again(word: str) -> None:
    chip, script = card(SELECT_TEXT, (ASK, "63C3"), (PIN, word), SELECT_TEXT, (ASK, "63C3"))
    text = TextApplication.select(chip)
    text.pin_tries()
    with pytest.raises(CardReset):
        text.verify(typed())
    assert script.finished


def test_tries_that_say_nothing_send_no_pin_again() -> None:
    chip, script = card(SELECT_TEXT, (ASK, "6300"), (PIN, "6986"), SELECT_TEXT, (ASK, "6300"))
    text = TextApplication.select(chip)
    text.pin_tries()
    with pytest.raises(CardReset):
        text.verify(typed())
    assert script.finished


def test_a_card_that_cannot_be_selected_again_keeps_its_first_refusal() -> None:
    chip, script = card(SELECT_TEXT, (ASK, "6985"), (SELECT_TEXT[0], "6A82"))
    with pytest.raises(CardProblem, match=r"tries\): SW=0x6985"):
        TextApplication.select(chip).pin_tries()
    assert script.finished


@pytest.mark.parametrize("warning", ["6283", "6200"])
def test_an_application_selected_with_a_warning_is_selected(warning: str) -> None:
    chip, _ = card((SELECT_TEXT[0], warning), (ASK, "63C3"))
    assert TextApplication.select(chip).pin_tries() == Tries(3, False)
