"""A card that resets itself is met half-way: selected again, asked again, and no PIN goes out unless it is safe."""

from __future__ import annotations

import pytest

from kiosk.card.apdu import CardProblem, CardReset, FileAbsent
from kiosk.card.jpki import JpkiApplication, TokenKind
from kiosk.card.pin import Tries
from kiosk.card.text import TextApplication

from .script import SELECT_JPKI, SELECT_TEXT, attributes_object, card

ASK, PIN = "00200091", "00200091 04 31323334"
READ = "00B08200000000"
READ_WALK = ["00B08200000000", "00B0820000"]
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


@pytest.mark.parametrize("warning", ["6283", "6200", "6300"])
def test_an_application_selected_with_a_warning_is_selected(warning: str) -> None:
    chip, _ = card((SELECT_TEXT[0], warning), (ASK, "63C3"))
    assert TextApplication.select(chip).pin_tries() == Tries(3, False)
