"""One command at a time, whatever the transport does to it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.card.apdu import ApplicationAbsent, Card, CardError, CardLost, CardProblem, encode
from kiosk.card.jpki import JpkiApplication
from kiosk.card.text import TextApplication

from .script import LOST, SELECT_JPKI, SELECT_TEXT, TEXT_AID, card


def test_commands_take_the_forms_of_iso_7816_3() -> None:
    assert encode(0, 0x20, 0, 0x91).hex() == "00200091"
    assert encode(0, 0x20, 0, 0x91, b"1234").hex() == "002000910431323334"
    assert encode(0, 0xB0, 0x82, 0, le=3).hex() == "00b0820003"
    assert encode(0, 0xB0, 0x82, 0, le=256).hex() == "00b0820000"
    assert encode(0, 0xB0, 0x82, 0, le=257).hex() == "00b08200000101"
    assert encode(0, 0xB0, 0x82, 0, le=65536).hex() == "00b08200000000"
    assert encode(0x80, 0x2A, 0, 0x9A, b"\x30", le=256).hex() == "802a009a013000"


def test_an_absent_application_is_told_apart_from_a_broken_card() -> None:
    with pytest.raises(ApplicationAbsent):
        TextApplication.select(card((SELECT_TEXT[0], "6A82"))[0])
    ours, _ = card(SELECT_JPKI, (SELECT_TEXT[0], "6985"))
    JpkiApplication.select(ours)
    with pytest.raises(CardProblem, match=r"SELECT text application: SW=0x6985 \(CONDITIONS_NOT_SATISFIED\)"):
        TextApplication.select(ours)


@pytest.mark.parametrize("word", ["6300", "63C0", "6700", "6881", "6985", "6999", "6A81", "6D00", "9001", "FFFF"])
def test_a_card_that_has_let_nothing_be_selected_is_of_another_kind_however_it_refuses(word: str) -> None:
    chip, script = card((SELECT_TEXT[0], word), (SELECT_JPKI[0], word))
    for application in (TextApplication, JpkiApplication):
        with pytest.raises(ApplicationAbsent):
            application.select(chip)
    assert script.finished


def test_6f00_to_the_first_command_is_overlooked_once() -> None:
    chip, script = card((SELECT_TEXT[0], "6F00"), SELECT_TEXT)
    TextApplication.select(chip)
    assert script.finished
    with pytest.raises(ApplicationAbsent, match="6F00"):
        TextApplication.select(card((SELECT_TEXT[0], "6F00"), (SELECT_TEXT[0], "6F00"))[0])


def test_6f00_to_a_later_command_is_taken_as_said() -> None:
    chip, script = card(SELECT_TEXT, ("00B0820000", "6F00"))
    TextApplication.select(chip)
    assert chip.exchange("READ BINARY", (0, 0xB0, 0x82, 0), le=256).status_word == 0x6F00
    assert script.finished


def test_get_response_brings_what_waits() -> None:
    chip, script = card(("00B0820000", "AA 6102"), ("00C0000002", "BBCC 6101"), ("00C0000001", "DD 9000"))
    answer = chip.exchange("READ BINARY", (0, 0xB0, 0x82, 0), le=256)
    assert (answer.data.hex(), answer.ok, script.finished) == ("aabbccdd", True, True)


def test_6100_means_256_bytes_wait() -> None:
    chip, _ = card(("00B0820000", "6100"), ("00C0000000", "EE" * 256 + "9000"))
    assert chip.exchange("READ BINARY", (0, 0xB0, 0x82, 0), le=256).data == b"\xee" * 256


def test_a_wrong_le_is_put_right_once() -> None:
    chip, script = card(("00B0820000", "6C03"), ("00B0820003", "AABBCC 9000"))
    assert chip.exchange("READ BINARY", (0, 0xB0, 0x82, 0), le=256).data.hex() == "aabbcc"
    chip, script = card(("00B0820000", "6C03"), ("00B0820003", "6C04"))
    assert chip.exchange("READ BINARY", (0, 0xB0, 0x82, 0), le=256).status_word == 0x6C04
    assert script.finished


def test_get_response_that_never_ends_is_a_card_problem() -> None:
    sent = []

    def endless(apdu: bytes) -> bytes:
        sent.append(apdu)
        return bytes.fromhex("6101")

    with pytest.raises(CardProblem, match="never ends"):
        Card(endless).exchange("READ BINARY", (0, 0xB0, 0x82, 0), le=256)
    assert len(sent) < 300


@pytest.mark.parametrize("status_word", ["6C04", "6F00", "6700", "6B00"])
def test_a_command_with_a_pin_is_never_repeated_by_the_transport(status_word: str) -> None:
    chip, script = card(("002000910431323334", status_word))
    chip.exchange("VERIFY", (0, 0x20, 0, 0x91), b"1234", once=True)
    assert len(script.sent) == 1


@pytest.mark.parametrize("answer", ["", "90"])
def test_an_answer_without_a_status_word_is_a_card_problem(answer: str) -> None:
    with pytest.raises(CardProblem, match="SELECT text application: the answer has no status word"):
        TextApplication.select(card((SELECT_TEXT[0], answer))[0])


def test_a_pulled_card_is_lost_not_broken() -> None:
    with pytest.raises(CardLost):
        TextApplication.select(card((SELECT_TEXT[0], LOST))[0])


def test_an_application_left_behind_cannot_be_used() -> None:
    chip, script = card(SELECT_TEXT, SELECT_TEXT, (SELECT_TEXT[0], "6A82"))
    text = TextApplication.select(chip)
    TextApplication.select(chip)
    with pytest.raises(ApplicationAbsent):
        TextApplication.select(chip)
    with pytest.raises(RuntimeError, match="no longer the selected"):
        text.verify(bytearray(b"1234"))
    assert script.finished


@given(st.lists(st.binary(max_size=40), max_size=12))
def test_no_answer_at_all_can_crash_a_select(answers: list[bytes]) -> None:
    left = list(answers)

    def transmit(apdu: bytes) -> bytes:
        if not left:
            raise CardLost("nothing answers")
        return left.pop(0)

    chip = Card(transmit)
    try:
        TextApplication.select(chip)
    except CardError:
        assert chip.application == b""
    else:
        assert chip.application.hex().upper() == TEXT_AID
